/* Loads and stores: plain ones by register, atomic ones by number. The verifier has proven every
 * address; none needs to be aligned but those of atomic operations. */
#include "exec/interp_ops.h"

#define UNALIGNED(type)                                                                            \
	struct unaligned_##type {                                                                  \
		type v;                                                                            \
	} __attribute__((packed, may_alias));
UNALIGNED(u8)
UNALIGNED(u16)
UNALIGNED(u32)
UNALIGNED(u64)
UNALIGNED(s8)
UNALIGNED(s16)
UNALIGNED(s32)
#define MEM(type, addr) (((struct unaligned_##type *)(uintptr_t)(addr))->v)

#define OP_LOAD(d, s, name, type)                                                                  \
	static OP(load_##name##_##d##_##s)                                                         \
	{                                                                                          \
		R##d = (u64)(s64)MEM(type, R##s + (s64)pc->imm);                                   \
		NEXT;                                                                              \
	}
#define OP_STORE_X(d, s, name, type)                                                               \
	static OP(store_##name##_##d##_##s)                                                        \
	{                                                                                          \
		MEM(type, R##d + (s64)pc->imm) = (type)R##s;                                       \
		NEXT;                                                                              \
	}
#define OP_STORE_K(d, name, type)                                                                  \
	static OP(store_##name##_##d)                                                              \
	{                                                                                          \
		MEM(type, R##d + (s64)pc->aux) = (type)(s64)pc->imm;                               \
		NEXT;                                                                              \
	}
#define ROWS_LOAD(d, name, type)  EACH_SRC(OP_LOAD, d, name, type)
#define ROWS_STORE(d, name, type) EACH_SRC(OP_STORE_X, d, name, type)
#define LOADS(name, type)	  EACH_DST(ROWS_LOAD, name, type)
#define STORES(name, type)                                                                         \
	EACH_REG(ROWS_STORE, name, type)                                                           \
	EACH_REG(OP_STORE_K, name, type)
LOAD_KINDS(LOADS)
STORE_KINDS(STORES)

#define NAME_LOAD(d, s, name)	  load_##name##_##d##_##s,
#define NAMES_LOAD(d, name)	  { EACH_SRC(NAME_LOAD, d, name) },
#define NAME_STORE_X(d, s, name)  store_##name##_##d##_##s,
#define NAMES_STORE_X(d, name)	  { EACH_SRC(NAME_STORE_X, d, name) },
#define NAME_STORE_K(d, name)	  store_##name##_##d,
#define TABLE_LOAD(name, type)	  [MEM_##name] = { EACH_DST(NAMES_LOAD, name) },
#define TABLE_STORE_X(name, type) [MEM_##name] = { EACH_REG(NAMES_STORE_X, name) },
#define TABLE_STORE_K(name, type) [MEM_##name] = { EACH_REG(NAME_STORE_K, name) },
op_fn *const load[NR_MEM][10][11] = { LOAD_KINDS(TABLE_LOAD) };
op_fn *const store_x[4][11][11] = { STORE_KINDS(TABLE_STORE_X) };
op_fn *const store_k[4][11] = { STORE_KINDS(TABLE_STORE_K) };

#define OP_IMM64(d, ...)                                                                           \
	static OP(imm64_##d)                                                                       \
	{                                                                                          \
		R##d = pc->imm64;                                                                  \
		GO(pc + 2);                                                                        \
	}
EACH_DST(OP_IMM64)
#define NAME_IMM64(d, ...) imm64_##d,
op_fn *const load_imm64[10] = { EACH_DST(NAME_IMM64) };

/* Atomic operations find their registers by number: beside what a locked instruction costs, that does
 * not show. */
#define GET(value, n)                                                                              \
	switch (n) {                                                                               \
	case 0: (value) = R0; break;                                                               \
	case 1: (value) = R1; break;                                                               \
	case 2: (value) = R2; break;                                                               \
	case 3: (value) = R3; break;                                                               \
	case 4: (value) = R4; break;                                                               \
	case 5: (value) = R5; break;                                                               \
	case 6: (value) = R6; break;                                                               \
	case 7: (value) = R7; break;                                                               \
	case 8: (value) = R8; break;                                                               \
	case 9: (value) = R9; break;                                                               \
	default: (value) = R10; break;                                                             \
	}
#define SET(n, value)                                                                              \
	switch (n) {                                                                               \
	case 0: R0 = (value); break;                                                               \
	case 1: R1 = (value); break;                                                               \
	case 2: R2 = (value); break;                                                               \
	case 3: R3 = (value); break;                                                               \
	case 4: R4 = (value); break;                                                               \
	case 5: R5 = (value); break;                                                               \
	case 6: R6 = (value); break;                                                               \
	case 7: R7 = (value); break;                                                               \
	case 8: R8 = (value); break;                                                               \
	case 9: R9 = (value); break;                                                               \
	default: break;                                                                            \
	}
#define DST (pc->aux & 0xff)
#define SRC (pc->aux >> 8)

static OP(guarded_access_op)
{
	const struct guarded_op *o = (const struct guarded_op *)(uintptr_t)pc->imm64;
	u64 at, value = o->g.imm;

	GET(at, o->g.base)
	if (o->g.value != NO_REG)
		GET(value, o->g.value)
	if (o->arena)
		at = (u32)at;
	at = guarded_access(at + (u64)(s64)o->g.off, value, o->g.how, run_of(R10), R0, o->arena);
	SET(o->g.result, at)
	NEXT;
}
op_fn *const guarded = guarded_access_op;

static OP(cast_user_op)
{
	const struct guarded_op *o = (const struct guarded_op *)(uintptr_t)pc->imm64;
	u64 x;

	GET(x, o->g.base)
	x = arena_cast(o->arena, x);
	SET(o->g.result, x)
	NEXT;
}
op_fn *const cast_user = cast_user_op;

/* Plain ones are relaxed, fetching ones fully ordered (RFC 9669 leaves it open; Linux's memory model,
 * which programs are written for, says so). */
#define ATOMIC_WIDTH(name, bits)                                                                   \
	static OP(atomic##bits##_##name)                                                           \
	{                                                                                          \
		u64 addr, src;                                                                     \
                                                                                                   \
		GET(addr, DST)                                                                     \
		GET(src, SRC)                                                                      \
		__atomic_fetch_##name((u##bits *)(uintptr_t)(addr + (s64)pc->imm), (u##bits)src,   \
				      __ATOMIC_RELAXED);                                           \
		NEXT;                                                                              \
	}                                                                                          \
	static OP(atomic##bits##_fetch_##name)                                                     \
	{                                                                                          \
		u64 addr, src;                                                                     \
                                                                                                   \
		GET(addr, DST)                                                                     \
		GET(src, SRC)                                                                      \
		src = __atomic_fetch_##name((u##bits *)(uintptr_t)(addr + (s64)pc->imm),           \
					    (u##bits)src, __ATOMIC_SEQ_CST);                       \
		SET(SRC, src)                                                                      \
		NEXT;                                                                              \
	}
#define ATOMIC(name, imm, text, value)                                                             \
	ATOMIC_WIDTH(name, 32)                                                                     \
	ATOMIC_WIDTH(name, 64)
#include "insn/atomic.def"

#define EXCHANGES(bits)                                                                            \
	static OP(atomic##bits##_xchg)                                                             \
	{                                                                                          \
		u64 addr, src;                                                                     \
                                                                                                   \
		GET(addr, DST)                                                                     \
		GET(src, SRC)                                                                      \
		src = __atomic_exchange_n((u##bits *)(uintptr_t)(addr + (s64)pc->imm),             \
					  (u##bits)src, __ATOMIC_SEQ_CST);                         \
		SET(SRC, src)                                                                      \
		NEXT;                                                                              \
	}                                                                                          \
	static OP(atomic##bits##_cmpxchg)                                                          \
	{                                                                                          \
		u##bits old = (u##bits)R0;                                                         \
		u64 addr, src;                                                                     \
                                                                                                   \
		GET(addr, DST)                                                                     \
		GET(src, SRC)                                                                      \
		__atomic_compare_exchange_n((u##bits *)(uintptr_t)(addr + (s64)pc->imm), &old,     \
					    (u##bits)src, false, __ATOMIC_SEQ_CST,                 \
					    __ATOMIC_SEQ_CST);                                     \
		R0 = old;                                                                          \
		NEXT;                                                                              \
	}
EXCHANGES(32)
EXCHANGES(64)

op_fn *const atomic[2][NR_ATOMIC] = {
	{
#define ATOMIC(name, ...)                                                                          \
	[ATOMIC_##name] = atomic32_##name, [ATOMIC_fetch_##name] = atomic32_fetch_##name,
#include "insn/atomic.def"
		[ATOMIC_xchg] = atomic32_xchg, [ATOMIC_cmpxchg] = atomic32_cmpxchg },
	{
#define ATOMIC(name, ...)                                                                          \
	[ATOMIC_##name] = atomic64_##name, [ATOMIC_fetch_##name] = atomic64_fetch_##name,
#include "insn/atomic.def"
		[ATOMIC_xchg] = atomic64_xchg, [ATOMIC_cmpxchg] = atomic64_cmpxchg },
};

#define ORDERED(name, type)                                                                        \
	static OP(acquire_##name)                                                                  \
	{                                                                                          \
		u64 value;                                                                         \
                                                                                                   \
		GET(value, SRC)                                                                    \
		value = __atomic_load_n((type *)(uintptr_t)(value + (s64)pc->imm),                 \
					__ATOMIC_ACQUIRE);                                         \
		SET(DST, value)                                                                    \
		NEXT;                                                                              \
	}                                                                                          \
	static OP(release_##name)                                                                  \
	{                                                                                          \
		u64 addr, src;                                                                     \
                                                                                                   \
		GET(addr, DST)                                                                     \
		GET(src, SRC)                                                                      \
		__atomic_store_n((type *)(uintptr_t)(addr + (s64)pc->imm), (type)src,              \
				 __ATOMIC_RELEASE);                                                \
		NEXT;                                                                              \
	}
STORE_KINDS(ORDERED)
#define NAME_ACQUIRE(name, type) acquire_##name,
#define NAME_RELEASE(name, type) release_##name,
op_fn *const load_acquire[4] = { STORE_KINDS(NAME_ACQUIRE) };
op_fn *const store_release[4] = { STORE_KINDS(NAME_RELEASE) };
