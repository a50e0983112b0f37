/* Global functions: verified once each, for all arguments that their BTF prototype allows; a call only
 * checks that what it passes fits, and goes on as if the function had returned any number.
 *
 * Functions that no path calls are not looked at (rewrite.c removes them).
 * Sound because: the function's walk begins with the least that global_args() lets a caller pass, and a
 * call passes no more than arg_fits() allows; memory that it may change is checked as written at the call;
 * what it may do to the packet is known beforehand from its code (find_effects); it starts without
 * references and locks and must end so. How deep calls go is checked over the code (cfg.c). */
#include "verifier/env.h"

#include <string.h>

#include "btf/btf.h"
#include "kfunc/kfunc.h"
#include "verifier/exception.h"
#include "prog/prog.h"

const char *subprog_name(const struct verifier *v, u32 sub)
{
	const struct btf_type *t;

	if (!v->p->btf || v->p->nr_func_info != v->nr_subs)
		return "";
	t = btf_type(v->p->btf, v->p->func_info[sub].type_id);
	return t ? btf_string(v->p->btf, t->name_off) : "";
}

/* --- calls --- */

/* Memory that the function may read and write. A packet's may move under a function that changes the
 * packet, which does not know where its memory comes from. */
static int memory_fits(struct verifier *v, u32 sub, const struct sub_arg *a, u32 r)
{
	struct value *p = reg(v, r);
	u16 flags = p->flags;
	int err;

	if (value_is_zero(p)) {
		if (!a->or_null)
			return reject(v, -EINVAL, "arg#%u is expected to be non-NULL", r - 1);
		return mark_precise(v, r); /* null is what makes it fine */
	}
	if (is_packet(p) &&
	    (v->subs[sub].changes_pkt || !(v->p->type->flags & SKEP_PROG_PKT_WRITE)))
		return reject(v, -EACCES, "cannot write into packet");
	p->flags &= (u16)~VF_OR_NULL;
	err = check_helper_mem(v, r, a->size, ACCESS_READ, true)
		      ?: check_helper_mem(v, r, a->size, ACCESS_WRITE, true);
	p->flags = flags;
	if (err)
		return err == -ENOMEM ? err : -EINVAL;
	if (!a->or_null && (flags & VF_OR_NULL))
		return reject(v, -EINVAL, "arg#%u is expected to be non-NULL", r - 1);
	return 0;
}

static int object_fits(struct verifier *v, const struct sub_arg *a, u32 r)
{
	const struct value *p = reg(v, r);
	u16 arg = SKEP_ARG_BTF | (a->or_null ? SKEP_ARG_OR_NULL : 0);

	if (a->or_null && value_is_zero(p))
		return mark_precise(v, r); /* null is what makes it fine */
	TRY(check_btf_object(v, r, arg, a->kernel, a->btf_id));
	return p->var.bits.mask || p->var.bits.value ? check_ptr_off(v, p, r) : 0;
}

/* Of whatever kind: inside it is one that cannot be changed. Slices that the function takes of a packet would
 * not end when the packet moves, as it does not know that they are of one. */
static int dynptr_fits(struct verifier *v, u32 sub, u32 r)
{
	const struct value *d, *p = reg(v, r);

	if (p->kind != V_STACK && p->kind != V_DYNPTR)
		return reject(v, -EINVAL,
			      "arg#%u expected pointer to stack or const struct bpf_dynptr", r - 1);
	if (p->kind == V_DYNPTR)
		TRY(check_ptr_off(v, p, r));
	TRY(check_dynptr_arg(v, r, 0, 0, &d));
	if (v->subs[sub].changes_pkt &&
	    (d->dynptr == SKEP_DYNPTR_SKB || d->dynptr == SKEP_DYNPTR_XDP))
		return reject(v, -EACCES,
			      "arg#%u is a dynptr of a packet, which the function moves", r - 1);
	return 0;
}

static int arg_fits(struct verifier *v, u32 sub, const struct sub_arg *a, u32 r)
{
	const struct value *p = reg(v, r);

	TRY(check_readable(v, r));
	switch (a->kind) {
	case SUB_ARG_NUMBER:
		if (p->kind != V_SCALAR)
			return reject(v, -EINVAL, "R%u is not a scalar", r);
		return 0;
	case SUB_ARG_CTX:
		if (p->kind != V_CTX || (p->flags & VF_OR_NULL))
			return reject(v, -EINVAL, "arg#%u expects pointer to ctx", r - 1);
		return check_ptr_off(v, p, r);
	case SUB_ARG_MEM: return memory_fits(v, sub, a, r);
	case SUB_ARG_TRUSTED: return object_fits(v, a, r);
	case SUB_ARG_DYNPTR: return dynptr_fits(v, sub, r);
	case SUB_ARG_UNTRUSTED: return 0;
	case SUB_ARG_ARENA: /* whatever it is, accesses are guarded: anything else is a mistake */
		if (p->kind != V_ARENA && p->kind != V_SCALAR)
			return reject(v, -EINVAL, "R%u is not a pointer to arena or scalar.", r);
		return 0;
	default: return -EINVAL;
	}
}

static int args_fit(struct verifier *v, u32 sub)
{
	TRY(global_args(v, sub));
	for (u32 n = 0; n < v->subs[sub].nr_args; n++)
		TRY(arg_fits(v, sub, &v->subs[sub].args[n], n + 1));
	return 0;
}

static bool must_not_sleep(const struct verifier *v)
{
	return v->cur->active_rcu || v->cur->active_preempt || v->cur->active_irq ||
	       !(v->desc.flags & BPF_F_SLEEPABLE);
}

int do_global_call(struct verifier *v, u32 sub)
{
	int err = args_fit(v, sub);

	if (err == -ENOMEM)
		return err;
	if (v->cur->active_locks)
		return reject(v, -EINVAL,
			      "global function calls are not allowed while holding a lock,\n"
			      "use static function instead");
	if (v->subs[sub].might_sleep && must_not_sleep(v))
		return reject(v, -EINVAL,
			      "global functions that may sleep are not allowed in non-sleepable "
			      "context,\n"
			      "i.e., in a RCU/IRQ/preempt-disabled section, or in\n"
			      "a non-sleepable BPF program context");
	if (err)
		return reject(v, err, "Caller passes invalid args into func#%u ('%s')", sub,
			      subprog_name(v, sub));
	if (v->subs[sub].may_throw) /* what is held here would be lost */
		TRY(check_no_refs(v, "bpf_throw"));
	if (logging(v))
		say(v, "Func#%u ('%s') is global and assumed valid.\n", sub, subprog_name(v, sub));
	if (v->subs[sub].changes_pkt)
		forget_packets(v);
	v->subs[sub].called = true;
	for (u32 r = 0; r <= 5; r++) {
		invalidate(reg(v, r));
		touch_reg(v, r);
	}
	set_unknown(reg(v, BPF_REG_0));
	return 0;
}

/* --- the function's own walk --- */

static void set_arg(struct verifier *v, const struct sub_arg *a, struct value *r)
{
	static const u8 kinds[] = {
		[SUB_ARG_CTX] = V_CTX,	     [SUB_ARG_MEM] = V_MEM,	  [SUB_ARG_TRUSTED] = V_BTF,
		[SUB_ARG_DYNPTR] = V_DYNPTR, [SUB_ARG_UNTRUSTED] = V_MEM, [SUB_ARG_ARENA] = V_ARENA,
	};

	if (a->kind == SUB_ARG_NUMBER) {
		set_unknown(r);
		return;
	}
	set_pointer(r, a->kernel ? V_BTF : kinds[a->kind]);
	if (a->kernel) {
		r->btf = a->kernel;
		r->btf_id = a->btf_id;
		r->flags = a->kind == SUB_ARG_TRUSTED ? VF_TRUSTED : VF_UNTRUSTED;
		r->id = new_id(v);
	} else if (a->kind == SUB_ARG_MEM) {
		r->mem_size = a->size;
	} else if (a->kind == SUB_ARG_UNTRUSTED) {
		r->flags = VF_RDONLY | VF_UNTRUSTED;
	} else if (a->kind == SUB_ARG_DYNPTR) {
		r->flags = VF_RDONLY;
		r->dynptr = SKEP_DYNPTR_LOCAL;
		r->id = new_id(v);
	}
	if (a->or_null) {
		r->flags |= VF_OR_NULL;
		r->id = r->id ?: new_id(v);
	}
}

/* The least that every caller passes. */
int set_up_global(struct verifier *v, u32 sub, struct frame *f)
{
	if (logging(v))
		say(v, "Validating %s() func#%u...\n", subprog_name(v, sub), sub);
	TRY(global_args(v, sub));
	TRY(check_exception_prototype(v, sub));
	for (u32 n = 0; n < v->subs[sub].nr_args; n++) {
		const struct sub_arg *a = &v->subs[sub].args[n];
		struct value *r = &f->reg[n + 1];

		set_arg(v, a, r);
	}
	return 0;
}

/* --- what functions do to their callers' packet pointers, and whether they sleep --- */

static bool changes_packet(const struct verifier *v, const struct bpf_insn *i)
{
	const struct skep_helper *h;

	if (!insn_is_helper_call(i))
		return false;
	if (i->imm == BPF_FUNC_tail_call) /* the other program may do anything */
		return true;
	h = runtime_helper(v->p->rt, (u32)i->imm);
	return h && (h->flags & SKEP_HELPER_CHANGES_PKT);
}

static bool may_sleep(const struct verifier *v, u32 insn)
{
	const struct bpf_insn *i = &v->insns[insn];
	const struct skep_helper *h;

	if (v->aux[insn].kfunc)
		return kfuncs[v->aux[insn].kfunc - 1].flags & KF_SLEEPABLE;
	if (!insn_is_helper_call(i))
		return false;
	h = runtime_helper(v->p->rt, (u32)i->imm);
	return h && (h->flags & SKEP_HELPER_MIGHT_SLEEP);
}

/* Has something been learnt about the function? */
static bool effects_of(struct verifier *v, struct sub_info *s)
{
	struct sub_info was = *s;

	for (u32 i = s->start; i < s->end; i++) {
		const struct bpf_insn *insn = &v->insns[i];
		const struct sub_info *callee =
			insn_is_subprog_call(insn) || insn_is_func_addr(insn)
				? &v->subs[v->aux[i].subprog]
				: NULL;

		s->changes_pkt |= changes_packet(v, insn) || (callee && callee->changes_pkt);
		s->might_sleep |= may_sleep(v, i) || (callee && callee->might_sleep);
		i += insn_is_ld_imm64(insn);
	}
	return s->changes_pkt != was.changes_pkt || s->might_sleep != was.might_sleep;
}

/* Over calls, to a fixed point: a function does what its callees do. */
void find_effects(struct verifier *v)
{
	bool changed = true;

	while (changed) {
		changed = false;
		for (u32 n = 0; n < v->nr_subs; n++)
			changed |= effects_of(v, &v->subs[n]);
	}
}
