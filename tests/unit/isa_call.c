/* Calls, tail calls, callbacks, and what surrounds the instructions. See isa_machine.h. */
#include "unit/isa_machine.h"

/* --- calls --- */

TEST("helpers get r1 … r5 and the run; r6 … r9 survive")
{
	begin();
	EXPECT_EQ(RUN(NULL, MOV_K(1, 1), MOV_K(2, 2), MOV_K(3, 3), MOV_K(4, 4), MOV_K(5, 5),
		      MOV_K(6, 10000), MOV_K(7, 20000), MOV_K(8, 30000), MOV_K(9, 40000),
		      CALL(SUM5), ALU64_X(BPF_ADD, 0, 6), ALU64_X(BPF_ADD, 0, 7),
		      ALU64_X(BPF_ADD, 0, 8), ALU64_X(BPF_ADD, 0, 9), EXIT()),
		  101055);
}

TEST("subprograms have frames of their own, eight deep, and give back r6 … r10")
{
	/* f(n, caller's r10): stores n, calls f(n - 1), checks its own frame, returns the sum */
	struct bpf_insn insns[] = {
		MOV_K(1, 7),
		CALL_SUB(1),
		EXIT(),
		/* 3: */ MOV_X(6, 1),
		STX(BPF_DW, 10, 1, -8),
		MOV_K(0, 0),
		JMP_K(BPF_JEQ, 1, 0, 6),
		MOV_X(7, 10),
		ALU64_K(BPF_SUB, 1, 1),
		CALL_SUB(-7),
		JMP_X(BPF_JEQ, 7, 10, 1),
		MOV_K(0, -1000),
		LDX(BPF_DW, 1, 10, -8),
		ALU64_X(BPF_ADD, 0, 6),
		ALU64_X(BPF_MUL, 6, 1),
		ALU64_X(BPF_ADD, 0, 6),
		EXIT(),
	};
	static const u32 subs[] = { 3, 0 };

	begin();
	/* sum of n + n² for n = 1 … 7 — at n = 0 the frame check and r7 are skipped */
	EXPECT_EQ(run_insns(insns, ARRAY_SIZE(insns), NULL, subs), 28 + 140);
}

TEST("callbacks from helpers run on frames above the caller's")
{
	struct bpf_insn insns[] = {
		ST(BPF_DW, 10, -8, 5),
		MOV_K(6, 100),
		FUNC(1, 9),
		MOV_K(2, 4),
		MOV_X(3, 10),
		ALU64_K(BPF_ADD, 3, -8),
		CALL(CALL_BACK),
		ALU64_X(BPF_ADD, 0, 6),
		LDX(BPF_DW, 1, 10, -8),
		ALU64_X(BPF_ADD, 0, 1),
		EXIT(),
		/* 12: callback(i, &n): n += 10, returns i */
		ST(BPF_DW, 10, -8, 1),
		ST(BPF_DW, 10, -512, 1),
		LDX(BPF_DW, 6, 2, 0),
		ALU64_K(BPF_ADD, 6, 10),
		STX(BPF_DW, 2, 6, 0),
		MOV_X(0, 1),
		EXIT(),
	};
	static const u32 subs[] = { 12, 0 };

	begin();
	EXPECT_EQ(run_insns(insns, ARRAY_SIZE(insns), NULL, subs), 6 + 100 + 45);
}

TEST("packet: legacy loads in network byte order; out of bounds ends with 0")
{
	u8 ctx[16] = { 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17 };

	begin();
	EXPECT_EQ(RUN(ctx, MOV_X(6, 1), INSN(BPF_LD | BPF_ABS | BPF_H, 0, 0, 0, 2), EXIT()),
		  0x1213);
	EXPECT_EQ(RUN(ctx, MOV_X(6, 1), INSN(BPF_LD | BPF_ABS | BPF_B, 0, 0, 0, 1), EXIT()), 0x11);
	EXPECT_EQ(RUN(ctx, MOV_X(6, 1), MOV_K(7, 1), INSN(BPF_LD | BPF_IND | BPF_W, 0, 7, 0, 2),
		      EXIT()),
		  0x13141516);
	EXPECT_EQ(RUN(ctx, MOV_X(6, 1), MOV_K(0, 9), INSN(BPF_LD | BPF_ABS | BPF_W, 0, 0, 0, 13),
		      MOV_K(0, 1), EXIT()),
		  0);
}

/* --- tail calls --- */

TEST("a tail call replaces the program, 33 times at most")
{
	struct bpf_insn count[] = { LDX(BPF_DW, 2, 1, 0),
				    ALU64_K(BPF_ADD, 2, 1),
				    STX(BPF_DW, 1, 2, 0),
				    MOV_K(3, 0),
				    CALL(BPF_FUNC_tail_call),
				    MOV_K(0, 42),
				    EXIT() };
	u64 ctx = 0;

	begin();
	tail_progs[0] = asm_prog(&rt, count, ARRAY_SIZE(count), NULL);
	REQUIRE(tail_progs[0]);
	EXPECT_EQ(prog_run(tail_progs[0], &ctx, run), 42);
	EXPECT_EQ(ctx, 34);
	EXPECT_EQ(prog_run(tail_progs[0], &ctx, run), 42);
	EXPECT_EQ(ctx, 68);
	EXPECT_EQ(RUN(&ctx, MOV_K(3, 1), CALL(BPF_FUNC_tail_call), MOV_K(0, 7), EXIT()), 7);
	EXPECT_EQ(RUN(&ctx, MOV_K(3, 2), CALL(BPF_FUNC_tail_call), MOV_K(0, 7), EXIT()), 7);
	asm_free(tail_progs[0]);
}

TEST("a tail call out of a subprogram returns to the subprogram's caller")
{
	struct bpf_insn target[] = { MOV_K(0, 5), ST(BPF_DW, 10, -512, 1), MOV_K(6, 0), EXIT() };
	struct bpf_insn caller[] = { MOV_K(6, 100),
				     ST(BPF_DW, 10, -8, 1000),
				     CALL_SUB(4),
				     ALU64_X(BPF_ADD, 0, 6),
				     LDX(BPF_DW, 1, 10, -8),
				     ALU64_X(BPF_ADD, 0, 1),
				     EXIT(),
				     /* 7: */ MOV_K(6, 3),
				     MOV_K(3, 0),
				     CALL(BPF_FUNC_tail_call),
				     MOV_K(0, 9),
				     EXIT() };
	static const u32 subs[] = { 7, 0 };

	begin();
	tail_progs[0] = asm_prog(&rt, target, ARRAY_SIZE(target), NULL);
	REQUIRE(tail_progs[0]);
	EXPECT_EQ(run_insns(caller, ARRAY_SIZE(caller), NULL, subs), 1105);
	asm_free(tail_progs[0]);
}

/* --- around the instructions --- */

TEST("no instruction grows the native stack")
{
	u8 ctx[16] = { 1 };
	u64 cell = 0;
	/* r7 = how often, r8 = &cell */
	struct bpf_insn insns[] = {
		MOV_X(6, 1),
		LD64(7, 1000000),
		LD64(8, (uintptr_t)&cell),
		/* 5: */ CALL_SUB(23),
		INSN(BPF_LD | BPF_ABS | BPF_B, 0, 0, 0, 0),
		INSN(BPF_LD | BPF_IND | BPF_B, 0, 0, 0, 0),
		MOV_K(1, 0),
		MOV_K(3, 5),
		CALL(BPF_FUNC_tail_call),
		CALL(SUM5),
		LDX(BPF_DW, 1, 8, 0),
		STX(BPF_DW, 8, 1, 0),
		ATOMIC_OP(BPF_DW, BPF_ADD, 8, 7, 0),
		ATOMIC_OP(BPF_DW, BPF_ADD | BPF_FETCH, 8, 1, 0),
		MOV_K(0, 0),
		ATOMIC_OP(BPF_DW, BPF_CMPXCHG, 8, 7, 0),
		ATOMIC_OP(BPF_W, BPF_XCHG, 8, 1, 0),
		ATOMIC_OP(BPF_W, BPF_LOAD_ACQ, 1, 8, 0),
		ATOMIC_OP(BPF_W, BPF_STORE_REL, 8, 1, 0),
		ALU64_X(BPF_DIV, 1, 7),
		INSN(BPF_ALU | BPF_X | BPF_MOD, 1, 7, 1, 0),
		ALU64_K(BPF_SUB, 7, 1),
		JMP_K(BPF_JNE, 7, 0, -20),
		MOV_K(0, 6),
		JA(0),
		EXIT(),
		EXIT(),
		/* 29: */ EXIT(),
	};
	static const u32 subs[] = { 29, 0 };

	begin();
	EXPECT_EQ(run_insns(insns, ARRAY_SIZE(insns), ctx, subs), 6);
}

TEST("may_goto lets a loop go on until the run's allowance is used up")
{
	begin();
	EXPECT_EQ(RUN(NULL, MOV_K(0, 0), INSN(BPF_JMP | BPF_JCOND, 0, 0, 2, 0),
		      ALU64_K(BPF_ADD, 0, 1), JA(-3), EXIT()),
		  SKEP_MAX_LOOPS);
}

TEST("what no verified program holds is refused, not run")
{
	static const struct bpf_insn bad[] = {
		INSN(0x8f, 0, 0, 0, 0), /* neg by register */
		INSN(0xe7, 0, 0, 0, 0),
		MOV_K(10, 1),
		INSN(BPF_ALU64 | BPF_MOV | BPF_X, 1, 11, 0, 0),
		JA(5),
		JA(-2),
		CALL(255),
		CALL(100000),
		CALL_SUB(0),
		INSN(BPF_LD | BPF_IMM | BPF_DW, 0, 0, 0, 0),
		INSN(BPF_STX | BPF_ATOMIC | BPF_B, 0, 0, 0, BPF_ADD),
		INSN(BPF_STX | BPF_ATOMIC | BPF_W, 0, 0, 0, 0x77),
		INSN(BPF_ALU | BPF_END | BPF_TO_BE, 0, 0, 0, 17),
		INSN(BPF_ALU64 | BPF_MOV | BPF_X, 0, 0, 5, 0),
	};

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct skep_prog *p = asm_prog(&rt, &bad[i], 1, NULL);

		EXPECT(!p, "instruction %zu", i);
		EXPECT(strstr(last_error(), "insn 0"));
		asm_free(p);
	}
}

TEST("a tail call into a program of another engine, and back to a caller with callbacks")
{
	/* the target calls back too: 0 + 1 */
	struct bpf_insn target[] = { FUNC(1, 5), MOV_K(2, 2),	       MOV_K(3, 0), CALL(CALL_BACK),
				     EXIT(),	 /* 6: */ MOV_X(0, 1), EXIT() };
	static const u32 target_subs[] = { 6, 0 };
	struct bpf_insn caller[] = {
		MOV_K(6, 100),
		CALL_SUB(7),
		ALU64_X(BPF_ADD, 6, 0),
		FUNC(1, 9),
		MOV_K(2, 4),
		CALL(CALL_BACK),
		ALU64_X(BPF_ADD, 0, 6),
		EXIT(),
		/* 9: */ MOV_K(3, 0),
		CALL(BPF_FUNC_tail_call),
		MOV_K(0, 9),
		EXIT(),
		/* 13: callback(i) = 10 i */ MOV_X(0, 1),
		ALU64_K(BPF_MUL, 0, 10),
		EXIT(),
	};
	static const u32 subs[] = { 9, 13, 0 };
	const struct engine *others[] = {
		&engine_interp,
#ifdef SKEP_HAS_JIT
		&engine_jit,
#endif
	};

	begin();
	for (size_t n = 0; n < ARRAY_SIZE(others); n++) {
		tail_progs[0] =
			asm_prog_on(others[n], &rt, target, ARRAY_SIZE(target), target_subs);
		REQUIRE(tail_progs[0]);
		EXPECT_EQ(run_insns(caller, ARRAY_SIZE(caller), NULL, subs), 161);
		EXPECT(run->stack_top == run->stack + 64);
		asm_free(tail_progs[0]);
		tail_progs[0] = NULL;
	}
}

TEST("statistics count runs when they are on")
{
	struct bpf_insn insns[] = { MOV_K(0, 1), EXIT() };
	struct skep_prog *p;

	begin();
	p = asm_prog(&rt, insns, 2, NULL);
	REQUIRE(p);
	prog_run(p, NULL, run);
	EXPECT_EQ(prog_stats_sum(p).runs, 0);
	rt.stats = true;
	for (int i = 0; i < 10; i++)
		prog_run(p, NULL, run);
	rt.stats = false;
	EXPECT_EQ(prog_stats_sum(p).runs, 10);
	EXPECT(prog_stats_sum(p).ns > 0);
	asm_free(p);
}

TEST("instructions can be counted")
{
	struct bpf_insn insns[] = { MOV_K(0, 0), ALU64_K(BPF_ADD, 0, 1), JMP_K(BPF_JLT, 0, 5, -2),
				    LD64(1, 1), EXIT() };
	struct skep_prog *p;
	const u64 *n;

	begin();
	p = asm_prog_on(&engine_interp, &rt, insns, ARRAY_SIZE(insns), NULL);
	REQUIRE(p);
	n = interp_count(p);
	REQUIRE(n);
	prog_run(p, NULL, run);
	EXPECT_EQ(n[0], 1);
	EXPECT_EQ(n[1], 5);
	EXPECT_EQ(n[2], 5);
	EXPECT_EQ(n[3], 1);
	EXPECT_EQ(n[4], 0);
	EXPECT_EQ(n[5], 1);
	asm_free(p);
}
