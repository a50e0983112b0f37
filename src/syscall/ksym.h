/* Where the kernel's symbols would be that tools ask for: /proc/kallsyms and the instructions that info shows must
 * agree, as bpftool finds a helper's name at __bpf_call_base + imm. Nothing lies there. */
#ifndef SKEP_SYSCALL_KSYM_H
#define SKEP_SYSCALL_KSYM_H

#include "base/types.h"

#define KSYM_CALL_BASE 0xffffffffbf010000 /* below what Linux gives to modules and programs */

/* What a call of that helper has as imm: never a helper's number. */
static inline s32 ksym_helper_imm(u32 id)
{
	return -65536 + 16 * (s32)id;
}

/* … and of a kernel function, by its row in kfuncs.def. */
static inline s32 ksym_kfunc_imm(u32 row)
{
	return -32768 + 16 * (s32)row;
}

/* Where native code at that address is said to be. Tools compare addresses by their low 32 bits, so all must lie in the
 * kernel's last 2 GiB, where Linux has its programs, too. Images are mapped near each other: in 1 GiB they stay apart. */
static inline u64 ksym_code(const void *image)
{
	return 0xffffffffc0000000 | ((uintptr_t)image & 0x3fffffff);
}

#endif
