/* Maps of maps through bpf(2), compared with the kernel's call by call: which inner maps are taken, what
 * look-ups read, and a program that counts in an inner map. */
#include "both.h"

#include "insn/insn.h"

static int outer_map(struct side *s, u32 type, u32 key, u32 value, u32 n, u32 flags, int inner)
{
	struct attr_map_create a = { type, key, value, n, flags };

	a.inner_map_fd = (u32)inner;
	return (int)side_bpf(s, BPF_MAP_CREATE, &a, sizeof(a));
}

static const u32 outer_types[] = { BPF_MAP_TYPE_ARRAY_OF_MAPS, BPF_MAP_TYPE_HASH_OF_MAPS };
static const u32 inner_types[] = { BPF_MAP_TYPE_HASH,	     BPF_MAP_TYPE_ARRAY,
				   BPF_MAP_TYPE_PROG_ARRAY,  BPF_MAP_TYPE_PERF_EVENT_ARRAY,
				   BPF_MAP_TYPE_PERCPU_HASH, BPF_MAP_TYPE_PERCPU_ARRAY,
				   BPF_MAP_TYPE_LRU_HASH,    BPF_MAP_TYPE_RINGBUF,
				   BPF_MAP_TYPE_QUEUE };

static int inner_map(struct side *s, u32 type, u32 n, u32 flags)
{
	switch (type) {
	case BPF_MAP_TYPE_RINGBUF: return side_map(s, type, 0, 0, 4096 * n, flags);
	case BPF_MAP_TYPE_QUEUE: return side_map(s, type, 0, 8, n, flags);
	case BPF_MAP_TYPE_PROG_ARRAY:
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY: return side_map(s, type, 4, 4, n, flags);
	default: return side_map(s, type, 4, 8, n, flags);
	}
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

static void creation(struct side *s)
{
	int inner = side_map(s, BPF_MAP_TYPE_ARRAY, 4, 8, 2, 0), fd;

	for (u32 t = 0; t < ARRAY_SIZE(outer_types); t++) {
		for (u32 key = 0; key <= 8; key += 4)
			for (u32 value = 0; value <= 8; value += 4) {
				fd = outer_map(s, outer_types[t], key, value, 2, 0, inner);
				SAY(s, "type %u key %u value %u: %d\n", t, key, value,
				    fd < 0 ? fd : 0);
				close_fd(fd);
			}
		for (u32 bit = 0; bit < 16; bit++) {
			fd = outer_map(s, outer_types[t], 4, 4, 2, 1u << bit, inner);
			SAY(s, "type %u flag %u: %d\n", t, bit, fd < 0 ? fd : 0);
			close_fd(fd);
		}
		SAY(s, "no entries %d, no inner map %d\n",
		    outer_map(s, outer_types[t], 4, 4, 0, 0, inner),
		    outer_map(s, outer_types[t], 4, 4, 2, 0, 9999));
		fd = outer_map(s, outer_types[t], 4, 4, 2, 0, inner);
		SAY(s, "inner map is one of maps: %d\n",
		    outer_map(s, outer_types[t], 4, 4, 2, 0, fd));
		close_fd(fd);
	}
	close_fd(inner);
}

TEST("creation: attributes and inner maps that are possible")
{
	run_both(creation);
}

static void storing(struct side *s)
{
	for (u32 t = 0; t < ARRAY_SIZE(outer_types); t++)
		for (u32 i = 0; i < ARRAY_SIZE(inner_types); i++) {
			int template = inner_map(s, inner_types[i], 2, 0);
			int outer = outer_map(s, outer_types[t], 4, 4, 2, 0, template);
			u32 key = 1, id;
			long got;

			SAY(s, "outer %u inner %u: %d\n", t, i, outer < 0 ? outer : 0);
			close_fd(template); /* it was only an example */
			for (u32 j = 0; outer >= 0 && j < ARRAY_SIZE(inner_types); j++)
				for (u32 n = 2; n <= 4; n += 2) {
					int fd = inner_map(s, inner_types[j], n, 0);

					SAY(s, " store %u of %u: %ld\n", j, n,
					    side_elem(s, BPF_MAP_UPDATE_ELEM, outer, &key, &fd, 0));
					close_fd(fd);
					got = side_elem(s, BPF_MAP_LOOKUP_ELEM, outer, &key, &id,
							0);
					SAY(s, " read %ld delete %ld\n", got,
					    side_elem(s, BPF_MAP_DELETE_ELEM, outer, &key, NULL,
						      0));
				}
			close_fd(outer);
		}
}

TEST("storing: only maps like the one given at creation")
{
	run_both(storing);
}

static void flags(struct side *s)
{
	int inner = side_map(s, BPF_MAP_TYPE_ARRAY, 4, 8, 2, 0);

	for (u32 t = 0; t < ARRAY_SIZE(outer_types); t++) {
		int outer = outer_map(s, outer_types[t], 4, 4, 2, 0, inner);

		for (u32 key = 0; key < 4; key++)
			for (u64 f = 0; f < 9; f++) {
				u32 next = 77;

				SAY(s, "type %u key %u flags %llu: update %ld", t, key,
				    (unsigned long long)f,
				    side_elem(s, BPF_MAP_UPDATE_ELEM, outer, &key, &inner, f));
				SAY(s, " again %ld",
				    side_elem(s, BPF_MAP_UPDATE_ELEM, outer, &key, &inner, f));
				SAY(s, " delete %ld",
				    side_elem(s, BPF_MAP_DELETE_ELEM, outer, &key, NULL, 0));
				SAY(s, " again %ld",
				    side_elem(s, BPF_MAP_DELETE_ELEM, outer, &key, NULL, 0));
				SAY(s, " next %ld %u\n",
				    side_elem(s, BPF_MAP_GET_NEXT_KEY, outer, NULL, &next, 0),
				    next);
			}
		close_fd(outer);
	}
	close_fd(inner);
}

TEST("flags of updates, deletion, next keys")
{
	run_both(flags);
}

/* Counts in the inner map under key 1 of the outer one. */
static int load_counter(struct side *s, int outer)
{
	struct bpf_insn p[] = {
		{ .code = BPF_ST | BPF_MEM | BPF_W, .dst_reg = 10, .off = -4, .imm = 1 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 2, .src_reg = 10 },
		{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 2, .imm = -4 },
		{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 1, .src_reg = 1, .imm = outer },
		{ 0 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_map_lookup_elem },
		{ .code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = 0, .off = 8 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 1, .src_reg = 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 2, .src_reg = 10 },
		{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 2, .imm = -4 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_map_lookup_elem },
		{ .code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = 0, .off = 3 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 1, .imm = 5 },
		{ .code = BPF_STX | BPF_ATOMIC | BPF_DW, .dst_reg = 0, .src_reg = 1 },
		{ .code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = 0, .src_reg = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr a;

	memset(&a, 0, sizeof(a));
	a.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	a.insns = (uintptr_t)p;
	a.insn_cnt = ARRAY_SIZE(p);
	a.license = (uintptr_t) "GPL";
	return (int)side_bpf(s, BPF_PROG_LOAD, &a, sizeof(a));
}

static void run_counter(struct side *s, int prog)
{
	char data[64] = { 0 };
	union bpf_attr a;
	long err;

	memset(&a, 0, sizeof(a));
	a.test.prog_fd = (u32)prog;
	a.test.data_in = (uintptr_t)data;
	a.test.data_size_in = sizeof(data);
	err = side_bpf(s, BPF_PROG_TEST_RUN, &a, sizeof(a));
	SAY(s, "run %ld: %u\n", err, a.test.retval);
}

static void counting(struct side *s)
{
	for (u32 t = 0; t < ARRAY_SIZE(outer_types); t++) {
		int inner = side_map(s, BPF_MAP_TYPE_ARRAY, 4, 8, 2, 0);
		int other = side_map(s, BPF_MAP_TYPE_ARRAY, 4, 8, 2, 0);
		int outer = outer_map(s, outer_types[t], 4, 4, 2, 0, inner);
		int prog = load_counter(s, outer);
		u32 key = 1;
		u64 value = 0;

		SAY(s, "program: %d\n", prog < 0 ? prog : 0);
		run_counter(s, prog); /* nothing stored */
		side_elem(s, BPF_MAP_UPDATE_ELEM, outer, &key, &inner, 0);
		run_counter(s, prog);
		run_counter(s, prog);
		side_elem(s, BPF_MAP_UPDATE_ELEM, outer, &key, &other, 0);
		run_counter(s, prog);
		close_fd(other); /* the outer map keeps it */
		run_counter(s, prog);
		side_elem(s, BPF_MAP_DELETE_ELEM, outer, &key, NULL, 0);
		run_counter(s, prog);
		side_elem(s, BPF_MAP_LOOKUP_ELEM, inner, &key, &value, 0);
		SAY(s, "inner map: %llu\n", (unsigned long long)value);
		close_fd(prog);
		close_fd(outer);
		close_fd(inner);
	}
}

TEST("a program counts in whatever inner map is there")
{
	run_both(counting);
}
