/* Images: the kernel's structures as programs see them. A program that is given a pointer to struct bpf_map, say,
 * reads it at the offsets that the host's BTF tells; there lies an image, of that layout, in which those members
 * are right that somebody has set, and all others 0.
 *
 * Images lie in the instance's memory, so probe loads find them. Invariant: that memory is never unmapped while
 * the instance lives; a pointer that a program kept for too long reads another image, or zeros. Thread-safe but for
 * what is inside of one image: fill it before programs see it. */
#ifndef SKEP_BTF_IMAGE_H
#define SKEP_BTF_IMAGE_H

#include "base/va.h"
#include "btf/btf.h"

struct images; /* an instance's */

int images_new(struct va *va, struct images **out) MUST_CHECK;
void images_free(struct images *im); /* takes NULL */

struct image {
	const struct btf *btf; /* no reference */
	u32 type, class;
	void *at; /* NULL: there is none, and setting members does nothing */
};

/* An image of struct `name`, all zero, with `extra` bytes behind it (an array of unknown length at its end).
 * -ENOENT (no such structure), -ENOMEM. */
int image_new(struct images *im, const struct btf *btf, const char *name, u32 extra,
	      struct image *out) MUST_CHECK;
/* `size` bytes that are no structure: setting members does nothing. -ENOMEM. */
int image_new_raw(struct images *im, u64 size, struct image *out) MUST_CHECK;
/* Programs that hold pointers to it may read what comes next there. Takes an image that was never made. */
void image_free(struct images *im, struct image *i);

/* Members by path: "id", "aux.id" (structures inside, not behind pointers; anonymous ones have no part in it). A
 * kernel that has no such member: nothing is set. Bit fields are possible; values are cut to the member's size. */
void image_set(const struct image *i, const char *path, u64 value);
void image_set_ptr(const struct image *i, const char *path, const void *to);
/* As much as fits, the last byte is 0. */
void image_set_text(const struct image *i, const char *path, const char *text);
/* Where that member is, and its size (may be NULL); NULL if there is none. */
void *image_member(const struct image *i, const char *path, u32 *size);

#endif
