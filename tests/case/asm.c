/* See asm.h. Operators are read from the tables that the disassembler prints them from. */
#include "case/asm.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "insn/disasm.h"
#include "insn/insn.h"

struct op {
	const char *text;
	u8 code; /* BPF_OP, or imm of an atomic operation */
	u8 off;	 /* of the instruction */
	const char *name;
};

static const struct op alu_ops[] = {
	{ "=", BPF_MOV, 0, "mov" },
#define ALU(name, code, text, ...)	  { text, code, 0, #name },
#define ALU_SIGNED(name, code, text, ...) { text, code, 1, #name },
#include "insn/alu.def"
};
static const struct op jmp_ops[] = {
#define JMP(name, code, text, ...) { text, code, 0, #name },
#include "insn/jmp.def"
};
static const struct op atomic_ops[] = {
#define ATOMIC(name, imm, text, ...) { text, imm, 0, #name },
#include "insn/atomic.def"
};

struct label {
	char name[ASM_NAME];
	u32 at;
};
enum fix_kind { FIX_OFF, FIX_IMM, FIX_CALL, FIX_FUNC, FIX_NAMED /* no instruction */ };
struct fix {
	char name[ASM_NAME];
	u32 at;
	enum fix_kind kind;
};

struct assembler {
	struct asm_code *c;
	const char *p; /* rest of the statement */
	int (*map_fd)(void *arg, const char *name);
	void *arg;
	struct label labels[128];
	u32 nr_labels;
	struct fix fixes[256];
	u32 nr_fixes;
};

/* --- scanning: each takes what it names off the front, or leaves all as it was --- */

static void skip_space(struct assembler *a)
{
	while (isspace((unsigned char)*a->p))
		a->p++;
}

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.';
}

static bool take_text(struct assembler *a, const char *text)
{
	size_t n = strlen(text);

	skip_space(a);
	if (strncmp(a->p, text, n))
		return false;
	a->p += n;
	return true;
}

/* As take_text(), but a word must be a whole one. */
static bool take(struct assembler *a, const char *text)
{
	const char *start = a->p;

	if (!take_text(a, text))
		return false;
	if (is_name_char(text[strlen(text) - 1]) && is_name_char(*a->p)) {
		a->p = start;
		return false;
	}
	return true;
}

static bool take_name(struct assembler *a, char name[ASM_NAME])
{
	size_t n = 0;

	skip_space(a);
	while (is_name_char(a->p[n]))
		n++;
	if (n == 0 || n >= ASM_NAME || isdigit((unsigned char)*a->p))
		return false;
	memcpy(name, a->p, n);
	name[n] = '\0';
	a->p += n;
	return true;
}

/* r0 … r15, w0 … w15 */
static bool take_reg(struct assembler *a, char *kind, u8 *reg)
{
	char *end;
	unsigned long n;

	skip_space(a);
	if ((*a->p != 'r' && *a->p != 'w') || !isdigit((unsigned char)a->p[1]))
		return false;
	n = strtoul(a->p + 1, &end, 10);
	if (n > 15 || is_name_char(*end))
		return false;
	*kind = *a->p;
	*reg = (u8)n;
	a->p = end;
	return true;
}

/* An optional sign, possibly apart from its number, then decimal or hexadecimal. */
static bool take_number(struct assembler *a, u64 *v)
{
	const char *start = a->p;
	bool negative = take(a, "-");
	char *end;

	if (!negative)
		take(a, "+");
	skip_space(a);
	if (!isdigit((unsigned char)*a->p)) {
		a->p = start;
		return false;
	}
	*v = strtoull(a->p, &end, 0);
	a->p = end;
	if (negative)
		*v = 0 - *v;
	return true;
}

static const struct op *take_op(struct assembler *a, const struct op *ops, size_t n)
{
	const struct op *best = NULL;

	skip_space(a);
	for (const struct op *o = ops; o < ops + n; o++)
		if (!strncmp(a->p, o->text, strlen(o->text)) &&
		    (!best || strlen(o->text) > strlen(best->text)))
			best = o;
	if (best)
		a->p += strlen(best->text);
	return best;
}

/* "(u32 *)": size bits of the code; *sx: it was s8, s16 or s32 */
static bool take_type(struct assembler *a, u8 *size, bool *sx)
{
	static const struct {
		const char *text;
		u8 size;
		bool sx;
	} types[] = { { "u8", BPF_B, false },	{ "u16", BPF_H, false }, { "u32", BPF_W, false },
		      { "u64", BPF_DW, false }, { "s8", BPF_B, true },	 { "s16", BPF_H, true },
		      { "s32", BPF_W, true },	{ "s64", BPF_DW, true } };

	if (!take(a, "("))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (take(a, types[i].text)) {
			*size = types[i].size;
			*sx = types[i].sx;
			return take(a, "*") && take(a, ")");
		}
	return false;
}

/* "(u64 *)(r1 +8)" without a closing parenthesis that belongs to somebody else */
static bool take_memory(struct assembler *a, u8 *size, bool *sx, u8 *reg, s16 *off)
{
	u64 v = 0;
	char kind;

	if (!take_type(a, size, sx) || !take(a, "(") || !take_reg(a, &kind, reg))
		return false;
	take_number(a, &v);
	*off = (s16)v;
	return take(a, ")");
}

/* --- emitting --- */

static bool emit(struct assembler *a, struct bpf_insn i)
{
	struct asm_code *c = a->c;

	if (c->n == c->cap) {
		u32 cap = c->cap ? c->cap * 2 : 64;
		struct bpf_insn *p = realloc(c->insns, cap * sizeof(*p));

		if (!p)
			return false;
		c->insns = p;
		c->cap = cap;
	}
	c->insns[c->n++] = i;
	return true;
}

static bool emit_imm64(struct assembler *a, u8 dst, u8 src, u64 lo_hi)
{
	return emit(a, (struct bpf_insn){ .code = BPF_LD | BPF_IMM | BPF_DW,
					  .dst_reg = dst,
					  .src_reg = src,
					  .imm = (s32)lo_hi }) &&
	       emit(a, (struct bpf_insn){ .imm = (s32)(lo_hi >> 32) });
}

static bool note_fix(struct assembler *a, enum fix_kind kind, const char *name)
{
	struct fix *f = &a->fixes[a->nr_fixes];

	if (a->nr_fixes == ARRAY_SIZE(a->fixes))
		return false;
	a->nr_fixes++;
	*f = (struct fix){ .at = a->c->n, .kind = kind };
	snprintf(f->name, sizeof(f->name), "%s", name);
	return true;
}

/* "label" or "pc+N" for the instruction about to be emitted; *v is what a label leaves 0 */
static bool take_target(struct assembler *a, enum fix_kind kind, s32 *v)
{
	char name[ASM_NAME];
	u64 n;

	*v = 0;
	skip_space(a);
	if (!strncmp(a->p, "pc+", 3) || !strncmp(a->p, "pc-", 3)) {
		a->p += 2;
		if (!take_number(a, &n))
			return false;
		*v = (s32)n;
		return true;
	}
	return take_name(a, name) && note_fix(a, kind, name);
}

/* --- statements --- */

static bool map_address(struct assembler *a, u8 dst)
{
	char name[ASM_NAME];
	u64 off = 0;
	int fd;

	if (!take_name(a, name))
		return false;
	fd = a->map_fd ? a->map_fd(a->arg, name) : -1;
	if (fd < 0)
		return false;
	if (!take(a, "[0]"))
		return emit_imm64(a, dst, BPF_PSEUDO_MAP_FD, (u32)fd);
	take_number(a, &off);
	return emit_imm64(a, dst, BPF_PSEUDO_MAP_VALUE, (u32)fd | off << 32);
}

static bool func_address(struct assembler *a, u8 dst)
{
	char name[ASM_NAME];

	a->c->takes_address = true;
	return take_name(a, name) && note_fix(a, FIX_FUNC, name) &&
	       emit_imm64(a, dst, BPF_PSEUDO_FUNC, 0);
}

/* "32 r1" of "r1 = be32 r1" */
static bool byte_swap(struct assembler *a, u8 dst, u8 code)
{
	static const char *const widths[] = { "16", "32", "64" };
	char kind;
	u8 src;

	for (u32 i = 0; i < ARRAY_SIZE(widths); i++)
		if (!strncmp(a->p, widths[i], 2)) {
			a->p += 2;
			return take_reg(a, &kind, &src) && src == dst &&
			       emit(a, (struct bpf_insn){
					       .code = code, .dst_reg = dst, .imm = 16 << i });
		}
	return false;
}

/* text, if a digit follows */
static bool take_prefix(struct assembler *a, const char *text)
{
	const char *start = a->p;

	if (take_text(a, text) && isdigit((unsigned char)*a->p))
		return true;
	a->p = start;
	return false;
}

/* rest of "skb[12]" or "skb[r1 + 12]" */
static bool packet_load(struct assembler *a, u8 dst, u8 size)
{
	struct bpf_insn i = { .code = BPF_LD | BPF_ABS | size };
	u64 v = 0;
	char kind;
	u8 src;

	if (dst != 0 || !take(a, "["))
		return false;
	if (take_reg(a, &kind, &src)) {
		i.code = BPF_LD | BPF_IND | size;
		i.src_reg = src;
		take(a, "+"); /* "+ -4" is how a negative offset is printed */
	}
	take_number(a, &v);
	i.imm = (s32)v;
	return take(a, "]") && emit(a, i);
}

/* behind "rX = *" */
static bool load(struct assembler *a, u8 dst)
{
	const char *start = a->p;
	u8 size, src;
	bool sx;
	s16 off;

	if (take_type(a, &size, &sx) && take(a, "skb"))
		return packet_load(a, dst, size);
	a->p = start;
	return take_memory(a, &size, &sx, &src, &off) &&
	       emit(a, (struct bpf_insn){ .code = BPF_LDX | (sx ? BPF_MEMSX : BPF_MEM) | size,
					  .dst_reg = dst,
					  .src_reg = src,
					  .off = off });
}

/* "add(", "xchg(", "cmpxchg(" behind "rX = atomic64_" or "rX = atomic_"; imm of the operation */
static bool take_atomic_name(struct assembler *a, s32 *imm)
{
	char name[ASM_NAME];

	if (!take_name(a, name))
		return false;
	if (!strcmp(name, "xchg") || !strcmp(name, "cmpxchg")) {
		*imm = name[0] == 'x' ? BPF_XCHG : BPF_CMPXCHG;
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(atomic_ops); i++)
		if (!strncmp(name, "fetch_", 6) && !strcmp(name + 6, atomic_ops[i].name)) {
			*imm = atomic_ops[i].code | BPF_FETCH;
			return true;
		}
	return false;
}

/* behind "rX = atomic64_" or "rX = atomic_" */
static bool atomic_fetch(struct assembler *a, u8 dst)
{
	struct bpf_insn i = { 0 };
	u8 size, base, src, r0;
	char kind;
	bool sx;
	s32 imm;

	if (!take_atomic_name(a, &imm) || !take(a, "(") ||
	    !take_memory(a, &size, &sx, &base, &i.off) || !take(a, ","))
		return false;
	if (imm == BPF_CMPXCHG && (!take_reg(a, &kind, &r0) || r0 || !take(a, ",")))
		return false;
	if (!take_reg(a, &kind, &src) || !take(a, ")") || dst != (imm == BPF_CMPXCHG ? 0 : src))
		return false;
	i.code = BPF_STX | BPF_ATOMIC | size;
	i.dst_reg = base;
	i.src_reg = src;
	i.imm = imm;
	return emit(a, i);
}

static bool load_acquire(struct assembler *a, u8 dst)
{
	struct bpf_insn i = { .dst_reg = dst, .imm = BPF_LOAD_ACQ };
	u8 size, src;
	bool sx;

	if (!take(a, "(") || !take_memory(a, &size, &sx, &src, &i.off) || !take(a, ")"))
		return false;
	i.code = BPF_STX | BPF_ATOMIC | size;
	i.src_reg = src;
	return emit(a, i);
}

static bool store_release(struct assembler *a)
{
	struct bpf_insn i = { .imm = BPF_STORE_REL };
	u8 size, dst, src;
	char kind;
	bool sx;

	if (!take(a, "(") || !take_memory(a, &size, &sx, &dst, &i.off) || !take(a, ",") ||
	    !take_reg(a, &kind, &src) || !take(a, ")"))
		return false;
	i.code = BPF_STX | BPF_ATOMIC | size;
	i.dst_reg = dst;
	i.src_reg = src;
	return emit(a, i);
}

static bool address_space_cast(struct assembler *a, u8 dst)
{
	u64 to, from;
	char kind;
	u8 src;

	return take(a, "(") && take_reg(a, &kind, &src) && take(a, ",") && take_number(a, &to) &&
	       take(a, ",") && take_number(a, &from) && take(a, ")") &&
	       emit(a, (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_X,
					  .dst_reg = dst,
					  .src_reg = src,
					  .off = BPF_ADDR_SPACE_CAST,
					  .imm = (s32)(to << 16 | from) });
}

/* behind "r1 = (": "s8)r2" */
static bool sign_extend(struct assembler *a, u8 class, u8 dst)
{
	u64 bits;
	char kind;
	u8 src;

	return take_prefix(a, "s") && take_number(a, &bits) && take(a, ")") &&
	       take_reg(a, &kind, &src) &&
	       emit(a, (struct bpf_insn){ .code = class | BPF_MOV | BPF_X,
					  .dst_reg = dst,
					  .src_reg = src,
					  .off = (s16)bits });
}

static bool negate(struct assembler *a, u8 class, u8 dst)
{
	char kind;
	u8 src;

	return take_reg(a, &kind, &src) && src == dst &&
	       emit(a, (struct bpf_insn){ .code = class | BPF_NEG, .dst_reg = dst });
}

/* The forms that only "=" has; false with the text untouched if it is none of them. */
static bool special_assignment(struct assembler *a, u8 class, u8 dst)
{
	const char *start = a->p;
	char name[ASM_NAME];
	s32 id;

	if (take(a, "kernel"))
		return take_name(a, name) && (id = asm_kernel_type(name)) > 0 &&
		       emit_imm64(a, dst, BPF_PSEUDO_BTF_ID, (u32)id);
	if (take(a, "map"))
		return map_address(a, dst);
	if (take(a, "func"))
		return func_address(a, dst);
	if (take(a, "*"))
		return load(a, dst);
	if (take_text(a, "atomic64_") || take_text(a, "atomic_"))
		return atomic_fetch(a, dst);
	if (take(a, "load_acquire"))
		return load_acquire(a, dst);
	if (take(a, "addr_space_cast"))
		return address_space_cast(a, dst);
	if (take_prefix(a, "be"))
		return byte_swap(a, dst, BPF_ALU | BPF_END | BPF_TO_BE);
	if (take_prefix(a, "le"))
		return byte_swap(a, dst, BPF_ALU | BPF_END | BPF_TO_LE);
	if (take_prefix(a, "bswap"))
		return byte_swap(a, dst, BPF_ALU64 | BPF_END);
	if (take(a, "("))
		return sign_extend(a, class, dst);
	if (take(a, "-") && negate(a, class, dst))
		return true;
	a->p = start;
	return false;
}

static bool fits_imm(u64 v)
{
	return (s64)v == (s32)v;
}

/* "OP= rY" or "OP= number" */
static bool binary(struct assembler *a, u8 class, u8 dst, const struct op *op)
{
	struct bpf_insn i = { .code = class | op->code, .dst_reg = dst, .off = op->off };
	char kind;
	u8 src;
	u64 v;

	if (take_reg(a, &kind, &src)) {
		i.code |= BPF_X;
		i.src_reg = src;
		return emit(a, i);
	}
	if (!take_number(a, &v))
		return false;
	if (op->code == BPF_MOV && class == BPF_ALU64 && (take(a, "ll") || !fits_imm(v)))
		return emit_imm64(a, dst, 0, v);
	i.imm = (s32)v;
	return (fits_imm(v) || v == (u32)v) && emit(a, i);
}

static bool assignment(struct assembler *a)
{
	const struct op *op;
	u32 before = a->c->n;
	char kind;
	u8 dst, class;

	if (!take_reg(a, &kind, &dst))
		return false;
	op = take_op(a, alu_ops, ARRAY_SIZE(alu_ops));
	if (!op)
		return false;
	class = kind == 'r' ? BPF_ALU64 : BPF_ALU;
	if (op->code == BPF_MOV && special_assignment(a, class, dst))
		return true;
	return a->c->n == before && binary(a, class, dst, op);
}

/* behind "*" */
static bool store(struct assembler *a)
{
	struct bpf_insn i = { 0 };
	u8 size, dst, src;
	char kind;
	bool sx;
	u64 v;

	if (!take_memory(a, &size, &sx, &dst, &i.off) || !take(a, "="))
		return false;
	i.dst_reg = dst;
	if (take_reg(a, &kind, &src)) {
		i.code = BPF_STX | BPF_MEM | size;
		i.src_reg = src;
		return emit(a, i);
	}
	i.code = BPF_ST | BPF_MEM | size;
	if (!take_number(a, &v))
		return false;
	i.imm = (s32)v;
	return emit(a, i);
}

/* behind "lock" */
static bool atomic(struct assembler *a)
{
	struct bpf_insn i = { 0 };
	const struct op *op;
	u8 size, dst, src;
	char kind;
	bool sx;

	if (!take(a, "*") || !take_memory(a, &size, &sx, &dst, &i.off))
		return false;
	op = take_op(a, atomic_ops, ARRAY_SIZE(atomic_ops));
	if (!op || !take_reg(a, &kind, &src))
		return false;
	i.code = BPF_STX | BPF_ATOMIC | size;
	i.dst_reg = dst;
	i.src_reg = src;
	i.imm = op->code;
	return emit(a, i);
}

static bool conditional_jump(struct assembler *a)
{
	struct bpf_insn i = { 0 };
	const struct op *op;
	char kind, kind2;
	u8 dst, src;
	u64 v;
	s32 off;

	if (!take_reg(a, &kind, &dst))
		return false;
	op = take_op(a, jmp_ops, ARRAY_SIZE(jmp_ops));
	if (!op)
		return false;
	i.code = (kind == 'r' ? BPF_JMP : BPF_JMP32) | op->code;
	i.dst_reg = dst;
	if (take_reg(a, &kind2, &src)) {
		i.code |= BPF_X;
		i.src_reg = src;
	} else if (take_number(a, &v)) {
		i.imm = (s32)v;
	} else {
		return false;
	}
	if (!take(a, "goto") || !take_target(a, FIX_OFF, &off))
		return false;
	i.off = (s16)off;
	return emit(a, i);
}

static bool jump(struct assembler *a)
{
	s32 off;

	return take_target(a, FIX_OFF, &off) &&
	       emit(a, (struct bpf_insn){ .code = BPF_JMP | BPF_JA, .off = (s16)off });
}

static bool long_jump(struct assembler *a)
{
	s32 off;

	return take_target(a, FIX_IMM, &off) &&
	       emit(a, (struct bpf_insn){ .code = BPF_JMP32 | BPF_JA, .imm = off });
}

static bool may_goto(struct assembler *a)
{
	s32 off;

	return take_target(a, FIX_OFF, &off) &&
	       emit(a, (struct bpf_insn){ .code = BPF_JMP | BPF_JCOND, .off = (s16)off });
}

static bool call_helper(struct assembler *a, u32 id)
{
	return emit(a, (struct bpf_insn){ .code = BPF_JMP | BPF_CALL, .imm = (s32)id });
}

static bool call_kfunc(struct assembler *a, const char *name)
{
	s32 id = asm_kfunc(name);

	return id > 0 && emit(a, (struct bpf_insn){ .code = BPF_JMP | BPF_CALL,
						    .src_reg = BPF_PSEUDO_KFUNC_CALL,
						    .imm = id });
}

/* behind "exception" */
static bool exception(struct assembler *a)
{
	return take_name(a, a->c->exception) && note_fix(a, FIX_NAMED, a->c->exception);
}

static bool call(struct assembler *a)
{
	const char *start = a->p;
	char name[ASM_NAME];
	s32 off;
	u64 id;

	if (take_number(a, &id))
		return call_helper(a, (u32)id);
	name[0] = '\0';
	if (take_name(a, name))
		for (u32 k = 0; helper_name(k); k++)
			if (!strcmp(name, helper_name(k))) {
				if (take(a, "#"))
					take_number(a, &id);
				return call_helper(a, k);
			}
	if (!strncmp(name, "bpf_", 4))
		return call_kfunc(a, name);
	a->p = start;
	return take_target(a, FIX_CALL, &off) &&
	       emit(a, (struct bpf_insn){ .code = BPF_JMP | BPF_CALL,
					  .src_reg = BPF_PSEUDO_CALL,
					  .imm = off });
}

static bool leave(struct assembler *a)
{
	return emit(a, (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT });
}

static bool raw(struct assembler *a)
{
	u64 v[5];

	for (int k = 0; k < 5; k++)
		if (!take_number(a, &v[k]))
			return false;
	return emit(a, (struct bpf_insn){ .code = (u8)v[0],
					  .dst_reg = v[1] & 15,
					  .src_reg = v[2] & 15,
					  .off = (s16)v[3],
					  .imm = (s32)v[4] });
}

static const struct {
	const char *word;
	bool (*parse)(struct assembler *a);
} statements[] = {
	{ "exit", leave },
	{ "if", conditional_jump },
	{ "goto", jump },
	{ "gotol", long_jump },
	{ "may_goto", may_goto },
	{ "call", call },
	{ "lock", atomic },
	{ "*", store },
	{ "store_release", store_release },
	{ "exception", exception },
	{ "raw", raw },
};

static void take_labels(struct assembler *a)
{
	const char *start;
	char name[ASM_NAME];

	for (;;) {
		start = a->p;
		if (!take_name(a, name) || *a->p != ':' || a->nr_labels == ARRAY_SIZE(a->labels)) {
			a->p = start;
			return;
		}
		a->p++;
		a->labels[a->nr_labels].at = a->c->n;
		snprintf(a->labels[a->nr_labels++].name, ASM_NAME, "%s", name);
	}
}

static bool statement(struct assembler *a)
{
	take_labels(a);
	skip_space(a);
	if (!*a->p)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(statements); i++)
		if (take(a, statements[i].word))
			return statements[i].parse(a) && (skip_space(a), !*a->p);
	return assignment(a) && (skip_space(a), !*a->p);
}

/* --- labels --- */

static bool note_subprog(struct asm_code *c, const char *name, u32 start)
{
	for (u32 i = 0; i < c->nr_subprogs; i++)
		if (c->subprogs[i].start == start)
			return true;
	if (c->nr_subprogs == ARRAY_SIZE(c->subprogs))
		return false;
	snprintf(c->subprogs[c->nr_subprogs].name, ASM_NAME, "%s", name);
	c->subprogs[c->nr_subprogs++].start = start;
	return true;
}

static bool apply(struct asm_code *c, const struct fix *f, u32 target)
{
	struct bpf_insn *i = &c->insns[f->at];
	s32 distance = (s32)(target - f->at - 1);

	if (f->kind == FIX_NAMED)
		return note_subprog(c, f->name, target);
	if (f->kind == FIX_OFF)
		i->off = (s16)distance;
	else
		i->imm = distance;
	return f->kind < FIX_CALL || note_subprog(c, f->name, target);
}

static int resolve_labels(struct assembler *a)
{
	for (u32 k = 0; k < a->nr_fixes; k++) {
		const struct fix *f = &a->fixes[k];
		u32 l = 0;

		while (l < a->nr_labels && strcmp(a->labels[l].name, f->name))
			l++;
		if (l == a->nr_labels || !apply(a->c, f, a->labels[l].at)) {
			snprintf(a->c->error, sizeof(a->c->error), "no such label: %s", f->name);
			return -EINVAL;
		}
	}
	return 0;
}

static int compare_subprogs(const void *x, const void *y)
{
	const struct asm_subprog *a = x, *b = y;

	return a->start < b->start ? -1 : a->start > b->start;
}

int asm_text(const char *text, int (*map_fd)(void *arg, const char *name), void *arg,
	     struct asm_code *c)
{
	struct assembler *a = calloc(1, sizeof(*a));
	char *copy = strdup(text), *rest = copy, *s;
	int err = a && copy ? 0 : -ENOMEM;

	*c = (struct asm_code){ 0 };
	if (!err) {
		*a = (struct assembler){ .c = c, .map_fd = map_fd, .arg = arg };
		note_subprog(c, "main", 0);
	}
	while (!err && (s = strsep(&rest, ";\n"))) {
		a->p = s;
		if (!statement(a)) {
			snprintf(c->error, sizeof(c->error), "not understood: %s", s);
			err = -EINVAL;
		}
	}
	if (!err)
		err = resolve_labels(a);
	qsort(c->subprogs, c->nr_subprogs, sizeof(c->subprogs[0]), compare_subprogs);
	free(copy);
	free(a);
	return err;
}

void asm_done(struct asm_code *c)
{
	free(c->insns);
	*c = (struct asm_code){ 0 };
}
