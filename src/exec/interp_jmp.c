/* Jumps. Both ways out of a conditional jump dispatch for themselves, so that the machine's predictor
 * learns them apart. */
#include "exec/interp_ops.h"

#define OP_X(d, s, name, bits, condition)                                                          \
	static OP(j##bits##_##name##_##d##_##s)                                                    \
	{                                                                                          \
		u##bits D = (u##bits)R##d, S = (u##bits)R##s;                                      \
                                                                                                   \
		if (condition)                                                                     \
			BRANCH(pc->aux);                                                           \
		NEXT;                                                                              \
	}
#define OP_K(d, name, bits, condition)                                                             \
	static OP(j##bits##_##name##_##d)                                                          \
	{                                                                                          \
		u##bits D = (u##bits)R##d, S = (u##bits)(s64)pc->imm;                              \
                                                                                                   \
		if (condition)                                                                     \
			BRANCH(pc->aux);                                                           \
		NEXT;                                                                              \
	}
#define ROWS_X(d, name, bits, condition) EACH_SRC(OP_X, d, name, bits, condition)
#define ROWS(name, bits, condition)                                                                \
	EACH_REG(ROWS_X, name, bits, condition)                                                    \
	EACH_REG(OP_K, name, bits, condition)

#define SD				 ((s64)D)
#define SS				 ((s64)S)
#define JMP(name, code, text, condition) ROWS(name, 64, condition)
#include "insn/jmp.def"
#undef SD
#undef SS
#define SD				 ((s32)D)
#define SS				 ((s32)S)
#define JMP(name, code, text, condition) ROWS(name, 32, condition)
#include "insn/jmp.def"

#define NAME_X(d, s, name, bits) j##bits##_##name##_##d##_##s,
#define NAMES_X(d, name, bits)	 { EACH_SRC(NAME_X, d, name, bits) },
#define NAME_K(d, name, bits)	 j##bits##_##name##_##d,

op_fn *const jmp64_x[NR_JMP][11][11] = {
#define JMP(name, ...) [JMP_##name] = { EACH_REG(NAMES_X, name, 64) },
#include "insn/jmp.def"
};
op_fn *const jmp64_k[NR_JMP][11] = {
#define JMP(name, ...) [JMP_##name] = { EACH_REG(NAME_K, name, 64) },
#include "insn/jmp.def"
};
op_fn *const jmp32_x[NR_JMP][11][11] = {
#define JMP(name, ...) [JMP_##name] = { EACH_REG(NAMES_X, name, 32) },
#include "insn/jmp.def"
};
op_fn *const jmp32_k[NR_JMP][11] = {
#define JMP(name, ...) [JMP_##name] = { EACH_REG(NAME_K, name, 32) },
#include "insn/jmp.def"
};

OP(jump_always)
{
	BRANCH(pc->aux);
}

OP(cpu_number)
{
	R0 = run_of(R10)->cpu;
	NEXT;
}

OP(unwind_throw)
{
	run_of(R10)->thrown = 1;
	NEXT;
}

OP(unwind_pass)
{
	if (!run_of(R10)->thrown)
		BRANCH(pc->aux);
	NEXT;
}

OP(unwind_catch)
{
	struct skep_run *run = run_of(R10);

	if (!run->thrown)
		BRANCH(pc->aux);
	run->thrown = 0;
	NEXT;
}

/* Goes on until the run has used up its allowance, then leaves the loop. */
OP(may_goto)
{
	struct skep_run *run = run_of(R10);

	if (!run->loops_left)
		BRANCH(pc->aux);
	run->loops_left--;
	NEXT;
}
