/* Arguments of kernel functions, checked against their BTF and the suffixes of the parameters' names
 * (Documentation/bpf/kfuncs.rst).
 *
 * Sound because: numbers may be anything; memory is checked for the size that the prototype or the size
 * argument says; a pointer to an object must be one to that type and as good as the function's flags want. */
#include "verifier/async.h"

#include <stdio.h>
#include <string.h>

#include "kfunc/kfunc.h"
#include "verifier/object.h"

struct param {
	const char *name;
	const struct btf_type *t; /* without modifiers */
	u32 to;			  /* pointers: the structure, enum or number pointed to; 0: void */
	const struct btf_type *to_type;
	bool to_const;
};

static u32 kind_in(const struct btf_type *t)
{
	return t ? BTF_INFO_KIND(t->info) : BTF_KIND_UNKN;
}

static bool is_number(const struct btf_type *t)
{
	return kind_in(t) == BTF_KIND_INT || kind_in(t) == BTF_KIND_ENUM ||
	       kind_in(t) == BTF_KIND_ENUM64;
}

static bool has_suffix(const struct param *p, const char *suffix)
{
	size_t n = strlen(p->name), m = strlen(suffix);

	return n >= m && !strcmp(p->name + n - m, suffix);
}

static struct param param_of(const struct kfunc_call *c, u32 n)
{
	const struct btf_param *bp = &btf_proto_params_of(c->proto)[n];
	struct param p = { .name = btf_string(c->btf, bp->name_off) };

	p.t = btf_strip(c->btf, bp->type, NULL);
	if (kind_in(p.t) == BTF_KIND_PTR) {
		const struct btf_type *t = btf_type(c->btf, p.t->type);

		p.to_const = t && BTF_INFO_KIND(t->info) == BTF_KIND_CONST;
		p.to_type = btf_strip(c->btf, p.t->type, &p.to);
	}
	return p;
}

static const char *kind_text(const struct btf_type *t)
{
	switch (kind_in(t)) {
	case BTF_KIND_INT: return "INT";
	case BTF_KIND_PTR: return "PTR";
	case BTF_KIND_ARRAY: return "ARRAY";
	case BTF_KIND_STRUCT: return "STRUCT";
	case BTF_KIND_UNION: return "UNION";
	case BTF_KIND_ENUM: return "ENUM";
	case BTF_KIND_FUNC_PROTO: return "FUNC_PROTO";
	default: return "UNKN";
	}
}

/* --- contexts --- */

/* What programs of a type call their context, and what it is in the kernel. */
static const struct {
	u32 type;
	const char *ctx, *kernel;
} contexts[] = {
	{ BPF_PROG_TYPE_SOCKET_FILTER, "__sk_buff", "sk_buff" },
	{ BPF_PROG_TYPE_SCHED_CLS, "__sk_buff", "sk_buff" },
	{ BPF_PROG_TYPE_SCHED_ACT, "__sk_buff", "sk_buff" },
	{ BPF_PROG_TYPE_CGROUP_SKB, "__sk_buff", "sk_buff" },
	{ BPF_PROG_TYPE_LWT_IN, "__sk_buff", "sk_buff" },
	{ BPF_PROG_TYPE_LWT_OUT, "__sk_buff", "sk_buff" },
	{ BPF_PROG_TYPE_LWT_XMIT, "__sk_buff", "sk_buff" },
	{ BPF_PROG_TYPE_LWT_SEG6LOCAL, "__sk_buff", "sk_buff" },
	{ BPF_PROG_TYPE_SK_SKB, "__sk_buff", "sk_buff" },
	{ BPF_PROG_TYPE_XDP, "xdp_md", "xdp_buff" },
	{ BPF_PROG_TYPE_CGROUP_SOCK, "bpf_sock", "sock" },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, "bpf_sock_addr", "bpf_sock_addr_kern" },
	{ BPF_PROG_TYPE_SOCK_OPS, "bpf_sock_ops", "bpf_sock_ops_kern" },
	{ BPF_PROG_TYPE_SK_MSG, "sk_msg_md", "sk_msg" },
	{ BPF_PROG_TYPE_KPROBE, "pt_regs", "pt_regs" },
	{ BPF_PROG_TYPE_PERF_EVENT, "bpf_perf_event_data", "bpf_perf_event_data_kern" },
	{ BPF_PROG_TYPE_SK_LOOKUP, "bpf_sk_lookup", "bpf_sk_lookup_kern" },
	{ BPF_PROG_TYPE_SK_REUSEPORT, "sk_reuseport_md", "sk_reuseport_kern" },
	{ BPF_PROG_TYPE_FLOW_DISSECTOR, "__sk_buff", "bpf_flow_dissector" },
	{ BPF_PROG_TYPE_CGROUP_SYSCTL, "bpf_sysctl", "bpf_sysctl_kern" },
	{ BPF_PROG_TYPE_CGROUP_SOCKOPT, "bpf_sockopt", "bpf_sockopt_kern" },
	{ BPF_PROG_TYPE_CGROUP_DEVICE, "bpf_cgroup_dev_ctx", "bpf_cgroup_dev_ctx" },
};

int kern_ctx_of(u32 prog_type, const char *ctx, const struct btf *b)
{
	for (u32 n = 0; n < ARRAY_SIZE(contexts); n++)
		if (contexts[n].type == prog_type && !strcmp(ctx, contexts[n].ctx))
			return btf_find(b, contexts[n].kernel, BTF_KIND_STRUCT);
	return -ENOENT;
}

int kern_ctx_id(const struct verifier *v, const struct btf *b)
{
	for (u32 n = 0; n < ARRAY_SIZE(contexts); n++)
		if (contexts[n].type == v->p->type->type)
			return btf_find(b, contexts[n].kernel, BTF_KIND_STRUCT);
	return -ENOENT;
}

static bool is_ctx_type(const struct verifier *v, const struct kfunc_call *c, const struct param *p)
{
	const char *name = btf_is_struct(p->to_type) ? btf_type_name(c->btf, p->to) : "";

	for (u32 n = 0; *name && n < ARRAY_SIZE(contexts); n++)
		if (contexts[n].type == v->p->type->type &&
		    (!strcmp(name, contexts[n].ctx) || !strcmp(name, contexts[n].kernel)))
			return true;
	return false;
}

/* --- numbers --- */

static int check_number(struct verifier *v, struct kfunc_call *c, const struct param *p, u32 r)
{
	bool rdonly = has_suffix(p, "rdonly_buf_size"), rdwr = has_suffix(p, "rdwr_buf_size");
	u64 x;

	if (reg(v, r)->kind != V_SCALAR)
		return reject(v, -EINVAL, "R%u is not a scalar", r);
	if (!has_suffix(p, "__k") && !rdonly && !rdwr)
		return 0;
	if (!value_is_const(reg(v, r), &x))
		return reject(v, -EINVAL,
			      has_suffix(p, "__k") ? "R%u must be a known constant"
						   : "R%u is not a const",
			      r);
	TRY(mark_precise(v, r));
	if (has_suffix(p, "__k")) {
		c->constant = x;
		c->has_constant = true;
		return 0;
	}
	if (x > MAX_OFF)
		return reject(v, -EINVAL, "R%u is too large a size", r);
	c->ret_size = (u32)x;
	c->ret_rdonly = rdonly;
	return 0;
}

/* --- memory --- */

/* A structure of numbers only, down to the last member: it may be any memory. */
static bool is_plain(const struct btf *b, const struct btf_type *t, u32 depth)
{
	if (is_number(t))
		return true;
	if (!btf_is_struct(t) || depth > 4)
		return false;
	for (u32 n = 0; n < BTF_INFO_VLEN(t->info); n++) {
		const struct btf_type *m = btf_strip(b, btf_members_of(t)[n].type, NULL);

		while (kind_in(m) == BTF_KIND_ARRAY)
			m = btf_strip(b, btf_array_of(m)->type, NULL);
		if (!is_plain(b, m, depth + 1))
			return false;
	}
	return true;
}

static int check_memory(struct verifier *v, u32 r, u64 size, bool zero_ok)
{
	const struct value *p = reg(v, r);

	if (p->kind == V_BTF || p->flags & VF_OR_NULL)
		return reject(v, -EINVAL, "R%u type=%s expected=fp", r, text_kind(p));
	TRY(check_helper_mem(v, r, size, ACCESS_READ, zero_ok));
	if (p->flags & VF_RDONLY || (p->kind != V_STACK && p->kind != V_MAP_VALUE &&
				     p->kind != V_MEM && p->kind != V_ALLOC))
		return 0;
	return check_helper_mem(v, r, size, ACCESS_WRITE, zero_ok);
}

static int check_sized_memory(struct verifier *v, const struct param *p, const struct param *size,
			      u32 r)
{
	const struct scalar *s = &reg(v, r + 1)->var;

	(void)p;
	(void)size;
	if (reg(v, r + 1)->kind != V_SCALAR)
		return reject(v, -EINVAL, "R%u is not a scalar", r + 1);
	if (s->smin < 0)
		return reject(v, -EACCES,
			      "R%u min value is negative, either use unsigned or 'var &= const'",
			      r + 1);
	if (s->umax >= MAX_OFF)
		return reject(
			v, -EACCES,
			"R%u unbounded memory access, use 'var &= const' or 'if (var < const)'",
			r + 1);
	if (check_memory(v, r, s->umax, true))
		return reject(v, -EINVAL,
			      "arg#%u arg#%u memory, len pair leads to invalid memory access",
			      r - 1, r);
	return mark_precise(v, r + 1);
}

static int check_fixed_memory(struct verifier *v, const struct kfunc_call *c, const struct param *p,
			      u32 r)
{
	s64 size = p->to ? btf_type_size(c->btf, p->to) : -EINVAL;

	if (size < 0 || !is_plain(c->btf, p->to_type, 0))
		return reject(
			v, -EINVAL,
			"arg#%u pointer type %s %s must point to scalar, or struct with scalar",
			r - 1, kind_text(p->to_type), p->to ? btf_type_name(c->btf, p->to) : "");
	return check_memory(v, r, (u64)size, false);
}

/* --- objects --- */

/* The structure of a socket that is no BTF pointer. */
static const char *sock_struct(const struct value *val)
{
	switch (val->kind) {
	case V_SOCK_COMMON: return "sock_common";
	case V_SOCK: return "sock";
	case V_TCP_SOCK: return "tcp_sock";
	default: return NULL;
	}
}

/* A "STRUCT" and a "STRUCT___init", which is one that is not complete yet: neither stands for the other. */
static bool is_made_of(const char *a, const char *b)
{
	static const char suffix[] = "___init";
	size_t len = strlen(a);

	return !strncmp(a, b, len) && !strcmp(b + len, suffix);
}

static int check_object(struct verifier *v, struct kfunc_call *c, const struct param *p, u32 r)
{
	const struct value *val = reg(v, r);
	const struct btf *b = val->kind == V_BTF ? val->btf : c->btf;
	const char *sock = sock_struct(val);
	u32 id = val->btf_id;
	bool trusted = c->k->flags & (KF_TRUSTED_ARGS | KF_RELEASE);
	bool strict = c->k->flags & KF_RELEASE;
	const char *got, *want = btf_type_name(c->btf, p->to);

	if (sock) {
		int found = btf_find(b, sock, BTF_KIND_STRUCT);

		if (found < 0)
			return reject(v, -EINVAL, "no type of that socket");
		id = (u32)found;
	}
	got = btf_type_name(b, id);
	strict |= is_made_of(got, want) || is_made_of(want, got);
	if ((trusted || (c->k->flags & KF_RCU)) && !is_trusted(val)) {
		if (!(c->k->flags & KF_RCU))
			return reject(v, -EINVAL, "R%u must be referenced or trusted", r);
		if (!(val->flags & VF_RCU) || (val->flags & VF_OR_NULL))
			return reject(v, -EINVAL, "R%u must be a rcu pointer", r);
	}
	if ((c->k->flags & KF_RELEASE) && val->fixed)
		return reject(v, -EINVAL,
			      "R%u must have zero offset when passed to release func or trusted "
			      "arg to kfunc",
			      r);
	if (scalar_is_const(&val->var) &&
	    btf_ids_match(b, id, (s64)val->var.bits.value + val->fixed, c->btf, p->to, strict))
		return 0;
	return reject(
		v, -EINVAL,
		"kernel function %s args#%u expected pointer to %s %s but R%u has a pointer to "
		"%s %s",
		c->k->name, r - 1, kind_text(p->to_type), want, r, kind_text(btf_type(b, id)), got);
}

static int check_ref(struct verifier *v, struct kfunc_call *c, u32 r)
{
	const struct value *val = reg(v, r);

	if (!val->ref || !(c->k->flags & KF_RELEASE))
		return 0;
	if (c->ref)
		return reject(
			v, -EFAULT,
			"verifier internal error: more than one arg with ref_obj_id R%u %u %u", r,
			val->ref, c->ref);
	c->ref = val->ref;
	c->release_ref = val->ref;
	return 0;
}

/* --- saved interrupt flags --- */

/* Saved flags remember who saved them (the slot's v.range): a lock, or bpf_local_irq_save(). */
static const char *const irq_kfuncs[] = { "native", "lock" };

bool takes_res_lock(u32 row)
{
	return row == KFUNC_bpf_res_spin_lock || row == KFUNC_bpf_res_spin_lock_irqsave;
}

bool is_res_lock(u32 row)
{
	return takes_res_lock(row) || row == KFUNC_bpf_res_spin_unlock ||
	       row == KFUNC_bpf_res_spin_unlock_irqrestore;
}

static u32 res_lock_kind(u32 row)
{
	return row == KFUNC_bpf_res_spin_lock || row == KFUNC_bpf_res_spin_unlock
		       ? REF_RES_LOCK
		       : REF_RES_LOCK_IRQ;
}

static int check_irq_flags(struct verifier *v, struct kfunc_call *c, u32 r)
{
	const struct value *p = reg(v, r);
	bool save = c->row == KFUNC_bpf_local_irq_save || c->row == KFUNC_bpf_res_spin_lock_irqsave;
	u32 frame = p->frame, at, id;
	struct frame *f;
	struct slot *s;
	s64 off;

	if (p->kind != V_STACK)
		return reject(v, -EINVAL, "arg#%u doesn't point to an irq flag on stack", r - 1);
	off = (s64)p->var.bits.value + p->fixed;
	if (!scalar_is_const(&p->var) || off >= 0 || off % 8 || off < -SKEP_STACK_SIZE)
		return reject(v, -EINVAL, "irq flag has to be at a constant offset");
	at = (u32)(-off / 8) - 1;
	f = v->cur->frame[frame];
	if (save) {
		if (at < f->nr_slots && f->stack[at].byte[0] >= SB_DYNPTR)
			return reject(v, -EINVAL, "expected uninitialized irq flag as arg#%u",
				      r - 1);
		TRY(check_helper_mem(v, r, 8, ACCESS_WRITE, false));
		TRY(ref_acquire(v, v->cur, &id));
		v->cur->refs[v->cur->nr_refs - 1].kind = REF_IRQ;
		v->cur->refs[v->cur->nr_refs - 1].lock_id = v->cur->active_irq; /* the outer one */
		v->cur->active_irq = id;
		s = &v->cur->frame[frame]->stack[at];
		memset(s->byte, SB_IRQ, sizeof(s->byte));
		s->v = (struct value){ .kind = V_NONE, .ref = id, .range = is_res_lock(c->row) };
		touch_slot(v, frame, at);
		return 0;
	}
	s = at < f->nr_slots ? &f->stack[at] : NULL;
	for (u32 n = 0; n < 8; n++)
		if (!s || s->byte[n] != SB_IRQ)
			return reject(v, -EINVAL, "expected an initialized irq flag as arg#%u",
				      r - 1);
	note_slot_read(v, frame, at);
	if (s->v.range != is_res_lock(c->row))
		return reject(v, -EINVAL,
			      "irq flag acquired by %s kfuncs cannot be restored with %s kfuncs",
			      irq_kfuncs[s->v.range], irq_kfuncs[is_res_lock(c->row)]);
	id = s->v.ref;
	if (id != v->cur->active_irq)
		return reject(v, -EACCES,
			      "cannot restore irq state out of order, expected id=%u acquired at "
			      "insn_idx=%u",
			      v->cur->active_irq, ref_insn(v->cur, v->cur->active_irq));
	memset(s->byte, SB_INVALID, sizeof(s->byte));
	s->v = (struct value){ .kind = V_NONE };
	touch_slot(v, frame, at);
	return irq_restore(v, id);
}

/* --- one argument --- */

static bool is_iter_struct(const struct kfunc_call *c, const struct param *p)
{
	return btf_is_struct(p->to_type) && !strncmp(btf_type_name(c->btf, p->to), "bpf_iter_", 9);
}

/* A map, or the kernel's object of one, which is no map of ours: the call is made without effect then (rewrite.c), so it must be one
 * or the other on all paths. */
static int check_map(struct verifier *v, struct kfunc_call *c, u32 r)
{
	struct param p = { .name = "map" };
	int id;

	if (c->field.kind && reg(v, r)->kind == V_MAP)
		TRY(check_async_map(v, &c->field, r, "workqueue"));
	if (reg(v, r)->kind == V_MAP)
		return note_kind(v, V_MAP);
	if (c->field.kind)
		return reject(v, -EINVAL, "pointer in R%u isn't map pointer", r);
	id = btf_find(c->btf, "bpf_map", BTF_KIND_STRUCT);
	if (reg(v, r)->kind != V_BTF || is_local(reg(v, r)) || id < 0)
		return reject(v, -EINVAL, "pointer in R%u isn't map pointer", r);
	p.to = (u32)id;
	p.to_type = btf_type(c->btf, p.to);
	TRY(check_object(v, c, &p, r));
	return note_kind(v, V_BTF);
}

/* Kinds of arguments that belong to other families than objects and memory. */
static int check_special(struct verifier *v, struct kfunc_call *c, const struct param *p, u32 r,
			 bool *done)
{
	struct value dynptr;
	const char *str;

	*done = true;
	if (btf_is_struct(p->to_type) && !strcmp(btf_type_name(c->btf, p->to), "bpf_dynptr"))
		return find_dynptr(v, r, &dynptr);
	if (is_ctx_type(v, c, p)) {
		if (reg(v, r)->kind == V_BTF)
			*done = false;
		else if (reg(v, r)->kind != V_CTX)
			return reject(v, -EINVAL, "arg#%u expected pointer to ctx, but got %s",
				      r - 1, text_kind(reg(v, r)));
		return 0;
	}
	if (c->row == KFUNC_bpf_cast_to_kern_ctx) {
		if (reg(v, r)->kind != V_CTX)
			return reject(v, -EINVAL, "arg#%u expected pointer to ctx, but got %s",
				      r - 1, text_kind(reg(v, r)));
		return 0;
	}
	if ((c->k->flags & KF_ITER) && r == BPF_REG_1 && is_iter_struct(c, p))
		return check_iter_arg(v, c, r, p->to);
	if (has_suffix(p, "__irq_flag"))
		return check_irq_flags(v, c, r);
	if (has_suffix(p, "__map"))
		return check_map(v, c, r);
	if (btf_is_struct(p->to_type) && !strcmp(btf_type_name(c->btf, p->to), "bpf_wq")) {
		if (reg(v, r)->kind != V_MAP_VALUE)
			return reject(v, -EINVAL, "arg#%u doesn't point to a map value", r - 1);
		c->field = *reg(v, r);
		return check_async_field(v, r, FIELD_WORKQUEUE);
	}
	if (is_res_lock(c->row)) {
		const struct value *val = reg(v, r);

		if (val->kind != V_MAP_VALUE && !is_local(val))
			return reject(v, -EINVAL,
				      "arg#%u doesn't point to map value or allocated object",
				      r - 1);
		return lock_value(v, r, takes_res_lock(c->row), res_lock_kind(c->row));
	}
	if (kind_in(p->to_type) == BTF_KIND_FUNC_PROTO) {
		if (reg(v, r)->kind != V_FUNC)
			return reject(v, -EINVAL, "arg%u expected pointer to func", r - 1);
		c->callback = reg(v, r)->subprog + 1;
		return 0;
	}
	if (has_suffix(p, "__const_str") || has_suffix(p, "__str")) {
		if (reg(v, r)->kind != V_MAP_VALUE)
			return reject(v, -EINVAL, "arg#%u doesn't point to a const string", r - 1);
		return check_const_str(v, r, &str);
	}
	*done = false;
	return 0;
}

static int check_pointer(struct verifier *v, struct kfunc_call *c, const struct param *p,
			 const struct param *next, u32 r)
{
	const struct value *val = reg(v, r);
	bool optional = has_suffix(p, "__nullable") || has_suffix(p, "__opt");
	bool done;

	if (!optional && (c->k->flags & (KF_TRUSTED_ARGS | KF_RCU | KF_RELEASE)) &&
	    ((val->flags & VF_OR_NULL) || value_is_zero(val)))
		return reject(v, -EACCES, "Possibly NULL pointer passed to trusted arg%u", r - 1);
	TRY(check_ref(v, c, r));
	if (optional && value_is_zero(val))
		return mark_precise(v, r);
	TRY(check_special(v, c, p, r, &done));
	if (done)
		return 0;
	if (btf_is_struct(p->to_type) && (val->kind == V_BTF || sock_struct(val)) &&
	    !(val->flags & VF_OR_NULL))
		return check_object(v, c, p, r);
	if (btf_is_struct(p->to_type) && !is_plain(c->btf, p->to_type, 0) && val->kind != V_BTF)
		return reject(v, -EINVAL, "arg#%u pointer type STRUCT %s must point to %s", r - 1,
			      btf_type_name(c->btf, p->to),
			      next && (has_suffix(next, "__sz") || has_suffix(next, "__szk"))
				      ? "void, scalar, or struct with scalar"
				      : "scalar, or struct with scalar");
	if (next && is_number(next->t) && (has_suffix(next, "__sz") || has_suffix(next, "__szk")))
		return check_sized_memory(v, p, next, r);
	return check_fixed_memory(v, c, p, r);
}

static int check_arg(struct verifier *v, struct kfunc_call *c, u32 n, u32 nr)
{
	struct param p = param_of(c, n), next = { 0 };
	u32 r = n + 1;

	if (has_suffix(&p, "__prog"))
		return 0;
	if (has_suffix(&p, "__ign"))
		return 0;
	TRY(check_readable(v, r));
	if (is_number(p.t))
		return check_number(v, c, &p, r);
	if (kind_in(p.t) != BTF_KIND_PTR)
		return reject(v, -EINVAL, "Unrecognized arg#%u type %s", n, kind_text(p.t));
	if (n + 1 < nr)
		next = param_of(c, n + 1);
	if (c->row == KFUNC_bpf_rdonly_cast)
		return 0;
	return check_pointer(v, c, &p, n + 1 < nr ? &next : NULL, r);
}

int check_kfunc_args(struct verifier *v, struct kfunc_call *c)
{
	u32 nr = BTF_INFO_VLEN(c->proto->info);

	if (nr > 5)
		return reject(v, -EINVAL, "Function %s has %u > 5 args", c->k->name, nr);
	for (u32 n = 0; n < nr; n++)
		TRY(check_arg(v, c, n, nr));
	if ((c->k->flags & KF_RELEASE) && !c->release_ref)
		return reject(v, -EINVAL,
			      "release kernel function %s expects refcounted PTR_TO_BTF_ID",
			      c->k->name);
	return 0;
}
