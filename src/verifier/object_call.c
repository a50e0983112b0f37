/* Kernel functions on objects that programs own: allocation, lists, trees, reference counts.
 *
 * An object is a V_BTF value with VF_ALLOC of a structure of the program's own BTF. While the program holds a
 * reference (ref), the object is its own. Put into a list or tree, it is theirs: pointers to it are kept as
 * non-owning ones (VF_NON_OWN) until the lock is given back.
 * Sound because: lists and trees are touched only under the lock that lies in the same allocation; a node is
 * added only by who owns its object; memory of objects is type-stable (map/local.h), so what a stale pointer
 * reads or writes is an object of the same type. */
#include "verifier/env.h"

#include "kfunc/kfunc.h"
#include "map/local.h"
#include "verifier/object.h"

/* --- values --- */

static const struct btf_record *record_of(const struct value *p)
{
	if (p->kind == V_MAP_VALUE)
		return p->map->record;
	return is_local(p) ? btf_record_of(p->btf, p->btf_id) : NULL;
}

const struct btf_record *value_record(const struct value *p)
{
	return record_of(p);
}

static void set_local(struct value *d, const struct btf *btf, u32 id, s32 off)
{
	set_pointer(d, V_BTF);
	d->flags = VF_ALLOC;
	d->btf = btf;
	d->btf_id = id;
	d->fixed = off;
}

static void set_non_owning(struct value *d)
{
	d->flags |= VF_NON_OWN;
	if (record_has(record_of(d), FIELD_REFCOUNT))
		d->flags |= VF_RCU;
	d->ref = 0;
}

/* The object now belongs to a list or tree: the program's pointers to it stay good under the lock. */
static int give_away(struct verifier *v, u32 ref)
{
	FOR_EACH_VALUE (v->cur, f, val) {
		(void)f;
		if (val->kind != V_NONE && val->ref == ref)
			set_non_owning(val);
	}
	return ref_release(v, ref);
}

void forget_non_owning(struct verifier *v)
{
	FOR_EACH_VALUE (v->cur, f, val) {
		(void)f;
		if (val->kind == V_BTF && (val->flags & VF_NON_OWN))
			forget_value(v, val, vi_ < 11);
	}
}

/* --- locks --- */

static int check_locked_with(struct verifier *v, const struct value *p)
{
	const void *owner = p->kind == V_MAP_VALUE ? (const void *)p->map : (const void *)p->btf;

	if (!v->cur->active_locks)
		return -EINVAL;
	for (u32 n = 0; n < v->cur->nr_refs; n++)
		if (ref_is_lock(&v->cur->refs[n]) && v->cur->refs[n].ptr == owner &&
		    v->cur->refs[n].lock_id == p->id)
			return 0;
	return reject(v, -EINVAL, "held lock and object are not in the same allocation");
}

static bool in_less(const struct verifier *v)
{
	const struct frame *f = state_frame(v->cur);

	return f->in_callback && v->aux[f->callsite].kfunc == KFUNC_bpf_rbtree_add_impl + 1;
}

bool in_tree_callback(const struct verifier *v)
{
	return in_less(v);
}

/* --- arguments --- */

struct own_call {
	u32 row;
	const struct btf_field *root;
	u32 node_reg;
	u32 release_ref;
	bool owning;
};

static int check_const_off(struct verifier *v, u32 r, const char *what)
{
	if (scalar_is_const(&reg(v, r)->var))
		return 0;
	return reject(v, -EINVAL,
		      "R%u doesn't have constant offset. %s has to be at the constant offset", r,
		      what);
}

static u32 offset_of(const struct value *p)
{
	return (u32)((s64)p->var.bits.value + p->fixed);
}

/* Pointers to objects have no variable offset; those that may be null no offset at all. */
static int check_object_off(struct verifier *v, u32 r)
{
	const struct value *p = reg(v, r);

	if (p->kind == V_MAP_VALUE || p->kind == V_STACK || p->kind == V_SCALAR)
		return 0;
	if (!is_local(p) || (p->flags & VF_OR_NULL))
		return check_ptr_off(v, p, r);
	if (!scalar_is_const(&p->var))
		return reject(v, -EACCES, "variable %s access var_off=%s disallowed", "ptr_",
			      tnum_text(v, p->var.bits));
	return 0;
}

static int check_root(struct verifier *v, struct own_call *c, u32 r, u32 kind)
{
	const struct value *p = reg(v, r);
	const struct btf_record *rec;

	if ((p->kind != V_MAP_VALUE && !is_local(p)) || (p->flags & VF_OR_NULL))
		return reject(v, -EINVAL,
			      "arg#%u expected pointer to map value or allocated object", r - 1);
	if (is_local(p) && !p->ref && !(p->flags & VF_NON_OWN))
		return reject(v, -EINVAL, "allocated object must be referenced");
	TRY(check_const_off(v, r, field_name(kind)));
	rec = record_of(p);
	c->root = record_field(rec, offset_of(p), kind);
	if (!c->root)
		return reject(v, -EINVAL, "%s not found at offset=%u", field_name(kind),
			      offset_of(p));
	if (check_locked_with(v, p))
		return reject(v, -EINVAL, "bpf_spin_lock at off=%d must be held for %s",
			      rec->spin_lock_off, field_name(kind));
	return 0;
}

static const char *struct_name(const struct btf *b, u32 id)
{
	return btf_type_name(b, id);
}

static int check_node(struct verifier *v, struct own_call *c, u32 r, u32 kind)
{
	const struct value *p = reg(v, r);
	u32 off = offset_of(p);

	TRY(check_const_off(v, r, field_name(kind)));
	if (!record_field(record_of(p), off, kind))
		return reject(v, -EINVAL, "%s not found at offset=%u", field_name(kind), off);
	if (p->btf != c->root->btf || p->btf_id != c->root->btf_id)
		return reject(v, -EINVAL,
			      "operation on %s expects arg#1 %s at offset=%u in struct %s, but arg "
			      "is at offset=%u in struct %s",
			      field_name(c->root->kind), field_name(kind), c->root->node_off,
			      struct_name(c->root->btf, c->root->btf_id), off,
			      struct_name(p->btf, p->btf_id));
	if (off != c->root->node_off)
		return reject(v, -EINVAL,
			      "arg#1 offset=%u, but expected %s at offset=%u in struct %s", off,
			      field_name(kind), c->root->node_off,
			      struct_name(c->root->btf, c->root->btf_id));
	c->node_reg = r;
	return 0;
}

/* A node to be added: the program must own its object. */
static int check_own_node(struct verifier *v, struct own_call *c, u32 r, u32 kind)
{
	const struct value *p = reg(v, r);

	TRY(check_object_off(v, r));
	if (!is_local(p) || (p->flags & (VF_OR_NULL | VF_NON_OWN)))
		return reject(v, -EINVAL, "arg#%u expected pointer to allocated object", r - 1);
	if (!p->ref)
		return reject(v, -EINVAL, "allocated object must be referenced");
	TRY(check_node(v, c, r, kind));
	c->release_ref = p->ref;
	return 0;
}

/* A node that is in a tree (or was; the tree finds out). */
static int check_tree_node(struct verifier *v, struct own_call *c, u32 r)
{
	const struct value *p = reg(v, r);

	TRY(check_object_off(v, r));
	if (!is_local(p) || (p->flags & VF_OR_NULL) || (!(p->flags & VF_NON_OWN) && !p->ref))
		return reject(v, -EINVAL,
			      "%s can only take non-owning or refcounted bpf_rb_node pointer",
			      kfuncs[c->row].name);
	if (in_less(v))
		return reject(v, -EINVAL, "%s not allowed in rbtree cb", kfuncs[c->row].name);
	return check_node(v, c, r, FIELD_RB_NODE);
}

static int check_owned(struct verifier *v, struct own_call *c, u32 r)
{
	const struct value *p = reg(v, r);

	if (p->flags & VF_OR_NULL)
		return reject(v, -EACCES, "Possibly NULL pointer passed to trusted arg%u", r - 1);
	if (is_local(p) && offset_of(p))
		return reject(
			v, -EINVAL,
			"R%u must have zero offset when passed to release func or trusted arg "
			"to kfunc",
			r);
	TRY(check_object_off(v, r));
	if (!is_local(p) || (p->flags & VF_NON_OWN))
		return reject(v, -EINVAL, "arg#%u expected pointer to allocated object", r - 1);
	if (!p->ref)
		return reject(v, -EINVAL, "allocated object must be referenced");
	c->release_ref = p->ref;
	return 0;
}

static int check_counted(struct verifier *v, struct own_call *c, u32 r)
{
	const struct value *p = reg(v, r);

	if (p->flags & VF_OR_NULL)
		return reject(v, -EACCES, "Possibly NULL pointer passed to trusted arg%u", r - 1);
	TRY(check_object_off(v, r));
	if (!is_local(p))
		return reject(v, -EINVAL, "arg#%u is neither owning or non-owning ref", r - 1);
	if (offset_of(p))
		return reject(
			v, -EINVAL,
			"R%u must have zero offset when passed to release func or trusted arg "
			"to kfunc",
			r);
	if (!record_has(record_of(p), FIELD_REFCOUNT))
		return reject(v, -EINVAL, "arg#%u doesn't point to a type with bpf_refcount field",
			      r - 1);
	c->owning = p->ref && !(p->flags & VF_NON_OWN);
	return 0;
}

/* --- results --- */

/* What the engine passes where the program leaves an argument open. The same on every path. */
int note_hidden(struct verifier *v, u32 r, u64 x)
{
	struct insn_aux *a = &v->aux[v->insn];

	if (a->hidden_reg && (a->hidden_reg != r || a->hidden != x))
		return reject(v, -EINVAL, "same insn cannot be used with different pointers");
	a->hidden_reg = (u8)r;
	a->hidden = x;
	return 0;
}

static void clobber(struct verifier *v)
{
	for (u32 r = 0; r <= 5; r++) {
		invalidate(reg(v, r));
		touch_reg(v, r);
	}
}

/* Has the object a lock? Then its id says which. */
static void number(struct verifier *v, struct value *d, bool or_null)
{
	if (or_null)
		d->flags |= VF_OR_NULL;
	if (or_null || record_has(record_of(d), FIELD_LOCKS))
		d->id = new_id(v);
}

static int return_object(struct verifier *v, const struct btf *btf, u32 id, s32 off, bool acquire,
			 bool or_null)
{
	struct value *r0 = reg(v, BPF_REG_0);

	set_local(r0, btf, id, off);
	number(v, r0, or_null);
	if (!acquire) {
		set_non_owning(r0);
		return 0;
	}
	TRY(ref_acquire(v, v->cur, &r0->ref));
	if (or_null)
		r0->id = r0->ref;
	return 0;
}

#define PERCPU_OBJECT_MAX 512 /* bytes (Linux) */

static bool is_plain_struct(const struct btf *b, const struct btf_type *t, u32 depth)
{
	for (u32 n = 0; n < BTF_INFO_VLEN(t->info); n++) {
		const struct btf_type *m = btf_strip(b, btf_members_of(t)[n].type, NULL);
		u32 kind;

		while (m && BTF_INFO_KIND(m->info) == BTF_KIND_ARRAY)
			m = btf_strip(b, btf_array_of(m)->type, NULL);
		kind = m ? BTF_INFO_KIND(m->info) : BTF_KIND_UNKN;
		if (kind == BTF_KIND_STRUCT && depth < 4 && is_plain_struct(b, m, depth + 1))
			continue;
		if (kind != BTF_KIND_INT && kind != BTF_KIND_ENUM && kind != BTF_KIND_ENUM64)
			return false;
	}
	return true;
}

static int check_percpu_type(struct verifier *v, const struct btf *b, u32 id)
{
	const struct btf_type *t = btf_type(b, id);

	if (t->size > PERCPU_OBJECT_MAX)
		return reject(v, -EINVAL, "bpf_percpu_obj_new type size (%u) is greater than %d",
			      t->size, PERCPU_OBJECT_MAX);
	if (!is_plain_struct(b, t, 0))
		return reject(v, -EINVAL,
			      "bpf_percpu_obj_new type ID argument must be of a struct of scalars");
	if (btf_record_of(b, id))
		return reject(
			v, -EINVAL,
			"bpf_percpu_obj_new type ID argument must not contain special fields");
	return 0;
}

static int do_new(struct verifier *v, bool per_cpu)
{
	struct btf *b = v->p->btf;
	const struct btf_type *t;
	struct local_pool *pool;
	u64 id;

	if (!value_is_const(reg(v, BPF_REG_1), &id))
		return reject(v, -EINVAL, "R1 must be a known constant");
	TRY(mark_precise(v, BPF_REG_1));
	if (id > UINT32_MAX)
		return reject(v, -EINVAL, "local type ID argument must be in range [0, U32_MAX]");
	if (!b)
		return reject(v, -EINVAL, "bpf_obj_new/bpf_percpu_obj_new requires prog BTF");
	t = btf_type(b, (u32)id);
	if (!t || BTF_INFO_KIND(t->info) != BTF_KIND_STRUCT)
		return reject(
			v, -EINVAL,
			"bpf_obj_new/bpf_percpu_obj_new type ID argument must be of a struct");
	if (per_cpu)
		TRY(check_percpu_type(v, b, (u32)id));
	TRY(local_pool_find(v->p->rt, b, (u32)id, per_cpu, &pool));
	TRY(note_hidden(v, BPF_REG_2, (uintptr_t)pool));
	clobber(v);
	TRY(return_object(v, b, (u32)id, 0, true, true));
	if (per_cpu)
		reg(v, BPF_REG_0)->flags |= VF_PERCPU;
	return 0;
}

static int do_drop(struct verifier *v, struct own_call *c)
{
	bool per_cpu = c->row == KFUNC_bpf_percpu_obj_drop_impl;
	bool is_per_cpu = reg(v, BPF_REG_1)->flags & VF_PERCPU;

	if (is_local(reg(v, BPF_REG_1)) && !(reg(v, BPF_REG_1)->flags & VF_OR_NULL) &&
	    per_cpu != is_per_cpu)
		return reject(v, -EINVAL, "arg#0 expected for %s",
			      is_per_cpu ? "bpf_percpu_obj_drop_impl()" : "bpf_obj_drop_impl()");
	TRY(check_owned(v, c, BPF_REG_1));
	TRY(ref_release(v, c->release_ref));
	clobber(v);
	return 0;
}

static int do_acquire(struct verifier *v, struct own_call *c)
{
	struct value p;

	TRY(check_counted(v, c, BPF_REG_1));
	p = *reg(v, BPF_REG_1);
	clobber(v);
	return return_object(v, p.btf, p.btf_id, p.fixed, true, !c->owning);
}

static int do_push(struct verifier *v, struct own_call *c)
{
	TRY(check_root(v, c, BPF_REG_1, FIELD_LIST_HEAD));
	TRY(check_own_node(v, c, BPF_REG_2, FIELD_LIST_NODE));
	TRY(note_hidden(v, BPF_REG_4, c->root->node_off));
	TRY(give_away(v, c->release_ref));
	clobber(v);
	set_scalar(reg(v, BPF_REG_0), scalar_sext(scalar_unknown(), 4));
	return 0;
}

static int return_node(struct verifier *v, const struct own_call *c, bool acquire)
{
	const struct btf_field *root = c->root;

	clobber(v);
	return return_object(v, root->btf, root->btf_id, (s32)root->node_off, acquire, true);
}

static int do_pop(struct verifier *v, struct own_call *c, bool acquire)
{
	TRY(check_root(v, c, BPF_REG_1, FIELD_LIST_HEAD));
	return return_node(v, c, acquire);
}

static int do_tree(struct verifier *v, struct own_call *c, bool has_node, bool acquire)
{
	TRY(check_root(v, c, BPF_REG_1, FIELD_RB_ROOT));
	if (has_node)
		TRY(check_tree_node(v, c, BPF_REG_2));
	return return_node(v, c, acquire);
}

/* less(a, b): both are nodes that the tree owns. */
static void set_up_less(struct frame *f, const struct btf_field *root)
{
	for (u32 r = 1; r <= 2; r++) {
		set_local(&f->reg[r], root->btf, root->btf_id, (s32)root->node_off);
		set_non_owning(&f->reg[r]);
	}
}

static int do_add(struct verifier *v, struct own_call *c)
{
	struct frame *caller, *f;

	TRY(check_root(v, c, BPF_REG_1, FIELD_RB_ROOT));
	TRY(check_own_node(v, c, BPF_REG_2, FIELD_RB_NODE));
	if (reg(v, BPF_REG_3)->kind != V_FUNC)
		return reject(v, -EINVAL, "arg#2 expected pointer to func");
	TRY(note_hidden(v, BPF_REG_5, c->root->node_off));
	TRY(push_callback(v, reg(v, BPF_REG_3)->subprog, 0, 1, &caller, &f));
	set_up_less(f, c->root);
	TRY(give_away(v, c->release_ref));
	clobber(v);
	set_scalar(reg(v, BPF_REG_0), scalar_sext(scalar_unknown(), 4));
	return 0;
}

bool is_object_kfunc(u32 row)
{
	switch (row) {
	case KFUNC_bpf_obj_new_impl:
	case KFUNC_bpf_obj_drop_impl:
	case KFUNC_bpf_percpu_obj_new_impl:
	case KFUNC_bpf_percpu_obj_drop_impl:
	case KFUNC_bpf_refcount_acquire_impl:
	case KFUNC_bpf_list_push_front_impl:
	case KFUNC_bpf_list_push_back_impl:
	case KFUNC_bpf_list_pop_front:
	case KFUNC_bpf_list_pop_back:
	case KFUNC_bpf_list_front:
	case KFUNC_bpf_list_back:
	case KFUNC_bpf_rbtree_add_impl:
	case KFUNC_bpf_rbtree_remove:
	case KFUNC_bpf_rbtree_first:
	case KFUNC_bpf_rbtree_root:
	case KFUNC_bpf_rbtree_left:
	case KFUNC_bpf_rbtree_right: return true;
	default: return false;
	}
}

int do_object_kfunc(struct verifier *v, u32 row)
{
	struct own_call c = { .row = row };
	bool unlocked = row == KFUNC_bpf_obj_new_impl || row == KFUNC_bpf_obj_drop_impl ||
			row == KFUNC_bpf_percpu_obj_new_impl ||
			row == KFUNC_bpf_percpu_obj_drop_impl;

	if (v->cur->active_locks && unlocked)
		return reject(v, -EINVAL, "function calls are not allowed while holding a lock");
	for (u32 r = 1; r <= 2; r++)
		if (r == 1 || row == KFUNC_bpf_list_push_front_impl ||
		    row == KFUNC_bpf_list_push_back_impl || row == KFUNC_bpf_rbtree_add_impl ||
		    row == KFUNC_bpf_rbtree_remove || row == KFUNC_bpf_rbtree_left ||
		    row == KFUNC_bpf_rbtree_right)
			TRY(check_readable(v, r));
	switch (row) {
	case KFUNC_bpf_obj_new_impl: return do_new(v, false);
	case KFUNC_bpf_percpu_obj_new_impl: return do_new(v, true);
	case KFUNC_bpf_percpu_obj_drop_impl:
	case KFUNC_bpf_obj_drop_impl: return do_drop(v, &c);
	case KFUNC_bpf_refcount_acquire_impl: return do_acquire(v, &c);
	case KFUNC_bpf_list_push_front_impl:
	case KFUNC_bpf_list_push_back_impl: return do_push(v, &c);
	case KFUNC_bpf_list_pop_front:
	case KFUNC_bpf_list_pop_back: return do_pop(v, &c, true);
	case KFUNC_bpf_list_front:
	case KFUNC_bpf_list_back: return do_pop(v, &c, false);
	case KFUNC_bpf_rbtree_add_impl: TRY(check_readable(v, BPF_REG_3)); return do_add(v, &c);
	case KFUNC_bpf_rbtree_remove: return do_tree(v, &c, true, true);
	case KFUNC_bpf_rbtree_left:
	case KFUNC_bpf_rbtree_right: return do_tree(v, &c, true, false);
	default: return do_tree(v, &c, false, false);
	}
}
