/* See image.h. Memory comes in chunks, cut into pieces of powers of two; free pieces wait in a list for their size. */
#include "btf/image.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define CHUNK	 (1u << 20)
#define SMALLEST 64u /* keeps pieces on cache lines of their own */
#define CLASSES	 15  /* 64 bytes to one chunk */

struct chunk {
	struct chunk *next;
	struct segment seg;
};

struct piece { /* a free one */
	struct piece *next;
};

struct images {
	struct va *va;
	pthread_mutex_t lock;
	struct chunk *chunks; /* the first one is being cut */
	u32 used;	      /* of it */
	struct piece *free[CLASSES];
};

int images_new(struct va *va, struct images **out)
{
	struct images *im = calloc(1, sizeof(*im));

	if (!im)
		return -ENOMEM;
	im->va = va;
	pthread_mutex_init(&im->lock, NULL);
	*out = im;
	return 0;
}

void images_free(struct images *im)
{
	if (!im)
		return;
	for (struct chunk *c = im->chunks, *next; c; c = next) {
		next = c->next;
		segment_free(&c->seg);
		free(c);
	}
	pthread_mutex_destroy(&im->lock);
	free(im);
}

static int add_chunk(struct images *im)
{
	struct chunk *c = calloc(1, sizeof(*c));
	int err = c ? segment_new(im->va, CHUNK, "bpf-images", &c->seg) : -ENOMEM;

	if (err) {
		free(c);
		return err;
	}
	c->next = im->chunks;
	im->chunks = c;
	im->used = 0;
	return 0;
}

/* What is left of a chunk when a larger piece is wanted is lost: chunks are few. */
static void *take(struct images *im, u32 class)
{
	u32 size = SMALLEST << class;
	struct piece *p = im->free[class];

	if (p) {
		im->free[class] = p->next;
		return p;
	}
	if ((!im->chunks || im->used + size > CHUNK) && add_chunk(im))
		return NULL;
	im->used += size;
	return (u8 *)im->chunks->seg.base + im->used - size;
}

int image_new_raw(struct images *im, u64 size, struct image *out)
{
	u32 class = 0;

	*out = (struct image){ 0 };
	if (size > CHUNK)
		return -ENOMEM;
	while (SMALLEST << class < size)
		class ++;
	pthread_mutex_lock(&im->lock);
	out->at = take(im, class);
	pthread_mutex_unlock(&im->lock);
	if (!out->at)
		return -ENOMEM;
	memset(out->at, 0, SMALLEST << class);
	out->class = class;
	return 0;
}

int image_new(struct images *im, const struct btf *btf, const char *name, u32 extra,
	      struct image *out)
{
	int id = btf_find(btf, name, BTF_KIND_STRUCT);

	*out = (struct image){ 0 };
	if (id < 0)
		return fail(-ENOENT, "the host's BTF has no struct %s", name);
	TRY(image_new_raw(im, (u64)btf_type(btf, (u32)id)->size + extra, out));
	out->btf = btf;
	out->type = (u32)id;
	return 0;
}

void image_free(struct images *im, struct image *i)
{
	struct piece *p = i->at;

	if (!p)
		return;
	pthread_mutex_lock(&im->lock);
	p->next = im->free[i->class];
	im->free[i->class] = p;
	pthread_mutex_unlock(&im->lock);
	i->at = NULL;
}

/* --- members --- */

struct field {
	u32 type, bit_off, bits; /* bits: of a bit field, else 0 */
};

/* The member of that name (len bytes), also inside of anonymous members. Depth is bounded: BTF's structures
 * do not contain themselves. */
static bool find_member(const struct btf *b, const struct btf_type *t, const char *name, size_t len,
			struct field *out)
{
	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++) {
		const struct btf_member *m = &btf_members_of(t)[i];
		const char *is = btf_string(b, m->name_off);
		u32 off = btf_member_bit_off(t, i), id;
		const struct btf_type *mt;

		if (*is) {
			if (strncmp(is, name, len) || is[len])
				continue;
			*out = (struct field){ m->type, off, btf_member_bits(t, i) };
			return true;
		}
		mt = btf_strip(b, m->type, &id);
		if (btf_is_struct(mt) && find_member(b, mt, name, len, out)) {
			out->bit_off += off;
			return true;
		}
	}
	return false;
}

static bool find_path(const struct image *i, const char *path, struct field *f)
{
	u32 base = 0;

	if (!i->at || !i->btf)
		return false;
	*f = (struct field){ .type = i->type };
	for (;;) {
		const struct btf_type *t = btf_strip(i->btf, f->type, NULL);
		size_t len = strcspn(path, ".");

		if (!btf_is_struct(t) || !find_member(i->btf, t, path, len, f))
			return false;
		f->bit_off += base;
		base = f->bit_off;
		if (!path[len])
			return true;
		path += len + 1;
	}
}

void *image_member(const struct image *i, const char *path, u32 *size)
{
	struct field f;

	if (!find_path(i, path, &f) || f.bits)
		return NULL;
	if (size)
		*size = (u32)MAX(btf_type_size(i->btf, f.type), 0);
	return (u8 *)i->at + f.bit_off / 8;
}

static void set_bits(const struct image *i, const struct field *f, u64 value)
{
	u8 *at = i->at;

	for (u32 n = 0; n < f->bits; n++) { /* little endian, as all machines that we run on */
		u32 bit = f->bit_off + n;

		at[bit / 8] &= (u8) ~(1u << bit % 8);
		at[bit / 8] |= (u8)((value >> n & 1) << bit % 8);
	}
}

void image_set(const struct image *i, const char *path, u64 value)
{
	struct field f;

	if (!find_path(i, path, &f))
		return;
	if (f.bits) {
		set_bits(i, &f, value);
		return;
	}
	memcpy((u8 *)i->at + f.bit_off / 8, &value,
	       (size_t)MIN(MAX(btf_type_size(i->btf, f.type), 0), (s64)sizeof(value)));
}

void image_set_ptr(const struct image *i, const char *path, const void *to)
{
	image_set(i, path, (uintptr_t)to);
}

void image_set_text(const struct image *i, const char *path, const char *text)
{
	u32 size = 0;
	char *at = image_member(i, path, &size);
	size_t len;

	if (!at || !size)
		return;
	len = strnlen(text, size - 1);
	memcpy(at, text, len);
	memset(at + len, 0, size - len);
}
