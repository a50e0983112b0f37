/* Arguments of global functions, as their BTF prototype and its tags tell them: what any caller may pass.
 *
 * Sound because: the function is verified for the least that is written here, and callers are held to it
 * (global.c). */
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

/* The kernel's structure of that name; names may have a flavour: task_struct___mine. */
static int prepare_object(struct verifier *v, struct sub_arg *a, u32 n, u32 type)
{
	const struct btf *b = v->p->btf;
	const struct btf_type *t = btf_strip(b, type, &type);
	const char *name = t ? btf_string(b, t->name_off) : "", *flavour = strstr(name, "___");
	size_t len = flavour && flavour != name ? (size_t)(flavour - name) : strlen(name);
	struct btf *kernel;
	char plain[128];
	int id = -ENOENT;

	TRY(kernel_btf(v, &kernel));
	if (len && len < sizeof(plain)) {
		memcpy(plain, name, len);
		plain[len] = '\0';
		id = btf_find(kernel, plain, kind_of(t));
	}
	if (id < 0)
		return reject(v, -EINVAL, "arg#%u reference type('%s %s') has no matches", n,
			      kind_name(t), name);
	a->kernel = kernel;
	a->btf_id = (u32)id;
	return 0;
}

/* Loads through it are checked when they run, so callers may pass anything. */
static int prepare_untrusted(struct verifier *v, struct sub_arg *a, u32 n, u32 type, u32 tags)
{
	const struct btf_type *t = btf_strip(v->p->btf, type, NULL);

	if (tags != TAG_UNTRUSTED)
		return reject(v, -EINVAL, "arg#%u untrusted cannot be combined with any other tags",
			      n);
	a->kind = SUB_ARG_UNTRUSTED;
	if (kind_of(t) == BTF_KIND_UNKN || is_number(t) || kind_of(t) == BTF_KIND_FLOAT)
		return 0;
	TRY(prepare_object(v, a, n, type));
	if (kind_of(btf_type(a->kernel, a->btf_id)) != BTF_KIND_STRUCT)
		return reject(v, -EINVAL,
			      "arg#%u has type %s '%s', but only struct or primitive types are "
			      "allowed",
			      n, kind_name(t), btf_string(v->p->btf, t->name_off));
	return 0;
}

static int prepare_trusted(struct verifier *v, struct sub_arg *a, u32 n, u32 type, u32 tags)
{
	a->kind = SUB_ARG_TRUSTED;
	a->or_null = tags & TAG_NULLABLE;
	return prepare_object(v, a, n, type);
}

static bool is_dynptr(const struct verifier *v, u32 type)
{
	const struct btf_type *t = btf_strip(v->p->btf, type, NULL);

	return kind_of(t) == BTF_KIND_STRUCT &&
	       !strcmp(btf_string(v->p->btf, t->name_off), "bpf_dynptr");
}

static int prepare_pointer(struct verifier *v, struct sub_arg *a, u32 n, u32 to, u32 tags)
{
	if (!(tags & TAG_UNTRUSTED) && ((tags & TAG_CTX) || is_ctx_type(v, to))) {
		a->kind = SUB_ARG_CTX;
		return 0;
	}
	if (is_dynptr(v, to)) {
		a->kind = SUB_ARG_DYNPTR;
		return 0;
	}
	if ((tags & TAG_TRUSTED) && !(tags & ~(TAG_TRUSTED | TAG_NULLABLE)))
		return prepare_trusted(v, a, n, to, tags);
	if (tags & TAG_UNTRUSTED)
		return prepare_untrusted(v, a, n, to, tags);
	return prepare_memory(v, a, n, to, tags);
}

static int prepare_arg(struct verifier *v, u32 sub, u32 n, u32 type)
{
	const struct btf *b = v->p->btf;
	struct sub_arg *a = &v->subs[sub].args[n];
	const struct btf_type *t = btf_strip(b, type, NULL);
	u32 tags = tags_of(b, v->p->func_info[sub].type_id, n);
	bool mixed = (tags & TAG_TRUSTED) && (tags & ~(TAG_TRUSTED | TAG_NULLABLE));

	if (kind_of(t) == BTF_KIND_PTR && tags == TAG_ARENA) {
		a->kind = SUB_ARG_ARENA;
		return 0;
	}
	if (kind_of(t) == BTF_KIND_PTR && !(tags & TAG_ARENA) && !mixed)
		return prepare_pointer(v, a, n, t->type, tags);
	if (!tags && is_number(t)) {
		a->kind = SUB_ARG_NUMBER;
		return 0;
	}
	return reject(v, -EINVAL, "Arg#%u type %s in %s() is not supported yet.", n, kind_name(t),
		      subprog_name(v, sub));
}

int global_args(struct verifier *v, u32 sub)
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
