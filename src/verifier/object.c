/* Objects that programs own, and pointers to objects in map values (kptrs): loads, stores, exchanges.
 *
 * Sound because: an object's data may be read and written, its other fields never; a kptr changes only by
 * bpf_kptr_xchg, which moves a reference in and another one out. What a load of a kptr yields is no reference:
 * it may be followed, by loads that check their address at run time or into type-stable memory. */
#include "verifier/object.h"

#include <string.h>

static const char *name_of(const struct value *p)
{
	return btf_type_name(p->btf, p->btf_id);
}

int access_object(struct verifier *v, u32 r, s32 off, u32 size, enum access how, int value_reg,
		  bool sign)
{
	const struct value *p = reg(v, r);
	const struct btf_record *rec = value_record(p);
	u32 whole = btf_type(p->btf, p->btf_id)->size;
	struct scalar s = scalar_unknown();

	if (p->flags & VF_PERCPU)
		return reject(v, -EACCES, "R%u is ptr_%s access percpu memory: off=%d", r,
			      name_of(p), off);
	if (off < 0)
		return reject(v, -EACCES, "R%u is ptr_%s invalid negative access: off=%d", r,
			      name_of(p), off);
	if (!scalar_is_const(&p->var) || p->var.bits.value)
		return reject(v, -EACCES,
			      "R%u is ptr_%s invalid variable offset: off=%d, var_off=%s", r,
			      name_of(p), off, tnum_text(v, p->var.bits));
	for (u32 n = 0; rec && n < rec->nr; n++)
		if ((u32)off < rec->field[n].off + rec->field[n].size &&
		    (u32)off + size > rec->field[n].off)
			return reject(v, -EACCES, "direct access to %s is disallowed",
				      field_name(rec->field[n].kind));
	if ((u64)(u32)off + size > whole)
		return reject(v, -EACCES, "access beyond struct %s at off %d size %u", name_of(p),
			      off, size);
	if (how == ACCESS_WRITE) {
		if (value_reg >= 0 && leaks_pointer(v, reg(v, (u32)value_reg)))
			return reject(v, -EACCES, "R%d leaks addr into mem", value_reg);
		return 0;
	}
	if (value_reg < 0)
		return 0;
	if (size < 8)
		s = sign ? scalar_sext(s, size) : scalar_zext(s, size);
	set_scalar(reg(v, (u32)value_reg), s);
	return 0;
}

/* --- kptrs --- */

static void set_object(struct value *d, const struct btf_field *f)
{
	set_pointer(d, V_BTF);
	d->btf = f->btf;
	d->btf_id = f->btf_id;
}

/* The field that a pointer to a map value or object points at. */
int check_kptr_arg(struct verifier *v, struct call_meta *m, u32 r)
{
	const struct value *p = reg(v, r);
	const struct btf_record *rec = value_record(p);
	const struct btf_field *f;
	s64 off = (s64)p->var.bits.value + p->fixed;

	if (p->kind == V_BTF && !is_local(p))
		return reject(v, -EACCES, "R%u type=%s expected=%s", r, text_kind(p),
			      "map_value, ptr_");
	if (!scalar_is_const(&p->var))
		return reject(v, -EINVAL,
			      "R%u doesn't have constant offset. kptr has to be at the constant "
			      "offset",
			      r);
	if (!record_has(rec, FIELD_KPTRS))
		return reject(v, -EINVAL, "R%u has no valid kptr", r);
	f = record_field(rec, (u32)off, FIELD_KPTRS);
	if (!f)
		return reject(v, -EACCES, "off=%lld doesn't point to kptr", (long long)off);
	if (f->kind == FIELD_KPTR_UNREF)
		return reject(v, -EACCES, "off=%lld kptr isn't referenced kptr", (long long)off);
	m->kptr = f;
	return 0;
}

/* What goes in must be of the field's type, whole and owned. */
int check_kptr_object(struct verifier *v, const struct call_meta *m, u32 r)
{
	const struct value *p = reg(v, r);
	const struct btf_field *f = m->kptr;

	bool per_cpu = f->kind == FIELD_KPTR_PERCPU;

	if (p->btf == f->btf && p->btf_id == f->btf_id &&
	    !(p->flags & (VF_NON_OWN | VF_UNTRUSTED)) && per_cpu == !!(p->flags & VF_PERCPU))
		return 0;
	return reject(v, -EINVAL, "invalid kptr access, R%u type=%s%s expected=ptr_%s", r,
		      text_kind(p), name_of(p), btf_type_name(f->btf, f->btf_id));
}

/* A per-CPU object that went into a kptr is the map's now, but lasts as long as the RCU section. */
void keep_percpu_in_rcu(struct verifier *v, u32 ref)
{
	if (!in_rcu_section(v))
		return;
	FOR_EACH_VALUE (v->cur, f, val) {
		(void)f;
		if (val->kind != V_BTF || val->ref != ref || !(val->flags & VF_PERCPU))
			continue;
		val->ref = 0;
		val->flags = (u16)((val->flags & ~VF_ALLOC) | VF_RCU);
	}
}

int return_kptr(struct verifier *v, const struct call_meta *m)
{
	struct value *r0 = reg(v, BPF_REG_0);

	set_object(r0, m->kptr);
	r0->flags = VF_OR_NULL;
	if (!m->kptr->btf->kernel)
		r0->flags |= VF_ALLOC;
	if (m->kptr->kind == FIELD_KPTR_PERCPU)
		r0->flags |= VF_PERCPU;
	new_id(v); /* Linux numbers the pointer before its reference */
	TRY(ref_acquire(v, v->cur, &r0->ref));
	r0->id = r0->ref;
	return 0;
}

/* Objects whose memory lasts as long as an RCU section in which they were found: the program's own, and those
 * of the kernel's that it frees so. */
static bool lasts_in_rcu(const struct btf_field *f)
{
	static const char *const names[] = { "task_struct", "cgroup", "bpf_cpumask",
					     "bpf_crypto_ctx" };

	if (!f->btf->kernel || f->kind == FIELD_KPTR_PERCPU)
		return true;
	for (u32 n = 0; n < ARRAY_SIZE(names); n++)
		if (!strcmp(btf_type_name(f->btf, f->btf_id), names[n]))
			return true;
	return false;
}

static int load_kptr(struct verifier *v, const struct btf_field *f, u32 dst)
{
	struct value *d = reg(v, dst);

	set_object(d, f);
	d->id = new_id(v);
	d->flags = VF_OR_NULL;
	if (f->kind == FIELD_KPTR_UNREF || !in_rcu_section(v) || !lasts_in_rcu(f)) {
		d->flags |= VF_UNTRUSTED;
		return 0;
	}
	d->flags |= VF_RCU;
	if (f->kind == FIELD_KPTR_PERCPU)
		d->flags |= VF_PERCPU;
	else if (!f->btf->kernel)
		d->flags |= VF_ALLOC;
	return 0;
}

/* A load or store that touches a kptr field of a map value: the field as a whole, at a known place.
 * 1: done, 0: it touches none. */
int access_kptr(struct verifier *v, u32 r, s32 off, u32 size, enum access how, int value_reg,
		const s32 *imm)
{
	const struct value *p = reg(v, r);
	const struct btf_record *rec = p->map->record;
	s64 lo = p->var.smin + off, hi = (s64)p->var.umax + off + (s64)size;

	for (u32 n = 0; rec && n < rec->nr; n++) {
		const struct btf_field *f = &rec->field[n];

		if (!(f->kind & (FIELD_KPTRS | FIELD_UPTR)) || lo >= f->off + f->size ||
		    hi <= f->off)
			continue;
		if (!scalar_is_const(&p->var))
			return reject(v, -EACCES, "%s access cannot have variable offset",
				      field_name(f->kind));
		if (lo != f->off)
			return reject(v, -EACCES, "%s access misaligned expected=%u off=%lld",
				      field_name(f->kind), f->off, (long long)lo);
		if (size != 8)
			return reject(v, -EACCES, "%s access size must be BPF_DW",
				      field_name(f->kind));
		if (how == ACCESS_READ && value_reg >= 0)
			return load_kptr(v, f, (u32)value_reg) ?: 1;
		if (f->kind != FIELD_KPTR_UNREF)
			return reject(v, -EACCES, "store to referenced kptr disallowed");
		if (imm && *imm)
			return reject(v, -EACCES,
				      "BPF_ST imm must be 0 when storing to kptr at off=%u",
				      f->off);
		if (imm || (value_reg >= 0 && value_is_zero(reg(v, (u32)value_reg))))
			return 1;
		if (value_reg >= 0 && reg(v, (u32)value_reg)->kind == V_BTF) {
			struct call_meta m = { .kptr = f };

			return check_kptr_object(v, &m, (u32)value_reg) ?: 1;
		}
		return reject(v, -EINVAL, "invalid kptr access, R%d type=%s expected=ptr_%s",
			      value_reg, value_reg < 0 ? "" : text_kind(reg(v, (u32)value_reg)),
			      btf_type_name(f->btf, f->btf_id));
	}
	return 0;
}
