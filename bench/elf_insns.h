/* The instructions of one section of an object file, as they are: for objects without relocations. */
#ifndef SKEP_BENCH_ELF_INSNS_H
#define SKEP_BENCH_ELF_INSNS_H

#include <linux/bpf.h>

#include "base/types.h"

/* The caller frees *out. The number of instructions, or -1. */
int elf_insns(const char *path, const char *section, struct bpf_insn **out);

#endif
