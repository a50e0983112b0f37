/* Rewriting the verified program: context accesses become native, what no path executes disappears.
 *
 * One pass: each old instruction becomes 0 to CTX_REWRITE_MAX new ones; then jumps, calls, functions,
 * func_info and line_info are moved to their new places.
 * Invariant: after plan(), at[i] is the new index of the first instruction that old instruction i (or
 * the next surviving one) became; at[len] is the new length. */
#include "verifier/claims.h"
#include "verifier/env.h"
#include "verifier/exception.h"
#include "verifier/fastcall.h"
#include "verifier/unwind.h"

#include <stdlib.h>
#include <string.h>

#include "kfunc/kfunc.h"
#include "prog/prog.h"

struct plan {
	u8 *size; /* new instructions per old one */
	u32 *at;
	struct bpf_insn *out;
};

static const struct skep_ctx_field *ctx_field(struct verifier *v, u32 n)
{
	const struct bpf_insn *i = &v->insns[n];
	bool write = BPF_CLASS(i->code) != BPF_LDX;

	if (v->aux[n].ptr_kind != V_CTX)
		return NULL;
	return ctx_access(v->p->type, &v->desc, i->off, access_size(i->code), write);
}

/* A load through a map pointer: what it finds is behind another one, in our structure. */
static bool reads_map(const struct verifier *v, u32 n)
{
	return v->aux[n].ptr_kind == V_MAP && BPF_CLASS(v->insns[n].code) == BPF_LDX;
}

static u8 probe_code(const struct bpf_insn *i)
{
	bool sign = BPF_MODE(i->code) == BPF_MEMSX;

	return (u8)((i->code & ~0xe0) | (sign ? INSN_PROBE_MEMSX : INSN_PROBE_MEM));
}

static void put_map_load(const struct bpf_insn *i, struct bpf_insn *out)
{
	out[0] = (struct bpf_insn){ .code = BPF_LDX | BPF_MEM | BPF_DW,
				    .dst_reg = i->dst_reg,
				    .src_reg = i->src_reg,
				    .off = offsetof(struct skep_map, view) };
	out[1] = (struct bpf_insn){
		.code = probe_code(i), .dst_reg = i->dst_reg, .src_reg = i->dst_reg, .off = i->off
	};
}

static bool is_cond(const struct bpf_insn *i)
{
	u8 class = BPF_CLASS(i->code), op = BPF_OP(i->code);

	return (class == BPF_JMP || class == BPF_JMP32) && op != BPF_JA && op != BPF_CALL &&
	       op != BPF_EXIT;
}

static bool is_goto(const struct bpf_insn *i)
{
	return i->code == (BPF_JMP | BPF_JA) || i->code == (BPF_JMP32 | BPF_JA);
}

static s64 target(const struct bpf_insn *i, u32 at)
{
	return (s64)at + 1 + (i->code == (BPF_JMP32 | BPF_JA) ? i->imm : i->off);
}

static u32 new_size(struct verifier *v, u32 n)
{
	const struct bpf_insn *i = &v->insns[n];
	struct bpf_insn out[MAX(CTX_REWRITE_MAX, UNWIND_MAX)];
	const struct skep_ctx_field *f;

	if (!v->aux[n].seen || v->aux[n].dropped)
		return 0;
	if (v->aux[n].spares_regs)
		return 1;
	if (is_cond(i) && !v->aux[n].taken)
		return 0;
	if (v->aux[n].hidden_reg)
		return 3;
	if (unwinds_at(v, n))
		return put_unwinding(v, n, 0, 0, *i, out);
	if (reads_map(v, n))
		return 2;
	f = ctx_field(v, n);
	return f ? ctx_rewrite(f, i, out) : 1;
}

/* The second half of ld_imm64 shares its fate. A decided conditional jump becomes a goto or nothing. */
static void plan_sizes(struct verifier *v, struct plan *p)
{
	for (u32 n = 0; n < v->len; n++) {
		p->size[n] = (u8)new_size(v, n);
		if (insn_is_ld_imm64(&v->insns[n])) {
			p->size[n + 1] = p->size[n];
			n++;
		} else if (p->size[n] && is_cond(&v->insns[n]) && !v->aux[n].not_taken) {
			v->insns[n] = (struct bpf_insn){ .code = BPF_JMP | BPF_JA,
							 .off = v->insns[n].off };
		}
	}
}

static void plan_places(const struct verifier *v, struct plan *p)
{
	u32 at = 0;

	for (u32 n = 0; n < v->len; n++) {
		p->at[n] = at;
		at += p->size[n];
	}
	p->at[v->len] = at;
}

/* A goto to what follows it anyway disappears. */
static void drop_gotos(const struct verifier *v, struct plan *p)
{
	for (u32 n = 0; n < v->len; n++) {
		s64 to;

		if (insn_is_ld_imm64(&v->insns[n])) {
			n++;
			continue;
		}
		if (!p->size[n] || !is_goto(&v->insns[n]))
			continue;
		to = target(&v->insns[n], n);
		if (to > n && p->at[to] == p->at[n + 1])
			p->size[n] = 0;
	}
}

static int relocate_jump(struct verifier *v, const struct plan *p, u32 n, struct bpf_insn *out)
{
	s64 off = (s64)p->at[target(&v->insns[n], n)] - p->at[n] - 1;

	if (out->code == (BPF_JMP32 | BPF_JA)) {
		out->imm = (s32)off;
		return 0;
	}
	if (off == (s16)off) {
		out->off = (s16)off;
		return 0;
	}
	if (!is_goto(out))
		return reject(v, -ERANGE, "insn %u: jump is too far after rewriting", n);
	*out = (struct bpf_insn){ .code = BPF_JMP32 | BPF_JA, .imm = (s32)off };
	return 0;
}

static bool is_kept(const struct verifier *v, const struct plan *p, u32 sub)
{
	return p->at[v->subs[sub].end] != p->at[v->subs[sub].start];
}

static bool is_cast(u32 kfunc)
{
	return kfunc == KFUNC_bpf_rdonly_cast || kfunc == KFUNC_bpf_cast_to_kern_ctx;
}

static int emit(struct verifier *v, struct plan *p, u32 n)
{
	const struct bpf_insn *i = &v->insns[n];
	struct bpf_insn *out = &p->out[p->at[n]];
	const struct skep_ctx_field *f = ctx_field(v, n);

	if (f) {
		ctx_rewrite(f, i, out);
		return 0;
	}
	if (reads_map(v, n)) {
		put_map_load(i, out);
		return 0;
	}
	if (v->aux[n].spares_regs) {
		*out = fastcall_insn(v, n);
		return 0;
	}
	if (v->aux[n].hidden_reg) { /* what the program does not pass */
		*out++ = (struct bpf_insn){ .code = BPF_LD | BPF_IMM | BPF_DW,
					    .dst_reg = v->aux[n].hidden_reg,
					    .imm = (s32)(u32)v->aux[n].hidden };
		*out++ = (struct bpf_insn){ .imm = (s32)(v->aux[n].hidden >> 32) };
	}
	*out = *i;
	if (v->aux[n].ptr_kind == V_BTF && BPF_CLASS(i->code) == BPF_LDX)
		out->code = probe_code(i);
	if (insn_is_kfunc_call(i)) {
		if (is_cast(v->aux[n].kfunc - 1u)) /* needs no call */
			*out = (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_X,
						  .src_reg = BPF_REG_1 };
		else if (v->aux[n].ptr_kind == V_BTF) /* of a map that is none of ours */
			*out = (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_K };
		else
			out->off = (s16)(v->aux[n].kfunc - 1);
	}
	arena_rewrite(v, n, out);
	if (insn_is_func_addr(i) && !is_kept(v, p, v->aux[n].subprog)) {
		out->src_reg = 0; /* nothing calls it: a number like any other */
		out->imm = 0;
		return 0;
	}
	if (insn_is_subprog_call(i) || insn_is_func_addr(i))
		out->imm = (s32)((s64)p->at[(s64)n + i->imm + 1] - p->at[n] - 1);
	if (unwinds_at(v, n))
		put_unwinding(v, n, p->at[n], p->at[v->subs[v->exception_cb].start], *out, out);
	if (is_cond(i) || is_goto(i))
		return relocate_jump(v, p, n, out);
	return 0;
}

static int emit_all(struct verifier *v, struct plan *p)
{
	for (u32 n = 0; n < v->len; n++) {
		bool wide = insn_is_ld_imm64(&v->insns[n]);

		if (p->size[n]) {
			TRY(emit(v, p, n));
			if (wide)
				p->out[p->at[n + 1]] = v->insns[n + 1];
		}
		n += wide;
	}
	return 0;
}

/* Functions that survive, in order; func_info, one record per function, goes along. */
static int move_subprogs(struct verifier *v, const struct plan *p)
{
	struct skep_prog *prog = v->p;
	bool has_info = prog->nr_func_info == v->nr_subs;

	prog->subs = calloc(v->nr_subs, sizeof(*prog->subs));
	if (!prog->subs)
		return -ENOMEM;
	prog->nr_subs = 0;
	for (u32 n = 0; n < v->nr_subs; n++) {
		const struct sub_info *s = &v->subs[n];
		u32 start = p->at[s->start], len = p->at[s->end] - start;

		if (!is_kept(v, p, n))
			continue;
		if (has_info) {
			prog->func_info[prog->nr_subs] = prog->func_info[n];
			prog->func_info[prog->nr_subs].insn_off = start;
		}
		prog->subs[prog->nr_subs++] = (struct subprog){
			.start = start,
			.len = len,
			.stack_depth = s->stack_depth,
			.has_tail_call = s->has_tail_call,
			.has_ld_abs = s->has_ld_abs,
			.is_callback = s->is_callback,
		};
	}
	if (has_info)
		prog->nr_func_info = prog->nr_subs;
	return 0;
}

static void note_known_call(struct verifier *v, const struct plan *p, u32 n)
{
	const struct insn_aux *a = &v->aux[n];
	struct skep_prog *prog = v->p;

	if (!p->size[n] || !insn_is_helper_call(&v->insns[n]) || (!a->map && !a->callback))
		return;
	prog->known_calls[prog->nr_known_calls++] = (struct known_call){
		.insn = p->at[n],
		.map = a->map,
		.callback = a->callback ? (s32)p->at[v->subs[a->callback - 1].start] : -1,
	};
}

/* The walk has found out which map, which callback a call is made with. */
static int keep_known_calls(struct verifier *v, const struct plan *p)
{
	u32 calls = 0;

	for (u32 n = 0; n < v->len; n++) {
		calls += insn_is_helper_call(&v->insns[n]);
		n += insn_is_ld_imm64(&v->insns[n]);
	}
	v->p->known_calls = calloc(calls ?: 1, sizeof(*v->p->known_calls));
	if (!v->p->known_calls)
		return -ENOMEM;
	for (u32 n = 0; n < v->len; n++) {
		note_known_call(v, p, n);
		n += insn_is_ld_imm64(&v->insns[n]);
	}
	return 0;
}

/* Of several lines that end up at one instruction, the last is its own. */
static void move_lines(struct verifier *v, const struct plan *p)
{
	struct bpf_line_info *li = v->p->line_info;
	u32 out = 0;

	for (u32 n = 0; n < v->p->nr_line_info; n++) {
		u32 at = li[n].insn_off < v->len ? p->at[li[n].insn_off] : p->at[v->len];

		if (at >= p->at[v->len])
			continue;
		if (out && li[out - 1].insn_off == at)
			out--;
		li[out] = li[n];
		li[out++].insn_off = at;
	}
	v->p->nr_line_info = out;
}

static int apply(struct verifier *v, struct plan *p)
{
	plan_sizes(v, p);
	plan_places(v, p);
	drop_gotos(v, p);
	plan_places(v, p);
	p->out = calloc(p->at[v->len], sizeof(*p->out));
	if (!p->out)
		return -ENOMEM;
	TRY(emit_all(v, p));
	if (v->claims) /* asks func_info which functions are global */
		TRY(claims_move(v, p->at, p->size));
	TRY(move_subprogs(v, p));
	TRY(keep_known_calls(v, p));
	move_lines(v, p);
	free(v->p->insns);
	v->p->insns = p->out;
	v->p->len = p->at[v->len];
	p->out = NULL;
	return 0;
}

int rewrite(struct verifier *v)
{
	struct plan p = { .size = calloc(v->len, 1), .at = calloc(v->len + 1, sizeof(u32)) };
	int err = -ENOMEM;

	find_throwers(v, true);
	if (p.size && p.at)
		err = apply(v, &p);
	free(p.size);
	free(p.at);
	free(p.out);
	return err;
}
