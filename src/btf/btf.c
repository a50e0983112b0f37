/* BTF: life cycle and look-ups. The checks are in layout.c and resolve.c.
 *
 * Invariant: a struct btf that exists has passed every check, so look-ups need only test ids: kinds,
 * lengths and names are valid, no chain of modifiers or members is a cycle. Of the running kernel's only what keeps us inside its
 * bytes was checked: that it means something is what the kernel relies on itself. */
#include "btf/btf.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/err.h"
#include "btf/check.h"
#include "btf/record.h"

static void btf_free(struct object *o)
{
	struct btf *b = container_of(o, struct btf, obj);

	btf_free_records(b);
	free(atomic_load(&b->index));
	free(b->types);
	if (b->mapped)
		munmap(b->data, b->size);
	else
		free(b->data);
	free(b);
}

int btf_new(const void *data, u32 size, struct buf *log, struct btf **out)
{
	struct btf *b = calloc(1, sizeof(*b));
	int err;

	if (!b)
		return -ENOMEM;
	object_init(&b->obj, OBJECT_BTF, btf_free);
	b->size = size;
	b->data = malloc(size ? size : 1);
	if (!b->data) {
		err = -ENOMEM;
		goto out_free;
	}
	if (size)
		memcpy(b->data, data, size);
	err = btf_check_layout(b, log) ?: btf_check_references(b, log);
	if (err < 0)
		goto out_free;
	*out = b;
	return 0;
out_free:
	btf_free(&b->obj);
	return err;
}

/* sysfs files cannot always be mapped, and say 0 or the true size: read until the end. */
static int read_file(const char *path, struct buf *content)
{
	static const size_t chunk = 1 << 20;
	char *tmp = malloc(chunk);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 0;

	while (fd >= 0 && tmp && (n = read(fd, tmp, chunk)) > 0)
		buf_put(content, tmp, (size_t)n);
	n = fd < 0 || n < 0 ? -errno : !tmp ? -ENOMEM : buf_error(content);
	if (fd >= 0)
		close(fd);
	free(tmp);
	return (int)n;
}

/* The file in the kernel's own memory, if it is the kernel's and Linux can map it (since 6.16). 0: it is not or cannot. */
static int map_kernel(const char *path, struct btf **out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;
	struct statfs fs;
	struct stat st;
	void *data = MAP_FAILED;
	struct btf *b;

	if (fd < 0)
		return 0;
	if (!fstatfs(fd, &fs) && fs.f_type == SYSFS_MAGIC && !fstat(fd, &st) && st.st_size > 0 &&
	    st.st_size <= UINT32_MAX)
		data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (data == MAP_FAILED)
		return 0;
	b = calloc(1, sizeof(*b));
	if (!b) {
		munmap(data, (size_t)st.st_size);
		return -ENOMEM;
	}
	object_init(&b->obj, OBJECT_BTF, btf_free);
	b->data = data;
	b->size = (u32)st.st_size;
	b->mapped = true;
	err = btf_index_layout(b);
	if (err < 0) {
		btf_free(&b->obj);
		return err;
	}
	*out = b;
	return 1;
}

static int read_kernel(const char *path, struct btf **out)
{
	struct buf raw = { 0 };
	int err = read_file(path, &raw);
	char why[160];

	if (err < 0) {
		buf_done(&raw);
		return fail(err, "cannot read the kernel's BTF from %s: %s", path, strerror(-err));
	}
	err = raw.len > UINT32_MAX ? -E2BIG : btf_new(raw.data, (u32)raw.len, NULL, out);
	buf_done(&raw);
	if (err >= 0)
		return 0;
	snprintf(why, sizeof(why), "%s", last_error());
	return fail(err, "%s: not valid BTF: %s", path, why);
}

int btf_new_kernel(const char *path, struct btf **out)
{
	int err = map_kernel(path, out) ?: read_kernel(path, out);

	if (err < 0)
		return err;
	strcpy((*out)->name, "vmlinux");
	(*out)->kernel = true;
	return 0;
}

const struct btf_type *btf_type(const struct btf *b, u32 id)
{
	return id < b->nr_types ? b->types[id] : NULL;
}

const char *btf_string(const struct btf *b, u32 off)
{
	return off < b->strings_len ? b->strings + off : "";
}

const char *btf_type_name(const struct btf *b, u32 id)
{
	const struct btf_type *t = btf_type(b, id);

	return t ? btf_string(b, t->name_off) : "";
}

bool btf_is_modifier(const struct btf_type *t)
{
	switch (BTF_INFO_KIND(t->info)) {
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_CONST:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG: return true;
	}
	return false;
}

bool btf_is_struct(const struct btf_type *t)
{
	return t && (BTF_INFO_KIND(t->info) == BTF_KIND_STRUCT ||
		     BTF_INFO_KIND(t->info) == BTF_KIND_UNION);
}

const struct btf_type *btf_strip(const struct btf *b, u32 id, u32 *stripped_id)
{
	const struct btf_type *t = btf_type(b, id);

	while (t && btf_is_modifier(t)) {
		id = t->type;
		t = btf_type(b, id);
	}
	if (stripped_id)
		*stripped_id = id;
	return t;
}

s64 btf_type_size(const struct btf *b, u32 id)
{
	const struct btf_type *t;
	u64 n = 1; /* no overflow: btf_new() has checked that arrays stay below 4 GiB */

	while ((t = btf_strip(b, id, &id))) {
		switch (BTF_INFO_KIND(t->info)) {
		case BTF_KIND_ARRAY:
			n *= btf_array_of(t)->nelems;
			id = btf_array_of(t)->type;
			continue;
		case BTF_KIND_VAR: id = t->type; continue;
		case BTF_KIND_PTR: return (s64)(n * sizeof(void *));
		case BTF_KIND_INT:
		case BTF_KIND_STRUCT:
		case BTF_KIND_UNION:
		case BTF_KIND_ENUM:
		case BTF_KIND_ENUM64:
		case BTF_KIND_FLOAT:
		case BTF_KIND_DATASEC: return (s64)(n * t->size);
		}
		break;
	}
	return -EINVAL;
}

u32 btf_member_bit_off(const struct btf_type *t, u32 i)
{
	u32 off = btf_members_of(t)[i].offset;

	return BTF_INFO_KFLAG(t->info) ? BTF_MEMBER_BIT_OFFSET(off) : off;
}

u32 btf_member_bits(const struct btf_type *t, u32 i)
{
	return BTF_INFO_KFLAG(t->info) ? BTF_MEMBER_BITFIELD_SIZE(btf_members_of(t)[i].offset) : 0;
}

/* Offset of the data section's variable of that type: where it is, as with members. */
static int find_in_datasec(const struct btf *b, const struct btf_type *sec, const char *name)
{
	int found = -ENOENT;

	for (u32 i = 0; i < BTF_INFO_VLEN(sec->info); i++) {
		const struct btf_var_secinfo *v = &btf_secinfos_of(sec)[i];
		const struct btf_type *t = btf_strip(b, btf_type(b, v->type)->type, NULL);

		if (!t || BTF_INFO_KIND(t->info) != BTF_KIND_STRUCT ||
		    strcmp(btf_string(b, t->name_off), name))
			continue;
		if (found >= 0)
			return -E2BIG;
		found = (int)v->offset;
	}
	return found;
}

int btf_find_struct_member(const struct btf *b, u32 id, const char *name)
{
	const struct btf_type *s = btf_strip(b, id, NULL);
	int found = -ENOENT;

	if (s && BTF_INFO_KIND(s->info) == BTF_KIND_DATASEC)
		return find_in_datasec(b, s, name);
	if (!s || BTF_INFO_KIND(s->info) != BTF_KIND_STRUCT)
		return -ENOENT;
	for (u32 i = 0; i < BTF_INFO_VLEN(s->info); i++) {
		const struct btf_type *t = btf_strip(b, btf_members_of(s)[i].type, NULL);

		if (!t || BTF_INFO_KIND(t->info) != BTF_KIND_STRUCT ||
		    strcmp(btf_string(b, t->name_off), name))
			continue;
		if (found >= 0)
			return -E2BIG;
		if (btf_member_bit_off(s, i) % 8)
			return -EINVAL;
		found = (int)(btf_member_bit_off(s, i) / 8);
	}
	return found;
}

/* Small BTF is searched from the front; the kernel's, with a hundred thousand types, through an index: chains
 * of ids by the hash of their names, index[0 … buckets) the first ids, then the next of each id. */
#define INDEX_BUCKETS 65536u
#define INDEX_FROM    4096u /* types */

/* Eight bytes at a time: a kernel's names are 3 MB. */
static u32 hash_name(const char *name)
{
	const u64 odd = 0x9e3779b97f4a7c15u;
	size_t len = strlen(name), at = 0;
	u64 h = len, w = 0;

	for (; at + 8 <= len; at += 8) {
		memcpy(&w, name + at, 8);
		h = (h ^ w) * odd;
		h ^= h >> 32;
	}
	for (w = 0; at < len; at++)
		w = w << 8 | (u8)name[at];
	h = (h ^ w) * odd;
	return (u32)(h >> 32) % INDEX_BUCKETS;
}

static const u32 *name_index(const struct btf *b)
{
	struct btf *m = (struct btf *)b; /* what it makes is no part of what others see */
	u32 *index = atomic_load_explicit(&m->index, memory_order_acquire), *none = NULL;

	if (index)
		return index;
	index = calloc((size_t)INDEX_BUCKETS + b->nr_types, sizeof(*index));
	if (!index)
		return NULL;
	for (u32 id = b->nr_types - 1; id > 0; id--) {
		const char *name = btf_string(b, b->types[id]->name_off);
		u32 *bucket = &index[hash_name(name)];

		if (!*name)
			continue;
		index[INDEX_BUCKETS + id] = *bucket;
		*bucket = id;
	}
	if (atomic_compare_exchange_strong(&m->index, &none, index))
		return index;
	free(index);
	return none;
}

static bool is_named(const struct btf *b, u32 id, const char *name, u32 kind)
{
	return BTF_INFO_KIND(b->types[id]->info) == kind &&
	       !strcmp(btf_string(b, b->types[id]->name_off), name);
}

int btf_find(const struct btf *b, const char *name, u32 kind)
{
	const u32 *index = b->nr_types >= INDEX_FROM ? name_index(b) : NULL;

	for (u32 id = index ? index[hash_name(name)] : 1; id && id < b->nr_types;
	     id = index ? index[INDEX_BUCKETS + id] : id + 1)
		if (is_named(b, id, name, kind))
			return (int)id;
	return -ENOENT;
}
