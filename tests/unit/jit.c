/* What the JIT emits, read by a disassembler that is not ours: every byte belongs to an instruction, jumps and
 * calls lead to starts of instructions inside, only general registers occur, the image is not writable,
 * and each instruction has the size of its neighbours' operands (an instruction whose length is wrong shows as
 * a jump into the middle of another). Random programs, and programs as large as can be. */
#include "unit/test.h"

#include "base/err.h"
#include "exec/jit.h"
#include "oracle/random_insns.h"
#include "unit/asm.h"

#if defined(SKEP_HAS_JIT) && defined(HAVE_CAPSTONE)
#include <capstone/capstone.h>

#ifdef __x86_64__
#define PROGRAMS 2000
#else
#define PROGRAMS 400 /* under qemu */
#endif

static struct runtime rt;
static csh cs;

static u64 nothing(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5, struct skep_run *r)
{
	return 0;
}
static const struct skep_helper helper = { .id = 200, .name = "nothing", .fn = nothing };

static bool nothing_there(const void *ctx, s32 off, u32 size, u64 *out)
{
	return false;
}
static struct skep_prog *no_prog(struct skep_map *m, u32 index)
{
	return NULL;
}

#ifdef __x86_64__
#define MACHINE			    CS_ARCH_X86, CS_MODE_64
#define MACHINE_HAS_WHOLE_CONSTANTS 1
#else
#define MACHINE			    CS_ARCH_ARM64, CS_MODE_LITTLE_ENDIAN
#define MACHINE_HAS_WHOLE_CONSTANTS 0 /* pieces of 16 bits */
#endif

static bool begin(void)
{
	if (cs)
		return true;
	if (runtime_init(&rt, NULL) || cs_open(MACHINE, &cs))
		return false;
	rt.helpers[helper.id] = &helper;
	rt.ld_abs = nothing_there;
	rt.prog_array_get = no_prog;
	cs_option(cs, CS_OPT_DETAIL, CS_OPT_ON);
	return true;
}

struct seen {
	const struct jit_code *c;
	bool *starts; /* of instructions, by offset */
	u32 *targets, nr_targets;
};

static void add_target(struct seen *s, s64 to)
{
	s->targets[s->nr_targets++] = (u32)to;
}

#ifdef __x86_64__
static bool is_general(u32 reg)
{
	const char *name = cs_reg_name(cs, reg);

	return strncmp(name, "xmm", 3) && strncmp(name, "ymm", 3) && strncmp(name, "zmm", 3) &&
	       strncmp(name, "mm", 2) && strncmp(name, "st", 2) && strncmp(name, "k", 1);
}

static bool is_unknown_atomic(const u8 *code)
{
	return false;
}

/* Jumps' and calls' targets are immediates, code addresses are rip-relative. */
static void look_at_operands(struct seen *s, const cs_insn *i)
{
	const cs_x86 *x = &i->detail->x86;
	bool jumps = cs_insn_group(cs, i, CS_GRP_JUMP) || cs_insn_group(cs, i, CS_GRP_CALL);

	for (u32 n = 0; n < x->op_count; n++) {
		const cs_x86_op *o = &x->operands[n];

		if (jumps && o->type == X86_OP_IMM)
			add_target(s, o->imm);
		if (o->type == X86_OP_MEM && o->mem.base == X86_REG_RIP)
			add_target(s, (s64)i->address + i->size + o->mem.disp);
		if (o->type == X86_OP_REG)
			EXPECT(is_general(o->reg), "%s %s", i->mnemonic, i->op_str);
	}
}
#else
static bool is_general(u32 reg)
{
	const char *name = cs_reg_name(cs, reg);

	return strchr("xw", name[0]) || !strcmp(name, "sp");
}

/* Capstone 4 does not know the atomic instructions of Armv8.1: those on memory, and compare-and-swap. */
static bool is_unknown_atomic(const u8 *code)
{
	u32 word = code[0] | (u32)code[1] << 8 | (u32)code[2] << 16 | (u32)code[3] << 24;

	return (word & 0x3b200c00) == 0x38200000 || (word & 0x3fa07c00) == 0x08a07c00;
}

/* Branches' targets are immediates. (Code addresses are sums of two instructions: not looked at.) */
static void look_at_operands(struct seen *s, const cs_insn *i)
{
	const cs_arm64 *x = &i->detail->arm64;
	bool jumps = i->mnemonic[0] == 'b' && strcmp(i->mnemonic, "brk");

	jumps |= !strcmp(i->mnemonic, "cbz") || !strcmp(i->mnemonic, "cbnz");
	for (u32 n = 0; n < x->op_count; n++) {
		const cs_arm64_op *o = &x->operands[n];

		if (jumps && o->type == ARM64_OP_IMM)
			add_target(s, o->imm);
		if (o->type == ARM64_OP_REG)
			EXPECT(is_general(o->reg), "%s %s", i->mnemonic, i->op_str);
	}
}
#endif

static void look_at(struct seen *s, const cs_insn *i)
{
	s->starts[i->address] = true;
	look_at_operands(s, i);
}

static void disassemble(struct seen *s)
{
	const u8 *code = s->c->image;
	size_t left = s->c->size;
	cs_insn *i = cs_malloc(cs);
	u64 at = 0;

	for (;;) {
		while (left && cs_disasm_iter(cs, &code, &left, &at, i))
			look_at(s, i);
		if (left < 4 || !is_unknown_atomic(code))
			break;
		s->starts[at] = true;
		code += 4;
		left -= 4;
		at += 4;
	}
	EXPECT(!left, "no instruction at %#llx: %02x %02x %02x", (unsigned long long)at, code[0],
	       code[1], code[2]);
	cs_free(i, 1);
}

static void check_targets(const struct seen *s)
{
	EXPECT(s->starts[s->c->entry] && s->starts[s->c->tail_entry]);
	for (u32 n = 0; n < s->nr_targets; n++)
		EXPECT(s->targets[n] < s->c->size && s->starts[s->targets[n]],
		       "a jump to %#x of %#x, where no instruction starts", s->targets[n],
		       s->c->size);
}

static void check_image(struct skep_prog *p)
{
	const struct jit_code *c = p->code;
	struct seen s = { .c = c };

	s.starts = calloc(c->size + 1, sizeof(*s.starts));
	s.targets = calloc(c->size + 1, sizeof(*s.targets));
	EXPECT(p->jited_len == c->size);
	disassemble(&s);
	check_targets(&s);
	free(s.starts);
	free(s.targets);
}

static void check_insns(const struct bpf_insn *insns, u32 n, const u32 *subs)
{
	const struct engine *engines[] = { &engine_jit, &engine_jit_plain, &engine_jit_blind };

	for (u32 e = 0; e < ARRAY_SIZE(engines); e++) {
		struct skep_prog *p = asm_prog_on(engines[e], &rt, insns, n, subs);

		EXPECT(p, "%s", last_error());
		if (p)
			check_image(p);
		asm_free(p);
	}
}

TEST("random programs become whole instructions, and jumps lead to them")
{
	static struct random_program r;

	REQUIRE(begin());
	for (u64 seed = 0; seed < PROGRAMS && !test_failures; seed++) {
		random_program(seed, ENTRY_POINTER, &r);
		check_insns(r.insns, r.len, (u32[]){ r.sub, 0 });
	}
}

TEST("so do calls of all kinds")
{
	struct bpf_insn insns[] = {
		MOV_X(6, 1),
		CALL_SUB(10),
		FUNC(1, 9),
		CALL(200),
		INSN(BPF_LD | BPF_ABS | BPF_W, 0, 0, 0, 70000),
		INSN(BPF_LD | BPF_IND | BPF_B, 0, 7, 0, -1),
		CALL(BPF_FUNC_tail_call),
		INSN(BPF_JMP | BPF_JCOND, 0, 0, 2, 0),
		ALU64_K(BPF_ADD, 0, 1),
		JA(-3),
		EXIT(),
		MOV_K(0, 1),
		CALL(BPF_FUNC_tail_call),
		EXIT(),
	};
	static const u32 subs[] = { 12, 0 };

	REQUIRE(begin());
	check_insns(insns, ARRAY_SIZE(insns), subs);
}

TEST("jumps at the limit of the short form, forwards and backwards")
{
	static struct bpf_insn insns[64];

	REQUIRE(begin());
	for (u32 n = 20; n < 60; n++) {
		insns[0] = MOV_K(0, 1);
		insns[1] = JMP_K(BPF_JEQ, 1, 0, (s16)(n - 2));
		for (u32 i = 2; i < n; i++)
			insns[i] = ALU32_K(i % 3 ? BPF_ADD : BPF_LSH, i % 10, 1);
		insns[n] = JMP_K(BPF_JNE, 1, 0, (s16)-n);
		insns[n + 1] = EXIT();
		check_insns(insns, n + 2, NULL);
	}
}

static bool image_has(const struct engine *e, const struct bpf_insn *insns, u32 n, u32 constant)
{
	struct skep_prog *p = asm_prog_on(e, &rt, insns, n, NULL);
	const struct native_code *c = p ? p->native : NULL;
	bool found = false;

	EXPECT(c, "%s", last_error());
	for (u32 at = 0; c && at + 4 <= c->size; at++)
		found |= !memcmp(c->image + at, &constant, 4);
	asm_free(p);
	return found;
}

TEST("constants of the program are in its native code, but not with blinding")
{
	struct bpf_insn insns[] = {
		MOV_K(0, 0),
		ALU64_K(BPF_ADD, 0, 0x12345678),
		INSN(BPF_ALU | BPF_XOR | BPF_K, 0, 0, 0, 0x23456789),
		INSN(BPF_LD | BPF_IMM | BPF_DW, 1, 0, 0, 0x3456789a),
		INSN(0, 0, 0, 0, 0x456789ab),
		JMP_K(BPF_JGT, 1, 0x56789abc, 0),
		INSN(BPF_ST | BPF_MEM | BPF_DW, 10, 0, -8, 0x6789abcd),
		ALU64_K(BPF_DIV, 1, 0x789abcde),
		EXIT(),
	};

	REQUIRE(begin());
	for (u32 i = 1; i < 7; i++) {
		u32 constant = (u32)insns[i].imm;

		if (MACHINE_HAS_WHOLE_CONSTANTS)
			EXPECT(image_has(&engine_jit, insns, ARRAY_SIZE(insns), constant), "%#x",
			       constant);
		EXPECT(!image_has(&engine_jit_blind, insns, ARRAY_SIZE(insns), constant), "%#x",
		       constant);
	}
}

TEST("the image cannot be written")
{
	struct bpf_insn insns[] = { MOV_K(0, 1), EXIT() };
	struct skep_prog *p;
	char line[512];
	bool found = false;
	FILE *f;

	REQUIRE(begin());
	p = asm_prog_on(&engine_jit, &rt, insns, 2, NULL);
	f = fopen("/proc/self/maps", "re");
	REQUIRE(p && f);
	while (fgets(line, sizeof(line), f)) {
		u64 from, to, at = (uintptr_t)((struct jit_code *)p->code)->image;
		char rights[8];

		if (sscanf(line, "%lx-%lx %7s", &from, &to, rights) != 3 || at < from || at >= to)
			continue;
		found = true;
		EXPECT(!strncmp(rights, "r-x", 3), "%s", rights);
	}
	fclose(f);
	EXPECT(found);
	asm_free(p);
}

/* Jumps over everything keep all of them long; the time must stay linear. */
TEST("a million instructions")
{
	u32 n = MAX_INSNS;
	struct bpf_insn *insns = calloc(n, sizeof(*insns));
	struct skep_prog *p;

	REQUIRE(begin());
	for (u32 i = 0; i < n; i++)
		insns[i] = i % 5 ? ALU64_K(BPF_ADD, i % 10, i) : JMP_K(BPF_JEQ, 1, 7, i % 30000);
	for (u32 i = n - 30000; i < n; i++)
		insns[i] = MOV_K(0, 0);
	insns[n - 1] = EXIT();
	p = asm_prog_on(&engine_jit, &rt, insns, n, NULL);
	EXPECT(p, "%s", last_error());
	if (p)
		check_image(p);
	asm_free(p);
	free(insns);
}
#else
TEST("what the JIT emits, read by a disassembler")
{
	SKIP("needs a JIT and libcapstone-dev");
}
#endif
