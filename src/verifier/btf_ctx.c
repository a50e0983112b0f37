/* Contexts that BTF describes: the arguments of the function, tracepoint, iterator or member that a program is
 * for, eight bytes each.
 *
 * Sound because: a context has as many arguments as its prototype says, loads are of those; pointers found
 * there are followed by probe loads only (btf_walk.c), and are trusted only where the kernel calls with live
 * objects: tracepoints, iterators, LSM hooks, struct_ops. */
#include "verifier/env.h"

#include <stdio.h>
#include <string.h>

#include "prog/prog.h"

#define MAX_ARGS 12

/* Enumerators that Debian 12's headers may lack are numbers of the UAPI all the same. */
enum target_kind { TARGET_FUNC, TARGET_RAW_TP, TARGET_ITER, TARGET_LSM, TARGET_MEMBER };

static enum target_kind kind_of(const struct verifier *v)
{
	if (v->p->type->type == BPF_PROG_TYPE_LSM)
		return TARGET_LSM;
	if (v->p->type->type == BPF_PROG_TYPE_STRUCT_OPS)
		return TARGET_MEMBER;
	switch (v->p->expected_attach_type) {
	case BPF_TRACE_RAW_TP: return TARGET_RAW_TP;
	case BPF_TRACE_ITER: return TARGET_ITER;
	default: return TARGET_FUNC;
	}
}

static u32 kind_in(const struct btf_type *t)
{
	return BTF_INFO_KIND(t->info);
}

static bool begins_with(const char *s, const char *with)
{
	return !strncmp(s, with, strlen(with));
}

/* --- what the program is for --- */

/* typedef void (*btf_trace_NAME)(void *, …) */
static int target_tracepoint(struct verifier *v, const struct btf_type *t, const char *name)
{
	const struct btf *b = v->p->attach_btf;
	u32 id = v->p->attach_btf_id;

	if (!begins_with(name, "btf_trace_"))
		return reject(v, -EINVAL, "attach_btf_id %u points to wrong type name %s", id,
			      name);
	if (kind_in(t) != BTF_KIND_TYPEDEF)
		return reject(v, -EINVAL, "attach_btf_id %u is not a typedef", id);
	t = btf_type(b, t->type);
	t = t && kind_in(t) == BTF_KIND_PTR ? btf_type(b, t->type) : NULL;
	if (!t || kind_in(t) != BTF_KIND_FUNC_PROTO)
		return reject(v, -EINVAL, "attach_btf_id %u is not a tracepoint", id);
	v->target.proto = t;
	v->target.name = name + strlen("btf_trace_");
	v->target.skip = 1;
	return 0;
}

static int target_function(struct verifier *v, const struct btf_type *t, const char *name)
{
	if (kind_in(t) != BTF_KIND_FUNC)
		return reject(v, -EINVAL, "attach_btf_id %u is not a function",
			      v->p->attach_btf_id);
	v->target.name = name;
	v->target.proto = btf_type(v->p->attach_btf, t->type);
	return 0;
}

static bool in_names(const char *const *list, const char *name)
{
	for (; *list; list++)
		if (!strcmp(*list, name))
			return true;
	return false;
}

/* Hooks whose results mean more than an error: Linux lets no program attach there. */
static const char *const disabled_hooks[] = {
	"vm_enough_memory",    "inode_need_killpriv", "inode_getsecurity", "inode_listsecurity",
	"inode_copy_up_xattr", "getselfattr",	      "getprocattr",	   "setprocattr",
	"key_getsecurity",     "audit_rule_match",    "ismaclabel",	   NULL
};
/* Hooks called with objects that are being made or freed. */
static const char *const untrusted_hooks[] = { "bpf_map_free",	      "bpf_prog_free",
					       "file_alloc_security", "file_free_security",
					       "sk_alloc_security",   "sk_free_security",
					       "task_free",	      NULL };
static const char *const bool_hooks[] = { "audit_rule_known", "inode_xattr_skipcap", NULL };

static const char *hook_name(const struct verifier *v)
{
	return v->target.name + strlen("bpf_lsm_");
}

bool target_ret_range(const struct verifier *v, int64_t *min, int64_t *max)
{
	if (v->p->type->type != BPF_PROG_TYPE_LSM)
		return false;
	if (v->desc.expected_attach_type ==
	    BPF_LSM_CGROUP) { /* 0 or 1, and 1 where nothing is asked */
		*min = *max = 1;
		return !v->target.proto->type;
	}
	*min = in_names(bool_hooks, hook_name(v)) ? 0 : -4095;
	*max = in_names(bool_hooks, hook_name(v)) ? 1 : 0;
	return v->target.proto->type;
}

static int target_hook(struct verifier *v, const struct btf_type *t, const char *name)
{
	if (!v->p->gpl)
		return reject(v, -EINVAL, "LSM programs must have a GPL compatible license");
	if (!begins_with(name, "bpf_lsm_"))
		return reject(v, -EINVAL, "attach_btf_id %u points to wrong type name %s",
			      v->p->attach_btf_id, name);
	if (in_names(disabled_hooks, name + strlen("bpf_lsm_")))
		return reject(v, -EINVAL, "attach_btf_id %u points to disabled hook %s",
			      v->p->attach_btf_id, name);
	return target_function(v, t, name);
}

/* expected_attach_type is the member's number. */
static int target_member(struct verifier *v, const struct btf_type *t, const char *name)
{
	const struct btf *b = v->p->attach_btf;
	u32 n = v->p->expected_attach_type, id = v->p->attach_btf_id;
	const struct btf_type *mt;
	char ops[128];

	if (!v->p->gpl)
		return reject(v, -EINVAL, "struct ops programs must have a GPL compatible license");
	if (kind_in(t) != BTF_KIND_STRUCT ||
	    (size_t)snprintf(ops, sizeof(ops), "bpf_struct_ops_%s", name) >= sizeof(ops) ||
	    btf_find(b, ops, BTF_KIND_STRUCT) < 0)
		return reject(v, -ENOTSUPP, "attach_btf_id %u is not a supported struct", id);
	if (n >= BTF_INFO_VLEN(t->info))
		return reject(v, -EINVAL, "attach to invalid member idx %u of struct %s", n, name);
	v->target.name = btf_string(b, btf_members_of(t)[n].name_off);
	mt = btf_strip(b, btf_members_of(t)[n].type, NULL);
	mt = mt && kind_in(mt) == BTF_KIND_PTR ? btf_strip(b, mt->type, NULL) : NULL;
	if (!mt || kind_in(mt) != BTF_KIND_FUNC_PROTO)
		return reject(v, -EINVAL, "attach to invalid member %s(@idx %u) of struct %s",
			      v->target.name, n, name);
	v->target.proto = mt;
	return check_ops_member(v, name, v->target.name);
}

/* A function of another program: which one, and may it be traced? */
static int target_program(struct verifier *v, const struct btf_type *t, const char *name)
{
	const struct skep_prog *to = v->p->target;
	u32 at = v->p->expected_attach_type, sub;

	TRY(target_function(v, t, name));
	if (at == BPF_MODIFY_RETURN)
		return reject(v, -EINVAL, "can't modify return codes of BPF programs");
	if (at != BPF_TRACE_FENTRY && at != BPF_TRACE_FEXIT)
		return reject(v, -EINVAL,
			      "Only FENTRY/FEXIT progs are attachable to another BPF prog");
	for (sub = 0; sub < to->nr_func_info; sub++)
		if (to->func_info[sub].type_id == v->p->attach_btf_id)
			break;
	if (sub == to->nr_func_info)
		return reject(v, -EINVAL, "Subprog %s doesn't exist", name);
	if (to->type->type == BPF_PROG_TYPE_TRACING && to->target)
		return reject(v, -EINVAL, "Cannot nest tracing program attach more than once");
	v->p->target_sub = sub;
	return 0;
}

/* Find what v->p->attach_btf_id says; only for types with contexts by BTF. */
int find_target(struct verifier *v)
{
	const struct btf *b = v->p->attach_btf;
	const struct btf_type *t;
	const char *name;

	if (!(v->p->type->flags & SKEP_PROG_BTF_CTX))
		return 0;
	if (!v->p->attach_btf_id)
		return reject(v, -EINVAL, "Tracing programs must provide btf_id");
	if (!b)
		return reject(v, -EINVAL,
			      "FENTRY/FEXIT program can only be attached to another program "
			      "annotated with BTF");
	t = btf_type(b, v->p->attach_btf_id);
	if (!t)
		return reject(v, -EINVAL, "attach_btf_id %u is invalid", v->p->attach_btf_id);
	name = btf_string(b, t->name_off);
	if (!*name)
		return reject(v, -EINVAL, "attach_btf_id %u doesn't have a name",
			      v->p->attach_btf_id);
	if (v->p->target)
		return target_program(v, t, name);
	switch (kind_of(v)) {
	case TARGET_RAW_TP: return target_tracepoint(v, t, name);
	case TARGET_LSM: return target_hook(v, t, name);
	case TARGET_MEMBER: return target_member(v, t, name);
	case TARGET_ITER:
		if (!begins_with(name, "bpf_iter_"))
			return reject(v, -EINVAL, "attach_btf_id %u is not an iterator",
				      v->p->attach_btf_id);
		return target_function(v, t, name);
	default: return target_function(v, t, name);
	}
}

/* --- loads --- */

static bool sees_return(const struct verifier *v)
{
	u32 at = v->p->expected_attach_type;

	return kind_of(v) == TARGET_LSM || at == BPF_TRACE_FEXIT || at == BPF_MODIFY_RETURN;
}

/* The type of argument n, or of the result behind the last. */
static int arg_type(struct verifier *v, u32 n, u32 *id)
{
	const struct btf_type *proto = v->target.proto;
	u32 nr = BTF_INFO_VLEN(proto->info) - MIN(v->target.skip, BTF_INFO_VLEN(proto->info));

	if (n < nr) {
		*id = btf_proto_params_of(proto)[n + v->target.skip].type;
		if (*id)
			return 0;
	} else if (n == nr && sees_return(v) && proto->type) {
		*id = proto->type;
		return 0;
	}
	return reject(v, -EACCES, "func '%s' doesn't have %u-th argument", v->target.name, n + 1);
}

static void set_number(struct verifier *v, int dst, u32 size, bool sign)
{
	struct scalar s = scalar_unknown();

	if (dst < 0)
		return;
	if (size < 8)
		s = sign ? scalar_sext(s, size) : scalar_zext(s, size);
	set_scalar(reg(v, (u32)dst), s);
}

/* Arguments of the socket's own functions are TCP sockets. */
static u32 promoted(const struct verifier *v, u32 id)
{
	int tcp;

	if (kind_of(v) != TARGET_MEMBER ||
	    strcmp(btf_type_name(v->p->attach_btf, v->p->attach_btf_id), "tcp_congestion_ops") ||
	    strcmp(btf_type_name(v->p->attach_btf, id), "sock"))
		return id;
	tcp = btf_find(v->p->attach_btf, "tcp_sock", BTF_KIND_STRUCT);
	return tcp < 0 ? id : (u32)tcp;
}

static u16 tags_of_arg(const struct btf *b, u32 id)
{
	const struct btf_type *t;
	u16 flags = 0;

	for (t = btf_type(b, id); t && btf_is_modifier(t); t = btf_type(b, t->type)) {
		if (kind_in(t) != BTF_KIND_TYPE_TAG)
			continue;
		if (!strcmp(btf_string(b, t->name_off), "user"))
			flags |= VF_USER;
		else if (!strcmp(btf_string(b, t->name_off), "percpu"))
			flags |= VF_PERCPU;
	}
	return flags;
}

static bool is_named(const struct verifier *v, u32 n, const char *name)
{
	return !strcmp(
		btf_string(v->p->attach_btf, btf_proto_params_of(v->target.proto)[n].name_off),
		name);
}

/* Iterators' arguments are null in the last call, but for the first, and the map whose elements they go over; what is no
 * structure is a buffer. */
static void set_iter_arg(struct verifier *v, struct value *d, u32 n)
{
	if (!n || (is_named(v, n, "map") && BTF_INFO_VLEN(v->target.proto->info) > 2))
		return;
	d->flags |= VF_OR_NULL;
	d->id = new_id(v);
}

static bool ends_with(const char *s, const char *with)
{
	size_t n = strlen(s), m = strlen(with);

	return n >= m && !strcmp(s + n - m, with);
}

static bool is_nullable(const struct verifier *v, u32 n)
{
	const struct btf_type *proto = v->target.proto;

	if (n + v->target.skip >= BTF_INFO_VLEN(proto->info))
		return false;
	return ends_with(btf_string(v->p->attach_btf,
				    btf_proto_params_of(proto)[n + v->target.skip].name_off),
			 "__nullable");
}

/* A program's context is, to those that trace it, the kernel's structure behind it; other pointers they are not
 * given. */
static int translate_context(struct verifier *v, const struct btf **b, u32 *id)
{
	struct btf *kernel;
	int found;

	TRY(kernel_btf(v, &kernel));
	found = kern_ctx_of(v->p->target->type->type, btf_type_name(*b, *id), kernel);
	if (found < 0)
		return found;
	*b = kernel;
	*id = (u32)found;
	return 0;
}

static int load_pointer(struct verifier *v, u32 n, u32 ptr_to, u32 size, int dst)
{
	const struct btf *b = v->p->attach_btf;
	const struct btf_type *t;
	struct value *d;
	bool nullable;
	u32 id;

	t = btf_strip(b, ptr_to, &id);
	if (!id || kind_in(t) == BTF_KIND_INT || kind_in(t) == BTF_KIND_FUNC_PROTO) {
		if (kind_of(v) == TARGET_ITER && n && dst >= 0 && size == 8) {
			d = reg(v, (u32)dst);
			set_pointer(d, V_BUF);
			d->flags = is_named(v, n, "key") ? VF_RDONLY : 0;
			set_iter_arg(v, d, n);
			return 0;
		}
		set_number(v, dst, size, false);
		return 0;
	}
	if (kind_in(t) != BTF_KIND_STRUCT && kind_in(t) != BTF_KIND_UNION)
		return reject(v, -EACCES, "func '%s' arg%u type %s is not a struct", v->target.name,
			      n, kind_in(t) == BTF_KIND_PTR ? "PTR" : "UNKN");
	if (size != 8)
		return reject(v, -EACCES, "func '%s' size %u must be 8", v->target.name, size);
	if (v->p->target)
		TRY(translate_context(v, &b, &id));
	t = btf_type(b, id);
	nullable = kind_of(v) == TARGET_MEMBER && ops_arg_is_nullable(v, n);
	if (v->log->level && !nullable && !(kind_of(v) == TARGET_ITER && n))
		say(v, "func '%s' arg%u has btf_id %u type %s '%s'\n", v->target.name, n, id,
		    kind_in(t) == BTF_KIND_STRUCT ? "STRUCT" : "UNION", btf_type_name(b, id));
	if (dst < 0)
		return 0;
	d = reg(v, (u32)dst);
	set_pointer(d, V_BTF);
	d->btf = b;
	d->btf_id = promoted(v, id);
	d->flags = tags_of_arg(b, ptr_to);
	if (kind_of(v) != TARGET_FUNC &&
	    !(kind_of(v) == TARGET_LSM && in_names(untrusted_hooks, hook_name(v))))
		d->flags |= VF_TRUSTED;
	if (kind_of(v) == TARGET_ITER)
		set_iter_arg(v, d, n);
	else if (nullable || is_nullable(v, n))
		set_iter_arg(v, d, 1);
	return 0;
}

int access_btf_ctx(struct verifier *v, s32 off, u32 size, enum access how, int dst, bool sign)
{
	const struct btf_type *t;
	u32 id, n = (u32)off / 8;

	if (off < 0 || off >= MAX_ARGS * 8 || off % (s32)size || how == ACCESS_WRITE)
		return reject(v, -EACCES, "invalid bpf_context access off=%d size=%u", off, size);
	v->p->max_ctx_offset = MAX(v->p->max_ctx_offset, (u32)off + size);
	if (off % 8) {
		say(v, "func '%s' offset %d is not multiple of 8\n", v->target.name, off);
		return reject(v, -EACCES, "invalid bpf_context access off=%d size=%u", off, size);
	}
	if (arg_type(v, n, &id))
		return reject(v, -EACCES, "invalid bpf_context access off=%d size=%u", off, size);
	t = btf_strip(v->p->attach_btf, id, NULL);
	switch (kind_in(t)) {
	case BTF_KIND_INT:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64: set_number(v, dst, size, sign); return 0;
	case BTF_KIND_PTR:
		if (!load_pointer(v, n, t->type, size, dst))
			return 0;
		break;
	default:
		reject(v, -EACCES, "func '%s' arg%u type %s is not a struct", v->target.name, n,
		       kind_in(t) == BTF_KIND_STRUCT ? "STRUCT" : "UNKN");
	}
	return reject(v, -EACCES, "invalid bpf_context access off=%d size=%u", off, size);
}

/* Into a buffer whose size is known when the program is attached. */
int check_buf(struct verifier *v, u32 r, s32 off, u32 size, enum access how)
{
	const struct value *p = reg(v, r);
	const char *what = p->flags & VF_RDONLY ? "rdonly" : "rdwr";
	u32 *max = p->flags & VF_RDONLY ? &v->p->max_rdonly_access : &v->p->max_rdwr_access;

	if (how == ACCESS_WRITE && (p->flags & VF_RDONLY))
		return reject(v, -EACCES, "R%u cannot write into %s", r, text_kind(p));
	if (off < 0)
		return reject(v, -EACCES, "R%u invalid %s buffer access: off=%d, size=%u", r, what,
			      off, size);
	if (!scalar_is_const(&p->var) || p->var.bits.value)
		return reject(v, -EACCES, "R%u invalid variable buffer offset: off=%d, var_off=%s",
			      r, off, tnum_text(v, p->var.bits));
	*max = MAX(*max, (u32)off + size);
	v->p->writes_buf |= how == ACCESS_WRITE;
	return 0;
}

int access_buf(struct verifier *v, u32 r, s32 off, u32 size, enum access how, int dst, bool sign)
{
	TRY(check_buf(v, r, off, size, how));
	if (how == ACCESS_READ)
		set_number(v, dst, size, sign);
	return 0;
}
