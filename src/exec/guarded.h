/* Accesses whose address nobody has proven: loads through pointers to kernel objects (probe loads), and all
 * that goes through pointers into arenas. What must not be touched is as if it were not there: a load gives 0, a store does
 * nothing. Linux lets such instructions fault and goes on behind them. We ask before: a signal handler would be
 * the application's whose library we are, would not run in threads that block the signal, and would be in
 * ASan's, debuggers' and other runtimes' way. For probe loads, which are rare, that is a call; for arenas a byte
 * per page, which native code looks at itself before it calls.
 *
 * An arena is seen through a window of 4 GiB: a pointer's low 32 bits are the offset in it, wherever clients
 * have mapped the memory. Pages of the arena lie where the client's address says, so that client and program agree
 * on what a pointer means.
 *
 * Invariants: present[page] is 1 only for pages of the window that are mapped readable and writable and stay so while the
 * arena lives; all others of the window, and what an instruction's offset reaches around it, have 0. */
#ifndef SKEP_EXEC_GUARDED_H
#define SKEP_EXEC_GUARDED_H

#include "exec/run.h"
#include "insn/insn.h"

#define ARENA_PAGE	4096u
#define ARENA_WINDOW	(1ull << 32)
#define ARENA_NR_PAGES	(1u << 20)
#define ARENA_GUARD	65536u /* on either side of the window; offsets of instructions have 16 bits */
#define ARENA_GUARD_MAP 4096u /* bytes of the page map on either side: more than pages in a guard */
/* From the window to the byte of its first page. */
#define ARENA_PRESENT (-(s32)(ARENA_GUARD + ARENA_GUARD_MAP + ARENA_NR_PAGES))

struct arena {
	u8 *window;
	u64 user_start; /* where clients have it mapped; 0: not yet known */
	bool wraps; /* that crosses a boundary of 4 GiB: the pages go on at the window's beginning */
	/* A page that is marked absent: has a client touched it? Then it is marked from now on. */
	bool (*find)(struct arena *a, u32 page);
};

static inline u8 *arena_present(const struct arena *a, s64 page)
{
	return a->window + ARENA_PRESENT + page;
}
/* A pointer that is not null as the user's address: this, added to it after arena_cast_low() was subtracted at 32 bits. */
static inline u64 arena_cast_high(const struct arena *a)
{
	return a->wraps ? a->user_start : a->user_start & ~(u64)UINT32_MAX;
}
static inline u32 arena_cast_low(const struct arena *a)
{
	return a->wraps ? (u32)a->user_start : 0;
}
static inline u64 arena_cast(const struct arena *a, u64 x)
{
	return (u32)x ? arena_cast_high(a) + ((u32)x - arena_cast_low(a)) : 0;
}

/* What an access does, in a number: bytes, and … */
enum {
	GUARDED_SIZE = 15,
	GUARDED_SIGN = 16,
	GUARDED_ARENA = 32,
	GUARDED_STORE = 64,
	GUARDED_ATOMIC = 128,
	GUARDED_OP = 8, /* shift of an atomic operation's number */
};

#define NO_REG 0xff
struct guarded { /* an instruction */
	u32 how;
	u8 base, value, result; /* registers; NO_REG: value is imm, there is no result */
	s16 off;
	u64 imm;
};
struct guarded guarded_insn(const struct bpf_insn *i);

/* The instruction as it would be at an address that is known to be good, held in register `base`. */
struct bpf_insn guarded_plain(const struct bpf_insn *i, u8 base);

/* at: the address, or the offset in the window, the instruction's included. value: what is stored. a: NULL for probe loads. Returns
 * what guarded.result gets. Where the memory is not there that is 0 for loads, and what the register had, cut to the size, for atomic
 * operations (Linux does not cut, which contradicts what its verifier says of the register). */
u64 guarded_access(u64 at, u64 value, u32 how, struct skep_run *run, u64 r0, struct arena *a);

#endif
