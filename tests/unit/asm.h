/* Instructions by hand, for tests and benches: one macro per kind, as in RFC 9669. And programs of
 * them, ready to run, that no verifier has seen. */
#ifndef SKEP_TEST_ASM_H
#define SKEP_TEST_ASM_H

#include <stdlib.h>
#include <string.h>

#include "exec/prog.h"
#include "insn/insn.h"
#include "unit/insns.h"

#define ALU64_X(op, d, s) INSN(BPF_ALU64 | BPF_X | (op), d, s, 0, 0)
#define ALU64_K(op, d, i) INSN(BPF_ALU64 | BPF_K | (op), d, 0, 0, i)
#define ALU32_X(op, d, s) INSN(BPF_ALU | BPF_X | (op), d, s, 0, 0)
#define ALU32_K(op, d, i) INSN(BPF_ALU | BPF_K | (op), d, 0, 0, i)
#define MOV_X(d, s)	  ALU64_X(BPF_MOV, d, s)
#define MOV_K(d, i)	  ALU64_K(BPF_MOV, d, i)
#define LD64(d, v)                                                                                 \
	INSN(BPF_LD | BPF_IMM | BPF_DW, d, 0, 0, (s32)(v)), INSN(0, 0, 0, 0, (s32)((u64)(v) >> 32))
#define LDX(size, d, s, o)	     INSN(BPF_LDX | BPF_MEM | (size), d, s, o, 0)
#define STX(size, d, s, o)	     INSN(BPF_STX | BPF_MEM | (size), d, s, o, 0)
#define ST(size, d, o, i)	     INSN(BPF_ST | BPF_MEM | (size), d, 0, o, i)
#define ATOMIC_OP(size, op, d, s, o) INSN(BPF_STX | BPF_ATOMIC | (size), d, s, o, op)
#define JMP_X(op, d, s, o)	     INSN(BPF_JMP | BPF_X | (op), d, s, o, 0)
#define JMP_K(op, d, i, o)	     INSN(BPF_JMP | BPF_K | (op), d, 0, o, i)
#define JMP32_X(op, d, s, o)	     INSN(BPF_JMP32 | BPF_X | (op), d, s, o, 0)
#define JMP32_K(op, d, i, o)	     INSN(BPF_JMP32 | BPF_K | (op), d, 0, o, i)
#define JA(o)			     INSN(BPF_JMP | BPF_JA, 0, 0, o, 0)
#define CALL(id)		     INSN(BPF_JMP | BPF_CALL, 0, 0, 0, id)
#define CALL_SUB(by)		     INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, by)
#define FUNC(d, by)		     INSN(BPF_LD | BPF_IMM | BPF_DW, d, BPF_PSEUDO_FUNC, 0, by), INSN(0, 0, 0, 0, 0)
#define EXIT()			     INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

/* The engine that SKEP_TEST_ENGINE names, so that the same tests run on all: the interpreter if there is
 * no such name. */
__attribute__((unused)) static const struct engine *asm_engine(void)
{
	const char *name = getenv("SKEP_TEST_ENGINE");

#ifdef SKEP_HAS_JIT
	if (name && !strcmp(name, engine_jit.name))
		return &engine_jit;
	if (name && !strcmp(name, engine_jit_plain.name))
		return &engine_jit_plain;
	if (name && !strcmp(name, engine_jit_blind.name))
		return &engine_jit_blind;
#endif
	(void)name;
	return &engine_interp;
}

/* What the next programs' pointers into an arena are of. */
__attribute__((unused)) static struct arena *asm_arena;

/* A program of n instructions, copied, with whole frames; functions begin at 0 and at `subs`, which
 * ends with 0 and may be NULL. NULL: refused, last_error() says why. */
__attribute__((unused)) static struct skep_prog *asm_prog_on(const struct engine *engine,
							     struct runtime *rt,
							     const struct bpf_insn *insns, u32 n,
							     const u32 *subs)
{
	struct skep_prog *p = calloc(1, sizeof(*p));
	u32 end = n;

	object_init(&p->obj, OBJECT_PROG, NULL);
	p->rt = rt;
	p->len = n;
	p->arena = asm_arena;
	p->insns = malloc((n ?: 1) * sizeof(*insns));
	memcpy(p->insns, insns, n * sizeof(*insns));
	for (p->nr_subs = 1; subs && subs[p->nr_subs - 1]; p->nr_subs++)
		;
	p->subs = calloc(p->nr_subs, sizeof(*p->subs));
	for (u32 i = p->nr_subs; i-- > 0; end = p->subs[i].start) {
		p->subs[i].start = i ? subs[i - 1] : 0;
		p->subs[i].len = end - p->subs[i].start;
		p->subs[i].stack_depth = SKEP_STACK_SIZE;
	}
	if (!exec_prepare_on(p, engine))
		return p;
	free(p->insns);
	free(p->subs);
	free(p);
	return NULL;
}

__attribute__((unused)) static struct skep_prog *
asm_prog(struct runtime *rt, const struct bpf_insn *insns, u32 n, const u32 *subs)
{
	return asm_prog_on(asm_engine(), rt, insns, n, subs);
}

__attribute__((unused)) static void asm_free(struct skep_prog *p)
{
	if (!p)
		return;
	exec_release(p);
	free(p->insns);
	free(p->subs);
	free(p);
}

#endif
