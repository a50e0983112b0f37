/* The map commands of bpf(2), compared with the kernel's call by call. */
#include "both.h"

#define CLOSE(fd)                                                                                  \
	do {                                                                                       \
		if ((fd) >= 0)                                                                     \
			close(fd);                                                                 \
	} while (0)

static const u32 types[] = {
	BPF_MAP_TYPE_HASH,	  BPF_MAP_TYPE_ARRAY,
	BPF_MAP_TYPE_PROG_ARRAY,  BPF_MAP_TYPE_PERF_EVENT_ARRAY,
	BPF_MAP_TYPE_PERCPU_HASH, BPF_MAP_TYPE_PERCPU_ARRAY,
	BPF_MAP_TYPE_LRU_HASH,	  BPF_MAP_TYPE_LRU_PERCPU_HASH,
	BPF_MAP_TYPE_RINGBUF,	  BPF_MAP_TYPE_QUEUE,
	BPF_MAP_TYPE_STACK,	  BPF_MAP_TYPE_BLOOM_FILTER,
};

static bool is_hash(u32 type)
{
	return type == BPF_MAP_TYPE_HASH || type == BPF_MAP_TYPE_PERCPU_HASH ||
	       type == BPF_MAP_TYPE_LRU_HASH || type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

static int usual_map(struct side *s, u32 type, u32 flags)
{
	if (type == BPF_MAP_TYPE_RINGBUF)
		return side_map(s, type, 0, 0, 4096, flags);
	if (type == BPF_MAP_TYPE_QUEUE || type == BPF_MAP_TYPE_STACK ||
	    type == BPF_MAP_TYPE_BLOOM_FILTER)
		return side_map(s, type, 0, 8, 8, flags);
	if (type == BPF_MAP_TYPE_PROG_ARRAY || type == BPF_MAP_TYPE_PERF_EVENT_ARRAY)
		return side_map(s, type, 4, 4, 8, flags);
	return side_map(s, type, 4, 8, 8, flags);
}

static const int elem_cmds[] = { BPF_MAP_LOOKUP_ELEM, BPF_MAP_UPDATE_ELEM, BPF_MAP_DELETE_ELEM,
				 BPF_MAP_GET_NEXT_KEY, BPF_MAP_LOOKUP_AND_DELETE_ELEM };

/* Every command with every flag, pointer and kind of descriptor. */
static void try_elements(struct side *s, u32 type, int fd, const char *what)
{
	u32 keys[] = { 1, 7, 8, 0xffffffff };
	u64 value[64];

	for (u32 c = 0; c < ARRAY_SIZE(elem_cmds); c++) {
		int cmd = elem_cmds[c];

		if (cmd == BPF_MAP_GET_NEXT_KEY && is_hash(type))
			continue; /* in whatever order */
		for (u64 flags = 0; flags < 10; flags++) {
			memset(value, 0xff, sizeof(value));
			SAY(s, "type %u %s cmd %d flags %llu: %ld\n", type, what, cmd,
			    (unsigned long long)flags, side_elem(s, cmd, fd, keys, value, flags));
		}
		for (u32 k = 0; k < ARRAY_SIZE(keys); k++) {
			memset(value, 0xff, sizeof(value));
			SAY(s, "type %u %s cmd %d key %u: %ld", type, what, cmd, keys[k],
			    side_elem(s, cmd, fd, &keys[k], value, 0));
			SAY(s, " value %llx\n", (unsigned long long)value[0]);
		}
		SAY(s, "type %u %s cmd %d no key: %ld\n", type, what, cmd,
		    side_elem(s, cmd, fd, NULL, value, 0));
		SAY(s, "type %u %s cmd %d bad key: %ld\n", type, what, cmd,
		    side_elem(s, cmd, fd, BAD_PTR, value, 0));
		SAY(s, "type %u %s cmd %d bad value: %ld\n", type, what, cmd,
		    side_elem(s, cmd, fd, keys, BAD_PTR, 0));
	}
}

static void elements(struct side *s)
{
	static const u32 modes[] = { 0, BPF_F_RDONLY, BPF_F_WRONLY };

	for (u32 t = 0; t < ARRAY_SIZE(types); t++)
		for (u32 m = 0; m < ARRAY_SIZE(modes); m++) {
			int fd = usual_map(s, types[t], modes[m]);

			SAY(s, "type %u mode %u exists %d\n", types[t], modes[m], fd >= 0);
			try_elements(s, types[t], fd, m == 0 ? "rw" : m == 1 ? "ro" : "wo");
			CLOSE(fd);
		}
}

TEST("element commands answer as Linux's for every type, flag, pointer and access mode")
{
	run_both(elements);
}

static void bad_descriptors(struct side *s)
{
	int file = open("/", O_RDONLY | O_CLOEXEC), map = usual_map(s, BPF_MAP_TYPE_ARRAY, 0);
	int fds[] = { -1, 999, file };
	u32 key = 0;
	u64 value = 0;

	for (u32 i = 0; i < ARRAY_SIZE(fds); i++)
		for (u32 c = 0; c < ARRAY_SIZE(elem_cmds); c++)
			for (u64 flags = 0; flags < 2; flags++)
				SAY(s, "descriptor %u cmd %d flags %llu: %ld\n", i, elem_cmds[c],
				    (unsigned long long)flags,
				    side_elem(s, elem_cmds[c], fds[i], &key, &value, flags));
	for (u32 size = 0; size <= 40; size++) {
		struct attr_map_elem a = { (u32)map, (u64)&key, { (u64)&value }, 0 };
		u8 bytes[64] = { 0 };

		memcpy(bytes, &a, sizeof(a));
		SAY(s, "size %u: %ld\n", size, side_bpf(s, BPF_MAP_LOOKUP_ELEM, bytes, size));
	}
	close(map);
	close(file);
}

TEST("descriptors that are none, and attributes of every size")
{
	run_both(bad_descriptors);
}

/* Attributes longer than any that is known. */
static void long_attr(struct side *s)
{
	static u8 bytes[8192] __attribute__((aligned(8)));
	struct attr_map_create a = { BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0 };
	static const u32 sizes[] = { 72, 167, 168, 169, 256, 4095, 4096, 4097, 8192, 0xffffffff };
	long ret;

	memcpy(bytes, &a, sizeof(a));
	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
		SAY(s, "size %u: %ld\n", sizes[i],
		    MIN(0, ret = side_bpf(s, BPF_MAP_CREATE, bytes, sizes[i])));
		CLOSE((int)ret);
	}
	for (u32 at = 0; at < 300; at++) {
		if (at >= 8 && at < 16)
			continue; /* sizes: maps of gigabytes prove nothing */
		bytes[at] ^= 0x80;
		SAY(s, "byte %u dirty: %ld\n", at,
		    MIN(0, ret = side_bpf(s, BPF_MAP_CREATE, bytes, 300)));
		bytes[at] ^= 0x80;
		CLOSE((int)ret);
	}
	SAY(s, "bad attr: %ld\n", side_bpf(s, BPF_MAP_CREATE, BAD_PTR, 72));
	SAY(s, "bad attr, long: %ld\n", side_bpf(s, BPF_MAP_CREATE, BAD_PTR, 300));
}

TEST("the tail of attributes: E2BIG, EINVAL, EFAULT where Linux says so")
{
	run_both(long_attr);
}

/* Which bytes does each command look at? Everything zero but one byte. */
static void one_byte(struct side *s)
{
	static const int cmds[] = { 1,	2,  3,	4,  7,	10, 13, 14, 15, 19,
				    21, 22, 30, 32, 33, 34, 38, 99, -1 };
	u8 bytes[ABI_ATTR_SIZE] __attribute__((aligned(8)));
	long ret;

	for (u32 c = 0; c < ARRAY_SIZE(cmds); c++)
		for (u32 at = 0; at < sizeof(bytes); at++) {
			memset(bytes, 0, sizeof(bytes));
			bytes[at] = 0x7f;
			ret = side_bpf(s, cmds[c], bytes, sizeof(bytes));
			SAY(s, "cmd %d byte %u: %ld\n", cmds[c], at, ret);
			CLOSE((int)ret);
		}
}

TEST("each command looks at the bytes of attr that Linux's does")
{
	run_both(one_byte);
}

static void say_create(struct side *s, const char *what, const struct attr_map_create *a)
{
	long ret = side_bpf(s, BPF_MAP_CREATE, (void *)a, sizeof(*a));

	SAY(s, "create, %s: %ld\n", what, MIN(ret, 0));
	CLOSE((int)ret);
}

static void create(struct side *s)
{
	const struct attr_map_create ok = { BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0 };
	struct attr_map_create a;

#define CREATE_WITH(...)                                                                           \
	do {                                                                                       \
		a = ok;                                                                            \
		__VA_ARGS__;                                                                       \
		say_create(s, #__VA_ARGS__, &a);                                                   \
	} while (0)
	CREATE_WITH(a.map_type = 0);
	CREATE_WITH(a.map_type = 999);
	CREATE_WITH(a.map_type = ~0u);
	CREATE_WITH(a.max_entries = 0);
	CREATE_WITH(a.map_extra = 1);
	CREATE_WITH(a.map_ifindex = 1);
	CREATE_WITH(a.inner_map_fd = 77);
	CREATE_WITH(a.numa_node = 77);
	CREATE_WITH(a.map_flags = BPF_F_NUMA_NODE);
	CREATE_WITH(a.map_flags = BPF_F_NUMA_NODE, a.numa_node = 77);
	CREATE_WITH(a.map_flags = BPF_F_NUMA_NODE, a.numa_node = ~0u);
	CREATE_WITH(a.btf_fd = 999);
	CREATE_WITH(a.btf_key_type_id = 1);
	CREATE_WITH(a.btf_value_type_id = 1);
	CREATE_WITH(a.btf_fd = 999, a.btf_value_type_id = 1);
	CREATE_WITH(a.btf_fd = 999, a.btf_key_type_id = 1, a.btf_value_type_id = 1);
	CREATE_WITH(a.btf_vmlinux_value_type_id = 1);
	CREATE_WITH(a.value_type_btf_obj_fd = 5);
	CREATE_WITH(a.map_token_fd = 5);
	CREATE_WITH(a.map_flags = ABI_F_TOKEN_FD, a.map_token_fd = 999);
	CREATE_WITH(a.map_flags = BPF_F_RDONLY | BPF_F_WRONLY);
	CREATE_WITH(memcpy(a.map_name, "a_b.C9", 7));
	CREATE_WITH(memcpy(a.map_name, "a-b", 4));
	CREATE_WITH(memcpy(a.map_name, "a b", 4));
	CREATE_WITH(memcpy(a.map_name, "fifteen_letters", 16));
	CREATE_WITH(memcpy(a.map_name, "sixteen_letters!", 16));
	CREATE_WITH(memcpy(a.map_name, "sixteen_letters_", 16));
	CREATE_WITH(memcpy(a.map_name, "a\0b", 4));
	CREATE_WITH(a.excl_prog_hash_size = 8);
	CREATE_WITH(a.excl_prog_hash = 8, a.excl_prog_hash_size = 32);
}

TEST("creation checks its attributes as Linux does")
{
	run_both(create);
}

static void freeze(struct side *s)
{
	static const u32 modes[] = { 0, BPF_F_RDONLY, BPF_F_WRONLY };

	for (u32 t = 0; t < ARRAY_SIZE(types); t++)
		for (u32 m = 0; m < ARRAY_SIZE(modes); m++) {
			int fd = usual_map(s, types[t], modes[m]);
			u32 a = (u32)fd;

			if (fd < 0)
				continue;
			SAY(s, "type %u mode %u freeze: %ld", types[t], m,
			    side_bpf(s, BPF_MAP_FREEZE, &a, sizeof(a)));
			SAY(s, ", again: %ld\n", side_bpf(s, BPF_MAP_FREEZE, &a, sizeof(a)));
			try_elements(s, types[t], fd, "frozen");
			close(fd);
		}
}

TEST("a frozen map is read-only for user space")
{
	run_both(freeze);
}

/* --- batches --- */

struct batch_result {
	u32 keys[16], token;
	u64 values[16 * 8];
};

static long batch(struct side *s, int cmd, int fd, const void *in, struct batch_result *r,
		  u32 *count, u64 elem_flags, u64 flags)
{
	struct attr_batch a = { (u64)in, (u64)&r->token, (u64)r->keys, (u64)r->values,
				*count,	 (u32)fd,	 elem_flags,   flags };
	long ret = side_bpf(s, cmd, &a, sizeof(a));

	*count = a.count;
	return ret;
}

static void fill(struct side *s, int fd, u32 n)
{
	u64 value[64];

	for (u32 k = 0; k < n; k++) {
		for (u32 i = 0; i < ARRAY_SIZE(value); i++)
			value[i] = 100 + k;
		side_elem(s, BPF_MAP_UPDATE_ELEM, fd, &k, value, 0);
	}
}

static void try_batches(struct side *s, u32 type)
{
	static const u32 counts[] = { 0, 3, 8, 9, 16 };

	for (int cmd = BPF_MAP_LOOKUP_BATCH; cmd <= BPF_MAP_DELETE_BATCH; cmd++)
		for (u32 c = 0; c < ARRAY_SIZE(counts); c++)
			for (u32 f = 0; f < 12; f++) {
				int fd = usual_map(s, type, 0);
				struct batch_result r = { .token = 0xdead };
				u32 n = counts[c];
				long ret;

				/* A hash's first bucket may be larger than 3: chance decides */
				if (type != BPF_MAP_TYPE_ARRAY &&
				    type != BPF_MAP_TYPE_PERCPU_ARRAY && n == 3 &&
				    cmd <= BPF_MAP_LOOKUP_AND_DELETE_BATCH) {
					CLOSE(fd);
					continue;
				}
				for (u32 i = 0; i < 16; i++)
					r.keys[i] = i;
				fill(s, fd, 8);
				ret = batch(s, cmd, fd, NULL, &r, &n, f & 7, f >> 3);
				SAY(s, "type %u cmd %d count %u flags %u: %ld, %u\n", type, cmd,
				    counts[c], f, ret, n);
				CLOSE(fd);
			}
}

static void batches(struct side *s)
{
	for (u32 t = 0; t < ARRAY_SIZE(types); t++)
		if (types[t] != BPF_MAP_TYPE_LRU_HASH && types[t] != BPF_MAP_TYPE_LRU_PERCPU_HASH)
			try_batches(s, types[t]);
}

TEST("batch commands: results, counts and flags as Linux's")
{
	run_both(batches);
}

static void array_batches(struct side *s)
{
	int fd = usual_map(s, BPF_MAP_TYPE_ARRAY, 0);
	u32 starts[] = { 0, 2, 6, 7, 8, 77 };

	fill(s, fd, 8);
	for (u32 i = 0; i < ARRAY_SIZE(starts); i++)
		for (u32 n = 1; n < 10; n++) {
			struct batch_result r = { .token = 0xdead };
			u32 count = n;
			long ret = batch(s, BPF_MAP_LOOKUP_BATCH, fd, &starts[i], &r, &count, 0, 0);

			SAY(s, "after %u, %u: %ld, %u token %x keys %u %u value %llu\n", starts[i],
			    n, ret, count, r.token, r.keys[0], r.keys[1],
			    (unsigned long long)r.values[0]);
		}
	close(fd);
}

TEST("array batches continue after the key that in_batch names")
{
	run_both(array_batches);
}

/* All elements come exactly once, however small the steps, or Linux's ENOSPC asks for larger ones. */
static void walk_hash(struct side *s)
{
	int fd = side_map(s, BPF_MAP_TYPE_HASH, 4, 8, 64, 0);
	struct batch_result r = { 0 };
	u64 seen = 0;
	u32 token = 0, total = 0;
	long ret;

	for (u32 k = 0; k < 64; k++)
		side_elem(s, BPF_MAP_UPDATE_ELEM, fd, &k, &(u64){ k }, 0);
	for (bool first = true;; first = false) {
		u32 n = 16;

		ret = batch(s, BPF_MAP_LOOKUP_BATCH, fd, first ? NULL : &token, &r, &n, 0, 0);
		for (u32 i = 0; i < n; i++) {
			seen |= 1ull << r.keys[i];
			if (r.values[i] != r.keys[i])
				SAY(s, "wrong value\n");
		}
		total += n;
		token = r.token;
		if (ret)
			break;
	}
	SAY(s, "end %ld, %u elements, seen %llx, token %u\n", ret, total, (unsigned long long)seen,
	    token);
	close(fd);
}

TEST("hash batches give every element once")
{
	run_both(walk_hash);
}

static void empty_hash(struct side *s)
{
	int fd = side_map(s, BPF_MAP_TYPE_HASH, 4, 8, 8, 0);
	struct batch_result r;
	u32 n = 16, key = 3;

	fill(s, fd, 8);
	SAY(s, "%ld", batch(s, BPF_MAP_LOOKUP_AND_DELETE_BATCH, fd, NULL, &r, &n, 0, 0));
	SAY(s, " %u token %u; then lookup %ld", n, r.token,
	    side_elem(s, BPF_MAP_LOOKUP_ELEM, fd, &key, r.values, 0));
	n = 16;
	SAY(s, " batch %ld", batch(s, BPF_MAP_LOOKUP_AND_DELETE_BATCH, fd, NULL, &r, &n, 0, 0));
	SAY(s, " %u token %u\n", n, r.token);
	fill(s, fd, 8);
	SAY(s, "refilled: lookup %ld\n", side_elem(s, BPF_MAP_LOOKUP_ELEM, fd, &key, r.values, 0));
	for (u32 token = 7; token < 10; token++) {
		n = 16;
		SAY(s, "from bucket %u: %ld\n", token,
		    batch(s, BPF_MAP_LOOKUP_BATCH, fd, &token, &r, &n, 0, 0));
	}
	close(fd);
}

TEST("lookup and delete batch empties a hash, which can be filled again")
{
	run_both(empty_hash);
}
