/* Text assembler for test cases, in the syntax that Linux's disassembly has:
 *
 *	r1 = r2; w0 += 5; r0 = -r0; r1 = (s8)r2; r1 = be16 r1; r1 s/= 3; r1 s>>= r2
 *	r1 = 0x1122334455667788          64-bit constants that need it, or any with " ll" behind
 *	r1 = *(u32 *)(r2 +4); r1 = *(s8 *)(r2 -1); *(u64 *)(r10 -8) = r1; *(u8 *)(r10 -1) = 0
 *	r0 = *(u16 *)skb[12]; r0 = *(u8 *)skb[r1 + 14]
 *	lock *(u64 *)(r1 +8) += r2; r2 = atomic64_fetch_add((u64 *)(r1 +8), r2)
 *	r2 = atomic_xchg((u32 *)(r1 +0), r2); r0 = atomic64_cmpxchg((u64 *)(r1 +0), r0, r2)
 *	r2 = load_acquire((u64 *)(r1 +0)); store_release((u64 *)(r1 +0), r2)
 *	if r1 > 5 goto label; if w1 s< w2 goto pc+3; goto label; gotol label; may_goto label
 *	call bpf_map_lookup_elem; call 7; call label; call pc+2; exit
 *	call bpf_rcu_read_lock           what begins with bpf_ and is no helper is a kernel function
 *	r1 = kernel runqueues            a variable of the kernel's
 *	r1 = map NAME; r1 = map NAME[0]+8; r1 = func label
 *	exception label                  the function there is the callback for exceptions
 *	raw CODE DST SRC OFF IMM         an instruction by its fields
 *
 * Statements end at ';' or the line's end, "label:" stands before one, '#' begins a comment. */
#ifndef SKEP_CASE_ASM_H
#define SKEP_CASE_ASM_H

#include <linux/bpf.h>

#include "base/types.h"

#define ASM_NAME 40

struct asm_subprog {
	char name[ASM_NAME];
	u32 start; /* instruction */
};

struct asm_code {
	struct bpf_insn *insns; /* asm_done() frees it */
	u32 n, cap;
	struct asm_subprog subprogs[32]; /* called or taken the address of; [0] is main, at 0 */
	u32 nr_subprogs;
	char exception[ASM_NAME]; /* "": no callback for exceptions */
	bool takes_address;	  /* of a function: the kernel then wants BTF */
	char error[160];	  /* of the first bad statement */
};

/* map_fd: descriptor of the map of that name, or negative. Returns 0 or -EINVAL with c->error. */
int asm_text(const char *text, int (*map_fd)(void *arg, const char *name), void *arg,
	     struct asm_code *c);
void asm_done(struct asm_code *c);
/* The kernel function's BTF id, negative if there is none. */
s32 asm_kfunc(const char *name);
/* The kernel's function, variable, typedef or structure of that name, by its BTF id; negative without. */
s32 asm_kernel_type(const char *name);

#endif
