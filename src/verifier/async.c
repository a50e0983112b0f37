/* Timers and work queues in map values, and functions that are called later: by nobody's frame, on some other
 * run of the same program.
 *
 * Sound because: such a function is walked from a state of its own, with nothing but what it is called with: the map, a key and
 * a value of it; it ends as the main program does, holding nothing. It is walked at each place that hands it
 * over; there what was covered before ends the walk. */
#include "verifier/async.h"

#include <stdlib.h>

#include "kfunc/kfunc.h"

/* --- fields --- */

int check_async_field(struct verifier *v, u32 r, u32 kind)
{
	const struct value *p = reg(v, r);
	const struct skep_map *m = p->map;
	const char *name = field_name(kind);
	const struct btf_record *rec = m->record;
	s32 off;

	if (!scalar_is_const(&p->var))
		return reject(
			v, -EINVAL,
			"R%u doesn't have constant offset. %s has to be at the constant offset", r,
			name);
	if (!m->btf)
		return reject(v, -EINVAL, "map '%s' has to have BTF in order to use %s", m->name,
			      name);
	if (!record_has(rec, kind))
		return reject(v, -EINVAL, "map '%s' has no valid %s", m->name, name);
	off = kind == FIELD_TIMER ? rec->timer_off : rec->wq_off;
	if ((s64)p->var.bits.value + p->fixed != off)
		return reject(v, -EINVAL, "off %lld doesn't point to 'struct %s' that is at %d",
			      (long long)p->var.bits.value + p->fixed, name, off);
	return 0;
}

int check_async_map(struct verifier *v, const struct value *field, u32 r, const char *what)
{
	const struct value *m = reg(v, r);

	if (field->map == m->map && field->map_uid == m->map_uid)
		return 0;
	return reject(v, -EINVAL,
		      "%s pointer in R1 map_uid=%u doesn't match map pointer in R2 map_uid=%u",
		      what, field->map_uid, m->map_uid);
}

/* --- handing a function over --- */

/* (map, key, value) */
static void set_up_arguments(struct verifier *v, const struct value *field, struct frame *f)
{
	set_pointer(&f->reg[1], V_MAP);
	set_pointer(&f->reg[2], V_MAP_KEY);
	set_pointer(&f->reg[3], V_MAP_VALUE);
	for (u32 r = 1; r <= 3; r++) {
		f->reg[r].map = field->map;
		f->reg[r].map_uid = field->map_uid;
	}
	f->reg[2].map_uid = 0;
	if (record_has(field->map->record, FIELD_LOCKS))
		f->reg[3].id = new_id(v);
}

static int set_up(struct verifier *v, struct pending *p, u32 subprog, bool may_sleep)
{
	struct frame *f = p->st.frame[0] = pool_zalloc(&v->pool, sizeof(*f));

	if (!f)
		return -ENOMEM;
	f->subprog = subprog;
	f->in_async = true;
	set_pointer(&f->reg[BPF_REG_10], V_STACK);
	p->st.may_sleep = may_sleep;
	p->st.tree = ++v->nr_trees;
	p->st.async_entries = v->cur->async_entries + 1;
	p->insn = v->subs[subprog].start;
	p->prev_insn = v->insn;
	p->log_mark = v->log->total;
	return 0;
}

int push_async(struct verifier *v, u32 subprog, const struct value *field, bool may_sleep)
{
	struct pending *p;

	if (v->nr_pending >= MAX_PENDING)
		return reject(v, -E2BIG, "The sequence of %u jumps is too complex.",
			      v->nr_pending + 1);
	p = pool_zalloc(&v->pool, sizeof(*p));
	if (!p || set_up(v, p, subprog, may_sleep)) {
		pool_free(&v->pool, p, sizeof(*p));
		return -ENOMEM;
	}
	set_up_arguments(v, field, p->st.frame[0]);
	v->subs[subprog].is_callback = v->subs[subprog].is_async = true;
	p->next = v->pending;
	v->pending = p;
	v->nr_pending++;
	touch_all(v);
	return 0;
}

bool hands_over_callback(const struct verifier *v, const struct bpf_insn *i)
{
	if (v->aux[i - v->insns].kfunc == KFUNC_bpf_wq_set_callback_impl + 1)
		return true;
	return insn_is_helper_call(i) && i->imm == BPF_FUNC_timer_set_callback;
}

int check_async_return(struct verifier *v)
{
	TRY(check_readable(v, BPF_REG_0));
	if (leaks_pointer(v, reg(v, BPF_REG_0)))
		return reject(v, -EACCES, "R0 leaks addr as return value");
	return check_return_range(v, BPF_REG_0, 0, 0, "async callback return");
}
