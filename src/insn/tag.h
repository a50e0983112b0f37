/* Program tags: what identifies a program's code, independent of map descriptors. */
#ifndef SKEP_INSN_TAG_H
#define SKEP_INSN_TAG_H

#include <linux/bpf.h>

#include "base/types.h"

/* As Linux 6.18: the first 8 bytes of the SHA-256 of the instructions as loaded, with the immediates
 * of map references cleared. */
void prog_tag(const struct bpf_insn *insns, u32 len, u8 tag[8]);

#endif
