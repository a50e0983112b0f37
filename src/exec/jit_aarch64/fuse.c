/* Several instructions as one: none yet on this machine, whose instructions are nearly BPF's. */
#include "exec/jit_aarch64/jit.h"

u32 jit_fuse(struct jit *j, const struct bpf_insn *i)
{
	return 0;
}
