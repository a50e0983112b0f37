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
#ifndef BPF_PSEUDO_KFUNC_CALL
#define BPF_PSEUDO_KFUNC_CALL 2
#endif

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

/* Is this an instruction of RFC 9669 or one of Linux's additions, with reserved fields zero? Returns
 * NULL, or what is wrong in Linux's words. */
const char *insn_check(const struct bpf_insn *i);

#endif
