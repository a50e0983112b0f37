/* Arguments and results of helpers that are objects of the kernel's, described by its BTF.
 *
 * Sound because: types say only what a helper may be told the pointer is. Whether anything is at its address
 * nobody knows before it runs, so helpers look there by memory_read() or not at all, and programs by probe
 * loads. Memory that helpers read without asking is never in such objects, though Linux allows that. */
#include "verifier/env.h"

#include "map/local.h"

bool takes_btf(u16 arg)
{
	switch (arg & SKEP_ARG_KIND) {
	case SKEP_ARG_BTF:
	case SKEP_ARG_PERCPU:
	case SKEP_ARG_SOCK_OR_BTF:
	case SKEP_ARG_SOCK_TO_ASSIGN: return true;
	default: return false;
	}
}

/* What the pointer may be, besides a plain one. */
static u16 flags_taken(u16 arg)
{
	switch (arg & SKEP_ARG_KIND) {
	case SKEP_ARG_PERCPU: return VF_PERCPU | VF_TRUSTED | VF_RCU;
	case SKEP_ARG_BTF: return VF_TRUSTED | VF_RCU;
	default: return VF_TRUSTED;
	}
}

int check_btf_kind(struct verifier *v, u32 r, u16 arg, const char *names)
{
	const struct value *p = reg(v, r);
	u16 may = flags_taken(arg) | (arg & SKEP_ARG_OR_NULL ? VF_OR_NULL : 0);
	u16 must = (arg & SKEP_ARG_KIND) == SKEP_ARG_PERCPU ? VF_PERCPU : 0;

	if ((p->flags & ~may) || (p->flags & must) != must)
		return reject(v, -EACCES, "R%u type=%s expected=%s", r, text_kind(p), names);
	return 0;
}

/* An object where a helper wants memory: in Linux's words, as far as it refuses that, too. */
int refuse_btf_memory(struct verifier *v, const struct call_meta *m, u32 r, const char *names)
{
	const struct value *p = reg(v, r), *size = r < BPF_REG_5 ? reg(v, r + 1) : NULL;
	u16 arg = m->h->arg[r - 1] & SKEP_ARG_KIND;

	if (p->flags != VF_TRUSTED)
		return reject(v, -EACCES, "R%u type=%s expected=%s", r, text_kind(p), names);
	if (arg != SKEP_ARG_MEM)
		return reject(v, -EACCES, "bpf_%s() may write into memory pointed by R%u type=%s",
			      m->h->name, r, text_kind(p));
	if (size && size->kind == V_SCALAR && size->var.umax < MAX_OFF)
		TRY(access_btf(v, r, p->fixed, (u32)size->var.umax, ACCESS_READ, -1, false));
	return reject(v, -EACCES, "R%u type=%s expected=%s", r, text_kind(p), names);
}

static int find_struct(struct verifier *v, const char *name, struct btf **b, u32 *id)
{
	int found;

	TRY(kernel_btf(v, b));
	found = btf_find(*b, name, BTF_KIND_STRUCT);
	if (found < 0)
		return reject(v, -EINVAL, "the kernel's BTF has no struct %s", name);
	*id = (u32)found;
	return 0;
}

static int check_type(struct verifier *v, u32 r, const struct btf *b, u32 id)
{
	const struct value *p = reg(v, r);

	if (btf_ids_match(p->btf, p->btf_id, (s64)p->var.bits.value + p->fixed, b, id, false))
		return 0;
	return reject(v, -EACCES, "R%u is of type %s but %s is expected", r,
		      btf_type_name(p->btf, p->btf_id), btf_type_name(b, id));
}

/* The same for arguments of functions of the program's own. */
int check_btf_object(struct verifier *v, u32 r, u16 arg, const struct btf *b, u32 id)
{
	const char *names = "ptr_, trusted_ptr_, rcu_ptr_";

	if (reg(v, r)->kind != V_BTF)
		return reject(v, -EACCES, "R%u type=%s expected=%s", r, text_kind(reg(v, r)),
			      names);
	return check_btf_kind(v, r, arg, names) ?: check_type(v, r, b, id);
}

int check_btf_arg(struct verifier *v, const struct call_meta *m, u32 r, u16 arg)
{
	bool sock = (arg & SKEP_ARG_KIND) != SKEP_ARG_BTF;
	struct btf *b;
	u32 id = 0;

	TRY(find_struct(v, sock ? "sock_common" : m->h->arg_struct, &b, &id));
	return check_type(v, r, b, id);
}

int return_btf(struct verifier *v, const struct call_meta *m)
{
	struct value *r0 = reg(v, BPF_REG_0);
	struct btf *b;
	u32 id = 0;

	TRY(find_struct(v, m->h->ret_struct, &b, &id));
	set_pointer(r0, V_BTF);
	r0->btf = b;
	r0->btf_id = id;
	if (m->h->flags & SKEP_HELPER_CASTS)
		r0->ref = m->cast_ref;
	if (m->h->ret == SKEP_RET_BTF_TRUSTED)
		r0->flags = VF_TRUSTED;
	if (m->h->ret == SKEP_RET_BTF_OR_NULL) {
		r0->flags = VF_OR_NULL;
		r0->id = new_id(v);
	}
	return 0;
}

/* A structure is read by probe loads; a number or array of them lies in memory of ours (ksym.c). */
int return_percpu(struct verifier *v, const struct call_meta *m)
{
	struct value *r0 = reg(v, BPF_REG_0);
	const struct value *p = &m->percpu;
	const struct btf_type *t;
	s64 size;
	u32 id, stride = 0;

	t = btf_strip(p->btf, p->btf_id, &id);
	if (p->flags & VF_RCU) { /* an object that the program allocated */
		set_pointer(r0, V_BTF);
		r0->flags = VF_ALLOC | VF_RCU;
		r0->btf = p->btf;
		r0->btf_id = id;
		stride = local_cpu_stride(t->size);
	} else if (btf_is_struct(t)) {
		set_pointer(r0, V_BTF);
		r0->btf = p->btf;
		r0->btf_id = id;
	} else {
		size = btf_type_size(p->btf, id);
		if (size < 0)
			return reject(v, -EINVAL, "unable to resolve the size of type '%s': %d",
				      btf_type_name(p->btf, id), -EINVAL);
		set_pointer(r0, V_MEM);
		r0->flags = VF_RDONLY;
		r0->mem_size = (u32)size;
	}
	if (m->h->ret == SKEP_RET_PERCPU_OR_NULL) {
		r0->flags |= VF_OR_NULL;
		r0->id = new_id(v);
		return note_hidden(v, BPF_REG_3, stride);
	}
	return note_hidden(v, BPF_REG_2, stride);
}
