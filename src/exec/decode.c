/* From instructions to ops: see interp.h. The verifier has accepted the program, so what is refused
 * here is our own bug; it is refused nevertheless, since a wrong op would run into anything. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "exec/interp.h"
#include "exec/prog.h"
#include "insn/insn.h"

struct decoder {
	const struct skep_prog *p;
	struct code *c;
	const struct bpf_insn *i; /* being decoded, … */
	struct op *op;		  /* … to this */
	u32 at;			  /* its index */
	u32 frame;		  /* of the function around it: bytes */
	u32 nr_guarded;		  /* so far */
};

/* Rows of the tables in interp.h by bits 4-7 of the opcode; + 1, so that 0 is none. */
static const u8 alu_rows[16] = {
#define ALU(name, code, ...) [(code) >> 4] = ALU_##name + 1,
#include "insn/alu.def"
	[BPF_NEG >> 4] = ALU_neg + 1,
};
static const u8 alu_signed_rows[16] = {
#define ALU(...)
#define ALU_SIGNED(name, code, ...) [(code) >> 4] = ALU_##name + 1,
#include "insn/alu.def"
};
static const u8 jmp_rows[16] = {
#define JMP(name, code, ...) [(code) >> 4] = JMP_##name + 1,
#include "insn/jmp.def"
};

static int refuse(const struct decoder *d)
{
	return fail(-EINVAL, "insn %u: no such instruction (code %02x off %d imm %d)", d->at,
		    d->i->code, d->i->off, d->i->imm);
}

static int put(struct decoder *d, op_fn *f, s32 imm, s32 aux)
{
	if (!f)
		return refuse(d);
	*d->op = (struct op){ .f = f, .imm = imm, .aux = aux };
	return 0;
}

static int put64(struct decoder *d, op_fn *f, u64 imm64)
{
	if (!f)
		return refuse(d);
	*d->op = (struct op){ .f = f, .imm64 = imm64 };
	return 0;
}

/* The function that starts at an instruction, NULL if none does. */
static struct entry *find_entry(const struct decoder *d, s64 start)
{
	u32 low = 0, high = d->c->nr_subs;

	while (low < high) {
		u32 mid = low + (high - low) / 2;

		if (d->c->subs[mid].pc - d->c->ops < start)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == d->c->nr_subs || d->c->subs[low].pc - d->c->ops != start)
		return NULL;
	return &d->c->subs[low];
}

/* --- arithmetic --- */

static u32 mov_row(const struct bpf_insn *i)
{
	switch (i->off) {
	case 0: return ALU_mov;
	case 8: return ALU_movsx8;
	case 16: return ALU_movsx16;
	case 32: return ALU_movsx32;
	default: return NR_ALU;
	}
}

static u32 alu_row(const struct bpf_insn *i)
{
	u32 code = BPF_OP(i->code) >> 4;
	u32 row = i->off == 1 ? alu_signed_rows[code] : i->off == 0 ? alu_rows[code] : 0;

	if (BPF_OP(i->code) == BPF_MOV)
		return mov_row(i);
	return row ? row - 1 : NR_ALU;
}

static u32 swap_row(s32 bits)
{
	return bits == 16 ? ALU_swap16 : bits == 32 ? ALU_swap32 : ALU_swap64;
}

/* RFC 9669, section 4.2: to little or big endian, or (in the 64-bit class) swap in any case. */
static int decode_end(struct decoder *d)
{
	const struct bpf_insn *i = d->i;
	bool wide = BPF_CLASS(i->code) == BPF_ALU64, to_be = BPF_SRC(i->code) == BPF_TO_BE;
	bool big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;

	if ((i->imm != 16 && i->imm != 32 && i->imm != 64) || (wide && to_be))
		return refuse(d);
	if (wide || to_be != big)
		return put(d, alu64_k[swap_row(i->imm)][i->dst_reg], 0, 0);
	if (i->imm == 64)
		return put(d, alu64_x[ALU_mov][i->dst_reg][i->dst_reg], 0, 0);
	return put(d, alu64_k[i->imm == 16 ? ALU_trunc16 : ALU_trunc32][i->dst_reg], 0, 0);
}

static int decode_cast(struct decoder *d)
{
	const struct bpf_insn *i = d->i;
	struct guarded_op *o;

	if (!d->p->arena || i->imm != 1 << 16)
		return refuse(d);
	o = &d->c->guarded[d->nr_guarded++];
	o->g = (struct guarded){ .base = i->src_reg, .result = i->dst_reg };
	o->arena = d->p->arena;
	return put64(d, cast_user, (uintptr_t)o);
}

static int decode_alu(struct decoder *d)
{
	const struct bpf_insn *i = d->i;
	bool wide = BPF_CLASS(i->code) == BPF_ALU64;
	u32 row;

	if (i->dst_reg > BPF_REG_9)
		return refuse(d);
	if (insn_is_cast(i))
		return decode_cast(d);
	if (BPF_OP(i->code) == BPF_END)
		return decode_end(d);
	row = alu_row(i);
	if (row == NR_ALU)
		return refuse(d);
	if (BPF_SRC(i->code) == BPF_X)
		return put(d, (wide ? alu64_x : alu32_x)[row][i->dst_reg][i->src_reg], 0, 0);
	return put(d, (wide ? alu64_k : alu32_k)[row][i->dst_reg], i->imm, 0);
}

/* --- memory --- */

static u32 size_row(u8 code)
{
	switch (BPF_SIZE(code)) {
	case BPF_B: return MEM_b;
	case BPF_H: return MEM_h;
	case BPF_W: return MEM_w;
	default: return MEM_dw;
	}
}

static int decode_ld(struct decoder *d)
{
	const struct bpf_insn *i = d->i;
	u32 size = access_size(i->code);
	struct entry *e;

	if (insn_is_ld_imm64(i)) {
		if (d->at + 1 == d->p->len || i->dst_reg > BPF_REG_9)
			return refuse(d);
		if (i->src_reg != BPF_PSEUDO_FUNC)
			return put64(d, load_imm64[i->dst_reg], insn_imm64(i));
		e = find_entry(d, (s64)d->at + i->imm + 1);
		return e ? put64(d, load_imm64[i->dst_reg], (uintptr_t)e) : refuse(d);
	}
	if (size == 8 || !d->p->rt->ld_abs)
		return refuse(d);
	if (BPF_MODE(i->code) == BPF_ABS)
		return put(d, load_abs, i->imm, (s32)(d->frame | size));
	if (BPF_MODE(i->code) == BPF_IND)
		return put(d, load_ind[i->src_reg], i->imm, (s32)(d->frame | size));
	return refuse(d);
}

static int decode_ldx(struct decoder *d)
{
	const struct bpf_insn *i = d->i;
	u32 row = size_row(i->code);

	if (BPF_MODE(i->code) == BPF_MEMSX && row != MEM_dw)
		row += MEM_sb;
	else if (BPF_MODE(i->code) != BPF_MEM)
		return refuse(d);
	return i->dst_reg > BPF_REG_9 ? refuse(d)
				      : put(d, load[row][i->dst_reg][i->src_reg], i->off, 0);
}

static u32 atomic_row(s32 imm)
{
	static const s32 codes[NR_ATOMIC] = {
#define ATOMIC(name, code, ...) [ATOMIC_##name] = code, [ATOMIC_fetch_##name] = (code) | BPF_FETCH,
#include "insn/atomic.def"
		[ATOMIC_xchg] = BPF_XCHG,
		[ATOMIC_cmpxchg] = BPF_CMPXCHG,
	};
	u32 row = 0;

	while (row < NR_ATOMIC && codes[row] != imm)
		row++;
	return row;
}

static int decode_atomic(struct decoder *d)
{
	const struct bpf_insn *i = d->i;
	u32 row = size_row(i->code), op = atomic_row(i->imm);
	s32 regs = i->src_reg << 8 | i->dst_reg;

	if (i->imm == BPF_LOAD_ACQ)
		return put(d, load_acquire[row], i->off, regs);
	if (i->imm == BPF_STORE_REL)
		return put(d, store_release[row], i->off, regs);
	if (op == NR_ATOMIC || row < MEM_w)
		return refuse(d);
	return put(d, atomic[row == MEM_dw][op], i->off, regs);
}

static int decode_store(struct decoder *d)
{
	const struct bpf_insn *i = d->i;
	u32 row = size_row(i->code);

	if (insn_is_atomic(i))
		return decode_atomic(d);
	if (BPF_MODE(i->code) != BPF_MEM)
		return refuse(d);
	if (BPF_CLASS(i->code) == BPF_ST)
		return put(d, store_k[row][i->dst_reg], i->imm, i->off);
	return put(d, store_x[row][i->dst_reg][i->src_reg], i->off, 0);
}

static int decode_guarded(struct decoder *d)
{
	struct guarded_op *o = &d->c->guarded[d->nr_guarded++];

	o->g = guarded_insn(d->i);
	o->arena = insn_is_arena_access(d->i) ? d->p->arena : NULL;
	if ((insn_is_arena_access(d->i) && !o->arena) || o->g.result == BPF_REG_10)
		return refuse(d);
	return put64(d, guarded, (uintptr_t)o);
}

/* --- control flow --- */

static int decode_call(struct decoder *d)
{
	const struct bpf_insn *i = d->i;
	skep_helper_fn fn;
	struct entry *e;

	if (i->src_reg == BPF_PSEUDO_CALL) {
		e = find_entry(d, (s64)d->at + i->imm + 1);
		if (!e)
			return refuse(d);
		return put(d, call_sub, (s32)e->frame, (s32)((char *)e->pc - (char *)d->op));
	}
	if (i->src_reg == 0 && i->imm == BPF_FUNC_tail_call && d->p->rt->prog_array_get)
		return put(d, tail_call, (s32)d->frame, 0);
	fn = runtime_call_target(d->p->rt, i);
	return fn ? put64(d, call_helper, (uintptr_t)fn) : refuse(d);
}

static int decode_jump_to(struct decoder *d, op_fn *f, s32 by)
{
	s64 target = (s64)d->at + by + 1;

	if (target < 0 || target >= d->p->len)
		return refuse(d);
	return put(d, f, d->i->imm, (s32)((by + 1) * (s64)sizeof(struct op)));
}

static int decode_unwind(struct decoder *d)
{
	static op_fn *const ops[] = { [UNWIND_THROW] = unwind_throw,
				      [UNWIND_PASS] = unwind_pass,
				      [UNWIND_CATCH] = unwind_catch };

	if ((u32)d->i->imm >= ARRAY_SIZE(ops))
		return refuse(d);
	return decode_jump_to(d, ops[d->i->imm], d->i->off);
}

static int decode_conditional(struct decoder *d)
{
	const struct bpf_insn *i = d->i;
	bool wide = BPF_CLASS(i->code) == BPF_JMP;
	u32 row = jmp_rows[BPF_OP(i->code) >> 4];

	if (!row)
		return refuse(d);
	row--;
	if (BPF_SRC(i->code) == BPF_X)
		return decode_jump_to(d, (wide ? jmp64_x : jmp32_x)[row][i->dst_reg][i->src_reg],
				      i->off);
	return decode_jump_to(d, (wide ? jmp64_k : jmp32_k)[row][i->dst_reg], i->off);
}

static int decode_jmp(struct decoder *d)
{
	const struct bpf_insn *i = d->i;
	bool wide = BPF_CLASS(i->code) == BPF_JMP;

	if (BPF_OP(i->code) == BPF_JA)
		return decode_jump_to(d, jump_always, wide ? i->off : i->imm);
	if (wide && BPF_OP(i->code) == BPF_CALL)
		return decode_call(d);
	if (wide && BPF_OP(i->code) == BPF_EXIT)
		return put(d, exit_frame, (s32)d->frame, 0);
	if (wide && BPF_OP(i->code) == BPF_JCOND && i->src_reg == BPF_MAY_GOTO)
		return decode_jump_to(d, may_goto, i->off);
	if (insn_is_cpu(i))
		return put(d, cpu_number, 0, 0);
	if (insn_is_unwind(i))
		return decode_unwind(d);
	return decode_conditional(d);
}

static int decode_insn(struct decoder *d)
{
	if (d->i->dst_reg > BPF_REG_10 ||
	    (d->i->src_reg > BPF_REG_10 && !insn_is_cpu(d->i) && !insn_is_unwind(d->i)))
		return refuse(d);
	if (insn_is_guarded(d->i))
		return decode_guarded(d);
	switch (BPF_CLASS(d->i->code)) {
	case BPF_ALU:
	case BPF_ALU64: return decode_alu(d);
	case BPF_LD: return decode_ld(d);
	case BPF_LDX: return decode_ldx(d);
	case BPF_ST:
	case BPF_STX: return decode_store(d);
	default: return decode_jmp(d);
	}
}

/* --- the whole --- */

static u32 count_guarded(const struct skep_prog *p)
{
	u32 n = 0;

	for (u32 at = 0; at < p->len; at++)
		n += insn_is_guarded(&p->insns[at]) || insn_is_cast(&p->insns[at]);
	return n;
}

static int init_code(const struct skep_prog *p, struct code *c)
{
	c->len = p->len;
	c->nr_subs = p->nr_subs;
	c->ops = malloc(p->len * sizeof(*c->ops));
	c->subs = malloc(p->nr_subs * sizeof(*c->subs));
	c->guarded = calloc(count_guarded(p) ?: 1, sizeof(*c->guarded));
	if (!c->ops || !c->subs || !c->guarded)
		return -ENOMEM;
	for (u32 s = 0; s < p->nr_subs; s++) {
		const struct subprog *sub = &p->subs[s];

		if (sub->stack_depth > SKEP_STACK_SIZE || sub->start >= p->len)
			return fail(-EINVAL, "function %u: %u bytes of stack at insn %u", s,
				    sub->stack_depth, sub->start);
		c->subs[s].pc = &c->ops[sub->start];
		c->subs[s].frame = SKEP_FRAME_SIZE(sub->stack_depth);
	}
	return 0;
}

int code_decode(const struct skep_prog *p, struct code *c)
{
	struct decoder d = { .p = p, .c = c };
	u32 sub = 0;

	if (!p->len || !p->nr_subs)
		return fail(-EINVAL, "no instructions or no functions");
	TRY(init_code(p, c));
	for (u32 at = 0; at < p->len; at++) {
		while (sub < p->nr_subs && p->subs[sub].start <= at)
			d.frame = c->subs[sub++].frame;
		d.at = at;
		d.i = &p->insns[at];
		d.op = &c->ops[at];
		TRY(decode_insn(&d));
		if (insn_is_ld_imm64(d.i)) {
			d.op[1] = (struct op){ .f = exit_frame, .imm = (s32)d.frame };
			at++;
		}
	}
	return 0;
}
