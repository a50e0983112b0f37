/* References that a program must give back (ring buffer records), the lock that it holds, and what a
 * moved packet invalidates. */
#include "verifier/object.h"

#include <stdlib.h>

static int add_ref(struct verifier *v, struct state *s, struct ref r)
{
	if (s->nr_refs == s->cap_refs) {
		u32 cap = s->cap_refs ? s->cap_refs * 2 : 4;
		struct ref *refs = pool_grow(&v->pool, s->refs, s->cap_refs * sizeof(*refs),
					     s->nr_refs * sizeof(*refs), cap * sizeof(*refs));

		if (!refs)
			return -ENOMEM;
		s->refs = refs;
		s->cap_refs = cap;
	}
	s->refs[s->nr_refs++] = r;
	return 0;
}

int ref_acquire(struct verifier *v, struct state *s, u32 *id)
{
	*id = new_id(v);
	return add_ref(v, s, (struct ref){ .id = *id, .insn = v->insn, .kind = REF_PTR });
}

/* After this the value may not be used. */
void invalidate(struct value *val)
{
	*val = (struct value){ .kind = V_NONE };
}

/* A pointer that may not be followed any more: an unknown number to privileged programs, nothing that
 * may be read to others. (What is spilled cannot be taken out of its slot: a number there, too.) */
void forget_value(struct verifier *v, struct value *val, bool in_register)
{
	if (in_register && !v->allow_ptr_leaks)
		invalidate(val);
	else
		set_unknown(val);
}

static void drop_ref(struct state *s, u32 n)
{
	for (; n + 1 < s->nr_refs; n++)
		s->refs[n] = s->refs[n + 1];
	s->nr_refs--;
}

/* The reference ends: no register or spilled value may be used as that pointer any more. */
int ref_release(struct verifier *v, u32 id)
{
	for (u32 n = 0; n < v->cur->nr_refs; n++) {
		if (v->cur->refs[n].kind != REF_PTR || v->cur->refs[n].id != id)
			continue;
		drop_ref(v->cur, n);
		FOR_EACH_VALUE (v->cur, f, val) {
			if (val->kind == V_NONE || val->ref != id)
				continue;
			forget_value(v, val, vi_ < 11);
			(void)f;
		}
		return 0;
	}
	return reject(v, -EINVAL, "release of a reference that is not held");
}

/* At the end of a program or at a tail call: what was acquired must have been released. */
int check_no_refs(struct verifier *v, const char *where)
{
	bool leak = false;

	if (v->cur->active_locks)
		return reject(v, -EINVAL, "%s cannot be used inside bpf_spin_lock-ed region",
			      where);
	if (v->cur->active_irq)
		return reject(v, -EINVAL, "%s cannot be used inside bpf_local_irq_save-ed region",
			      where);
	if (v->cur->active_rcu)
		return reject(v, -EINVAL, "%s cannot be used inside bpf_rcu_read_lock-ed region",
			      where);
	if (v->cur->active_preempt)
		return reject(v, -EINVAL, "%s cannot be used inside bpf_preempt_disable-ed region",
			      where);
	for (u32 n = 0; n < v->cur->nr_refs; n++) {
		if (v->cur->refs[n].kind != REF_PTR)
			continue;
		say(v, "Unreleased reference id=%u alloc_insn=%u\n", v->cur->refs[n].id,
		    v->cur->refs[n].insn);
		leak = true;
	}
	if (leak)
		return reject(v, -EINVAL, "%s would lead to reference leak", where);
	return 0;
}

u32 ref_insn(const struct state *s, u32 id)
{
	for (u32 n = 0; n < s->nr_refs; n++)
		if (s->refs[n].id == id)
			return s->refs[n].insn;
	return 0;
}

/* The innermost saved flags are restored: the ones before them are the innermost now. */
int irq_restore(struct verifier *v, u32 id)
{
	for (u32 n = 0; n < v->cur->nr_refs; n++) {
		if (v->cur->refs[n].kind != REF_IRQ || v->cur->refs[n].id != id)
			continue;
		v->cur->active_irq = v->cur->refs[n].lock_id;
		drop_ref(v->cur, n);
		return 0;
	}
	return reject(v, -EINVAL, "no flags were saved there");
}

/* What a lock lies in: the map, or the BTF of the program's object; the value's id says which one. */
static void *lock_owner(const struct value *p)
{
	return p->kind == V_MAP_VALUE ? (void *)p->map : (void *)(uintptr_t)p->btf;
}

static const char *lock_text(u32 kind)
{
	return kind == REF_LOCK ? "bpf_spin" : "bpf_res_spin";
}

static bool is_lock_of(const struct ref *r, const struct value *p)
{
	return ref_is_lock(r) && r->ptr == lock_owner(p) && r->lock_id == p->id;
}

static int take_lock(struct verifier *v, const struct value *p, u32 kind)
{
	if (v->cur->active_locks && kind == REF_LOCK)
		return reject(v, -EINVAL, "Locking two bpf_spin_locks are not allowed");
	for (u32 n = 0; n < v->cur->nr_refs; n++)
		if (v->cur->refs[n].kind >= REF_RES_LOCK && is_lock_of(&v->cur->refs[n], p))
			return reject(v, -EINVAL,
				      "Acquiring the same lock again, AA deadlock detected");
	TRY(add_ref(v, v->cur,
		    (struct ref){ .id = p->id,
				  .insn = v->insn,
				  .kind = (u8)kind,
				  .ptr = lock_owner(p),
				  .lock_id = p->id }));
	v->cur->active_locks++;
	return 0;
}

/* Of the locks held, the one taken last. */
static const struct ref *last_lock(const struct state *s)
{
	u32 n = s->nr_refs;

	while (n && !ref_is_lock(&s->refs[n - 1]))
		n--;
	return n ? &s->refs[n - 1] : NULL;
}

static int drop_lock(struct verifier *v, const struct value *p, u32 kind)
{
	const struct ref *last = last_lock(v->cur);
	bool held = false;

	if (!last)
		return reject(v, -EINVAL, "%s_unlock without taking a lock", lock_text(kind));
	for (u32 n = 0; n < v->cur->nr_refs; n++)
		held |= v->cur->refs[n].kind == kind && is_lock_of(&v->cur->refs[n], p);
	if (!held)
		return reject(v, -EINVAL, "%s_unlock of different lock", lock_text(kind));
	if (last->kind != kind || !is_lock_of(last, p))
		return reject(v, -EINVAL, "%s_unlock cannot be out of order", lock_text(kind));
	drop_ref(v->cur, (u32)(last - v->cur->refs));
	v->cur->active_locks--;
	forget_non_owning(v);
	return 0;
}

static s32 lock_off(const struct btf_record *rec, u32 kind)
{
	if (!record_has(rec, kind == REF_LOCK ? FIELD_SPIN_LOCK : FIELD_RES_SPIN_LOCK))
		return -1;
	return kind == REF_LOCK ? rec->spin_lock_off : rec->res_spin_lock_off;
}

/* r must point exactly at the lock in a map value or object. The value's id tells two look-ups apart. */
int lock_value(struct verifier *v, u32 r, bool lock, u32 kind)
{
	const struct value *p = reg(v, r);
	const struct btf_record *rec = value_record(p);
	const char *text = lock_text(kind);
	bool map = p->kind == V_MAP_VALUE;
	s32 off = lock_off(rec, kind);

	if (in_tree_callback(v))
		return reject(v, -EACCES, "can't spin_{lock,unlock} in rbtree cb");
	if (!scalar_is_const(&p->var))
		return reject(v, -EINVAL,
			      "R%u doesn't have constant offset. %s_lock has to be at the "
			      "constant offset",
			      r, text);
	if (map && !p->map->btf)
		return reject(v, -EINVAL, "map '%s' has to have BTF in order to use %s_lock",
			      p->map->name, text);
	if (off < 0)
		return reject(v, -EINVAL, "%s '%s' has no valid %s_lock", map ? "map" : "local",
			      map ? p->map->name : "kptr", text);
	if ((s64)p->var.bits.value + p->fixed != off)
		return reject(v, -EINVAL,
			      "off %lld doesn't point to 'struct %s_lock' that is at %d",
			      (long long)p->var.bits.value + p->fixed, text, off);
	return lock ? take_lock(v, p, kind) : drop_lock(v, p, kind);
}

/* A helper may have moved or freed the packet: pointers into it are no longer good for anything. */
void forget_packets(struct verifier *v)
{
	FOR_EACH_VALUE (v->cur, f, val) {
		(void)f;
		if (!is_packet(val) && val->kind != V_PKT_END &&
		    !(val->kind == V_MEM && val->first))
			continue;
		forget_value(v, val, vi_ < 11);
	}
}
