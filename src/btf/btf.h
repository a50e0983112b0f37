/* BTF: type information of programs, maps and the kernel. Parsed once, immutable, shared.
 * Format: Documentation/bpf/btf.rst. Ids count from 1; 0 is void. */
#ifndef SKEP_BTF_BTF_H
#define SKEP_BTF_BTF_H

#include <linux/btf.h>

#include "base/buf.h"
#include "base/object.h"

struct btf {
	struct object obj; /* first */
	void *data;	   /* raw bytes as loaded */
	u32 size;
	const char *strings;
	u32 strings_len;
	const struct btf_type **types; /* [id], [0] = void */
	u32 nr_types;		       /* ids are below this */
	char name[64];		       /* "vmlinux", or "" */
	bool kernel;
};

/* Check and take raw BTF (copied). log may be NULL; on refusal it says why. -EINVAL, -ENOMEM … */
int btf_new(const void *data, u32 size, struct buf *log, struct btf **out) MUST_CHECK;
static inline void btf_ref(struct btf *b)
{
	object_ref(&b->obj);
}
static inline void btf_unref(struct btf *b)
{
	if (b)
		object_unref(&b->obj);
}

const struct btf_type *btf_type(const struct btf *b, u32 id); /* NULL if out of range */
const char *btf_string(const struct btf *b, u32 off);	      /* "" if out of range */
const char *btf_type_name(const struct btf *b, u32 id);
/* Skip typedefs and modifiers (const, volatile, restrict, type tags). */
const struct btf_type *btf_strip(const struct btf *b, u32 id, u32 *stripped_id);
/* Size in bytes, or -EINVAL. */
s64 btf_type_size(const struct btf *b, u32 id);
/* Offset of a member of (named) struct type `name` directly in struct `id`, -ENOENT if none,
 * -E2BIG if several. For bpf_spin_lock, bpf_timer … */
int btf_find_struct_member(const struct btf *b, u32 id, const char *name);
/* First id of that kind and name, or -ENOENT. */
int btf_find(const struct btf *b, const char *name, u32 kind);

#endif
