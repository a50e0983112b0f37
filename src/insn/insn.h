/* Instructions: the encoding's constants (RFC 9669 and Linux's UAPI, what Debian 12's headers lack
 * included), and predicates. One table of operations in the .def files beside this. */
#ifndef SKEP_INSN_INSN_H
#define SKEP_INSN_INSN_H

#include <linux/bpf.h>

#include "base/types.h"

#ifndef BPF_MEMSX
#define BPF_MEMSX 0x80
#endif
#ifndef BPF_LOAD_ACQ
#define BPF_LOAD_ACQ 0x100
#endif
#ifndef BPF_STORE_REL
#define BPF_STORE_REL 0x110
#endif
#ifndef BPF_JCOND
#define BPF_JCOND 0xe0
#endif
/* Modes that the verifier gives to accesses whose address it has not proven (exec/guarded.h): loads through pointers
 * to kernel objects, and all that goes through pointers into arenas. The numbers are Linux's: info shows them. */
#define INSN_PROBE_MEM	   0x20
#define INSN_PROBE_MEMSX   0x40
#define INSN_PROBE_MEM32   0xa0
#define INSN_PROBE_MEM32SX 0xc0 /* of loads; atomic operations' mode is that of … */
#define INSN_PROBE_ATOMIC  0xe0
#ifndef BPF_PSEUDO_KFUNC_CALL
#define BPF_PSEUDO_KFUNC_CALL 2
#endif

#ifndef BPF_ADDR_SPACE_CAST
#define BPF_ADDR_SPACE_CAST 1 /* off of a 64-bit register MOV */
#endif
#ifndef BPF_MAY_GOTO
#define BPF_MAY_GOTO 0 /* src_reg of BPF_JCOND */
#endif

/* BPF_JCOND of rewritten programs: how exceptions leave functions (verifier/unwind.c). imm says what is done. */
#define INSN_UNWIND 14 /* src_reg: no register, so no client can ask for it */
enum insn_unwind {
	UNWIND_THROW, /* run->thrown = 1 */
	UNWIND_PASS,  /* jump if it is 0 */
	UNWIND_CATCH, /* jump if it is 0; else it becomes 0 */
};
/* … and one that reads the number of the CPU slot into r0 and leaves all other registers alone. */
#define INSN_CPU 15 /* src_reg, likewise */
static inline bool insn_is_cpu(const struct bpf_insn *i)
{
	return i->code == (BPF_JMP | BPF_JCOND) && i->src_reg == INSN_CPU;
}
static inline bool insn_is_unwind(const struct bpf_insn *i)
{
	return i->code == (BPF_JMP | BPF_JCOND) && i->src_reg == INSN_UNWIND;
}

#define MAX_INSNS 1000000 /* PROG_LOAD's insn_cnt, for privileged clients */

static inline bool insn_is_ld_imm64(const struct bpf_insn *i)
{
	return i->code == (BPF_LD | BPF_IMM | BPF_DW);
}
static inline bool insn_is_call(const struct bpf_insn *i) /* of any kind */
{
	return i->code == (BPF_JMP | BPF_CALL);
}
static inline bool insn_is_helper_call(const struct bpf_insn *i)
{
	return insn_is_call(i) && i->src_reg == 0;
}
static inline bool insn_is_subprog_call(const struct bpf_insn *i)
{
	return insn_is_call(i) && i->src_reg == BPF_PSEUDO_CALL;
}
static inline bool insn_is_func_addr(const struct bpf_insn *i)
{
	return insn_is_ld_imm64(i) && i->src_reg == BPF_PSEUDO_FUNC;
}
static inline bool insn_is_kfunc_call(const struct bpf_insn *i)
{
	return insn_is_call(i) && i->src_reg == BPF_PSEUDO_KFUNC_CALL;
}
static inline bool insn_is_legacy_load(const struct bpf_insn *i) /* from a packet */
{
	return BPF_CLASS(i->code) == BPF_LD && !insn_is_ld_imm64(i);
}
/* The registers that an instruction writes (whether or not it could be without), as bits. */
u32 insn_writes(const struct bpf_insn *i);
static inline bool insn_is_probe_load(const struct bpf_insn *i)
{
	return BPF_CLASS(i->code) == BPF_LDX &&
	       (BPF_MODE(i->code) == INSN_PROBE_MEM || BPF_MODE(i->code) == INSN_PROBE_MEMSX);
}
static inline bool insn_is_arena_access(const struct bpf_insn *i)
{
	u8 class = BPF_CLASS(i->code), mode = BPF_MODE(i->code);

	if (class == BPF_LDX)
		return mode == INSN_PROBE_MEM32 || mode == INSN_PROBE_MEM32SX;
	if (class == BPF_STX)
		return mode == INSN_PROBE_MEM32 || mode == INSN_PROBE_ATOMIC;
	return class == BPF_ST && mode == INSN_PROBE_MEM32;
}
static inline bool insn_is_guarded(const struct bpf_insn *i)
{
	return insn_is_probe_load(i) || insn_is_arena_access(i);
}
/* Of an arena's pointer: what remains after verification becomes the user's address. */
static inline bool insn_is_cast(const struct bpf_insn *i)
{
	return i->code == (BPF_ALU64 | BPF_MOV | BPF_X) && i->off == BPF_ADDR_SPACE_CAST;
}
static inline u64 insn_imm64(const struct bpf_insn *i)
{
	return (u32)i[0].imm | (u64)(u32)i[1].imm << 32;
}
static inline u32 access_size(u8 code) /* of BPF_B, BPF_H, BPF_W, BPF_DW in a code byte */
{
	switch (BPF_SIZE(code)) {
	case BPF_B: return 1;
	case BPF_H: return 2;
	case BPF_W: return 4;
	default: return 8;
	}
}

static inline bool insn_is_atomic(const struct bpf_insn *i)
{
	return BPF_CLASS(i->code) == BPF_STX &&
	       (BPF_MODE(i->code) == BPF_ATOMIC || BPF_MODE(i->code) == INSN_PROBE_ATOMIC);
}
/* Of those: add, or, and, xor, with or without BPF_FETCH. */
static inline bool insn_is_atomic_arithmetic(const struct bpf_insn *i)
{
	switch (i->imm & ~BPF_FETCH) {
	case BPF_ADD:
	case BPF_OR:
	case BPF_AND:
	case BPF_XOR: return true;
	default: return false;
	}
}
static inline bool insn_is_known_atomic(const struct bpf_insn *i)
{
	return insn_is_atomic_arithmetic(i) || i->imm == BPF_XCHG || i->imm == BPF_CMPXCHG ||
	       i->imm == BPF_LOAD_ACQ || i->imm == BPF_STORE_REL;
}

/* Checks of the encoding, in Linux's words and at Linux's moments (measured on 6.18, swept against
 * the kernel in tests/unit/insn.c). Each returns NULL, or `reason` filled with what is wrong; the
 * errno is always -EINVAL. There are three moments:
 *
 * 1. insn_check_code(): before control flow is looked at, over all instructions in order, reached or
 *    not, after subprograms and jump ranges ("last insn is not an exit or jmp", "jump out of range",
 *    which any opcode of the jump classes can get but call and exit), in the same pass that
 *    resolves map descriptors. Unknown opcodes, BPF_LDX's reserved fields, both halves of ld_imm64.
 *    left: instructions from i to the end, i included. After a good ld_imm64 skip its second half.
 * 2. insn_check_fields(): when the walk reaches the instruction (dead code is never looked at), after
 *    the line was logged and before any register is. One exception: for conditional jumps Linux reads
 *    dst_reg first, so "R11 is invalid" and "R1 !read_ok" of dst win, and those of src_reg lose.
 *    BPF_LD_[ABS|IND] in a program type without them is refused before its reserved fields are.
 * 3. insn_check_operand(): constants that the operation excludes, after both registers were found
 *    readable and dst writable: "div by zero", "invalid shift 64". */
#define INSN_REASON_MAX 80
const char *insn_check_code(const struct bpf_insn *i, u32 left, char reason[INSN_REASON_MAX]);
/* With (1): does that version of Linux (abi/kernels.h) have the instruction? */
const char *insn_check_version(const struct bpf_insn *i, u32 kernel, char reason[INSN_REASON_MAX]);
const char *insn_check_fields(const struct bpf_insn *i, char reason[INSN_REASON_MAX]);
const char *insn_check_operand(const struct bpf_insn *i, char reason[INSN_REASON_MAX]);

#endif
