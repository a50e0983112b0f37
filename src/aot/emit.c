/* A verified program as C. Each function becomes a static function, each register a variable, each instruction
 * a statement; the expressions are those of src/insn's tables, so the compiler sees the same arithmetic as the
 * interpreter. */
#include <stddef.h>
#include <stdlib.h>

#include "aot/aot.h"
#include "base/err.h"
#include "insn/disasm.h"
#include "insn/insn.h"
#include "map/map.h"

struct emit {
	struct buf *out;
	const struct skep_prog *p;
	u32 no;	       /* of the program: part of all names */
	u8 *is_target; /* of jumps, by instruction */
	u32 *helpers, nr_helpers;
	u32 sub;       /* the function being emitted */
	bool by_index; /* how it accesses memory, see has_simple_loop() */
};

/* Code that needs nothing but itself, and can be anywhere. */
const char *const aot_cflags[AOT_NR_CFLAGS] = {
	"-std=gnu11",
	"-O2",
	"-c",
	"-w",
	"-fPIC",
	"-ffreestanding",
	"-fvisibility=hidden",
	"-fno-strict-aliasing",
	"-fno-jump-tables",
	"-fno-stack-protector",
	"-fno-asynchronous-unwind-tables",
#ifdef __x86_64__
	"-fcf-protection=none",
#else
	"-fno-common",
#endif
};

#define PUT(e, ...) buf_printf((e)->out, __VA_ARGS__)

static int refuse(const struct emit *e, u32 n)
{
	const struct bpf_insn *i = &e->p->insns[n];

	return fail(-EINVAL, "%s: insn %u (code %02x off %d imm %d) has no equivalent in C",
		    e->p->name, n, i->code, i->off, i->imm);
}

static bool is_wide(const struct bpf_insn *i)
{
	u8 class = BPF_CLASS(i->code);

	return class == BPF_ALU64 || class == BPF_JMP;
}

static u32 frame_size(const struct emit *e)
{
	return SKEP_FRAME_SIZE(e->p->subs[e->sub].stack_depth);
}

static s64 target(const struct bpf_insn *i, u32 n)
{
	return (s64)n + 1 + (i->code == (BPF_JMP32 | BPF_JA) ? i->imm : i->off);
}

/* --- operands --- */

static void put_operand(struct emit *e, const struct bpf_insn *i)
{
	if (BPF_SRC(i->code) == BPF_X)
		PUT(e, "r%u", i->src_reg);
	else if (is_wide(i))
		PUT(e, "%#llxull", (unsigned long long)(s64)i->imm);
	else
		PUT(e, "%#xu", (u32)i->imm);
}

static const char *type_of(u8 code)
{
	static const char *const types[4] = { "32", "16", "8", "64" }; /* W, H, B, DW */

	return types[BPF_SIZE(code) >> 3];
}

/* --- arithmetic --- */

#define TEXT(...) #__VA_ARGS__
static const char *const alu_text[16] = {
#define ALU(name, code, text, value) [(code) >> 4] = TEXT(value),
#include "insn/alu.def"
};
static const char *const alu_signed_text[16] = {
#define ALU(...)
#define ALU_SIGNED(name, code, text, value) [(code) >> 4] = TEXT(value),
#include "insn/alu.def"
};
static const char *const jmp_text[16] = {
#define JMP(name, code, text, condition) [(code) >> 4] = TEXT(condition),
#include "insn/jmp.def"
};

static int emit_mov(struct emit *e, const struct bpf_insn *i, u32 n)
{
	const char *wide = is_wide(i) ? "" : "(u32)";

	if (i->off && (BPF_SRC(i->code) != BPF_X || (i->off != 8 && i->off != 16 && i->off != 32)))
		return refuse(e, n);
	PUT(e, "r%u = %s", i->dst_reg, wide);
	if (i->off)
		PUT(e, "(s%d)", i->off);
	put_operand(e, i);
	PUT(e, ";\n");
	return 0;
}

/* RFC 9669, section 4.2; the machine is little-endian. */
static int emit_end(struct emit *e, const struct bpf_insn *i, u32 n)
{
	bool swap = BPF_CLASS(i->code) == BPF_ALU64 || BPF_SRC(i->code) == BPF_TO_BE;

	if (i->imm != 16 && i->imm != 32 && i->imm != 64)
		return refuse(e, n);
	if (swap)
		PUT(e, "r%u = __builtin_bswap%d((u%d)r%u);\n", i->dst_reg, i->imm, i->imm,
		    i->dst_reg);
	else
		PUT(e, "r%u = (u%d)r%u;\n", i->dst_reg, i->imm, i->dst_reg);
	return 0;
}

static int emit_alu(struct emit *e, const struct bpf_insn *i, u32 n)
{
	u8 op = BPF_OP(i->code);
	const char *text = i->off == 1 && alu_signed_text[op >> 4] ? alu_signed_text[op >> 4]
								   : alu_text[op >> 4];

	if (op == BPF_MOV)
		return emit_mov(e, i, n);
	if (op == BPF_END)
		return emit_end(e, i, n);
	if (op == BPF_NEG) {
		PUT(e, "r%u = %s(0 - r%u);\n", i->dst_reg, is_wide(i) ? "" : "(u32)", i->dst_reg);
		return 0;
	}
	if (!text || (i->off && i->off != 1))
		return refuse(e, n);
	PUT(e, "r%u = ALU%u(r%u, ", i->dst_reg, is_wide(i) ? 64 : 32, i->dst_reg);
	put_operand(e, i);
	PUT(e, ", %s);\n", text);
	return 0;
}

/* --- memory --- */

static const char *access_by(const struct emit *e)
{
	return e->by_index ? "INDEX" : "AT";
}

static int emit_load(struct emit *e, const struct bpf_insn *i, u32 n)
{
	u8 mode = BPF_MODE(i->code);

	if (mode != BPF_MEM && mode != BPF_MEMSX)
		return refuse(e, n);
	PUT(e, "r%u = (%s)%s(%c%s, r%u %+d);\n", i->dst_reg, mode == BPF_MEM ? "u64" : "s64",
	    access_by(e), mode == BPF_MEM ? 'u' : 's', type_of(i->code), i->src_reg, i->off);
	return 0;
}

static int emit_atomic(struct emit *e, const struct bpf_insn *i, u32 n)
{
	static const char *const names[] = { "add", "or", "and", "xor" };
	static const u8 ops[] = { BPF_ADD, BPF_OR, BPF_AND, BPF_XOR };
	const char *t = type_of(i->code);

	switch (i->imm) {
	case BPF_LOAD_ACQ:
		PUT(e, "r%u = __atomic_load_n(ATOMIC(u%s, r%u %+d), __ATOMIC_ACQUIRE);\n",
		    i->dst_reg, t, i->src_reg, i->off);
		return 0;
	case BPF_STORE_REL:
		PUT(e, "__atomic_store_n(ATOMIC(u%s, r%u %+d), (u%s)r%u, __ATOMIC_RELEASE);\n", t,
		    i->dst_reg, i->off, t, i->src_reg);
		return 0;
	case BPF_XCHG:
		PUT(e,
		    "r%u = __atomic_exchange_n(ATOMIC(u%s, r%u %+d), (u%s)r%u, "
		    "__ATOMIC_SEQ_CST);\n",
		    i->src_reg, t, i->dst_reg, i->off, t, i->src_reg);
		return 0;
	case BPF_CMPXCHG:
		PUT(e, "r0 = EXCHANGE_IF(u%s, r%u %+d, r0, r%u);\n", t, i->dst_reg, i->off,
		    i->src_reg);
		return 0;
	}
	for (u32 k = 0; k < ARRAY_SIZE(ops); k++) {
		if ((i->imm & ~BPF_FETCH) != ops[k])
			continue;
		if (i->imm & BPF_FETCH)
			PUT(e, "r%u = ", i->src_reg);
		PUT(e, "__atomic_fetch_%s(ATOMIC(u%s, r%u %+d), (u%s)r%u, __ATOMIC_%s);\n",
		    names[k], t, i->dst_reg, i->off, t, i->src_reg,
		    i->imm & BPF_FETCH ? "SEQ_CST" : "RELAXED");
		return 0;
	}
	return refuse(e, n);
}

static int emit_store(struct emit *e, const struct bpf_insn *i, u32 n)
{
	if (insn_is_atomic(i))
		return emit_atomic(e, i, n);
	if (BPF_MODE(i->code) != BPF_MEM)
		return refuse(e, n);
	PUT(e, "%s(u%s, r%u %+d) = (u%s)", access_by(e), type_of(i->code), i->dst_reg, i->off,
	    type_of(i->code));
	if (BPF_CLASS(i->code) == BPF_STX)
		PUT(e, "r%u;\n", i->src_reg);
	else
		PUT(e, "%#llxull;\n", (unsigned long long)(s64)i->imm);
	return 0;
}

/* --- calls --- */

static u32 sub_at(const struct emit *e, s64 start)
{
	u32 s = 0;

	while (s < e->p->nr_subs && e->p->subs[s].start != start)
		s++;
	return s;
}

static u32 helper_slot(const struct emit *e, u32 id)
{
	u32 n = 0;

	while (n < e->nr_helpers && e->helpers[n] != id)
		n++;
	return AOT_ENV_FIXED + 2 * e->p->nr_maps + n;
}

static int emit_call(struct emit *e, const struct bpf_insn *i, u32 n)
{
	if (i->src_reg == BPF_PSEUDO_CALL) {
		PUT(e, "r0 = p%u_f%u(r1, r2, r3, r4, r5, run, (u8 *)r10);\n", e->no,
		    sub_at(e, (s64)n + 1 + i->imm));
	} else if (i->src_reg) {
		return refuse(e, n);
	} else if (i->imm == BPF_FUNC_tail_call && e->p->rt->prog_array_get) {
		PUT(e, "TAIL_CALL(p%u_env, r2, r3, r10 - %u);\n", e->no, frame_size(e));
	} else {
		PUT(e,
		    "STACK_TOP = (u8 *)r10;\n\tr0 = ((helper_fn *)p%u_env[%u])(r1, r2, r3, r4, r5, "
		    "run);\n",
		    e->no, helper_slot(e, (u32)i->imm));
	}
	return 0;
}

static int emit_ld(struct emit *e, const struct bpf_insn *i, u32 n)
{
	u32 index, off;

	if (!insn_is_ld_imm64(i)) {
		if (BPF_MODE(i->code) == BPF_IND)
			PUT(e, "LEGACY_LOAD(p%u_env, %u, (u32)r%u + %#xu);\n", e->no,
			    access_size(i->code), i->src_reg, (u32)i->imm);
		else
			PUT(e, "LEGACY_LOAD(p%u_env, %u, %#xu);\n", e->no, access_size(i->code),
			    (u32)i->imm);
		return 0;
	}
	PUT(e, "r%u = ", i->dst_reg);
	if (insn_is_func_addr(i))
		PUT(e, "(u64)p%u_f%u;\n", e->no, sub_at(e, (s64)n + 1 + i->imm));
	else if (!map_of_insn(e->p, i, &index, &off))
		PUT(e, "%#llxull;\n", (unsigned long long)insn_imm64(i));
	else if (i->src_reg == BPF_PSEUDO_MAP_VALUE)
		PUT(e, "p%u_env[%u] + %u;\n", e->no, AOT_ENV_FIXED + e->p->nr_maps + index, off);
	else
		PUT(e, "p%u_env[%u];\n", e->no, AOT_ENV_FIXED + index);
	return 0;
}

static int emit_jmp(struct emit *e, const struct bpf_insn *i, u32 n)
{
	u8 op = BPF_OP(i->code);

	if (op == BPF_CALL)
		return emit_call(e, i, n);
	if (op == BPF_EXIT) {
		PUT(e, "return r0;\n");
		return 0;
	}
	if (op == BPF_JA) {
		PUT(e, "goto L%lld;\n", (long long)target(i, n));
		return 0;
	}
	if (op == BPF_JCOND && i->src_reg == BPF_MAY_GOTO) {
		PUT(e, "MAY_GOTO(L%lld);\n", (long long)target(i, n));
		return 0;
	}
	if (!jmp_text[op >> 4])
		return refuse(e, n);
	PUT(e, "IF%u(r%u, ", is_wide(i) ? 64 : 32, i->dst_reg);
	put_operand(e, i);
	PUT(e, ", %s) goto L%lld;\n", jmp_text[op >> 4], (long long)target(i, n));
	return 0;
}

static int emit_insn(struct emit *e, u32 n)
{
	const struct bpf_insn *i = &e->p->insns[n];

	if (e->is_target[n])
		PUT(e, "L%u:;\n", n);
	PUT(e, "\t// %u: ", n);
	disasm(e->out, i, NULL);
	PUT(e, "\n\t");
	switch (BPF_CLASS(i->code)) {
	case BPF_ALU:
	case BPF_ALU64: return emit_alu(e, i, n);
	case BPF_LD: return emit_ld(e, i, n);
	case BPF_LDX: return emit_load(e, i, n);
	case BPF_ST:
	case BPF_STX: return emit_store(e, i, n);
	default: return emit_jmp(e, i, n);
	}
}

/* --- functions --- */

static void put_prototype(struct emit *e, u32 sub)
{
	PUT(e, "static u64 p%u_f%u(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5, void *run, u8 *base)",
	    e->no, sub);
}

static bool calls_out(const struct skep_prog *p, const struct subprog *s)
{
	for (u32 n = s->start; n < s->start + s->len; n++) {
		const struct bpf_insn *i = &p->insns[n];

		if (insn_is_call(i) || (BPF_CLASS(i->code) == BPF_LD && !insn_is_ld_imm64(i)))
			return true;
		n += insn_is_ld_imm64(i);
	}
	return false;
}

static bool uses_stack(const struct skep_prog *p, const struct subprog *s)
{
	for (u32 n = s->start; n < s->start + s->len; n++) {
		const struct bpf_insn *i = &p->insns[n];

		if (i->dst_reg == BPF_REG_10 || i->src_reg == BPF_REG_10)
			return true;
		n += insn_is_ld_imm64(i);
	}
	return false;
}

/* Does instruction n jump back over nothing but straight code that loads? */
static bool closes_simple_loop(const struct emit *e, const struct subprog *s, u32 n)
{
	const struct bpf_insn *i = &e->p->insns[n];
	s64 to = target(i, n);
	bool loads = false;

	if (BPF_OP(i->code) == BPF_JA || to >= n || to < s->start)
		return false;
	for (u32 k = (u32)to; k < n; k++) {
		u8 class = BPF_CLASS(e->p->insns[k].code);

		if (class == BPF_JMP || class == BPF_JMP32 || (k > to && e->is_target[k]))
			return false;
		loads |= class == BPF_LDX;
	}
	return loads;
}

/* Compilers vectorise loops of one block, if they see addresses as indices into an object: all memory is one
 * then, which begins at 0 and of which they know nothing. Elsewhere plain addresses make better code. */
static bool has_simple_loop(const struct emit *e, const struct subprog *s)
{
	for (u32 n = s->start; n < s->start + s->len; n++) {
		const struct bpf_insn *i = &e->p->insns[n];
		u8 class = BPF_CLASS(i->code), op = BPF_OP(i->code);

		if ((class == BPF_JMP || class == BPF_JMP32) && op != BPF_CALL && op != BPF_EXIT &&
		    closes_simple_loop(e, s, n))
			return true;
		n += insn_is_ld_imm64(i);
	}
	return false;
}

/* What a program reads of its stack before it has written it may be anything, but must be the same each time:
 * the verifier reasons about it, so it cannot be what C calls indeterminate. */
static void put_frame(struct emit *e, const struct subprog *s)
{
	u32 bytes = ALIGN_UP(s->stack_depth ?: 8, 8);

	if (e->by_index)
		PUT(e, "\tu8 *memory = 0;\n\n\t__asm__(\"\" : \"+r\"(memory));\n");
	if (calls_out(e->p, s))
		PUT(e, "\tconst u64 r10 = (u64)base + %u;\n", frame_size(e));
	else if (uses_stack(e->p, s))
		PUT(e,
		    "\tu8 stack[%u] __attribute__((aligned(8))) = { 0 };\n"
		    "\tconst u64 r10 = (u64)stack + %u;\n",
		    bytes, bytes);
}

static int emit_function(struct emit *e)
{
	const struct subprog *s = &e->p->subs[e->sub];

	e->by_index = !uses_stack(e->p, s) && has_simple_loop(e, s);
	put_prototype(e, e->sub);
	PUT(e, "\n{\n\tu64 r0 = 0, r6 = 0, r7 = 0, r8 = 0, r9 = 0;\n");
	put_frame(e, s);
	for (u32 n = s->start; n < s->start + s->len; n++) {
		TRY(emit_insn(e, n));
		n += insn_is_ld_imm64(&e->p->insns[n]);
	}
	PUT(e, "}\n\n");
	return 0;
}

static void emit_entry(struct emit *e)
{
	PUT(e,
	    "u64 prog%u_%s(const void *prog, void *ctx, void *run)\n{\n\tu8 *base = "
	    "STACK_TOP;\n\tu64 ret;\n\n"
	    "\tCALLBACK = p%u_env[%u];\n\tret = p%u_f0((u64)ctx, 0, 0, 0, 0, run, base);\n"
	    "\tSTACK_TOP = base;\n\treturn ret;\n}\n\n",
	    e->no, e->p->name, e->no, AOT_ENV_CALLBACK, e->no);
}

/* --- programs --- */

static bool is_helper_call(const struct skep_prog *p, const struct bpf_insn *i)
{
	return insn_is_helper_call(i) && !(i->imm == BPF_FUNC_tail_call && p->rt->prog_array_get);
}

static int scan(struct emit *e)
{
	for (u32 n = 0; n < e->p->len; n++) {
		const struct bpf_insn *i = &e->p->insns[n];
		u8 class = BPF_CLASS(i->code), op = BPF_OP(i->code);

		if ((class == BPF_JMP || class == BPF_JMP32) && op != BPF_CALL && op != BPF_EXIT) {
			if (target(i, n) < 0 || target(i, n) >= e->p->len)
				return refuse(e, n);
			e->is_target[target(i, n)] = 1;
		}
		if (insn_is_subprog_call(i) && sub_at(e, (s64)n + 1 + i->imm) == e->p->nr_subs)
			return refuse(e, n);
		if (is_helper_call(e->p, i) &&
		    helper_slot(e, (u32)i->imm) ==
			    AOT_ENV_FIXED + 2 * e->p->nr_maps + e->nr_helpers)
			e->helpers[e->nr_helpers++] = (u32)i->imm;
		n += insn_is_ld_imm64(i);
	}
	return 0;
}

static void put_bytes(struct emit *e, const u8 *bytes, u32 n)
{
	PUT(e, "{ ");
	for (u32 i = 0; i < n; i++)
		PUT(e, "0x%02x, ", bytes[i]);
	PUT(e, "}");
}

static void emit_list(struct emit *e)
{
	PUT(e, "static const u32 p%u_helpers[] = { ", e->no);
	for (u32 n = 0; n < e->nr_helpers; n++)
		PUT(e, "%u, ", e->helpers[n]);
	PUT(e, "0 };\n");
	PUT(e, "u64 p%u_env[%u] __attribute__((visibility(\"hidden\")));\n\n", e->no,
	    AOT_ENV_FIXED + 2 * e->p->nr_maps + e->nr_helpers);
}

static int emit_program(struct emit *e)
{
	TRY(scan(e));
	PUT(e, "// ---- %s ----\n", e->p->name);
	emit_list(e);
	for (u32 s = 0; s < e->p->nr_subs; s++) {
		put_prototype(e, s);
		PUT(e, ";\n");
	}
	PUT(e, "\n");
	for (e->sub = 0; e->sub < e->p->nr_subs; e->sub++)
		TRY(emit_function(e));
	emit_entry(e);
	return 0;
}

static void emit_prelude(struct buf *out)
{
	buf_puts(out, "// Made by skep aot: verified BPF programs as C.\n"
#define LINE(...) TEXT(__VA_ARGS__) ";\n"
		 LINE(typedef unsigned char u8) LINE(typedef signed char s8) LINE(
			 typedef unsigned short
				 u16) LINE(typedef short s16) LINE(typedef unsigned int u32)
			 LINE(typedef int s32) LINE(typedef unsigned long long u64) LINE(
				 typedef long long
					 s64) "// memory: any address, any alignment, any type\n"
#define PLAIN(t) "typedef " #t " __attribute__((aligned(1), may_alias)) " #t "_plain;\n"
		 PLAIN(u8) PLAIN(s8) PLAIN(u16) PLAIN(s16) PLAIN(u32) PLAIN(s32) PLAIN(u64) PLAIN(
			 s64) "#define AT(t, addr) (*(t##_plain *)(addr))\n"
			      "#define INDEX(t, addr) (*(t##_plain *)(memory + (addr)))\n"
			      "typedef u8 __attribute__((may_alias)) u8_whole;\n"
			      "typedef u16 __attribute__((may_alias)) u16_whole;\n"
			      "typedef u32 __attribute__((may_alias)) u32_whole;\n"
			      "typedef u64 __attribute__((may_alias)) u64_whole;\n"
			      "#define ATOMIC(t, addr) ((t##_whole *)(addr))\n"
			      "#define EXCHANGE_IF(t, addr, old, new) ({ t o_ = (t)(old); \\\n"
			      "\t__atomic_compare_exchange_n(ATOMIC(t, addr), &o_, (t)(new), 0, "
			      "__ATOMIC_SEQ_CST, "
			      "__ATOMIC_SEQ_CST); (u64)o_; })\n");
	for (u32 bits = 32; bits <= 64; bits += 32) {
		buf_printf(out,
			   "#define OPERANDS%u(d, s) u%u D = (u%u)(d), S = (u%u)(s); s%u SD = "
			   "(s%u)D, SS = "
			   "(s%u)S; enum { BITS = %u }; (void)SD; (void)SS; (void)BITS\n",
			   bits, bits, bits, bits, bits, bits, bits, bits);
		buf_printf(
			out,
			"#define ALU%u(d, s, value) ({ OPERANDS%u(d, s); (u64)(u%u)(value); })\n",
			bits, bits, bits);
		buf_printf(out,
			   "#define IF%u(d, s, condition) if (({ OPERANDS%u(d, s); (condition) != "
			   "0; }))\n",
			   bits, bits);
	}
	/* Compilers may call these for what a program spells out; the barrier keeps them from calling themselves. */
	buf_puts(out,
		 "__attribute__((visibility(\"hidden\"))) void *memset(void *to, int c, "
		 "__SIZE_TYPE__ n)\n"
		 "{\n\tfor (u8 *p = to; n--; p++) { *p = (u8)c; __asm__ volatile(\"\" ::: "
		 "\"memory\"); }\n"
		 "\treturn to;\n}\n"
		 "__attribute__((visibility(\"hidden\"))) void *memcpy(void *to, const void *from, "
		 "__SIZE_TYPE__ n)\n"
		 "{\n\tconst u8 *q = from;\n"
		 "\tfor (u8 *p = to; n--; p++) { *p = *q++; __asm__ volatile(\"\" ::: \"memory\"); "
		 "}\n"
		 "\treturn to;\n}\n");
	buf_puts(out, "typedef u64 helper_fn(u64, u64, u64, u64, u64, void *);\n"
		      "typedef _Bool tail_fn(void *, u64, u32, u8 *, u64 *);\n"
		      "typedef _Bool legacy_fn(u64, s32, u32, void *, u64 *);\n");
	buf_printf(out,
		   "#define STACK_TOP (*(u8 **)((u8 *)run + %zu))\n"
		   "#define CALLBACK (*(u64 *)((u8 *)run + %zu))\n"
		   "#define LOOPS_LEFT (*(u32 *)((u8 *)run + %zu))\n",
		   offsetof(struct skep_run, stack_top), offsetof(struct skep_run, callback),
		   offsetof(struct skep_run, loops_left));
	buf_printf(out,
		   "#define TAIL_CALL(env, map, index, base) do { u64 ret_; if (((tail_fn "
		   "*)env[%u])(run, map, "
		   "(u32)(index), (u8 *)(base), &ret_)) return ret_; } while (0)\n"
		   "#define LEGACY_LOAD(env, size, off) do { u64 value_; if (!((legacy_fn "
		   "*)env[%u])(r6, "
		   "(s32)(off), size, run, &value_)) return 0; r0 = value_; } while (0)\n"
		   "#define MAY_GOTO(label) do { if (!LOOPS_LEFT) goto label; LOOPS_LEFT--; } "
		   "while (0)\n\n",
		   AOT_ENV_TAIL_CALL, AOT_ENV_LD_ABS);
}

static void put_entry(struct emit *e)
{
	u8 digest[AOT_DIGEST];

	aot_digest(e->p, digest);
	PUT(e, "\t{ \"%s\", ", e->p->name);
	put_bytes(e, e->p->tag, sizeof(e->p->tag));
	PUT(e, ", ");
	put_bytes(e, digest, sizeof(digest));
	PUT(e, ", %u, %u, p%u_env, p%u_helpers, prog%u_%s },\n", e->p->nr_maps, e->nr_helpers,
	    e->no, e->no, e->no, e->p->name);
}

static void put_manifest(struct emit *e)
{
	PUT(e, "\t\"program %s tag ", e->p->name);
	for (u32 n = 0; n < sizeof(e->p->tag); n++)
		PUT(e, "%02x", e->p->tag[n]);
	PUT(e, " function prog%u_%s\\0\"\n", e->no, e->p->name);
	for (u32 n = 0; n < e->nr_helpers; n++) {
		const struct skep_helper *h = runtime_helper(e->p->rt, e->helpers[n]);

		PUT(e, "\t\"  helper %s %u\\0\"\n", h ? h->name : "?", e->helpers[n]);
	}
}

static int emit_all(struct emit *es, struct skep_prog *const *progs, u32 n)
{
	for (u32 k = 0; k < n; k++) {
		es[k].p = progs[k];
		es[k].no = k;
		es[k].is_target = calloc(progs[k]->len, 1);
		es[k].helpers = calloc(progs[k]->len, sizeof(u32));
		if (!es[k].is_target || !es[k].helpers)
			return -ENOMEM;
		TRY(emit_program(&es[k]));
	}
	return 0;
}

static void emit_table(struct emit *es, u32 n, struct buf *out)
{
	buf_puts(
		out,
		"static const struct {\n\tchar name[16];\n\tu8 tag[8], digest[32];\n\tu32 nr_maps, "
		"nr_helpers;\n\tu64 *env;\n\tconst u32 *helpers;\n\tu64 (*run)(const void *, void "
		"*, void *);\n"
		"} entries[] = {\n");
	for (u32 k = 0; k < n; k++)
		put_entry(&es[k]);
	buf_printf(out,
		   "};\nconst struct { u32 version, nr_entries; const void *entries; } %s = { %u, "
		   "%u, entries };\n",
		   AOT_SYMBOL_TABLE, AOT_VERSION, n);
	buf_printf(out, "static const char manifest[] __attribute__((section(\"%s\"), used)) =\n",
		   AOT_SECTION_MANIFEST);
	for (u32 k = 0; k < n; k++)
		put_manifest(&es[k]);
	buf_puts(out, "\t;\n");
}

int aot_emit(struct buf *out, struct skep_prog *const *progs, u32 n, const char *bpf_path)
{
	struct emit *es = calloc(n ?: 1, sizeof(*es));
	int err = es ? 0 : -ENOMEM;

	for (u32 k = 0; !err && k < n; k++)
		es[k].out = out;
	if (!err) {
		emit_prelude(out);
		err = emit_all(es, progs, n);
	}
	if (!err)
		emit_table(es, n, out);
	if (!err && bpf_path)
		buf_printf(
			out,
			"__asm__(\".section %s,\\\"\\\"\\n.incbin \\\"%s\\\"\\n.previous\\n\");\n",
			AOT_SECTION_BPF, bpf_path);
	for (u32 k = 0; es && k < n; k++) {
		free(es[k].is_target);
		free(es[k].helpers);
	}
	free(es);
	return err ?: buf_error(out);
}
