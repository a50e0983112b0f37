/* Are the declared argument types and flags the kernel's? For each helper a correct call is made from
 * its declaration; then one argument at a time is replaced, and whether the kernel still accepts the
 * program is compared with what the declaration says. */
#include <errno.h>
#include <unistd.h>

#include "abi/abi.h"
#include "helper/helper.h"
#include "oracle/kernel.h"
#include "prog/prog.h"
#include "test.h"

#define BUF_SIZE 8  /* of every size argument, key and value but the array's */
#define MEM_SIZE 64 /* of the memory that arguments point to */

static const struct skep_helper *const helpers[] = {
#define HELPER(name) &helper_##name,
#include "helper/helpers.def"
};

struct code {
	struct bpf_insn insn[128];
	u32 n;
};

static void emit(struct code *c, u8 code, u8 dst, u8 src, s16 off, s32 imm)
{
	c->insn[c->n++] = (struct bpf_insn){
		.code = code, .dst_reg = dst, .src_reg = src, .off = off, .imm = imm
	};
}

static void emit_wide(struct code *c, u8 dst, u8 src, s32 lo)
{
	emit(c, BPF_LD | BPF_IMM | BPF_DW, dst, src, 0, lo);
	emit(c, 0, 0, 0, 0, 0);
}

static void emit_number(struct code *c, u8 reg, s32 n)
{
	emit(c, BPF_ALU64 | BPF_MOV | BPF_K, reg, 0, 0, n);
}

static void emit_move(struct code *c, u8 dst, u8 src)
{
	emit(c, BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0);
}

static int map_new(u32 type, u32 flags)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = type;
	attr.key_size = 4;
	attr.value_size = type == BPF_MAP_TYPE_ARRAY ? MEM_SIZE : BUF_SIZE;
	attr.max_entries = 1;
	attr.map_flags = flags;
	if (type == BPF_MAP_TYPE_RINGBUF) {
		attr.key_size = attr.value_size = 0;
		attr.max_entries = 4096;
	} else if (type == BPF_MAP_TYPE_QUEUE) {
		attr.key_size = 0;
	} else if (type == BPF_MAP_TYPE_CGROUP_STORAGE ||
		   type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE) {
		attr.key_size = 8;
		attr.max_entries = 0;
	} else if (type != BPF_MAP_TYPE_ARRAY && type != BPF_MAP_TYPE_HASH &&
		   type != BPF_MAP_TYPE_PERCPU_ARRAY && type != BPF_MAP_TYPE_STACK_TRACE) {
		attr.value_size = 4;
	}
	return (int)kernel_bpf(BPF_MAP_CREATE, &attr, sizeof(attr));
}

/* One of each kind that the calls need. */
static int map_for[64], readonly;

static void maps_open(void)
{
	static const u32 types[] = { BPF_MAP_TYPE_ARRAY,
				     BPF_MAP_TYPE_HASH,
				     BPF_MAP_TYPE_QUEUE,
				     BPF_MAP_TYPE_PERCPU_ARRAY,
				     BPF_MAP_TYPE_RINGBUF,
				     BPF_MAP_TYPE_PROG_ARRAY,
				     BPF_MAP_TYPE_PERF_EVENT_ARRAY,
				     BPF_MAP_TYPE_STACK_TRACE,
				     BPF_MAP_TYPE_CGROUP_ARRAY,
				     BPF_MAP_TYPE_DEVMAP,
				     BPF_MAP_TYPE_DEVMAP_HASH,
				     BPF_MAP_TYPE_CPUMAP,
				     BPF_MAP_TYPE_XSKMAP,
				     BPF_MAP_TYPE_SOCKMAP,
				     BPF_MAP_TYPE_SOCKHASH,
				     BPF_MAP_TYPE_REUSEPORT_SOCKARRAY,
				     BPF_MAP_TYPE_CGROUP_STORAGE,
				     BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE };
	union bpf_attr attr;

	for (u32 i = 0; i < ARRAY_SIZE(types); i++)
		map_for[types[i]] = map_new(types[i], 0);
	readonly = map_new(BPF_MAP_TYPE_ARRAY, BPF_F_RDONLY_PROG);
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (u32)readonly;
	kernel_bpf(BPF_MAP_FREEZE, &attr, sizeof(attr));
}

static void maps_close(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(map_for); i++)
		if (map_for[i])
			close(map_for[i]);
	close(readonly);
	memset(map_for, 0, sizeof(map_for));
}

static int map_of(const struct skep_helper *h)
{
	for (u32 i = 0; i < ARRAY_SIZE(map_for); i++)
		if (map_for[i] && (h->map_types & 1ull << i))
			return map_for[i];
	return map_for[BPF_MAP_TYPE_HASH];
}

/* What may stand in an argument's place. */
enum variant {
	CORRECT,
	UNINIT, /* a register that was never written */
	ZERO,
	SCALAR,	  /* an unknown number */
	WRITABLE, /* BUF_SIZE bytes of a map value */
	READONLY, /* the same, not writable */
	PACKET,	  /* BUF_SIZE bytes of the packet */
	CONTEXT,
	NR_VARIANTS,
};

static void emit_correct(struct code *c, const struct skep_helper *h, u8 reg, u32 kind)
{
	switch (kind & SKEP_ARG_KIND) {
	case SKEP_ARG_NONE: break;
	case SKEP_ARG_CTX: emit_move(c, reg, 6); break;
	case SKEP_ARG_MAP: emit_wide(c, reg, BPF_PSEUDO_MAP_FD, map_of(h)); break;
	case SKEP_ARG_ANYTHING: emit_number(c, reg, 0); break;
	case SKEP_ARG_SIZE:
	case SKEP_ARG_SIZE_OR_ZERO:
	case SKEP_ARG_ALLOC_SIZE: emit_number(c, reg, BUF_SIZE); break;
	case SKEP_ARG_SOCK:
	case SKEP_ARG_SOCK_OR_BTF:
	case SKEP_ARG_SOCK_TO_ASSIGN: emit_move(c, reg, 8); break;
	case SKEP_ARG_BTF: emit(c, BPF_LDX | BPF_MEM | BPF_DW, reg, 10, -8, 0); break;
	case SKEP_ARG_CONST_STR: emit_wide(c, reg, BPF_PSEUDO_MAP_VALUE, readonly); break;
	default: emit_wide(c, reg, BPF_PSEUDO_MAP_VALUE, map_for[BPF_MAP_TYPE_ARRAY]); break;
	}
}

static void emit_variant(struct code *c, const struct skep_helper *h, u8 reg, u32 kind,
			 enum variant v)
{
	switch (v) {
	case CORRECT: emit_correct(c, h, reg, kind); break;
	case ZERO: emit_number(c, reg, 0); break;
	case SCALAR: emit_move(c, reg, 9); break;
	case WRITABLE: emit_wide(c, reg, BPF_PSEUDO_MAP_VALUE, map_for[BPF_MAP_TYPE_ARRAY]); break;
	case READONLY: emit_wide(c, reg, BPF_PSEUDO_MAP_VALUE, readonly); break;
	case PACKET: emit_move(c, reg, 7); break;
	case CONTEXT: emit_move(c, reg, 6); break;
	default: break;
	}
}

/* Program types that between them may call every helper, and what they are loaded for. */
struct kind {
	u32 type, attach;
};
static const struct kind kinds[] = {
	{ BPF_PROG_TYPE_SCHED_CLS, 0 },
	{ BPF_PROG_TYPE_XDP, 0 },
	{ BPF_PROG_TYPE_CGROUP_SKB, 0 },
	{ BPF_PROG_TYPE_KPROBE, 0 },
	{ BPF_PROG_TYPE_PERF_EVENT, 0 },
	{ BPF_PROG_TYPE_SOCK_OPS, BPF_CGROUP_SOCK_OPS },
	{ BPF_PROG_TYPE_SK_MSG, BPF_SK_MSG_VERDICT },
	{ BPF_PROG_TYPE_SK_SKB, BPF_SK_SKB_STREAM_VERDICT },
	{ BPF_PROG_TYPE_LWT_XMIT, 0 },
	{ BPF_PROG_TYPE_LWT_SEG6LOCAL, 0 },
	{ BPF_PROG_TYPE_SK_REUSEPORT, BPF_SK_REUSEPORT_SELECT },
	{ BPF_PROG_TYPE_CGROUP_SYSCTL, BPF_CGROUP_SYSCTL },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT },
};

static bool sees_packet(u32 type)
{
	return type == BPF_PROG_TYPE_SCHED_CLS || type == BPF_PROG_TYPE_XDP;
}

static bool sees_socket(u32 type)
{
	return type == BPF_PROG_TYPE_SCHED_CLS || type == BPF_PROG_TYPE_CGROUP_SKB;
}

static void emit_leave(struct code *c)
{
	emit_number(c, 0, 0);
	emit(c, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static void emit_packet(struct code *c, bool xdp)
{
	emit(c, BPF_LDX | BPF_MEM | BPF_W, 7, 6,
	     xdp ? offsetof(struct xdp_md, data) : offsetof(struct __sk_buff, data), 0);
	emit(c, BPF_LDX | BPF_MEM | BPF_W, 8, 6,
	     xdp ? offsetof(struct xdp_md, data_end) : offsetof(struct __sk_buff, data_end), 0);
	emit_move(c, 3, 7);
	emit(c, BPF_ALU64 | BPF_ADD | BPF_K, 3, 0, 0, MEM_SIZE);
	emit(c, BPF_JMP | BPF_JLE | BPF_X, 3, 8, 2, 0);
	emit_leave(c);
}

/* r6 = ctx, r7 = packet with MEM_SIZE bytes, r8 = socket, r9 = unknown number. */
static void emit_start(struct code *c, u32 type)
{
	emit_move(c, 6, 1);
	emit(c, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_get_prandom_u32);
	emit_move(c, 9, 0);
	if (sees_packet(type))
		emit_packet(c, type == BPF_PROG_TYPE_XDP);
	if (!sees_socket(type))
		return;
	emit(c, BPF_LDX | BPF_MEM | BPF_DW, 8, 6, offsetof(struct __sk_buff, sk), 0);
	emit(c, BPF_JMP | BPF_JNE | BPF_K, 8, 0, 2, 0);
	emit_leave(c);
}

static bool takes(const struct skep_helper *h, u32 kind)
{
	for (u32 i = 0; i < 5; i++)
		if ((h->arg[i] & SKEP_ARG_KIND) == kind)
			return true;
	return false;
}

/* The current task at r10 - 8, for helpers that take one. */
static void emit_task(struct code *c, const struct skep_helper *h)
{
	if (!takes(h, SKEP_ARG_BTF))
		return;
	emit(c, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_get_current_task_btf);
	emit(c, BPF_STX | BPF_MEM | BPF_DW, 10, 0, -8, 0);
}

/* A call in which argument `arg` is `v` (and, if a size follows it, that is 0 with zero_size). */
static void make_call(struct code *c, const struct skep_helper *h, u32 type, u32 arg,
		      enum variant v, bool zero_size)
{
	c->n = 0;
	emit_start(c, type);
	emit_task(c, h);
	/* r1 … r5 hold nothing that survives: a call makes them unreadable. */
	emit(c, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_ktime_get_ns);
	for (u32 i = 0; i < 5; i++) {
		if (i == arg)
			emit_variant(c, h, (u8)i + 1, h->arg[i], v);
		else if (i == arg + 1 && zero_size)
			emit_number(c, (u8)i + 1, 0);
		else
			emit_correct(c, h, (u8)i + 1, h->arg[i]);
	}
	emit(c, BPF_JMP | BPF_CALL, 0, 0, 0, (s32)h->id);
	emit_number(c, 0, 0);
	emit(c, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* 1 accepted, 0 refused; with the log's last words in why[200]. */
static int accepted(const struct code *c, struct kind kind, const char *license, char *why)
{
	static char log[1 << 16];
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = kind.type;
	attr.expected_attach_type = kind.attach;
	attr.insns = (u64)(uintptr_t)c->insn;
	attr.insn_cnt = c->n;
	attr.license = (u64)(uintptr_t)license;
	attr.log_level = 1;
	attr.log_buf = (u64)(uintptr_t)log;
	attr.log_size = sizeof(log);
	log[0] = '\0';
	fd = (int)kernel_bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
	memcpy(why, strlen(log) > 190 ? log + strlen(log) - 190 : log, MIN(strlen(log), 190ul) + 1);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* What the declaration says about v in place of argument i; -1: nothing. */
static int expected(const struct skep_helper *h, u32 i, enum variant v, bool zero_size)
{
	u32 kind = h->arg[i] & SKEP_ARG_KIND;
	bool nullable = h->arg[i] & SKEP_ARG_OR_NULL;
	bool memory =
		kind == SKEP_ARG_MEM || kind == SKEP_ARG_MAP_KEY || kind == SKEP_ARG_MAP_VALUE;
	bool written = kind == SKEP_ARG_MEM_RW || kind == SKEP_ARG_MEM_UNINIT ||
		       kind == SKEP_ARG_MAP_VALUE_UNINIT || kind == SKEP_ARG_LONG;

	if (kind == SKEP_ARG_NONE)
		return 1;
	if (v == UNINIT)
		return 0;
	if (kind == SKEP_ARG_ANYTHING) /* these flags must be 0 */
		return h->id == BPF_FUNC_get_local_storage ? -1 : 1;
	switch (v) {
	case ZERO:
		if (kind == SKEP_ARG_ALLOC_SIZE)
			return -1;
		/* NULL goes with a size of 0 only. */
		return kind == SKEP_ARG_SIZE_OR_ZERO ||
		       (nullable && (zero_size || kind == SKEP_ARG_CTX));
	case SCALAR: return 0;
	case WRITABLE: return memory || written ? 1 : 0;
	case READONLY: return memory || kind == SKEP_ARG_CONST_STR;
	case PACKET: return (memory || written) && (h->flags & SKEP_HELPER_PKT_ACCESS);
	case CONTEXT: return kind == SKEP_ARG_CTX;
	default: return -1;
	}
}

static bool takes_socket(const struct skep_helper *h)
{
	for (u32 i = 0; i < 5; i++) {
		u32 kind = h->arg[i] & SKEP_ARG_KIND;

		if (kind == SKEP_ARG_SOCK || kind == SKEP_ARG_SOCK_OR_BTF ||
		    kind == SKEP_ARG_SOCK_TO_ASSIGN)
			return true;
	}
	return false;
}

/* A program type that may call it; type 0: only one that the kernel lacks may. */
static struct kind kind_for(const struct skep_helper *h)
{
	for (u32 i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct skep_prog_desc d = { kinds[i].type, kinds[i].attach, 0, 1 };

		if (prog_type_may_call(prog_type_find(kinds[i].type), &d, h->id) &&
		    (!takes_socket(h) || sees_socket(kinds[i].type)))
			return kinds[i];
	}
	return (struct kind){ 0 };
}

/* Callbacks, locks and ring buffer records need more than one call; the engine's tests use them. */
static bool can_be_called_alone(const struct skep_helper *h)
{
	const u64 storages = MAP_TYPE_BIT(SK_STORAGE) | MAP_TYPE_BIT(INODE_STORAGE) |
			     MAP_TYPE_BIT(TASK_STORAGE) | MAP_TYPE_BIT(CGRP_STORAGE);

	for (u32 i = 0; i < 5; i++) {
		u32 kind = h->arg[i] & SKEP_ARG_KIND;

		if (h->arg[i] & SKEP_ARG_RELEASE || kind == SKEP_ARG_FUNC ||
		    kind == SKEP_ARG_SPIN_LOCK || kind == SKEP_ARG_RINGBUF_MEM ||
		    kind == SKEP_ARG_TIMER || kind == SKEP_ARG_ALLOC_SIZE ||
		    kind == SKEP_ARG_DYNPTR || kind == SKEP_ARG_KPTR)
			return false;
	}
	if (h->map_types & storages) /* tests/verifier/storage: their maps need BTF */
		return false;
	if (takes(h, SKEP_ARG_PERCPU) ||
	    (takes(h, SKEP_ARG_BTF) && strcmp(h->arg_struct, "task_struct")))
		return false;
	return !(h->flags & (SKEP_HELPER_MIGHT_SLEEP | SKEP_HELPER_ACQUIRES)) && kind_for(h).type;
}

static void check_arg(const struct skep_helper *h, u32 i)
{
	bool sized = i < 4 && ((h->arg[i + 1] & SKEP_ARG_KIND) == SKEP_ARG_SIZE_OR_ZERO ||
			       (h->arg[i + 1] & SKEP_ARG_KIND) == SKEP_ARG_SIZE);

	for (enum variant v = UNINIT; v < NR_VARIANTS; v++)
		for (int zero = 0; zero <= (sized && v == ZERO); zero++) {
			int want = expected(h, i, v, zero), got;
			char why[200];
			struct code c;

			if (v == PACKET && !sees_packet(kind_for(h).type))
				continue;
			make_call(&c, h, kind_for(h).type, i, v, zero);
			got = accepted(&c, kind_for(h), "GPL", why);
			EXPECT(want < 0 || want == got,
			       "%s argument %u variant %d, zero size %d: %s: %s", h->name, i + 1, v,
			       zero, got ? "accepted" : "refused", why);
		}
}

TEST("argument types are the kernel's")
{
	if (kernel_missing())
		SKIP(kernel_missing());
	maps_open();
	for (u32 k = 0; k < ARRAY_SIZE(helpers); k++) {
		const struct skep_helper *h = helpers[k];
		char why[200];
		struct code c;

		if (!can_be_called_alone(h))
			continue;
		make_call(&c, h, kind_for(h).type, 5, CORRECT, false);
		if (!accepted(&c, kind_for(h), "GPL", why)) {
			EXPECT(false, "%s: %s", h->name, why);
			continue;
		}
		for (u32 i = 0; i < 5; i++)
			check_arg(h, i);
	}
	maps_close();
}

TEST("GPL-only helpers are the kernel's")
{
	if (kernel_missing())
		SKIP(kernel_missing());
	for (u32 k = 0; k < ARRAY_SIZE(helpers); k++) {
		struct code c = { .n = 0 };
		char why[200];

		if (!kind_for(helpers[k]).type)
			continue;
		emit(&c, BPF_JMP | BPF_CALL, 0, 0, 0, (s32)helpers[k]->id);
		emit(&c, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
		accepted(&c, kind_for(helpers[k]), "MIT", why);
		EXPECT(!!strstr(why, "GPL") == !!(helpers[k]->flags & SKEP_HELPER_GPL), "%s: %s",
		       helpers[k]->name, why);
	}
}

TEST("maps that a helper takes are the kernel's")
{
	if (kernel_missing())
		SKIP(kernel_missing());
	maps_open();
	for (u32 k = 0; k < ARRAY_SIZE(helpers); k++) {
		const struct skep_helper *h = helpers[k];

		if (!h->map_types || !can_be_called_alone(h))
			continue;
		for (u32 type = 0; type < ARRAY_SIZE(map_for); type++) {
			struct skep_helper as = *h;
			char why[200];
			struct code c;

			if (!map_for[type])
				continue;
			as.map_types = 1ull << type;
			make_call(&c, &as, kind_for(h).type, 5, CORRECT, false);
			EXPECT(accepted(&c, kind_for(h), "GPL", why) ==
				       !!(h->map_types & 1ull << type),
			       "%s with map type %u: %s", h->name, type, why);
		}
	}
	maps_close();
}

TEST("helpers after which packet pointers are invalid are the kernel's")
{
	if (kernel_missing())
		SKIP(kernel_missing());
	maps_open();
	for (u32 k = 0; k < ARRAY_SIZE(helpers); k++) {
		const struct skep_helper *h = helpers[k];
		char why[200];
		struct code c;

		if (!can_be_called_alone(h) || !sees_packet(kind_for(h).type))
			continue;
		make_call(&c, h, kind_for(h).type, 5, CORRECT, false);
		c.n -= 2; /* before "r0 = 0; exit": read the packet through the old pointer */
		emit(&c, BPF_LDX | BPF_MEM | BPF_B, 0, 7, 0, 0);
		emit_number(&c, 0, 0);
		emit(&c, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
		EXPECT(accepted(&c, kind_for(h), "GPL", why) ==
			       !(h->flags & SKEP_HELPER_CHANGES_PKT),
		       "%s: %s", h->name, why);
	}
	maps_close();
}
