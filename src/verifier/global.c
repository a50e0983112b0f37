/* Global functions: verified once each, for all arguments that their BTF prototype allows; a call only
 * checks that what it passes fits, and goes on as if the function had returned any number.
 *
 * Functions that no path calls are not looked at (rewrite.c removes them).
 * Sound because: the function's walk begins with the least that prepare_args() lets a caller pass, and a
 * call passes no more than arg_fits() allows; memory that it may change is checked as written at the call;
 * what it may do to the packet is known beforehand from its code (find_effects); it starts without
 * references and locks and must end so. How deep calls go is checked over the code (cfg.c). */
#include "verifier/env.h"

#include <string.h>

#include "btf/btf.h"
#include "prog/prog.h"

/* The type that a program type's context has in BTF, which makes a pointer to it the context. */
static const struct {
	u32 type;
	const char *name;
} ctx_types[] = {
	{ BPF_PROG_TYPE_SOCKET_FILTER, "__sk_buff" },
	{ BPF_PROG_TYPE_SCHED_CLS, "__sk_buff" },
	{ BPF_PROG_TYPE_SCHED_ACT, "__sk_buff" },
	{ BPF_PROG_TYPE_CGROUP_SKB, "__sk_buff" },
	{ BPF_PROG_TYPE_LWT_IN, "__sk_buff" },
	{ BPF_PROG_TYPE_LWT_OUT, "__sk_buff" },
	{ BPF_PROG_TYPE_LWT_XMIT, "__sk_buff" },
	{ BPF_PROG_TYPE_LWT_SEG6LOCAL, "__sk_buff" },
	{ BPF_PROG_TYPE_SK_SKB, "__sk_buff" },
	{ BPF_PROG_TYPE_FLOW_DISSECTOR, "__sk_buff" },
	{ BPF_PROG_TYPE_XDP, "xdp_md" },
	{ BPF_PROG_TYPE_CGROUP_SOCK, "bpf_sock" },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, "bpf_sock_addr" },
	{ BPF_PROG_TYPE_SOCK_OPS, "bpf_sock_ops" },
	{ BPF_PROG_TYPE_SK_MSG, "sk_msg_md" },
	{ BPF_PROG_TYPE_KPROBE, "bpf_user_pt_regs_t" },
	{ BPF_PROG_TYPE_KPROBE, "pt_regs" },
	{ BPF_PROG_TYPE_PERF_EVENT, "bpf_perf_event_data" },
	{ BPF_PROG_TYPE_CGROUP_DEVICE, "bpf_cgroup_dev_ctx" },
	{ BPF_PROG_TYPE_CGROUP_SYSCTL, "bpf_sysctl" },
	{ BPF_PROG_TYPE_CGROUP_SOCKOPT, "bpf_sockopt" },
	{ BPF_PROG_TYPE_SK_REUSEPORT, "sk_reuseport_md" },
	{ BPF_PROG_TYPE_SK_LOOKUP, "bpf_sk_lookup" },
	{ BPF_PROG_TYPE_RAW_TRACEPOINT, "bpf_raw_tracepoint_args" },
	{ BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE, "bpf_raw_tracepoint_args" },
};

static const char *const kind_names[] = {
	[BTF_KIND_UNKN] = "UNKNOWN",	  [BTF_KIND_INT] = "INT",
	[BTF_KIND_PTR] = "PTR",		  [BTF_KIND_ARRAY] = "ARRAY",
	[BTF_KIND_STRUCT] = "STRUCT",	  [BTF_KIND_UNION] = "UNION",
	[BTF_KIND_ENUM] = "ENUM",	  [BTF_KIND_FWD] = "FWD",
	[BTF_KIND_TYPEDEF] = "TYPEDEF",	  [BTF_KIND_VOLATILE] = "VOLATILE",
	[BTF_KIND_CONST] = "CONST",	  [BTF_KIND_RESTRICT] = "RESTRICT",
	[BTF_KIND_FUNC] = "FUNC",	  [BTF_KIND_FUNC_PROTO] = "FUNC_PROTO",
	[BTF_KIND_VAR] = "VAR",		  [BTF_KIND_DATASEC] = "DATASEC",
	[BTF_KIND_FLOAT] = "FLOAT",	  [BTF_KIND_DECL_TAG] = "DECL_TAG",
	[BTF_KIND_TYPE_TAG] = "TYPE_TAG", [BTF_KIND_ENUM64] = "ENUM64",
};

static u32 kind_of(const struct btf_type *t)
{
	return t ? BTF_INFO_KIND(t->info) : BTF_KIND_UNKN;
}

static const char *kind_name(const struct btf_type *t)
{
	u32 kind = kind_of(t);

	return kind < ARRAY_SIZE(kind_names) && kind_names[kind] ? kind_names[kind] : "UNKNOWN";
}

static bool is_number(const struct btf_type *t)
{
	u32 kind = kind_of(t);

	return kind == BTF_KIND_INT || kind == BTF_KIND_ENUM || kind == BTF_KIND_ENUM64;
}

const char *subprog_name(const struct verifier *v, u32 sub)
{
	const struct btf_type *t;

	if (!v->p->btf || v->p->nr_func_info != v->nr_subs)
		return "";
	t = btf_type(v->p->btf, v->p->func_info[sub].type_id);
	return t ? btf_string(v->p->btf, t->name_off) : "";
}

/* --- arguments, as BTF tells them --- */

enum {
	TAG_CTX = 1,
	TAG_NONNULL = 2,
	TAG_NULLABLE = 4,
	TAG_TRUSTED = 8,
	TAG_UNTRUSTED = 16,
	TAG_ARENA = 32,
};

static const struct {
	const char *name;
	u32 tag;
} arg_tags[] = {
	{ "arg:ctx", TAG_CTX },
	{ "arg:nonnull", TAG_NONNULL },
	{ "arg:nullable", TAG_NULLABLE },
	{ "arg:trusted", TAG_TRUSTED },
	{ "arg:untrusted", TAG_UNTRUSTED },
	{ "arg:arena", TAG_ARENA },
};

static u32 tags_of(const struct btf *b, u32 func, u32 arg)
{
	u32 tags = 0;

	for (u32 id = 1; id < b->nr_types; id++) {
		const struct btf_type *t = b->types[id];
		const char *name;

		if (kind_of(t) != BTF_KIND_DECL_TAG || t->type != func ||
		    ((const struct btf_decl_tag *)(t + 1))->component_idx != (s32)arg)
			continue;
		name = btf_string(b, t->name_off);
		for (u32 n = 0; n < ARRAY_SIZE(arg_tags); n++)
			if (!strcmp(name, arg_tags[n].name))
				tags |= arg_tags[n].tag;
	}
	return tags;
}

/* Does pointee type `id` name the context? A typedef of that name counts, too. */
static bool is_ctx_type(const struct verifier *v, u32 id)
{
	const struct btf *b = v->p->btf;
	const struct btf_type *t = btf_type(b, id);

	for (u32 depth = 0; t && depth < 32; depth++) {
		const char *name = btf_string(b, t->name_off);

		for (u32 n = 0; n < ARRAY_SIZE(ctx_types); n++)
			if (ctx_types[n].type == v->p->type->type &&
			    !strcmp(ctx_types[n].name, name))
				return true;
		if (!btf_is_modifier(t) && kind_of(t) != BTF_KIND_TYPEDEF)
			return false;
		t = btf_type(b, t->type);
	}
	return false;
}

static int prepare_memory(struct verifier *v, struct sub_arg *a, u32 n, u32 type, u32 tags)
{
	const struct btf *b = v->p->btf;
	const struct btf_type *t = btf_strip(b, type, &type);
	s64 size = t ? btf_type_size(b, type) : -EINVAL;

	if (size < 0 || size >= MAX_OFF)
		return reject(v, -EINVAL,
			      "arg#%u reference type('%s %s') size cannot be determined: %d", n,
			      kind_name(t), t ? btf_string(b, t->name_off) : "", -EINVAL);
	a->kind = SUB_ARG_MEM;
	a->size = (u32)size;
	a->or_null = !(tags & TAG_NONNULL);
	return 0;
}

static int prepare_arg(struct verifier *v, u32 sub, u32 n, u32 type)
{
	const struct btf *b = v->p->btf;
	struct sub_arg *a = &v->subs[sub].args[n];
	const struct btf_type *t = btf_strip(b, type, NULL);
	u32 tags = tags_of(b, v->p->func_info[sub].type_id, n);

	if (kind_of(t) == BTF_KIND_PTR && !(tags & (TAG_TRUSTED | TAG_UNTRUSTED | TAG_ARENA))) {
		if ((tags & TAG_CTX) || is_ctx_type(v, t->type)) {
			a->kind = SUB_ARG_CTX;
			return 0;
		}
		return prepare_memory(v, a, n, t->type, tags);
	}
	if (!tags && is_number(t)) {
		a->kind = SUB_ARG_NUMBER;
		return 0;
	}
	return reject(v, -EINVAL, "Arg#%u type %s in %s() is not supported yet.", n, kind_name(t),
		      subprog_name(v, sub));
}

/* Read the prototype, once. */
static int prepare_args(struct verifier *v, u32 sub)
{
	const struct btf *b = v->p->btf;
	const struct btf_type *func = btf_type(b, v->p->func_info[sub].type_id);
	const struct btf_type *proto = btf_type(b, func->type);
	u32 n = BTF_INFO_VLEN(proto->info);

	if (v->subs[sub].args_known)
		return 0;
	if (n > MAX_SUB_ARGS)
		return reject(v, -EINVAL, "Global function %s() with %u > %d args. Buggy compiler.",
			      subprog_name(v, sub), n, MAX_SUB_ARGS);
	if (!is_number(btf_strip(b, proto->type, NULL)))
		return reject(
			v, -EINVAL,
			"Global function %s() doesn't return scalar. Only those are supported.",
			subprog_name(v, sub));
	for (u32 i = 0; i < n; i++)
		TRY(prepare_arg(v, sub, i, btf_proto_params_of(proto)[i].type));
	v->subs[sub].nr_args = n;
	v->subs[sub].args_known = true;
	return 0;
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
	default: return -EINVAL;
	}
}

static int args_fit(struct verifier *v, u32 sub)
{
	TRY(prepare_args(v, sub));
	for (u32 n = 0; n < v->subs[sub].nr_args; n++)
		TRY(arg_fits(v, sub, &v->subs[sub].args[n], n + 1));
	return 0;
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
	if (err)
		return reject(v, err, "Caller passes invalid args into func#%u ('%s')", sub,
			      subprog_name(v, sub));
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

/* The least that every caller passes. */
int set_up_global(struct verifier *v, u32 sub, struct frame *f)
{
	if (logging(v))
		say(v, "Validating %s() func#%u...\n", subprog_name(v, sub), sub);
	TRY(prepare_args(v, sub));
	for (u32 n = 0; n < v->subs[sub].nr_args; n++) {
		const struct sub_arg *a = &v->subs[sub].args[n];
		struct value *r = &f->reg[n + 1];

		if (a->kind == SUB_ARG_NUMBER) {
			set_unknown(r);
		} else if (a->kind == SUB_ARG_CTX) {
			set_pointer(r, V_CTX);
		} else {
			set_pointer(r, V_MEM);
			r->mem_size = a->size;
			if (a->or_null) {
				r->flags = VF_OR_NULL;
				r->id = new_id(v);
			}
		}
	}
	return 0;
}

/* --- what functions do to their callers' packet pointers --- */

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

static bool effects_of(struct verifier *v, struct sub_info *s)
{
	for (u32 i = s->start; i < s->end; i++) {
		const struct bpf_insn *insn = &v->insns[i];
		bool callee = insn_is_subprog_call(insn) || insn_is_func_addr(insn);

		if (changes_packet(v, insn) || (callee && v->subs[v->aux[i].subprog].changes_pkt))
			return true;
		i += insn_is_ld_imm64(insn);
	}
	return false;
}

/* Over calls, to a fixed point: a function does what its callees do. */
void find_effects(struct verifier *v)
{
	bool changed = true;

	while (changed) {
		changed = false;
		for (u32 n = 0; n < v->nr_subs; n++) {
			if (v->subs[n].changes_pkt || !effects_of(v, &v->subs[n]))
				continue;
			v->subs[n].changes_pkt = true;
			changed = true;
		}
	}
}
