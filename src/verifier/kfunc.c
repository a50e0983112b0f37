/* Calls of kernel functions: may this program make them here, do the arguments fit, what comes back.
 *
 * Sound because: a function is called only if our table has it and the kernel's BTF describes it; what it
 * returns is a number, memory of a known size that is ours, or an object that is followed by probe loads. */
#include "verifier/env.h"

#include <string.h>

#include "kfunc/kfunc.h"
#include "prog/prog.h"
#include "verifier/async.h"
#include "verifier/exception.h"
#include "verifier/object.h"

/* --- before the walk --- */

static const char *kfunc_name(const struct verifier *v, const struct bpf_insn *i)
{
	const char *name = v->kernel ? btf_type_name(v->kernel, (u32)i->imm) : "";

	return *name ? name : "unknown";
}

int resolve_kfunc(struct verifier *v, struct bpf_insn *i)
{
	struct insn_aux *a = &v->aux[i - v->insns];
	const struct btf_type *t;
	struct btf *b;
	int row;

	if (!i->imm) /* a weak function that is not there; refused if the walk comes here */
		return 0;
	TRY(kernel_btf(v, &b));
	if (!v->p->gpl)
		return reject(v, -EINVAL,
			      "cannot call kernel function from non-GPL compatible program");
	if (i->off)
		return reject(v, -EINVAL, "invalid module BTF fd specified");
	t = btf_type(b, (u32)i->imm);
	if (!t || BTF_INFO_KIND(t->info) != BTF_KIND_FUNC)
		return reject(v, -EINVAL, "kernel btf_id %d is not a function", i->imm);
	row = kernel_has_kfunc(v->p->rt->kernel, btf_string(b, t->name_off))
		      ? kfunc_find(btf_string(b, t->name_off))
		      : -1;
	a->proto = btf_type(b, t->type);
	a->kfunc = row < 0 ? 0 : (u16)(row + 1);
	a->iter_next = row >= 0 && (kfuncs[row].flags & KF_ITER_NEXT);
	return 0;
}

u32 kfunc_nr_args(const struct verifier *v, u32 insn)
{
	const struct btf_type *proto = v->aux[insn].proto;

	return proto ? MIN(BTF_INFO_VLEN(proto->info), 5u) : 5;
}

/* --- sections in which not everything may be called --- */

static int check_sleeping(struct verifier *v, const struct kfunc *k)
{
	if (!(k->flags & KF_SLEEPABLE))
		return 0;
	if (v->cur->active_rcu)
		return reject(v, -EACCES, "kernel func %s is sleepable within rcu_read_lock region",
			      k->name);
	if (v->cur->active_preempt)
		return reject(v, -EACCES,
			      "kernel func %s is sleepable within non-preemptible region", k->name);
	if (v->cur->active_irq)
		return reject(v, -EACCES, "kernel func %s is sleepable within IRQ-disabled region",
			      k->name);
	if (v->cur->active_locks)
		return reject(v, -EINVAL, "function calls are not allowed while holding a lock");
	if (!v->cur->may_sleep)
		return reject(v, -EACCES, "program must be sleepable to call sleepable kfunc %s",
			      k->name);
	return 0;
}

/* Outside of the section what it protected may be gone. */
static void forget_rcu(struct verifier *v)
{
	FOR_EACH_VALUE (v->cur, f, val) {
		(void)f;
		if (val->kind != V_BTF || !(val->flags & VF_RCU))
			continue;
		val->flags &= (u16) ~(VF_RCU | VF_OR_NULL);
		val->flags |= VF_UNTRUSTED;
	}
	for (u32 d = 0; d <= v->cur->depth; d++)
		for (u32 n = 0; n < v->cur->frame[d]->nr_slots; n++) {
			struct slot *s = &v->cur->frame[d]->stack[n];

			if (s->byte[0] == SB_ITER && (s->v.flags & VF_RCU))
				s->v.flags = VF_UNTRUSTED;
		}
}

static int do_rcu(struct verifier *v, const struct kfunc_call *c)
{
	if (c->row == KFUNC_bpf_rcu_read_lock) {
		if (false)
			return reject(v, -EINVAL, "nested rcu read lock (kernel function %s)",
				      c->k->name);
		v->cur->active_rcu++;
		return 0;
	}
	if (!v->cur->active_rcu)
		return reject(v, -EINVAL, "unmatched rcu read unlock (kernel function %s)",
			      c->k->name);
	if (!--v->cur->active_rcu)
		forget_rcu(v);
	return 0;
}

static int do_preempt(struct verifier *v, const struct kfunc_call *c)
{
	if (c->row == KFUNC_bpf_preempt_disable) {
		v->cur->active_preempt++;
		return 0;
	}
	if (!v->cur->active_preempt)
		return reject(v, -EINVAL,
			      "unmatched attempt to enable preemption (kernel function %s)",
			      c->k->name);
	v->cur->active_preempt--;
	return 0;
}

static int do_section(struct verifier *v, const struct kfunc_call *c)
{
	switch (c->row) {
	case KFUNC_bpf_rcu_read_lock:
	case KFUNC_bpf_rcu_read_unlock: return do_rcu(v, c);
	case KFUNC_bpf_preempt_disable:
	case KFUNC_bpf_preempt_enable: return do_preempt(v, c);
	default: return 0;
	}
}

/* --- what comes back --- */

/* Room for v4's families: functions whose result is no kernel object. */
static int return_special(struct verifier *v, struct kfunc_call *c, bool *done)
{
	struct value *r0 = reg(v, BPF_REG_0);
	const struct value *p = c->ptr;

	*done = true;
	switch (c->row) {
	case KFUNC_bpf_rdonly_cast:
		if (!c->constant) { /* void: any memory */
			set_pointer(r0, V_MEM);
			r0->flags = VF_RDONLY | VF_UNTRUSTED;
			return 0;
		}
		if (c->constant > UINT32_MAX || !btf_is_struct(btf_type(c->btf, (u32)c->constant)))
			return reject(v, -EINVAL,
				      "kfunc bpf_rdonly_cast type ID argument must be of a struct "
				      "or void");
		set_pointer(r0, V_BTF);
		r0->flags = VF_UNTRUSTED;
		r0->btf = c->btf;
		r0->btf_id = (u32)c->constant;
		return 0;
	case KFUNC_bpf_session_cookie: /* the run's own (kfunc/session.c) */
		set_pointer(r0, V_MEM);
		r0->mem_size = sizeof(u64);
		return 0;
	case KFUNC_bpf_res_spin_lock:
	case KFUNC_bpf_res_spin_lock_irqsave: set_const(r0, 0); return 0;
	case KFUNC_bpf_cast_to_kern_ctx: {
		int id = kern_ctx_id(v, c->btf);

		if (id < 0)
			return reject(v, -EINVAL, "the context has no kernel type");
		set_pointer(r0, V_BTF);
		r0->flags = VF_TRUSTED;
		r0->btf = c->btf;
		r0->btf_id = (u32)id;
		return 0;
	}
	default:
		(void)p;
		*done = false;
		return 0;
	}
}

static int return_pointer(struct verifier *v, struct kfunc_call *c, u32 to)
{
	struct value *r0 = reg(v, BPF_REG_0);
	const struct btf_type *t;
	u32 id;

	t = btf_strip(c->btf, to, &id);
	if (id && btf_is_struct(t)) {
		set_pointer(r0, V_BTF);
		r0->btf = c->btf;
		r0->btf_id = id;
		if (c->row == KFUNC_bpf_get_kmem_cache)
			r0->flags = VF_UNTRUSTED;
		else if (c->k->flags & KF_RCU_PROTECTED)
			r0->flags = VF_RCU;
		else if (c->k->flags & KF_ITER_NEXT)
			r0->flags = c->iter && (c->iter->v.flags & VF_RCU) ? VF_RCU : VF_TRUSTED;
		return 0;
	}
	if (!id && !c->ret_size) { /* void *, such as a user's address in an arena */
		set_unknown(r0);
		return 0;
	}
	set_pointer(r0, V_MEM);
	r0->flags = VF_RDONLY;
	if (c->ret_size) {
		r0->mem_size = c->ret_size;
		r0->flags = c->ret_rdonly ? VF_RDONLY : 0;
	} else if (id && btf_type_size(c->btf, id) > 0) {
		r0->mem_size = (u32)btf_type_size(c->btf, id);
	} else {
		return reject(v, -EINVAL,
			      "kernel function %s returns pointer type %s %s is not supported",
			      c->k->name, id ? "UNKN" : "VOID",
			      id ? btf_type_name(c->btf, id) : "");
	}
	if (c->iter)
		r0->ref = c->iter->v.ref;
	return 0;
}

static int return_value(struct verifier *v, struct kfunc_call *c)
{
	struct value *r0 = reg(v, BPF_REG_0);
	const struct btf_type *t;
	u32 id = c->proto->type;
	bool done;

	touch_reg(v, BPF_REG_0);
	TRY(return_special(v, c, &done));
	if (done || !id)
		return 0;
	t = btf_strip(c->btf, id, &id);
	if (BTF_INFO_KIND(t->info) != BTF_KIND_PTR) {
		s64 size = btf_type_size(c->btf, id);

		set_scalar(r0, size > 0 && size < 4 ? scalar_zext(scalar_unknown(), (u32)size)
						    : scalar_unknown());
		return 0;
	}
	TRY(return_pointer(v, c, t->type));
	if (r0->kind == V_SCALAR)
		return 0;
	if (c->k->flags & KF_RET_NULL) {
		r0->flags |= VF_OR_NULL;
		r0->id = new_id(v);
	}
	if (c->k->flags & KF_ACQUIRE) {
		TRY(ref_acquire(v, v->cur, &r0->ref));
		if (c->k->flags & KF_RET_NULL)
			r0->id = r0->ref;
	}
	return 0;
}

/* --- the call --- */

static bool is_session_kfunc(u32 row)
{
	return row == KFUNC_bpf_session_cookie || row == KFUNC_bpf_session_is_return;
}

/* Programs that run at a function's entry and at its return: BPF_TRACE_KPROBE_SESSION, BPF_TRACE_UPROBE_SESSION. */
static bool in_session(const struct verifier *v)
{
	return v->p->type->type == BPF_PROG_TYPE_KPROBE &&
	       (v->desc.expected_attach_type == 56 || v->desc.expected_attach_type == 57);
}

static int check_allowed(struct verifier *v, const struct bpf_insn *i, struct kfunc_call *c)
{
	const struct insn_aux *a = &v->aux[v->insn];

	if (!i->imm)
		return reject(v, -EINVAL, "kernel function call insn#%u has no target", v->insn);
	if (!a->kfunc)
		return reject(v, -EACCES, "calling kernel function %s is not allowed",
			      kfunc_name(v, i));
	c->row = a->kfunc - 1u;
	c->k = &kfuncs[c->row];
	if (!strncmp(c->k->name, "bpf_xdp_metadata_",
		     17)) /* what a device's driver knows of a packet */
		return reject(v, -EINVAL, "metadata kfuncs require device-bound program");
	if (c->row == KFUNC_bpf_sock_destroy && v->desc.expected_attach_type != BPF_TRACE_ITER)
		return reject(v, -EACCES, "calling kernel function %s is not allowed", c->k->name);
	if (c->row == KFUNC_bpf_iter_css_task_new && !v->p->sleepable &&
	    v->p->type->type != BPF_PROG_TYPE_LSM && v->desc.expected_attach_type != BPF_TRACE_ITER)
		return reject(v, -EINVAL,
			      "css_task_iter is only allowed in bpf_lsm, bpf_iter and sleepable "
			      "progs");
	if (is_session_kfunc(c->row) && !in_session(v))
		return reject(v, -EACCES, "calling kernel function %s is not allowed", c->k->name);
	if (!c->k->fn || v->p->type->type >= 64 || !(c->k->types >> v->p->type->type & 1))
		return reject(v, -EACCES, "calling kernel function %s is not allowed", c->k->name);
	c->btf = v->kernel;
	c->proto = a->proto;
	return 0;
}

/* The lock is not taken where that would never end. */
static int push_lock_failed(struct verifier *v)
{
	struct scalar s = scalar_unknown();
	struct frame *f;
	int err = 0;
	struct state *failed = push_branch(v, v->insn + 1, &err);

	if (!failed)
		return err;
	f = state_frame(failed);
	for (u32 r = 0; r <= 5; r++)
		invalidate(&f->reg[r]);
	s.smin = s.s32_min = -4095; /* -MAX_ERRNO */
	s.smax = s.s32_max = -1;
	scalar_sync(&s);
	set_scalar(&f->reg[BPF_REG_0], s);
	return 0;
}

int do_kfunc_call(struct verifier *v, const struct bpf_insn *i, u32 *next, bool *path_ends)
{
	struct kfunc_call c = { 0 };

	*next = v->insn + 1;
	TRY(check_allowed(v, i, &c));
	if (is_object_kfunc(c.row))
		return do_object_kfunc(v, c.row);
	if (takes_res_lock(c.row))
		TRY(push_lock_failed(v));
	if (v->cur->active_locks && !(c.k->flags & KF_ITER) && !is_res_lock(c.row) &&
	    c.row != KFUNC_bpf_rcu_read_lock && c.row != KFUNC_bpf_rcu_read_unlock &&
	    c.row != KFUNC_bpf_rdonly_cast && c.row != KFUNC_bpf_cast_to_kern_ctx)
		return reject(v, -EINVAL, "function calls are not allowed while holding a lock");
	TRY(check_sleeping(v, c.k));
	if (is_dynptr_kfunc(c.row))
		return do_dynptr_kfunc(v, c.row);
	if ((c.k->flags & KF_RCU_PROTECTED) && !in_rcu_section(v))
		return reject(v, -EACCES, "kernel func %s requires RCU critical section protection",
			      c.k->name);
	TRY(check_kfunc_args(v, &c));
	if (c.row == KFUNC_bpf_throw) {
		*path_ends = true;
		return do_throw(v);
	}
	TRY(do_section(v, &c));
	if (c.row == KFUNC_bpf_wq_set_callback_impl) {
		TRY(note_hidden(v, BPF_REG_4, (uintptr_t)v->p));
		TRY(push_async(v, c.callback - 1, &c.field, true));
	}
	if (c.release_ref)
		TRY(ref_release(v, c.release_ref));
	for (u32 r = 0; r <= 5; r++) {
		if (r)
			touch_reg(v, r);
		invalidate(reg(v, r));
	}
	TRY(return_value(v, &c));
	if (c.k->flags & KF_ITER_NEXT)
		TRY(iter_next(v, &c));
	return 0;
}
