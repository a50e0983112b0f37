/* Programs that follow pointers which nobody has proven: into an arena, and to kernel objects (probe loads); in skep and in the
 * kernel, in turns.
 *
 *   bench-arena [rounds]
 *
 * Each program does one operation 1,000 times and is asked by BPF_PROG_TEST_RUN; what it computes must be the same on
 * both sides. */
#include <bpf/btf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/types.h"
#include "oracle/kernel.h"
#include "skep/skep.h"
#include "timing.h"
#include "unit/asm.h"

#define OPERATIONS 1000
#define REPEAT	   300
#define PAGES	   64u
#define NODES	   (PAGES * 4096 / 64)

#define MAP(d, fd) INSN(BPF_LD | BPF_IMM | BPF_DW, d, BPF_PSEUDO_MAP_FD, 0, fd), INSN(0, 0, 0, 0, 0)
#define VALUE(d, fd)                                                                               \
	INSN(BPF_LD | BPF_IMM | BPF_DW, d, BPF_PSEUDO_MAP_VALUE, 0, fd), INSN(0, 0, 0, 0, 0)
#define CAST(d, s) INSN(BPF_ALU64 | BPF_MOV | BPF_X, d, s, BPF_ADDR_SPACE_CAST, 1)

struct node { /* a cache line */
	u64 next, value, rest[6];
};

struct side {
	const char *name;
	struct skep_client *client; /* NULL: the kernel */
	u64 addr;		    /* of its arena */
	struct node *nodes;
	int arena, array, progs[8];
};

static long bpf(const struct side *s, int cmd, union bpf_attr *attr)
{
	return s->client ? skep_bpf(s->client, cmd, (uintptr_t)attr, sizeof(*attr))
			 : kernel_bpf(cmd, attr, sizeof(*attr));
}

static int make_map(const struct side *s, u32 type, u32 key, u32 value, u32 n, u32 flags, u64 extra)
{
	union bpf_attr a = { .map_type = type,
			     .key_size = key,
			     .value_size = value,
			     .max_entries = n,
			     .map_flags = flags,
			     .map_extra = extra };

	return (int)bpf(s, BPF_MAP_CREATE, &a);
}

/* A ring of nodes in an order that no prefetcher guesses. */
static bool make_side(struct side *s)
{
	s->arena = make_map(s, 33, 0, 0, PAGES, BPF_F_MMAPABLE, s->addr);
	s->array = make_map(s, BPF_MAP_TYPE_ARRAY, 4, 4096, 1, 0, 0);
	if (s->arena < 0 || s->array < 0)
		return false;
	s->nodes = mmap((void *)(uintptr_t)s->addr, PAGES * 4096, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_FIXED, s->arena, 0);
	if (s->nodes == MAP_FAILED)
		return false;
	for (u32 i = 0; i < NODES; i++) {
		u32 to = (i * 1021 + 331) % NODES;

		s->nodes[i].next = s->addr + to * sizeof(struct node);
		s->nodes[i].value = i;
	}
	return true;
}

static int load(const struct side *s, const struct bpf_insn *insns, u32 n)
{
	static char log[1 << 20];
	union bpf_attr a = {
		.prog_type = BPF_PROG_TYPE_XDP,
		.insns = (uintptr_t)insns,
		.insn_cnt = n,
		.license = (uintptr_t) "GPL",
	};
	int fd = (int)bpf(s, BPF_PROG_LOAD, &a);

	if (fd < 0) {
		a.log_level = 1;
		a.log_buf = (uintptr_t)log;
		a.log_size = sizeof(log);
		bpf(s, BPF_PROG_LOAD, &a);
		fprintf(stderr, "%s: %s\n", s->name, log);
	}
	return fd;
}

/* r6 counts, r7 sums: begin; body; end. The body has `len` instructions. */
#define BEGIN MOV_K(6, 0), MOV_K(7, 0)
#define END(len)                                                                                   \
	ALU64_K(BPF_ADD, 6, 1), JMP_K(BPF_JLT, 6, OPERATIONS, -2 - (len)), MOV_X(0, 7), EXIT()

static int list_prog(const struct side *s)
{
	struct bpf_insn insns[] = { MAP(1, s->arena),
				    LD64(8, s->addr),
				    CAST(8, 8),
				    BEGIN,
				    LDX(BPF_DW, 1, 8, 8),
				    ALU64_X(BPF_ADD, 7, 1),
				    LDX(BPF_DW, 8, 8, 0),
				    CAST(8, 8),
				    END(4) };

	return load(s, insns, ARRAY_SIZE(insns));
}

/* table[hash(i)] += i */
static int table_prog(const struct side *s)
{
	struct bpf_insn insns[] = { MAP(1, s->arena),
				    BEGIN,
				    MOV_X(2, 6),
				    ALU64_K(BPF_MUL, 2, 0x9e3779b),
				    ALU64_K(BPF_AND, 2, (PAGES * 4096 - 1) & ~63),
				    CAST(2, 2),
				    LDX(BPF_DW, 1, 2, 16),
				    ALU64_X(BPF_ADD, 1, 6),
				    STX(BPF_DW, 2, 1, 16),
				    ALU64_X(BPF_ADD, 7, 6),
				    END(8) };

	return load(s, insns, ARRAY_SIZE(insns));
}

static int atomic_prog(const struct side *s)
{
	struct bpf_insn insns[] = { MAP(1, s->arena),
				    BEGIN,
				    MOV_K(2, 64),
				    CAST(2, 2),
				    MOV_K(1, 1),
				    ATOMIC_OP(BPF_DW, BPF_ADD | BPF_FETCH, 2, 1, 24),
				    END(4) };

	return load(s, insns, ARRAY_SIZE(insns));
}

static int probe_prog(const struct side *s)
{
	static struct btf *kernel;
	int id;

	kernel = kernel ?: btf__load_vmlinux_btf();
	id = kernel ? btf__find_by_name_kind(kernel, "bpf_rdonly_cast", BTF_KIND_FUNC) : 0;
	struct bpf_insn insns[] = { VALUE(1, s->array),
				    MOV_K(2, 0),
				    INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, id),
				    MOV_X(8, 0),
				    BEGIN,
				    LDX(BPF_DW, 1, 8, 8),
				    ALU64_X(BPF_ADD, 7, 1),
				    LDX(BPF_W, 1, 8, 64),
				    ALU64_X(BPF_ADD, 7, 1),
				    END(4) };

	return load(s, insns, ARRAY_SIZE(insns));
}

static const struct {
	const char *name;
	int (*make)(const struct side *s);
} programs[] = {
	{ "a step in a list in an arena", list_prog },
	{ "an update of a table in an arena", table_prog },
	{ "an atomic operation in an arena", atomic_prog },
	{ "two probe loads", probe_prog },
};

/* What TEST_RUN measures itself, without the time in which others ran. */
static double run(const struct side *s, u32 n, u32 *ret)
{
	u8 packet[64] = { 0 };
	union bpf_attr a = { .test = { .prog_fd = (u32)s->progs[n],
				       .data_in = (uintptr_t)packet,
				       .data_size_in = sizeof(packet),
				       .repeat = REPEAT } };

	if (bpf(s, BPF_PROG_TEST_RUN, &a))
		return -1;
	*ret = a.test.retval;
	return (double)a.test.duration / OPERATIONS;
}

static void bench(struct side sides[2], u32 n, u32 rounds)
{
	struct samples ns[2] = { 0 };
	u32 ret[2] = { 0 };

	for (u32 round = 0; round < rounds; round++)
		for (u32 s = 0; s < 2; s++)
			if (sides[s].progs[n] >= 0)
				ns[s].ns[ns[s].n++] = run(&sides[s], n, &ret[s]);
	printf("%-34s skep %6.2f ns", programs[n].name, median(&ns[0]));
	if (ns[1].n)
		printf("  kernel %6.2f ns  ratio %.2f%s", median(&ns[1]),
		       median(&ns[0]) / median(&ns[1]), ret[0] == ret[1] ? "" : "  OTHER RESULT");
	printf("\n");
}

int main(int argc, char **argv)
{
	u32 rounds = argc > 1 ? (u32)atoi(argv[1]) : 9;
	struct side sides[2] = { { .name = "skep", .addr = 1ull << 44 },
				 { .name = "kernel", .addr = 1ull << 45 } };
	struct skep *skep;

	if (skep_new(NULL, &skep) || skep_client_new(skep, &sides[0].client))
		return 2;
	for (u32 s = 0; s < 2; s++) {
		memset(sides[s].progs, -1, sizeof(sides[s].progs));
		if (s && kernel_missing())
			continue;
		if (!make_side(&sides[s]))
			return 2;
		for (u32 n = 0; n < ARRAY_SIZE(programs); n++)
			sides[s].progs[n] = programs[n].make(&sides[s]);
	}
	for (u32 n = 0; n < ARRAY_SIZE(programs); n++)
		bench(sides, n, MIN(rounds, MAX_ROUNDS));
	return 0;
}
