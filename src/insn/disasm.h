/* Text of instructions, as Linux prints it in the verifier's log and bpftool in `dump xlated`. */
#ifndef SKEP_INSN_DISASM_H
#define SKEP_INSN_DISASM_H

#include "base/buf.h"
#include "insn/insn.h"

/* The whole text after "call " for a helper, subprogram or kfunc call, and after "=" for ld_imm64;
 * either may be NULL or return NULL: then bpf_NAME#N, unknown#N, pc+N and hexadecimal. The result
 * is used at once. */
struct disasm_names {
	const char *(*call)(void *arg, const struct bpf_insn *i);
	const char *(*imm64)(void *arg, const struct bpf_insn *i, u64 imm);
	void *arg;
};

/* Append "(b7) r0 = 1" without number and newline ("BUG_db" for an unknown atomic operation). i[1]
 * must be readable for ld_imm64. */
void disasm(struct buf *out, const struct bpf_insn *i, const struct disasm_names *names);
/* "bpf_map_lookup_elem", or NULL if there is no such helper in Linux. */
const char *helper_name(u32 id);

#endif
