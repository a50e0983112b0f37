/* A verified program as C. Each function becomes a static function, each register a variable, each instruction
 * a statement; the expressions are those of src/insn's tables, so the compiler sees the same arithmetic as the
 * interpreter. */
#include "aot/emit.h"

#include <stdlib.h>

#include "base/err.h"

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
		PUT(e, "\tconst u64 r10 = (u64)base + %u;\n", emit_frame_size(e));
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
	emit_plan_threads(e);
	put_prototype(e, e->sub);
	PUT(e, "\n{\n\tu64 r0 = 0, r6 = 0, r7 = 0, r8 = 0, r9 = 0;\n");
	put_frame(e, s);
	for (u32 n = s->start; n < s->start + s->len; n++) {
		TRY(emit_insn(e, n));
		n += insn_is_ld_imm64(&e->p->insns[n]);
	}
	TRY(emit_threads(e));
	PUT(e, "}\n\n");
	return 0;
}

static void emit_entry(struct emit *e)
{
	PUT(e, "u64 prog%u_%s(const void *prog, void *ctx, void *run)\n{\n", e->no, e->p->name);
	PUT(e, "\tu8 *base = STACK_TOP;\n\tu64 ret;\n\n");
	if (e->takes_addresses)
		PUT(e, "\tCALLBACK = p%u_env[%u];\n", e->no, AOT_ENV_CALLBACK);
	PUT(e, "\tret = p%u_f0((u64)ctx, 0, 0, 0, 0, run, base);\n", e->no);
	PUT(e, "\tSTACK_TOP = base;\n\treturn ret;\n}\n\n");
}

/* --- programs --- */

static bool is_helper_call(const struct skep_prog *p, const struct bpf_insn *i)
{
	return insn_is_kfunc_call(i) ||
	       (insn_is_helper_call(i) && !(i->imm == BPF_FUNC_tail_call && p->rt->prog_array_get));
}

static int scan(struct emit *e)
{
	for (u32 n = 0; n < e->p->len; n++) {
		const struct bpf_insn *i = &e->p->insns[n];
		u8 class = BPF_CLASS(i->code), op = BPF_OP(i->code);

		if ((class == BPF_JMP || class == BPF_JMP32) && op != BPF_CALL && op != BPF_EXIT) {
			if (target(i, n) < 0 || target(i, n) >= e->p->len)
				return emit_refuse(e, n);
			e->is_target[target(i, n)] |=
				TARGET_OF_JUMP | (target(i, n) <= n ? TARGET_OF_BACK_JUMP : 0);
		}
		if (insn_is_subprog_call(i) && emit_sub_at(e, (s64)n + 1 + i->imm) == e->p->nr_subs)
			return emit_refuse(e, n);
		e->takes_addresses |= insn_is_func_addr(i);
		if (is_helper_call(e->p, i) &&
		    emit_helper_slot(e, emit_callee(i)) ==
			    AOT_ENV_FIXED + 2 * e->p->nr_maps + e->nr_helpers)
			e->helpers[e->nr_helpers++] = emit_callee(i);
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
		u32 id = e->helpers[n];
		const struct skep_helper *h = runtime_helper(e->p->rt, id);

		if (id & AOT_KFUNC)
			PUT(e, "\t\"  kernel function %u\\0\"\n", id & ~AOT_KFUNC);
		else
			PUT(e, "\t\"  helper %s %u\\0\"\n", h ? h->name : "?", id);
	}
}

static int emit_all(struct emit *es, struct skep_prog *const *progs, u32 n)
{
	for (u32 k = 0; k < n; k++) {
		es[k].p = progs[k];
		es[k].no = k;
		es[k].is_target = calloc(progs[k]->len, 1);
		es[k].thread_of = calloc(progs[k]->len, sizeof(u32));
		es[k].falls_into = calloc(progs[k]->len, sizeof(u32));
		es[k].helpers = calloc(progs[k]->len, sizeof(u32));
		if (!es[k].is_target || !es[k].thread_of || !es[k].falls_into || !es[k].helpers)
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
		free(es[k].thread_of);
		free(es[k].falls_into);
		free(es[k].helpers);
	}
	free(es);
	return err ?: buf_error(out);
}
