/* Random state machines: a loop over a packet's bytes, a state that comparisons at its head tell apart, and
 * whatever states may do: go on at once, by an end that they share, or into the next one. What native code ahead
 * of time makes of them (src/aot/emit_thread.c) must be what they are. The context's first word is the packet's
 * address; the result is written behind the bytes. */
#ifndef SKEP_ORACLE_RANDOM_MACHINE_H
#define SKEP_ORACLE_RANDOM_MACHINE_H

#include <linux/bpf.h>

#include "base/types.h"

#define RANDOM_MACHINE_INSNS 256

struct random_machine {
	struct bpf_insn insns[RANDOM_MACHINE_INSNS];
	u8 place[RANDOM_MACHINE_INSNS]; /* the generator's */
	u32 len;
};

void random_machine(u64 seed, struct random_machine *out);

#endif
