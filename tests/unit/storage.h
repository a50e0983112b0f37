/* BTF for maps that need some, for both sides of a scenario. */
#ifndef SKEP_TEST_STORAGE_H
#define SKEP_TEST_STORAGE_H

#include <bpf/btf.h>

#include "both.h"

enum {
	STORAGE_INT = 1,
	STORAGE_LONG,
	STORAGE_LOCK,
	STORAGE_LOCKED,
	STORAGE_STRUCT,
	STORAGE_TYPEDEF
};

/* A descriptor of BTF with the types above: 4 and 8 bytes, a lock of 4, a structure of 8 with a lock, one of 4, and a
 * name for the int. */
static inline int side_btf(struct side *s)
{
	struct btf *b = btf__new_empty();
	struct attr_btf_load a = { 0 };
	u32 size;
	int fd;

	btf__add_int(b, "int", 4, BTF_INT_SIGNED);
	btf__add_int(b, "long", 8, 0);
	btf__add_struct(b, "bpf_spin_lock", 4);
	btf__add_field(b, "val", STORAGE_INT, 0, 0);
	btf__add_struct(b, "locked", 8);
	btf__add_field(b, "lock", STORAGE_LOCK, 0, 0);
	btf__add_field(b, "n", STORAGE_INT, 32, 0);
	btf__add_struct(b, "small", 4);
	btf__add_field(b, "n", STORAGE_INT, 0, 0);
	btf__add_typedef(b, "number", STORAGE_INT);
	a.btf = (u64)btf__raw_data(b, &size);
	a.btf_size = size;
	fd = (int)side_bpf(s, BPF_BTF_LOAD, &a, sizeof(a));
	btf__free(b);
	return fd;
}

static inline int side_map_btf(struct side *s, u32 type, u32 key, u32 value, u32 n, u32 flags,
			       int btf, u32 key_id, u32 value_id)
{
	struct attr_map_create a = { type, key, value, n, flags };

	a.btf_fd = (u32)btf;
	a.btf_key_type_id = key_id;
	a.btf_value_type_id = value_id;
	return (int)side_bpf(s, BPF_MAP_CREATE, &a, sizeof(a));
}

#endif
