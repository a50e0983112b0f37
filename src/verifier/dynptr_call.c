/* Kernel functions on dynptrs.
 *
 * Sound because: a slice is memory of a constant size that ends with its dynptr and, if it is a packet's, with
 * every change of the packet (forget_packets). */
#include "verifier/object.h"

#include "kfunc/kfunc.h"
#include "prog/prog.h"

static int need_numbers(struct verifier *v, u32 from, u32 to)
{
	for (u32 r = from; r <= to; r++) {
		TRY(check_readable(v, r));
		if (reg(v, r)->kind != V_SCALAR)
			return reject(v, -EINVAL, "R%u is not a scalar", r);
	}
	return 0;
}

static int finish(struct verifier *v, bool number)
{
	for (u32 r = 0; r <= 5; r++) {
		invalidate(reg(v, r));
		touch_reg(v, r);
	}
	if (number)
		set_scalar(reg(v, BPF_REG_0), scalar_sext(scalar_unknown(), 4));
	return 0;
}

/* Functions are allowed to more program types than have packets as their contexts. */
static bool has_packet(const struct verifier *v, u32 kind)
{
	return v->p->type->flags & (kind == SKEP_DYNPTR_SKB ? SKEP_PROG_SKB : SKEP_PROG_XDP);
}

/* Contexts that point to a packet of the kernel's. */
static bool shows_packets(const struct verifier *v)
{
	enum { PROG_TYPE_NETFILTER = 32 };

	return (v->p->type->flags & SKEP_PROG_BTF_CTX) || v->p->type->type == PROG_TYPE_NETFILTER;
}

/* The packet: the context, or in programs with such contexts a trusted packet of the kernel's (which has no
 * memory here: the function gives a null dynptr). */
static int check_packet(struct verifier *v, u32 kind)
{
	const struct value *p = reg(v, BPF_REG_1);
	int id;

	if (kind != SKEP_DYNPTR_SKB || p->kind == V_CTX || !shows_packets(v)) {
		if (p->kind != V_CTX || !has_packet(v, kind))
			return reject(v, -EINVAL, "arg#0 expected pointer to ctx, but got %s",
				      text_kind(p));
		return check_ptr_off(v, p, BPF_REG_1);
	}
	if (p->flags & VF_OR_NULL || value_is_zero(p))
		return reject(v, -EACCES, "Possibly NULL pointer passed to trusted arg0");
	if (!is_trusted(p))
		return reject(v, -EINVAL, "R1 must be referenced or trusted");
	id = v->kernel ? btf_find(v->kernel, "sk_buff", BTF_KIND_STRUCT) : -ENOENT;
	if (p->kind != V_BTF || id < 0 || !scalar_is_const(&p->var) ||
	    !btf_ids_match(p->btf, p->btf_id, (s64)p->var.bits.value + p->fixed, v->kernel, (u32)id,
			   false))
		return reject(v, -EINVAL, "arg#0 expected pointer to ctx, but got %s",
			      text_kind(p));
	return 0;
}

static int do_from_packet(struct verifier *v, u32 kind)
{
	struct value at;

	TRY(check_readable(v, BPF_REG_1));
	TRY(check_packet(v, kind));
	TRY(need_numbers(v, BPF_REG_2, BPF_REG_2));
	TRY(check_readable(v, BPF_REG_3));
	TRY(check_dynptr_uninit(v, BPF_REG_3));
	at = *reg(v, BPF_REG_3);
	TRY(make_dynptr(v, &at, kind, false, 0));
	return finish(v, true);
}

static int check_pointer(struct verifier *v, u32 r)
{
	TRY(check_readable(v, r));
	if (reg(v, r)->kind == V_DYNPTR)
		return check_ptr_off(v, reg(v, r), r);
	if (reg(v, r)->kind == V_STACK)
		return 0;
	return reject(v, -EINVAL, "arg#%u expected pointer to stack or const struct bpf_dynptr",
		      r - 1);
}

int find_dynptr(struct verifier *v, u32 r, struct value *d)
{
	const struct value *found;

	TRY(check_pointer(v, r));
	TRY(check_dynptr_arg(v, r, 0, 0, &found));
	*d = *found;
	return 0;
}

static int check_buffer(struct verifier *v)
{
	const struct scalar *s = &reg(v, BPF_REG_4)->var;
	int err = 0;

	if (value_is_zero(reg(v, BPF_REG_3)))
		return mark_precise(v, BPF_REG_3);
	if (s->smin < 0)
		err = reject(v, -EACCES,
			     "R4 min value is negative, either use unsigned or 'var &= const'");
	else if (s->umax >= MAX_OFF)
		err = reject(
			v, -EACCES,
			"R4 unbounded memory access, use 'var &= const' or 'if (var < const)'");
	if (!err)
		err = check_helper_mem(v, BPF_REG_3, s->umax, ACCESS_READ, true);
	if (!err)
		err = check_helper_mem(v, BPF_REG_3, s->umax, ACCESS_WRITE, true);
	if (err)
		return reject(v, err,
			      "arg#2 arg#3 memory, len pair leads to invalid memory access");
	return 0;
}

static int do_slice(struct verifier *v, bool write)
{
	struct value d, *r0;
	u64 size;

	TRY(find_dynptr(v, BPF_REG_1, &d));
	TRY(need_numbers(v, BPF_REG_2, BPF_REG_2));
	TRY(check_readable(v, BPF_REG_3));
	TRY(need_numbers(v, BPF_REG_4, BPF_REG_4));
	TRY(check_buffer(v));
	if (!value_is_const(reg(v, BPF_REG_4), &size))
		return reject(v, -EINVAL, "R4 must be a known constant");
	TRY(mark_precise(v, BPF_REG_4));
	if (write && !(v->p->type->flags & SKEP_PROG_PKT_WRITE))
		return reject(v, -EINVAL, "the prog does not allow writes to packet data");
	TRY(finish(v, false));
	r0 = reg(v, BPF_REG_0);
	set_pointer(r0, V_MEM);
	r0->flags = VF_OR_NULL | (write ? 0 : VF_RDONLY);
	r0->mem_size = (u32)size;
	r0->range = d.id;
	r0->first = d.dynptr == SKEP_DYNPTR_SKB || d.dynptr == SKEP_DYNPTR_XDP;
	/* Linux lets slices of records go with their dynptr only; so do we, by its id. */
	r0->id = new_id(v);
	return 0;
}

static int do_clone(struct verifier *v)
{
	struct value d, at;

	TRY(find_dynptr(v, BPF_REG_1, &d));
	TRY(check_pointer(v, BPF_REG_2));
	TRY(check_dynptr_uninit(v, BPF_REG_2));
	at = *reg(v, BPF_REG_2);
	TRY(make_dynptr(v, &at, d.dynptr, false, d.ref));
	return finish(v, true);
}

static int do_plain(struct verifier *v, u32 numbers)
{
	struct value d;

	TRY(find_dynptr(v, BPF_REG_1, &d));
	TRY(need_numbers(v, BPF_REG_2, 1 + numbers));
	return finish(v, true);
}

static int do_copy(struct verifier *v)
{
	struct value d;

	TRY(find_dynptr(v, BPF_REG_1, &d));
	TRY(need_numbers(v, BPF_REG_2, BPF_REG_2));
	TRY(find_dynptr(v, BPF_REG_3, &d));
	TRY(need_numbers(v, BPF_REG_4, BPF_REG_5));
	return finish(v, true);
}

/* A bool: the low byte of what comes back counts. */
static int do_question(struct verifier *v)
{
	TRY(do_plain(v, 0));
	set_scalar(reg(v, BPF_REG_0), scalar_zext(scalar_unknown(), 1));
	return 0;
}

bool is_dynptr_kfunc(u32 row)
{
	switch (row) {
	case KFUNC_bpf_dynptr_from_skb:
	case KFUNC_bpf_dynptr_from_xdp:
	case KFUNC_bpf_dynptr_slice:
	case KFUNC_bpf_dynptr_slice_rdwr:
	case KFUNC_bpf_dynptr_adjust:
	case KFUNC_bpf_dynptr_is_null:
	case KFUNC_bpf_dynptr_is_rdonly:
	case KFUNC_bpf_dynptr_size:
	case KFUNC_bpf_dynptr_clone:
	case KFUNC_bpf_dynptr_copy:
	case KFUNC_bpf_dynptr_memset: return true;
	default: return false;
	}
}

int do_dynptr_kfunc(struct verifier *v, u32 row)
{
	switch (row) {
	case KFUNC_bpf_dynptr_from_skb: return do_from_packet(v, SKEP_DYNPTR_SKB);
	case KFUNC_bpf_dynptr_from_xdp: return do_from_packet(v, SKEP_DYNPTR_XDP);
	case KFUNC_bpf_dynptr_slice: return do_slice(v, false);
	case KFUNC_bpf_dynptr_slice_rdwr: return do_slice(v, true);
	case KFUNC_bpf_dynptr_adjust: return do_plain(v, 2);
	case KFUNC_bpf_dynptr_is_null:
	case KFUNC_bpf_dynptr_is_rdonly: return do_question(v);
	case KFUNC_bpf_dynptr_clone: return do_clone(v);
	case KFUNC_bpf_dynptr_copy: return do_copy(v);
	case KFUNC_bpf_dynptr_memset: return do_plain(v, 3);
	default: return do_plain(v, 0);
	}
}
