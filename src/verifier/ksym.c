/* Variables of the kernel that programs name by their BTF (ld_imm64 with BPF_PSEUDO_BTF_ID).
 *
 * In user space all of them are zero: variables of numbers lie in read-only zeros of ours, structures are read by
 * probe loads, which yield zero.
 * Sound because: numbers larger than those zeros are refused, and nothing may be written. */
#include "verifier/env.h"

static const u8 zeros[1 << 16];

int kernel_btf(struct verifier *v, struct btf **out)
{
	if (!v->kernel && v->env->kernel_btf)
		TRY(v->env->kernel_btf(v->env->arg, &v->kernel));
	if (!v->kernel)
		return reject(
			v, -EINVAL,
			"kernel is missing BTF, make sure CONFIG_DEBUG_INFO_BTF=y is specified "
			"in Kconfig.");
	*out = v->kernel;
	return 0;
}

static bool is_percpu(const struct btf *b, u32 var)
{
	int sec = btf_find(b, ".data..percpu", BTF_KIND_DATASEC);
	const struct btf_type *t = sec < 0 ? NULL : btf_type(b, (u32)sec);

	for (u32 n = 0; t && n < BTF_INFO_VLEN(t->info); n++)
		if (btf_secinfos_of(t)[n].type == var)
			return true;
	return false;
}

static int resolve_var(struct verifier *v, struct insn_aux *a, const struct btf *b, u32 var,
		       const struct btf_type *t)
{
	u32 id = t->type;
	s64 size = btf_type_size(b, id);
	const struct btf_type *target = btf_strip(b, id, &id);

	a->percpu = is_percpu(b, var);
	if (btf_is_struct(target)) {
		a->btf_id = id;
		return 0;
	}
	if (a->percpu) /* not to be read but through bpf_per_cpu_ptr(), which tells what it is */
		a->btf_id = t->type;
	if (size < 0 || (size_t)size > sizeof(zeros))
		return reject(v, -EINVAL, "ldimm64 unable to resolve the size of type '%s'",
			      btf_type_name(b, id));
	a->mem_size = (u32)size;
	return 0;
}

static void place(struct bpf_insn *i)
{
	u64 addr = (uintptr_t)zeros;

	i[0].src_reg = 0;
	i[0].imm = (s32)(u32)addr;
	i[1].imm = (s32)(addr >> 32);
}

/* Before the walk: what is the variable? */
int resolve_ksym(struct verifier *v, struct bpf_insn *i)
{
	struct insn_aux *a = &v->aux[i - v->insns];
	const struct btf_type *t;
	struct btf *b;

	TRY(kernel_btf(v, &b));
	if (i[1].imm)
		return reject(v, -EINVAL, "invalid module BTF object FD specified.");
	t = btf_type(b, (u32)i->imm);
	if (!t || !i->imm)
		return reject(v, -EINVAL, "ldimm64 insn specifies invalid btf_id %d.", i->imm);
	if (BTF_INFO_KIND(t->info) == BTF_KIND_FUNC) {
		place(i); /* a number: programs ask only whether it is zero */
		return 0;
	}
	if (BTF_INFO_KIND(t->info) != BTF_KIND_VAR)
		return reject(v, -EINVAL, "pseudo btf_id %d in ldimm64 isn't KIND_VAR or KIND_FUNC",
			      i->imm);
	TRY(resolve_var(v, a, b, (u32)i->imm, t));
	a->is_ksym = true;
	place(i);
	return 0;
}

int load_ksym(struct verifier *v, struct value *d)
{
	const struct insn_aux *a = &v->aux[v->insn];

	if (!a->btf_id) {
		set_pointer(d, V_MEM);
		d->flags = VF_RDONLY;
		d->mem_size = a->mem_size;
		return 0;
	}
	set_pointer(d, V_BTF);
	d->btf = v->kernel;
	d->btf_id = a->btf_id;
	d->flags = a->percpu ? VF_PERCPU : 0;
	return 0;
}
