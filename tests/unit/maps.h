/* A map of ours and the kernel's own, side by side: every operation goes to both, and must have the
 * same result. Where bpf(2) is not answered only ours is there. */
#ifndef SKEP_TEST_MAPS_H
#define SKEP_TEST_MAPS_H

#include <unistd.h>

#include "exec/run.h"
#include "map/map.h"
#include "oracle/kernel.h"

#include "test.h"

#define MAX_BYTES 4096

struct pair {
	struct skep_map *m;
	int fd; /* the kernel's, -1 if it is not asked */
};

static inline struct runtime *test_runtime(void)
{
	static struct runtime rt;

	if (!rt.va && runtime_init(&rt, NULL))
		abort();
	return &rt;
}

static inline struct map_attr attr_of(u32 type, u32 key, u32 value, u32 n, u32 flags)
{
	return (struct map_attr){
		.type = type, .key_size = key, .value_size = value, .max_entries = n, .flags = flags
	};
}

static inline int kernel_map(const struct map_attr *a)
{
	union bpf_attr k;

	memset(&k, 0, sizeof(k)); /* an initializer may leave the rest of a union alone */
	k.map_type = a->type;
	k.key_size = a->key_size;
	k.value_size = a->value_size;
	k.max_entries = a->max_entries;
	k.map_flags = a->flags;
	k.numa_node = a->numa_node;
	k.map_extra = a->extra;
	return kernel_bpf(BPF_MAP_CREATE, &k, sizeof(k));
}

static inline const char *attr_text(const struct map_attr *a)
{
	static char text[128];

	snprintf(text, sizeof(text), "type %u key %u value %u n %u flags 0x%x numa %u", a->type,
		 a->key_size, a->value_size, a->max_entries, a->flags, a->numa_node);
	return text;
}

static inline void pair_close(struct pair *p)
{
	map_unref(p->m);
	if (p->fd >= 0)
		close(p->fd);
	*p = (struct pair){ .fd = -1 };
}

/* Make both; on refusal both refuse alike. Returns ours: 0 or a negative errno. */
static inline int pair_new(struct pair *p, const struct map_attr *a)
{
	int err;

	*p = (struct pair){ .fd = -1 };
	err = map_new(test_runtime(), a, &p->m);
	if (!kernel_missing()) {
		p->fd = kernel_map(a);
		EXPECT((p->fd < 0 ? p->fd : 0) == err, "%s: kernel %d, we %d", attr_text(a), p->fd,
		       err);
	}
	if (err || (p->fd < 0 && !kernel_missing()))
		pair_close(p);
	return err;
}

static inline int kernel_elem(const struct pair *p, int cmd, const void *key, void *value,
			      u64 flags)
{
	union bpf_attr k;

	memset(&k, 0, sizeof(k));
	k.map_fd = p->fd;
	k.key = (uintptr_t)key;
	k.value = (uintptr_t)value;
	k.flags = flags;
	return kernel_bpf(cmd, &k, sizeof(k));
}

static inline int our_elem(const struct pair *p, int cmd, const void *key, void *value, u64 flags)
{
	switch (cmd) {
	case BPF_MAP_LOOKUP_ELEM: return map_sys_lookup(p->m, key, value, flags);
	case BPF_MAP_UPDATE_ELEM: return map_sys_update(p->m, key, value, flags);
	case BPF_MAP_DELETE_ELEM: return map_sys_delete(p->m, key);
	case BPF_MAP_LOOKUP_AND_DELETE_ELEM: return map_sys_lookup_delete(p->m, key, value, flags);
	default: return map_sys_next_key(p->m, key, value);
	}
}

/* One element command on both; value is read for an update, else written. Compares the result, and
 * what was read unless that is a key (the order of a hash is its own). */
static inline int pair_op(const struct pair *p, int cmd, const void *key, void *value, u64 flags)
{
	static u8 theirs[MAX_BYTES];
	u32 size = map_user_value_size(p->m);
	int err, kerr;

	if (value)
		memcpy(theirs, value, size);
	err = our_elem(p, cmd, key, value, flags);
	if (p->fd < 0)
		return err;
	kerr = kernel_elem(p, cmd, key, value ? theirs : NULL, flags);
	EXPECT(kerr == err, "%s cmd %d key %u flags 0x%llx: kernel %d, we %d", p->m->type->name,
	       cmd, key ? *(const u32 *)key : 0, (unsigned long long)flags, kerr, err);
	if (!err && !kerr && value && cmd != BPF_MAP_GET_NEXT_KEY)
		EXPECT(!memcmp(theirs, value, size), "%s cmd %d: values differ", p->m->type->name,
		       cmd);
	return err;
}

static inline u64 test_random(u64 *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

#endif
