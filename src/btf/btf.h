/* BTF: type information of programs, maps and the kernel. Parsed once, immutable, shared.
 * Format: Documentation/bpf/btf.rst. Ids count from 1; 0 is void. */
#ifndef SKEP_BTF_BTF_H
#define SKEP_BTF_BTF_H

#include <linux/btf.h>
#include <stdatomic.h>

#include "base/buf.h"
#include "base/object.h"

struct btf_records;
struct btf {
	struct object obj; /* first */
	void *data;	   /* raw bytes as loaded */
	u32 size;
	const char *strings;
	u32 strings_len;
	const struct btf_type **types; /* [id], [0] = void */
	u32 nr_types;		       /* ids are below this */
	char name[64];		       /* "vmlinux", or "" */
	bool kernel, mapped;	     /* mapped: data is a file of the kernel's, not our own copy */
	_Atomic(u32 *) index;	     /* btf_find()'s: ids by name, made when first asked for */
	struct btf_records *records; /* record.h: of structures that programs allocate */
};

/* Check and take raw BTF (copied). log may be NULL; on refusal it says why. -EINVAL, -ENOMEM … */
int btf_new(const void *data, u32 size, struct buf *log, struct btf **out) MUST_CHECK;
/* The BTF of a kernel, from a file as sysfs has it: /sys/kernel/btf/vmlinux. -ENOENT …; the reason is
 * in last_error(). What really is in sysfs is what the running kernel works with itself: neither copied nor checked beyond
 * what makes following it safe (btf_index_layout()); any other file is checked as all BTF is. */
int btf_new_kernel(const char *path, struct btf **out) MUST_CHECK;
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
bool btf_is_modifier(const struct btf_type *t);
bool btf_is_struct(const struct btf_type *t); /* or a union; takes NULL */
/* Member i of a struct or union: offset in bits, and width in bits of a bit field, else 0. */
u32 btf_member_bit_off(const struct btf_type *t, u32 i);
u32 btf_member_bits(const struct btf_type *t, u32 i);
/* Offset of a member of (named) struct type `name` directly in struct `id`, -ENOENT if none,
 * -E2BIG if several. For bpf_spin_lock, bpf_timer … A data section's variables count as members. */
int btf_find_struct_member(const struct btf *b, u32 id, const char *name);
/* First id of that kind and name, or -ENOENT. */
int btf_find(const struct btf *b, const char *name, u32 kind);

/* What follows struct btf_type, by kind (the caller knows the kind). */
static inline const struct btf_array *btf_array_of(const struct btf_type *t)
{
	return (const struct btf_array *)(t + 1);
}
static inline const struct btf_member *btf_members_of(const struct btf_type *t)
{
	return (const struct btf_member *)(t + 1);
}
static inline const struct btf_enum *btf_enums_of(const struct btf_type *t)
{
	return (const struct btf_enum *)(t + 1);
}
static inline const struct btf_enum64 *btf_enums64_of(const struct btf_type *t)
{
	return (const struct btf_enum64 *)(t + 1);
}
static inline const struct btf_param *btf_proto_params_of(const struct btf_type *t)
{
	return (const struct btf_param *)(t + 1);
}
static inline const struct btf_var_secinfo *btf_secinfos_of(const struct btf_type *t)
{
	return (const struct btf_var_secinfo *)(t + 1);
}
static inline u32 btf_int_info(const struct btf_type *t)
{
	return *(const u32 *)(t + 1);
}

#endif
