/* Calls of helpers: may this program call it, do the arguments fit, what comes back. */
#include "verifier/object.h"

#include "insn/disasm.h"
#include "prog/prog.h"

static const char *name_of(struct verifier *v, u32 id)
{
	const struct skep_helper *h = runtime_helper(v->p->rt, id);
	const char *name = helper_name(id);

	buf_reset(&v->name);
	if (name)
		buf_puts(&v->name, name);
	else
		buf_printf(&v->name, "%s", h ? h->name : "unknown");
	return buf_str(&v->name);
}

static int find_helper(struct verifier *v, const struct bpf_insn *i, const struct skep_helper **out)
{
	u32 id = (u32)i->imm;
	const struct skep_helper *h = runtime_helper(v->p->rt, id);

	if ((!helper_name(id) && !h) || kernel_lacks(v->p->rt->kernel, COUNT_HELPERS, id))
		return reject(v, -EINVAL, "invalid func %s#%d", name_of(v, id), i->imm);
	if (!h || !(prog_type_may_call(v->p->type, &v->desc, id) || target_adds_helper(v, id)) ||
	    !unpriv_may_call(v, id) || !ops_may_call(v, id))
		return reject(v, -EINVAL, "program of this type cannot use helper %s#%d",
			      name_of(v, id), i->imm);
	if ((h->flags & SKEP_HELPER_GPL) && !v->p->gpl)
		return reject(
			v, -EINVAL,
			"cannot call GPL-restricted function from non-GPL compatible program");
	if ((h->flags & SKEP_HELPER_MIGHT_SLEEP) && !v->cur->may_sleep)
		return reject(v, -EINVAL, "helper call might sleep in a non-sleepable prog");
	*out = h;
	return 0;
}

static int check_sleeping(struct verifier *v, const struct skep_helper *h)
{
	const char *where = v->cur->active_rcu	     ? "rcu_read_lock region"
			    : v->cur->active_preempt ? "non-preemptible region"
			    : v->cur->active_irq     ? "IRQ-disabled region"
						     : NULL;

	if (!(h->flags & SKEP_HELPER_MIGHT_SLEEP) || !where)
		return 0;
	return reject(v, -EINVAL, "sleepable helper %s#%u in %s", name_of(v, h->id), h->id, where);
}

static bool in_list(const u32 *list, u32 id)
{
	for (; *list; list++)
		if (*list == id)
			return true;
	return false;
}

/* Which programs may put sockets into maps of them, and take them out: those that hold no lock of a
 * socket's while they run. */
static bool may_change_sockets(const struct verifier *v, u32 helper)
{
	if (helper != BPF_FUNC_map_update_elem && helper != BPF_FUNC_map_delete_elem)
		return true;
	switch (v->p->type->type) {
	case BPF_PROG_TYPE_SOCKET_FILTER:
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
	case BPF_PROG_TYPE_XDP:
	case BPF_PROG_TYPE_SK_REUSEPORT:
	case BPF_PROG_TYPE_FLOW_DISSECTOR:
	case BPF_PROG_TYPE_SK_LOOKUP: return true;
	case BPF_PROG_TYPE_TRACING: return v->desc.expected_attach_type == BPF_TRACE_ITER;
	case BPF_PROG_TYPE_SOCK_OPS: return helper == BPF_FUNC_map_delete_elem;
	default: return false;
	}
}

/* Which maps a helper takes is said by both: the helper, and map types that only few helpers take. */
static int check_map_fits(struct verifier *v, const struct call_meta *m)
{
	const struct skep_map *map = m->map;
	const struct skep_helper *h = m->h;
	bool sockets_are_locked = map && map_holds_sockets(map) && !may_change_sockets(v, h->id);

	if (!map)
		return 0;
	if (sockets_are_locked)
		say(v, "cannot update sockmap in this context\n");
	if (sockets_are_locked || (h->map_types && !(h->map_types & 1ull << map->type->type)) ||
	    (map->type->helpers && !in_list(map->type->helpers, h->id)))
		return reject(v, -EINVAL, "cannot pass map_type %u into func %s#%u",
			      map->type->type, name_of(v, h->id), h->id);
	return 0;
}

static int check_map_writable(struct verifier *v, const struct call_meta *m)
{
	if (!m->map || !(m->map->flags & BPF_F_RDONLY_PROG))
		return 0;
	switch (m->h->id) {
	case BPF_FUNC_map_update_elem:
	case BPF_FUNC_map_delete_elem:
	case BPF_FUNC_map_push_elem:
	case BPF_FUNC_map_pop_elem: return reject(v, -EACCES, "write into map forbidden");
	default: return 0;
	}
}

/* Is the key that the stack holds at r a known number? Then a look-up in an array cannot fail if it is
 * in range. The number must stay exact for that; as on Linux it does for other calls, too, so that both
 * cover the same states. */
int find_const_key(struct verifier *v, struct call_meta *m, u32 r)
{
	const struct value *p = reg(v, r);
	u32 type = m->map->type->type, slot, first;
	const struct slot *s;
	struct frame *f;
	s64 off;

	if ((type != BPF_MAP_TYPE_ARRAY && type != BPF_MAP_TYPE_PERCPU_ARRAY) ||
	    p->kind != V_STACK || !scalar_is_const(&p->var) || m->map->key_size != 4)
		return 0;
	off = (s64)p->var.bits.value + p->fixed;
	f = v->cur->frame[p->frame];
	slot = (u32)(-off - 1) / 8;
	first = (u32)(off & 7);
	if (slot >= f->nr_slots || first > 4)
		return 0;
	s = &f->stack[slot];
	for (u32 n = 0, zero = 0; n < 4; n++) {
		zero += s->byte[first + n] == SB_ZERO;
		if (zero == 4) {
			m->const_key = 0;
			m->has_const_key = true;
			return 0;
		}
	}
	/* A wider spill would do as well, but Linux wants one of the key's size. */
	if (first || !slot_is_spill(s) || s->byte[3] != SB_SPILL || s->byte[4] == SB_SPILL ||
	    s->v.kind != V_SCALAR || !scalar_is_const(&s->v.var))
		return 0;
	m->const_key = s->v.var.bits.value;
	m->has_const_key = true;
	return mark_precise_slot(v, p->frame, slot);
}

static bool look_up_cannot_fail(const struct call_meta *m)
{
	/* An inner map may be shorter than its template with this flag. */
	if (m->map_uid && (m->map->flags & BPF_F_INNER_MAP))
		return false;
	return m->h->id == BPF_FUNC_map_lookup_elem && m->has_const_key &&
	       (u32)m->const_key < m->map->max_entries;
}

static int return_map_value(struct verifier *v, const struct call_meta *m)
{
	struct value *r0 = reg(v, BPF_REG_0);

	set_pointer(r0, V_MAP_VALUE);
	r0->map = m->map;
	r0->map_uid = m->map_uid;
	if (look_up_cannot_fail(m)) {
		if (record_has(m->map->record, FIELD_LOCKS))
			r0->id = new_id(v);
		return 0;
	}
	r0->flags = VF_OR_NULL;
	r0->id = new_id(v);
	if (map_holds_sockets(
		    m->map)) { /* until it is known not to be null it looks like a value */
		TRY(ref_acquire(v, v->cur, &r0->ref));
		r0->id = r0->ref;
	}
	return 0;
}

static int return_memory(struct verifier *v, const struct call_meta *m)
{
	struct value *r0 = reg(v, BPF_REG_0);

	set_pointer(r0, V_ALLOC);
	r0->flags = VF_OR_NULL;
	r0->mem_size = (u32)m->alloc_size;
	new_id(v); /* Linux numbers the pointer before its reference; the log shows the latter */
	TRY(ref_acquire(v, v->cur, &r0->ref));
	r0->id = r0->ref;
	return 0;
}

/* A slice of a dynptr ends with it. */
static int return_slice(struct verifier *v, const struct call_meta *m)
{
	struct value *r0 = reg(v, BPF_REG_0);

	set_pointer(r0, V_MEM);
	r0->flags = VF_OR_NULL;
	r0->mem_size = (u32)m->alloc_size;
	r0->id = new_id(v);
	r0->ref = m->dynptr_ref;
	r0->range = m->dynptr;
	return 0;
}

/* Helpers that return a length or an error, and the CPU's number. */
static struct scalar result_range(const struct verifier *v, const struct call_meta *m)
{
	struct scalar s = scalar_unknown();

	switch (m->h->id) {
	case BPF_FUNC_get_smp_processor_id: return scalar_urange(0, v->p->rt->nr_cpus - 1);
	case BPF_FUNC_get_stack:
	case BPF_FUNC_get_task_stack:
	case BPF_FUNC_probe_read_str:
	case BPF_FUNC_probe_read_kernel_str:
	case BPF_FUNC_probe_read_user_str:
		if (m->size_max > INT32_MAX)
			return s;
		s.smin = s.s32_min = -4095; /* -MAX_ERRNO */
		s.smax = (s64)m->size_max;
		s.s32_max = (s32)m->size_max;
		scalar_sync(&s);
		return s;
	default: return s;
	}
}

static int return_sock(struct verifier *v, const struct call_meta *m, enum value_kind kind,
		       bool acquires)
{
	struct value *r0 = reg(v, BPF_REG_0);

	set_pointer(r0, kind);
	r0->flags = VF_OR_NULL;
	r0->id = new_id(v);
	if (m->h->flags & SKEP_HELPER_CASTS)
		r0->ref = m->cast_ref;
	if (!acquires)
		return 0;
	TRY(ref_acquire(v, v->cur, &r0->ref));
	r0->id = r0->ref;
	return 0;
}

static int return_map_value_always(struct verifier *v, const struct call_meta *m)
{
	struct value *r0 = reg(v, BPF_REG_0);

	set_pointer(r0, V_MAP_VALUE);
	r0->map = m->map;
	return 0;
}

static int set_result(struct verifier *v, const struct call_meta *m)
{
	touch_reg(v, BPF_REG_0);
	switch (m->h->ret) {
	case SKEP_RET_VOID: return 0;
	case SKEP_RET_MAP_VALUE: return return_map_value_always(v, m);
	case SKEP_RET_SOCK_OR_NULL:
		return return_sock(v, m, V_SOCK, m->h->flags & SKEP_HELPER_ACQUIRES);
	case SKEP_RET_SOCK_COMMON_OR_NULL:
		return return_sock(v, m, V_SOCK_COMMON, m->h->flags & SKEP_HELPER_ACQUIRES);
	case SKEP_RET_TCP_SOCK_OR_NULL: return return_sock(v, m, V_TCP_SOCK, false);
	case SKEP_RET_MAP_VALUE_OR_NULL: return return_map_value(v, m);
	case SKEP_RET_ALLOC_MEM_OR_NULL: return return_memory(v, m);
	case SKEP_RET_KPTR_OR_NULL: return return_kptr(v, m);
	case SKEP_RET_DYNPTR_MEM_OR_NULL: return return_slice(v, m);
	case SKEP_RET_BTF:
	case SKEP_RET_BTF_TRUSTED:
	case SKEP_RET_BTF_OR_NULL: return return_btf(v, m);
	case SKEP_RET_PERCPU:
	case SKEP_RET_PERCPU_OR_NULL: return return_percpu(v, m);
	default: set_scalar(reg(v, BPF_REG_0), result_range(v, m)); return 0;
	}
}

static int check_locked(struct verifier *v, const struct bpf_insn *i)
{
	if (v->cur->active_locks && i->imm != BPF_FUNC_spin_unlock)
		return reject(v, -EINVAL, "function calls are not allowed while holding a lock");
	return 0;
}

/* What stays the same at this call on all paths, for engines. */
static void note_call(struct verifier *v, const struct call_meta *m)
{
	struct insn_aux *a = &v->aux[v->insn];
	bool plain_loop = m->h->callback == SKEP_CB_LOOP && value_is_zero(reg(v, BPF_REG_4));
	struct skep_map *map = m->map_uid ? NULL : m->map;
	u32 callback = plain_loop ? m->callback : 0;

	if (!a->call_seen) {
		a->map = map;
		a->callback = callback;
	}
	if (a->map != map)
		a->map = NULL;
	if (a->callback != callback)
		a->callback = 0;
	a->call_seen = true;
}

/* What only some calls of a helper may look like. */
static int check_call(struct verifier *v, const struct call_meta *m)
{
	u32 type = v->p->type->type;

	switch (m->h->id) {
	case BPF_FUNC_get_local_storage:
		/* Not marked precise, as in Linux: the helper does not look at its flags. */
		if (!value_is_zero(reg(v, BPF_REG_2)))
			return reject(v, -EINVAL,
				      "get_local_storage() doesn't support non-zero flags");
		return 0;
	case BPF_FUNC_get_func_ip:
		if (type == BPF_PROG_TYPE_KPROBE || type == BPF_PROG_TYPE_TRACING)
			return 0;
		return reject(v, -ENOTSUPP, "func %s#%u not supported for program type %u",
			      name_of(v, m->h->id), m->h->id, type);
	default: return 0;
	}
}

int do_helper_call(struct verifier *v, const struct bpf_insn *i, u32 *next)
{
	struct call_meta m = { 0 };

	*next = v->insn + 1;
	TRY(check_locked(v, i));
	TRY(find_helper(v, i, &m.h));
	TRY(target_forbids_helper(v, m.h->id));
	TRY(check_sleeping(v, m.h));
	TRY(check_args(v, &m));
	note_call(v, &m);
	TRY(check_map_writable(v, &m));
	TRY(check_call(v, &m));
	if (m.kptr)
		keep_percpu_in_rcu(v, m.release_ref);
	if (m.release_ref)
		TRY(ref_release(v, m.release_ref));
	if (m.release_dynptr)
		TRY(release_dynptr(v, m.release_reg));
	if (m.make_dynptr)
		TRY(make_dynptr(v, &m.make_at, m.make_kind, m.make_kind == SKEP_DYNPTR_RINGBUF, 0));
	if (m.h->id == BPF_FUNC_tail_call)
		TRY(check_tail_call(v, m.map));
	if (m.callback)
		TRY(enter_callback(v, &m));
	for (u32 r = 0; r <= 5; r++) {
		invalidate(reg(v, r));
		touch_reg(v, r);
	}
	TRY(set_result(v, &m));
	TRY(check_map_fits(v, &m));
	if ((m.h->flags & SKEP_HELPER_CHANGES_PKT) ||
	    (m.h->id == BPF_FUNC_dynptr_write && m.dynptr_kind == SKEP_DYNPTR_SKB))
		forget_packets(v);
	return m.h->id == BPF_FUNC_tail_call ? do_tail_call(v, next) : 0;
}
