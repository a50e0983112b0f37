/* Arguments of helper calls, checked one by one against the helper's declaration.
 *
 * Sound because: a helper may touch only what its declaration says, and each memory argument is checked
 * for the largest size that its size argument allows. */
#include "verifier/async.h"
#include "verifier/object.h"

#include <string.h>

#include "helper/format.h"

#define K(kind) (1u << (kind))
#define MEM_KINDS                                                                                  \
	(K(V_STACK) | K(V_PKT) | K(V_PKT_META) | K(V_MAP_KEY) | K(V_MAP_VALUE) | K(V_MEM) |        \
	 K(V_ALLOC) | K(V_BUF))
#define MEM_NAMES "fp, pkt, pkt_meta, map_key, map_value, mem, ringbuf_mem, buf, trusted_ptr_"

#define SOCK_KINDS (K(V_SOCK_COMMON) | K(V_SOCK) | K(V_TCP_SOCK) | K(V_XDP_SOCK))
#define SOCK_NAMES "sock_common, sock, tcp_sock, xdp_sock"

static const struct {
	u32 kinds; /* pointers that fit; 0: anything initialised, or a number checked below */
	const char *names;
} arg_kinds[] = {
	[SKEP_ARG_CTX] = { K(V_CTX), "ctx" },
	[SKEP_ARG_MAP] = { K(V_MAP), "map_ptr" },
	[SKEP_ARG_MAP_KEY] = { MEM_KINDS, MEM_NAMES },
	[SKEP_ARG_MAP_VALUE] = { MEM_KINDS, MEM_NAMES },
	[SKEP_ARG_MAP_VALUE_UNINIT] = { MEM_KINDS, MEM_NAMES },
	[SKEP_ARG_MEM] = { MEM_KINDS, MEM_NAMES },
	[SKEP_ARG_MEM_UNINIT] = { MEM_KINDS, MEM_NAMES },
	[SKEP_ARG_LONG] = { MEM_KINDS, MEM_NAMES },
	[SKEP_ARG_SIZE] = { K(V_SCALAR), "scalar" },
	[SKEP_ARG_SIZE_OR_ZERO] = { K(V_SCALAR), "scalar" },
	[SKEP_ARG_ALLOC_SIZE] = { K(V_SCALAR), "scalar" },
	[SKEP_ARG_RINGBUF_MEM] = { K(V_ALLOC), "ringbuf_mem" },
	[SKEP_ARG_FUNC] = { K(V_FUNC), "func" },
	[SKEP_ARG_STACK_OR_NULL] = { K(V_STACK), "fp" },
	[SKEP_ARG_CONST_STR] = { K(V_MAP_VALUE), "map_value" },
	[SKEP_ARG_SOCK] = { SOCK_KINDS, SOCK_NAMES },
	[SKEP_ARG_SOCK_OR_BTF] = { SOCK_KINDS, SOCK_NAMES ", ptr_, trusted_ptr_" },
	[SKEP_ARG_SOCK_TO_ASSIGN] = { SOCK_KINDS, SOCK_NAMES ", ptr_, trusted_ptr_" },
	[SKEP_ARG_SOCK_FULL] = { K(V_SOCK), "sock" },
	[SKEP_ARG_MEM_RW] = { MEM_KINDS, MEM_NAMES },
	[SKEP_ARG_KPTR] = { K(V_MAP_VALUE) | K(V_BTF), "map_value, ptr_" },
	[SKEP_ARG_OBJECT] = { K(V_BTF), "ptr_, trusted_ptr_, rcu_ptr_" },
	[SKEP_ARG_DYNPTR] = { K(V_STACK) | K(V_DYNPTR), "fp, dynptr_ptr" },
	[SKEP_ARG_TIMER] = { K(V_MAP_VALUE), "map_value" },
	[SKEP_ARG_SPIN_LOCK] = { K(V_MAP_VALUE) | K(V_BTF), "map_value, ptr_" },
	[SKEP_ARG_BTF] = { 0, "ptr_, trusted_ptr_, rcu_ptr_" },
	[SKEP_ARG_PERCPU] = { 0, "percpu_ptr_, percpu_rcu_ptr_, percpu_trusted_ptr_" },
};

static bool may_be_null(const struct verifier *v, u16 arg)
{
	if ((arg & SKEP_ARG_KIND) == SKEP_ARG_SOCK_TO_ASSIGN) /* null takes back what was chosen */
		return v->p->type->type == BPF_PROG_TYPE_SK_LOOKUP;
	return (arg & SKEP_ARG_OR_NULL) || (arg & SKEP_ARG_KIND) == SKEP_ARG_STACK_OR_NULL;
}

/* "Or null" means the constant null. Linux also takes pointers that may be null there, but the size that
 * comes with them is right only if they are not. */
static int check_kind(struct verifier *v, const struct call_meta *m, u32 r, u16 arg)
{
	const struct value *val = reg(v, r);
	u32 kinds = arg_kinds[arg & SKEP_ARG_KIND].kinds;

	if (!kinds && !arg_kinds[arg & SKEP_ARG_KIND].names)
		return 0;
	if ((arg & SKEP_ARG_KIND) == SKEP_ARG_SOCK_TO_ASSIGN &&
	    v->p->type->type == BPF_PROG_TYPE_SK_LOOKUP && val->kind != V_SOCK)
		return reject(v, -EACCES, "R%u type=%s expected=sock", r, text_kind(val));
	if (val->kind == V_BTF && takes_btf(arg))
		return check_btf_kind(v, r, arg, arg_kinds[arg & SKEP_ARG_KIND].names);
	if ((arg & SKEP_ARG_KIND) == SKEP_ARG_OBJECT && val->kind == V_BTF &&
	    (val->flags & (VF_OR_NULL | VF_UNTRUSTED)) == VF_OR_NULL)
		return reject(v, -EACCES, "Possibly NULL pointer passed to helper arg%u", r);
	if (val->kind == V_BTF && kinds == MEM_KINDS)
		return refuse_btf_memory(v, m, r, MEM_NAMES);
	/* A value to copy, of a fixed size: the helper looks whether there is one. */
	if ((arg & SKEP_ARG_KIND) == SKEP_ARG_MAP_VALUE && may_be_null(v, arg) &&
	    (kinds & K(val->kind)))
		return 0;
	if (!(kinds & K(val->kind)) ||
	    ((val->flags & VF_OR_NULL) &&
	     !((arg & SKEP_ARG_KIND) == SKEP_ARG_SOCK_TO_ASSIGN && may_be_null(v, arg))))
		return reject(v, -EACCES, "R%u type=%s expected=%s", r, text_kind(val),
			      arg_kinds[arg & SKEP_ARG_KIND].names);
	return 0;
}

/* Pointers that helpers take only as they were got: all but those into memory. */
static int check_offset(struct verifier *v, u32 r, u16 arg)
{
	const struct value *val = reg(v, r);

	if ((arg & SKEP_ARG_RELEASE) && (arg & SKEP_ARG_KIND) == SKEP_ARG_DYNPTR)
		return check_dynptr_release(v, r);
	if ((arg & SKEP_ARG_RELEASE) && val->fixed)
		return reject(v, -EINVAL,
			      "R%u must have zero offset when passed to release func or trusted "
			      "arg to kfunc",
			      r);
	if (arg & SKEP_ARG_RELEASE)
		return check_ptr_off(v, val, r);
	if (val->kind == V_SCALAR || val->kind == V_FUNC || (MEM_KINDS & K(val->kind)))
		return 0;
	if (val->kind == V_BTF && scalar_is_const(&val->var) && !(val->flags & VF_PERCPU))
		return 0;
	return check_ptr_off(v, val, r);
}

static int check_release(struct verifier *v, struct call_meta *m, u32 r)
{
	const struct value *val = reg(v, r);

	if (!val->ref && !value_is_zero(val))
		return reject(v, -EINVAL, "R%u must be referenced when passed to release function",
			      r);
	m->release_reg = r;
	m->release_ref = val->ref;
	return 0;
}

/* Memory of a known size: a key, a value, a fixed-size result. */
static int check_sized(struct verifier *v, u32 r, u64 size, enum access how)
{
	return check_helper_mem(v, r, size, how, false);
}

static int check_map_memory(struct verifier *v, struct call_meta *m, u32 r, u16 arg)
{
	u32 kind = arg & SKEP_ARG_KIND;

	if (!m->map)
		return reject(v, -EACCES, "invalid map_ptr to access map->%s",
			      kind == SKEP_ARG_MAP_KEY ? "key" : "value");
	if (kind == SKEP_ARG_MAP_KEY)
		return check_sized(v, r, m->map->key_size, ACCESS_READ);
	return check_sized(v, r, m->map->value_size,
			   kind == SKEP_ARG_MAP_VALUE || m->map->type->peek_asks ? ACCESS_READ
										 : ACCESS_WRITE);
}

/* A size argument, for the memory in the argument before it. */
static int check_size(struct verifier *v, struct call_meta *m, u32 r, bool zero_ok)
{
	const struct scalar *s = &reg(v, r)->var;
	u16 mem = m->h->arg[r - 2] & SKEP_ARG_KIND;

	m->size_max = s->umax;
	if (s->smin < 0)
		return reject(v, -EACCES,
			      "R%u min value is negative, either use unsigned or 'var &= const'",
			      r);
	if (s->umin == 0 && !zero_ok)
		return reject(v, -EACCES, "R%u invalid zero-sized read: u64=[%llu,%llu]", r,
			      (unsigned long long)s->umin, (unsigned long long)s->umax);
	if (s->umax >= MAX_OFF)
		return reject(
			v, -EACCES,
			"R%u unbounded memory access, use 'var &= const' or 'if (var < const)'", r);
	if (m->h->arg[r - 2] ==
	    SKEP_ARG_ANYTHING) /* declared as a plain number: nothing to check */
		return 0;
	if (mem != SKEP_ARG_MEM_UNINIT)
		TRY(check_helper_mem(v, r - 1, s->umax, ACCESS_READ, zero_ok));
	if (mem != SKEP_ARG_MEM)
		TRY(check_helper_mem(v, r - 1, s->umax, ACCESS_WRITE, zero_ok));
	return mark_precise(v, r);
}

static int check_alloc_size(struct verifier *v, struct call_meta *m, u32 r)
{
	u64 size;

	if (!value_is_const(reg(v, r), &size))
		return reject(v, -EACCES, "R%u is not a known constant'", r);
	if (size > UINT32_MAX)
		return reject(v, -EACCES, "R%u unbounded memory access", r);
	m->alloc_size = size;
	return mark_precise(v, r);
}

/* A string that cannot change: in a frozen read-only map, at a known offset, terminated inside. */
int check_const_str(struct verifier *v, u32 r, const char **str)
{
	const struct value *p = reg(v, r);
	const struct skep_map *m = p->map;
	s64 off = (s64)p->var.bits.value + p->fixed;
	u64 addr;

	if (!(m->flags & BPF_F_RDONLY_PROG) || !atomic_load(&m->frozen))
		return reject(v, -EACCES, "R%u does not point to a readonly map'", r);
	if (!scalar_is_const(&p->var))
		return reject(v, -EACCES, "R%u is not a constant address'", r);
	if (!m->type->value_addr)
		return reject(v, -EACCES, "no direct value access support for this map type");
	TRY(check_region(v, r, p->fixed, 1, m->value_size, false));
	if (m->type->value_addr(p->map, (u32)off, &addr))
		return reject(v, -EACCES, "no direct value access support for this map type");
	if (!memchr((const void *)(uintptr_t)addr, 0, m->value_size - (u64)off))
		return reject(v, -EINVAL, "string is not zero-terminated");
	*str = (const char *)(uintptr_t)addr;
	return 0;
}

/* bpf_snprintf's format is known now, so its faults are found now: with the number of arguments, as
 * far as that is known. */
static int check_format(struct verifier *v, struct call_meta *m)
{
	u64 size;

	if (m->h->id != BPF_FUNC_snprintf || !m->format)
		return 0;
	if (!value_is_const(reg(v, BPF_REG_5), &size))
		return reject(v, -EINVAL, "The size of the arguments is not a constant");
	if (format_check(m->format, (u32)strlen(m->format) + 1, (u32)size / 8))
		return reject(v, -EINVAL, "Invalid format string");
	return 0;
}

static int check_dynptr(struct verifier *v, struct call_meta *m, u32 r, u16 arg)
{
	const struct value *d;

	if (arg & SKEP_ARG_MAKE) {
		m->make_dynptr = r;
		m->make_at = *reg(v, r);
		m->make_kind = m->h->arg_size[r - 1];
		return check_dynptr_uninit(v, r);
	}
	TRY(check_dynptr_arg(v, r, arg, m->h->arg_size[r - 1], &d));
	m->dynptr = d->id;
	m->dynptr_ref = d->ref;
	m->dynptr_kind = d->dynptr;
	if (arg & SKEP_ARG_RELEASE)
		m->release_reg = r;
	m->release_dynptr = arg & SKEP_ARG_RELEASE;
	return 0;
}

/* Slices of what may be freed under them would not be safe: map values only. */
static int check_dynptr_from_mem(struct verifier *v, const struct call_meta *m)
{
	if (m->h->id != BPF_FUNC_dynptr_from_mem || reg(v, BPF_REG_1)->kind == V_MAP_VALUE)
		return 0;
	return reject(v, -EACCES, "Unsupported reg type %s for bpf_dynptr_from_mem data",
		      text_kind(reg(v, BPF_REG_1)));
}

static int check_by_kind(struct verifier *v, struct call_meta *m, u32 r, u16 arg)
{
	const struct value *val = reg(v, r);

	switch (arg & SKEP_ARG_KIND) {
	case SKEP_ARG_MAP:
		if (m->field.kind)
			TRY(check_async_map(v, &m->field, r, "timer"));
		m->map = val->map;
		m->map_uid = val->map_uid;
		return 0;
	case SKEP_ARG_MAP_KEY: TRY(check_map_memory(v, m, r, arg)); return find_const_key(v, m, r);
	case SKEP_ARG_MAP_VALUE:
	case SKEP_ARG_MAP_VALUE_UNINIT: return check_map_memory(v, m, r, arg);
	case SKEP_ARG_MEM:
		return m->h->arg_size[r - 1] ? check_sized(v, r, m->h->arg_size[r - 1], ACCESS_READ)
					     : 0;
	case SKEP_ARG_MEM_UNINIT:
		return m->h->arg_size[r - 1]
			       ? check_sized(v, r, m->h->arg_size[r - 1], ACCESS_WRITE)
			       : 0;
	case SKEP_ARG_MEM_RW:
		if (!m->h->arg_size[r - 1])
			return 0;
		TRY(check_sized(v, r, m->h->arg_size[r - 1], ACCESS_READ));
		TRY(check_sized(v, r, m->h->arg_size[r - 1], ACCESS_WRITE));
		return check_alignment(v, r, 0, m->h->arg_size[r - 1], true);
	case SKEP_ARG_BTF: return check_btf_arg(v, m, r, arg);
	case SKEP_ARG_PERCPU: m->percpu = *val; return 0;
	case SKEP_ARG_SOCK_OR_BTF:
		m->cast_ref = val->ref;
		return val->kind == V_BTF ? check_btf_arg(v, m, r, arg) : 0;
	case SKEP_ARG_SOCK:
	case SKEP_ARG_SOCK_FULL:
	case SKEP_ARG_SOCK_TO_ASSIGN: m->cast_ref = val->ref; return 0;
	case SKEP_ARG_LONG:
		TRY(check_sized(v, r, 8, ACCESS_WRITE));
		return check_alignment(v, r, 0, 8, true); /* the helper stores a whole one */
	case SKEP_ARG_SIZE: return check_size(v, m, r, false);
	case SKEP_ARG_SIZE_OR_ZERO: return check_size(v, m, r, true);
	case SKEP_ARG_ALLOC_SIZE: return check_alloc_size(v, m, r);
	case SKEP_ARG_FUNC: m->callback = val->subprog + 1; return 0;
	case SKEP_ARG_CONST_STR: return check_const_str(v, r, &m->format);
	case SKEP_ARG_KPTR: return check_kptr_arg(v, m, r);
	case SKEP_ARG_OBJECT: return check_kptr_object(v, m, r);
	case SKEP_ARG_DYNPTR: return check_dynptr(v, m, r, arg);
	case SKEP_ARG_TIMER: m->field = *val; return check_async_field(v, r, FIELD_TIMER);
	case SKEP_ARG_SPIN_LOCK: return lock_value(v, r, m->h->id == BPF_FUNC_spin_lock, REF_LOCK);
	default: return 0;
	}
}

static int check_packet_argument(struct verifier *v, const struct call_meta *m, u32 r)
{
	if (!is_packet(reg(v, r)))
		return 0;
	if (v->p->type->flags & SKEP_PROG_PKT_HELPERS)
		return 0;
	if ((v->p->type->flags & SKEP_PROG_PKT_READ) && (m->h->flags & SKEP_HELPER_PKT_ACCESS))
		return 0;
	return reject(v, -EACCES, "helper access to the packet is not allowed");
}

/* Where an imprecise null does no harm: memory of size zero (if it has a size argument: that is precise), and a callback's
 * context (traced if the callback looks at it). */
static bool nothing_follows_null(const struct skep_helper *h, u32 r)
{
	u32 kind = h->arg[r - 1] & SKEP_ARG_KIND;

	if (h->arg_size[r - 1])
		return false;
	return kind == SKEP_ARG_MEM || kind == SKEP_ARG_MEM_UNINIT || kind == SKEP_ARG_MEM_RW ||
	       kind == SKEP_ARG_STACK_OR_NULL;
}

/* Some helpers take something else in some program types or with some maps. */
static u16 resolve_arg(const struct verifier *v, const struct call_meta *m, u32 r, u16 arg)
{
	u32 type = v->p->type->type;

	switch (m->h->id) {
	case BPF_FUNC_map_update_elem: /* sockets are put into maps of sockets */
		if (r == BPF_REG_3 && m->map && map_holds_sockets(m->map))
			return SKEP_ARG_SOCK_OR_BTF;
		return arg;
	case BPF_FUNC_sk_storage_get:
	case BPF_FUNC_sk_storage_delete:
		if (type == BPF_PROG_TYPE_TRACING && r == BPF_REG_2)
			return SKEP_ARG_BTF | SKEP_ARG_OR_NULL;
		if (m->h->id == BPF_FUNC_sk_storage_delete)
			return arg;
		/* the context is the socket */
		return type == BPF_PROG_TYPE_CGROUP_SOCK && r == BPF_REG_2 ? SKEP_ARG_CTX : arg;
	case BPF_FUNC_get_socket_cookie:
		if (v->p->type->flags & SKEP_PROG_BTF_CTX)
			return SKEP_ARG_SOCK_OR_BTF | SKEP_ARG_OR_NULL;
		return type == BPF_PROG_TYPE_SK_REUSEPORT ? SKEP_ARG_SOCK_FULL : arg;
	case BPF_FUNC_setsockopt:
	case BPF_FUNC_getsockopt:
		if ((v->p->type->flags & SKEP_PROG_BTF_CTX) && r == BPF_REG_1)
			return SKEP_ARG_SOCK_OR_BTF;
		return type == BPF_PROG_TYPE_CGROUP_SOCKOPT && r == BPF_REG_1 ? SKEP_ARG_SOCK_FULL
									      : arg;
	default: return arg;
	}
}

static int check_arg(struct verifier *v, struct call_meta *m, u32 r, u16 arg)
{
	TRY(check_readable(v, r));
	if ((arg & SKEP_ARG_KIND) == SKEP_ARG_ANYTHING) {
		if (leaks_pointer(v, reg(v, r)))
			return reject(v, -EACCES, "R%u leaks addr into helper function", r);
		return 0;
	}
	TRY(check_packet_argument(v, m, r));
	if (!(may_be_null(v, arg) && value_is_zero(reg(v, r)))) {
		TRY(check_kind(v, m, r, arg));
		TRY(check_offset(v, r, arg));
		if ((arg & SKEP_ARG_RELEASE) && (arg & SKEP_ARG_KIND) != SKEP_ARG_DYNPTR)
			TRY(check_release(v, m, r));
	} else if (!nothing_follows_null(m->h, r)) {
		TRY(mark_precise(v, r)); /* null is what makes it fine */
	}
	if (may_be_null(v, arg) && value_is_zero(reg(v, r)))
		return 0;
	return check_by_kind(v, m, r, arg);
}

int check_args(struct verifier *v, struct call_meta *m)
{
	for (u32 k = 0; k < 5 && m->h->arg[k] != SKEP_ARG_NONE; k++)
		TRY(check_arg(v, m, k + 1, resolve_arg(v, m, k + 1, m->h->arg[k])));
	TRY(check_dynptr_from_mem(v, m));
	return check_format(v, m);
}
