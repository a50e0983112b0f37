/* Which file_operations the kernel has for the descriptors of BPF objects: programs that go over files compare with these
 * symbols' addresses (bpftool does, to find who holds a program). /proc/kallsyms and the images of files agree on them;
 * nothing lies there. */
#ifndef SKEP_ITER_FOPS_H
#define SKEP_ITER_FOPS_H

#include "base/object.h"

#define FOPS_FIRST 0xffffffffbf020000ull /* behind the helpers of syscall/ksym.h */

/* FOPS(symbol, kind of object) */
#define FOPS_OF_OBJECTS(FOPS)                                                                      \
	FOPS(bpf_prog_fops, OBJECT_PROG)                                                           \
	FOPS(bpf_map_fops, OBJECT_MAP)                                                             \
	FOPS(btf_fops, OBJECT_BTF)                                                                 \
	FOPS(bpf_link_fops, OBJECT_LINK)                                                           \
	FOPS(bpf_iter_fops, OBJECT_ITER)

static inline u64 fops_address(enum object_kind kind)
{
	return FOPS_FIRST + 512 * (u64)kind;
}

#endif
