/* See guarded.h. */
#include "exec/guarded.h"

#include <string.h>

#include "base/spin.h"

/* --- instructions --- */

static bool loads(const struct bpf_insn *i)
{
	return BPF_CLASS(i->code) == BPF_LDX || (insn_is_atomic(i) && i->imm == BPF_LOAD_ACQ);
}

static bool extends_sign(const struct bpf_insn *i)
{
	return BPF_CLASS(i->code) == BPF_LDX &&
	       (BPF_MODE(i->code) == INSN_PROBE_MEMSX || BPF_MODE(i->code) == INSN_PROBE_MEM32SX);
}

static u32 how_of(const struct bpf_insn *i)
{
	u32 how = access_size(i->code);

	if (extends_sign(i))
		how |= GUARDED_SIGN;
	if (!insn_is_probe_load(i))
		how |= GUARDED_ARENA;
	if (insn_is_atomic(i))
		how |= GUARDED_ATOMIC | (u32)i->imm << GUARDED_OP;
	else if (!loads(i))
		how |= GUARDED_STORE;
	return how;
}

static u8 result_of(const struct bpf_insn *i)
{
	if (loads(i))
		return i->dst_reg;
	if (!insn_is_atomic(i) || i->imm == BPF_STORE_REL)
		return NO_REG;
	if (i->imm == BPF_CMPXCHG)
		return BPF_REG_0;
	return i->imm & BPF_FETCH ? i->src_reg : NO_REG;
}

struct guarded guarded_insn(const struct bpf_insn *i)
{
	return (struct guarded){
		.how = how_of(i),
		.base = loads(i) ? i->src_reg : i->dst_reg,
		.value = BPF_CLASS(i->code) == BPF_STX && !loads(i) ? i->src_reg : NO_REG,
		.result = result_of(i),
		.off = i->off,
		.imm = BPF_CLASS(i->code) == BPF_ST ? (u64)(s64)i->imm : 0,
	};
}

struct bpf_insn guarded_plain(const struct bpf_insn *i, u8 base)
{
	struct bpf_insn plain = *i;
	u8 mode = BPF_MODE(i->code) == INSN_PROBE_ATOMIC ? BPF_ATOMIC
		  : extends_sign(i)			 ? BPF_MEMSX
							 : BPF_MEM;

	plain.code = (u8)(BPF_CLASS(i->code) | BPF_SIZE(i->code) | mode);
	plain.off = 0;
	if (loads(i))
		plain.src_reg = base & 15;
	else
		plain.dst_reg = base & 15;
	return plain;
}

/* --- memory: one access of the machine each, so that nobody sees half a value --- */

#define UNALIGNED(type)                                                                            \
	struct any_##type {                                                                        \
		volatile type v;                                                                   \
	} __attribute__((packed, may_alias));
UNALIGNED(u8)
UNALIGNED(u16)
UNALIGNED(u32)
UNALIGNED(u64)
#define MEM(type, p) (((struct any_##type *)(p))->v)

static u64 cut(u64 x, u32 size)
{
	return size < 8 ? x & ((1ull << size * 8) - 1) : x;
}

static u64 load(const void *p, u32 how)
{
	switch (how & (GUARDED_SIZE | GUARDED_SIGN)) {
	case 1: return MEM(u8, p);
	case 2: return MEM(u16, p);
	case 4: return MEM(u32, p);
	case 1 | GUARDED_SIGN: return (u64)(s8)MEM(u8, p);
	case 2 | GUARDED_SIGN: return (u64)(s16)MEM(u16, p);
	case 4 | GUARDED_SIGN: return (u64)(s32)MEM(u32, p);
	default: return MEM(u64, p);
	}
}

static void store(void *p, u64 x, u32 how)
{
	switch (how & GUARDED_SIZE) {
	case 1: MEM(u8, p) = (u8)x; break;
	case 2: MEM(u16, p) = (u16)x; break;
	case 4: MEM(u32, p) = (u32)x; break;
	default: MEM(u64, p) = x;
	}
}

/* --- atomic operations --- */

static u64 computed(u64 old, u64 value, u64 expected, u32 op, u32 size)
{
	switch (op & ~(u32)BPF_FETCH) {
	case BPF_ADD: return old + value;
	case BPF_OR: return old | value;
	case BPF_AND: return old & value;
	case BPF_XOR: return old ^ value;
	case BPF_LOAD_ACQ: return old;
	case BPF_CMPXCHG & ~BPF_FETCH: return old == cut(expected, size) ? value : old;
	default: return value; /* exchange, store */
	}
}

/* Until nobody came in between. The plain operations, too: this is the slow way. */
#define EXCHANGE(type)                                                                             \
	static u64 exchange_##type(void *p, u64 value, u64 expected, u32 op)                       \
	{                                                                                          \
		type *q = p, old = __atomic_load_n(q, __ATOMIC_SEQ_CST), new;                      \
                                                                                                   \
		do                                                                                 \
			new = (type)computed(old, value, expected, op, sizeof(type));              \
		while (!__atomic_compare_exchange_n(q, &old, new, false, __ATOMIC_SEQ_CST,         \
						    __ATOMIC_SEQ_CST));                            \
		return old;                                                                        \
	}
EXCHANGE(u8)
EXCHANGE(u16)
EXCHANGE(u32)
EXCHANGE(u64)

/* What is not aligned is atomic among such operations only: machines differ in whether they can do
 * more, and systems in whether they allow it. */
static u64 exchange_unaligned(void *p, u64 value, u64 expected, u32 how)
{
	static _Atomic u32 lock;
	u64 old;

	spin_lock(&lock);
	old = load(p, how & GUARDED_SIZE);
	store(p, computed(old, value, expected, how >> GUARDED_OP, how & GUARDED_SIZE), how);
	spin_unlock(&lock);
	return old;
}

static u64 atomic(void *p, u64 value, u64 expected, u32 how)
{
	u32 op = how >> GUARDED_OP, size = how & GUARDED_SIZE;

	if ((uintptr_t)p & (size - 1))
		return exchange_unaligned(p, value, expected, how);
	if (op == BPF_LOAD_ACQ) {
		u64 x = load(p, size);

		atomic_thread_fence(memory_order_acquire);
		return x;
	}
	switch (size) {
	case 1: return exchange_u8(p, value, expected, op);
	case 2: return exchange_u16(p, value, expected, op);
	case 4: return exchange_u32(p, value, expected, op);
	default: return exchange_u64(p, value, expected, op);
	}
}

static u64 absent(u64 value, u64 r0, u32 how)
{
	u32 op = how >> GUARDED_OP;

	if (!(how & GUARDED_ATOMIC) || op == BPF_LOAD_ACQ)
		return 0;
	return cut(op == BPF_CMPXCHG ? r0 : value, how & GUARDED_SIZE);
}

/* --- arenas --- */

static bool has_page(struct arena *a, s64 page)
{
	if (page < 0 || page >= ARENA_NR_PAGES)
		return false;
	return __atomic_load_n(arena_present(a, page), __ATOMIC_ACQUIRE) || a->find(a, (u32)page);
}

static bool has(struct arena *a, s64 at, u32 size)
{
	s64 first = at >> 12, last = (at + size - 1) >> 12;

	return has_page(a, first) && (first == last || has_page(a, last));
}

/* --- memory of the instance --- */

/* Native code looks here first, the next time. What was found stays readable as long as the run lasts: who
 * frees a segment leaves zeros (base/va.h). */
static u64 probe(u64 at, u32 how, struct skep_run *run)
{
	u64 base, len;

	if (!run_owns(run, at, how & GUARDED_SIZE))
		return 0;
	if (va_find(run->rt->va, at, &base, &len) && len >= 8) {
		run->probe_base = base;
		run->probe_len = len - 7;
	}
	return load((void *)(uintptr_t)at, how);
}

u64 guarded_access(u64 at, u64 value, u32 how, struct skep_run *run, u64 r0, struct arena *a)
{
	u32 size = how & GUARDED_SIZE;
	void *p;

	if (!(how & GUARDED_ARENA))
		return probe(at, how, run);
	if (!has(a, (s64)at, size))
		return absent(value, r0, how);
	p = a->window + (s64)at;
	if (how & GUARDED_ATOMIC)
		return atomic(p, value, r0, how);
	if (!(how & GUARDED_STORE))
		return load(p, how);
	store(p, value, how);
	return 0;
}
