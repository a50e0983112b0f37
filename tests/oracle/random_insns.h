/* Random straight-line programs with forward jumps, for comparing engines: every kind of instruction
 * but helper calls, on unknown values, always acceptable to a verifier.
 *
 * A program takes r0 … r9 from the first bytes of a packet, computes, and writes r0 … r9 and its stack
 * back to the packet. How it gets at the packet differs: from struct xdp_md, with the bounds check that
 * a verifier wants, or from a pointer that is the first word of the context. */
#ifndef SKEP_ORACLE_RANDOM_INSNS_H
#define SKEP_ORACLE_RANDOM_INSNS_H

#include <linux/bpf.h>

#include "base/types.h"

#define RANDOM_PACKET	 144 /* bytes: ten registers and eight words of stack */
#define RANDOM_MAX_INSNS 1024

struct random_program {
	struct bpf_insn insns[RANDOM_MAX_INSNS];
	u32 len;
	u32 body, end; /* what is random, subprogram aside: [body, end) */
	u32 sub;       /* where its subprogram begins, 0 if it has none */
};

enum random_entry { ENTRY_XDP_MD, ENTRY_POINTER };

/* The program of that number and the same bytes but for the beginning, whichever the entry is. */
void random_program(u64 seed, enum random_entry entry, struct random_program *out);
/* A packet for it: values at the edges of all widths are frequent. */
void random_packet(u64 seed, u8 packet[RANDOM_PACKET]);

#endif
