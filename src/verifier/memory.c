/* Loads, stores and atomics: through which pointer, inside which bounds, with which result.
 *
 * Sound because: an access is accepted only if the smallest and the largest address that the pointer
 * may hold, taken from ranges that over-approximate, both lie inside the region. Kinds of pointers that
 * are not listed here cannot be dereferenced. */
#include "verifier/env.h"

#include <string.h>

#include "map/arena.h"
#include "prog/prog.h"
#include "verifier/object.h"

/* --- regions --- */

static int outside(struct verifier *v, u32 r, s64 off, u64 size, u64 mem_size)
{
	const struct value *p = reg(v, r);

	switch (p->kind) {
	case V_MAP_KEY:
		return reject(
			v, -EACCES, "invalid access to map key, key_size=%llu off=%lld size=%llu",
			(unsigned long long)mem_size, (long long)off, (unsigned long long)size);
	case V_MAP_VALUE:
		return reject(v, -EACCES,
			      "invalid access to map value, value_size=%llu off=%lld size=%llu",
			      (unsigned long long)mem_size, (long long)off,
			      (unsigned long long)size);
	case V_PKT:
	case V_PKT_META:
		return reject(
			v, -EACCES,
			"invalid access to packet, off=%lld size=%llu, R%u(id=%u,off=%lld,r=%llu)",
			(long long)off, (unsigned long long)size, r, p->id, (long long)off,
			(unsigned long long)mem_size);
	default:
		return reject(
			v, -EACCES, "invalid access to memory, mem_size=%llu off=%lld size=%llu",
			(unsigned long long)mem_size, (long long)off, (unsigned long long)size);
	}
}

static int check_range(struct verifier *v, u32 r, s64 off, u64 size, u64 mem_size, bool zero_ok)
{
	if (off >= 0 && (size || zero_ok) && (u64)off + size <= mem_size)
		return 0;
	return outside(v, r, off, size, mem_size);
}

/* Sound because: var.smin and var.umax bound the variable part, off (fixed included) is below 2^30 in
 * magnitude, so neither sum wraps. */
int check_region(struct verifier *v, u32 r, s32 off, u64 size, u64 mem_size, bool zero_ok)
{
	const struct scalar *s = &reg(v, r)->var;

	if (s->smin < 0 &&
	    (s->smin == INT64_MIN || off + s->smin != (s32)(off + s->smin) || s->smin + off < 0))
		return reject(v, -EACCES,
			      "R%u min value is negative, either use unsigned index or do a if "
			      "(index >=0) check.",
			      r);
	if (check_range(v, r, s->smin + off, size, mem_size, zero_ok))
		return reject(v, -EACCES, "R%u min value is outside of the allowed memory range",
			      r);
	if (s->umax >= MAX_OFF)
		return reject(
			v, -EACCES,
			"R%u unbounded memory access, make sure to bounds check any such access",
			r);
	if (check_range(v, r, (s64)s->umax + off, size, mem_size, zero_ok))
		return reject(v, -EACCES, "R%u max value is outside of the allowed memory range",
			      r);
	return 0;
}

/* Packet pointers: the range was proven for the pointer without its fixed offset, variable part
 * included, so only the fixed offset counts here. */
static int check_packet(struct verifier *v, u32 r, s32 off, u64 size, bool zero_ok)
{
	const struct value *p = reg(v, r);

	if (p->var.smin < 0)
		return reject(v, -EACCES,
			      "R%u min value is negative, either use unsigned index or do a if "
			      "(index >=0) check.",
			      r);
	if (p->beyond)
		return reject(v, -EINVAL, "R%u offset is outside of the packet", r);
	if (check_range(v, r, off, size, p->range, zero_ok))
		return reject(v, -EACCES, "R%u offset is outside of the packet", r);
	return 0;
}

static bool overlaps(s64 lo, s64 hi, s64 field, u32 size)
{
	return lo < field + (s64)size && hi > field;
}

/* [lo, hi) of something with that record: none of its fields that are not data? Pointers to objects are
 * loaded and stored by check_kptr(). */
int check_fields_untouched(struct verifier *v, const struct btf_record *r, s64 lo, s64 hi)
{
	for (u32 n = 0; r && n < r->nr; n++) {
		const struct btf_field *f = &r->field[n];

		if (!overlaps(lo, hi, f->off, f->size))
			continue;
		if (f->kind & (FIELD_KPTRS | FIELD_UPTR))
			return reject(v, -EACCES, "%s cannot be accessed indirectly by helper",
				      field_name(f->kind));
		return reject(v, -EACCES, "%s cannot be accessed directly by load/store",
			      field_name(f->kind));
	}
	return 0;
}

/* Locks and timers inside a value are touched only by their helpers. */
static int check_special_fields(struct verifier *v, u32 r, s32 off, u64 size)
{
	const struct value *p = reg(v, r);
	s64 lo = p->var.smin + off, hi = (s64)p->var.umax + off + (s64)size;

	return check_fields_untouched(v, p->map->record, lo, hi);
}

static int check_map_rights(struct verifier *v, u32 r, s32 off, u64 size, enum access how)
{
	const struct skep_map *m = reg(v, r)->map;

	if (how == ACCESS_WRITE && (m->flags & BPF_F_RDONLY_PROG))
		return reject(v, -EACCES,
			      "write into map forbidden, value_size=%u off=%d size=%llu",
			      m->value_size, off, (unsigned long long)size);
	if (how == ACCESS_READ && (m->flags & BPF_F_WRONLY_PROG))
		return reject(v, -EACCES, "read from map forbidden, value_size=%u off=%d size=%llu",
			      m->value_size, off, (unsigned long long)size);
	return 0;
}

static int check_map_value(struct verifier *v, u32 r, s32 off, u64 size, enum access how,
			   bool zero_ok)
{
	TRY(check_map_rights(v, r, off, size, how));
	TRY(check_region(v, r, off, size, reg(v, r)->map->value_size, zero_ok));
	return check_special_fields(v, r, off, size);
}

/* Pointers that must be used as they were got. */
int check_ptr_off(struct verifier *v, const struct value *p, u32 r)
{
	if (p->fixed < 0)
		return reject(v, -EACCES, "negative offset %s ptr R%u off=%d disallowed",
			      text_kind(p), r, p->fixed);
	if (p->fixed)
		return reject(v, -EACCES, "dereference of modified %s ptr R%u off=%d disallowed",
			      text_kind(p), r, p->fixed);
	if (!scalar_is_const(&p->var) || p->var.bits.value) {
		return reject(v, -EACCES, "variable %s access var_off=%s disallowed", text_kind(p),
			      tnum_text(v, p->var.bits));
	}
	return 0;
}

/* --- what a load yields --- */

/* A value in a map that nobody may write any more is as good as a constant. */
static bool known_map_value(const struct value *p, s32 off, u32 size, u64 *x)
{
	struct skep_map *m = p->map;
	u64 addr, at;

	if (p->map_uid || !(m->flags & BPF_F_RDONLY_PROG) || !atomic_load(&m->frozen) ||
	    atomic_load(&m->writers) || !m->type->value_addr || !scalar_is_const(&p->var))
		return false;
	at = p->var.bits.value + (u64)(s64)off;
	if (at + size > m->value_size || m->type->value_addr(m, (u32)at, &addr))
		return false;
	*x = 0;
	memcpy(x, (const void *)(uintptr_t)addr, size); /* little endian */
	return true;
}

void load_number(struct verifier *v, int dst, u32 size, bool sign)
{
	struct scalar s = scalar_unknown();

	if (dst < 0)
		return;
	if (size < 8)
		s = sign ? scalar_sext(s, size) : scalar_zext(s, size);
	set_scalar(reg(v, (u32)dst), s);
}

static void load_map_value(struct verifier *v, const struct value *p, s32 off, u32 size, int dst,
			   bool sign)
{
	struct scalar s;
	u64 x;

	if (dst < 0 || !known_map_value(p, off, size, &x)) {
		load_number(v, dst, size, sign);
		return;
	}
	s = scalar_const(x);
	if (sign && size < 8)
		s = scalar_sext(s, size);
	set_scalar(reg(v, (u32)dst), s);
}

static const u8 field_kinds[] = {
	[SKEP_FIELD_SCALAR] = V_SCALAR,
	[SKEP_FIELD_PKT] = V_PKT,
	[SKEP_FIELD_PKT_META] = V_PKT_META,
	[SKEP_FIELD_PKT_END] = V_PKT_END,
	[SKEP_FIELD_SOCK] = V_SOCK,
	[SKEP_FIELD_SOCK_OR_NULL] = V_SOCK,
	[SKEP_FIELD_SOCK_COMMON_OR_NULL] = V_SOCK_COMMON,
	[SKEP_FIELD_FLOW_KEYS] = V_FLOW_KEYS,
	[SKEP_FIELD_TP_BUFFER] = V_TP_BUFFER,
};

static bool field_may_be_null(u8 kind)
{
	return kind == SKEP_FIELD_SOCK_OR_NULL || kind == SKEP_FIELD_SOCK_COMMON_OR_NULL;
}

/* The kernel calls with a live one. */
static int load_kernel_object(struct verifier *v, const struct skep_ctx_field *f, u32 r)
{
	struct value *d = reg(v, r);
	struct btf *b;
	int id;

	TRY(kernel_btf(v, &b));
	id = btf_find(b, f->type, BTF_KIND_STRUCT);
	if (id < 0)
		return reject(v, -EINVAL, "the kernel's BTF has no struct %s", f->type);
	set_pointer(d, V_BTF);
	d->flags = VF_TRUSTED;
	d->btf = b;
	d->btf_id = (u32)id;
	return 0;
}

static int access_ctx(struct verifier *v, u32 r, s32 off, u32 size, enum access how, int value_reg,
		      bool sign)
{
	const struct value *p = reg(v, r);
	const struct skep_ctx_field *f;

	if (how == ACCESS_WRITE && value_reg >= 0 && leaks_pointer(v, reg(v, (u32)value_reg)))
		return reject(v, -EACCES, "R%d leaks addr into ctx", value_reg);
	TRY(check_ptr_off(v, p, r));
	if (v->p->type->flags & SKEP_PROG_BTF_CTX)
		return access_btf_ctx(v, off, size, how, value_reg, sign);
	f = ctx_access(v->p->type, &v->desc, off, size, how == ACCESS_WRITE);
	if (!f)
		return reject(v, -EACCES, "invalid bpf_context access off=%d size=%u", off, size);
	v->p->max_ctx_offset = MAX(v->p->max_ctx_offset, (u32)off + size);
	if (how == ACCESS_WRITE || value_reg < 0)
		return 0;
	if (f->kind == SKEP_FIELD_SCALAR) {
		load_number(v, value_reg, size, sign);
		return 0;
	}
	if (sign)
		return reject(v, -EACCES, "invalid bpf_context access off=%d size=%u", off, size);
	if (f->kind == SKEP_FIELD_KERNEL)
		return load_kernel_object(v, f, (u32)value_reg);
	set_pointer(reg(v, (u32)value_reg), field_kinds[f->kind]);
	if (field_may_be_null(f->kind)) {
		reg(v, (u32)value_reg)->flags = VF_OR_NULL;
		reg(v, (u32)value_reg)->id = new_id(v);
	}
	return 0;
}

/* Sound because: sock.c's tables end inside the structures that these pointers are made for. */
static int access_sock(struct verifier *v, u32 r, s32 off, u32 size, enum access how, int value_reg,
		       bool sign)
{
	static const u8 views[] = { [V_SOCK_COMMON] = SOCK_COMMON,
				    [V_SOCK] = SOCK_FULL,
				    [V_TCP_SOCK] = SOCK_TCP,
				    [V_XDP_SOCK] = SOCK_XDP };
	const struct value *p = reg(v, r);

	if (how == ACCESS_WRITE)
		return reject(v, -EACCES, "R%u cannot write into %s", r, text_kind(p));
	if (p->var.smin < 0)
		return reject(v, -EACCES,
			      "R%u min value is negative, either use unsigned index or do a if "
			      "(index >=0) check.",
			      r);
	if (!scalar_is_const(&p->var) || p->var.bits.value || off < 0 ||
	    !sock_access((enum sock_view)views[p->kind], off, size))
		return reject(v, -EACCES, "R%u invalid %s access off=%d size=%u", r, text_kind(p),
			      off, size);
	load_number(v, value_reg, size, sign);
	return 0;
}

static int access_flow_keys(struct verifier *v, u32 r, s32 off, u32 size, enum access how,
			    int value_reg, bool sign)
{
	if (how == ACCESS_WRITE && value_reg >= 0 && leaks_pointer(v, reg(v, (u32)value_reg)))
		return reject(v, -EACCES, "R%d leaks addr into flow keys", value_reg);
	if (!scalar_is_const(&reg(v, r)->var) || reg(v, r)->var.bits.value || off < 0 ||
	    (u64)off + size > sizeof(struct bpf_flow_keys))
		return reject(v, -EACCES, "invalid access to flow keys off=%d size=%u", off, size);
	if (how == ACCESS_READ)
		load_number(v, value_reg, size, sign);
	return 0;
}

/* How long the buffer is shows when the program is attached: the furthest access is kept for that. */
static int access_tp_buffer(struct verifier *v, u32 r, s32 off, u32 size, enum access how,
			    int value_reg, bool sign)
{
	const struct value *p = reg(v, r);

	if (off < 0)
		return reject(v, -EACCES, "R%u invalid tracepoint buffer access: off=%d, size=%u",
			      r, off, size);
	if (!scalar_is_const(&p->var) || p->var.bits.value)
		return reject(v, -EACCES, "R%u invalid variable buffer offset: off=%d, var_off=%s",
			      r, off, tnum_text(v, p->var.bits));
	v->p->max_tp_access = MAX(v->p->max_tp_access, (u32)off + size);
	if (how == ACCESS_READ)
		load_number(v, value_reg, size, sign);
	return 0;
}

static int access_packet(struct verifier *v, u32 r, s32 off, u32 size, enum access how,
			 int value_reg, bool sign)
{
	if (how == ACCESS_WRITE && !(v->p->type->flags & SKEP_PROG_PKT_WRITE))
		return reject(v, -EACCES, "cannot write into packet");
	if (how == ACCESS_WRITE && value_reg >= 0 && leaks_pointer(v, reg(v, (u32)value_reg)))
		return reject(v, -EACCES, "R%d leaks addr into packet", value_reg);
	TRY(check_packet(v, r, off, size, false));
	if (how == ACCESS_READ)
		load_number(v, value_reg, size, sign);
	return 0;
}

static int access_map_value(struct verifier *v, u32 r, s32 off, u32 size, enum access how,
			    int value_reg, bool sign)
{
	if (how == ACCESS_WRITE && value_reg >= 0 && leaks_pointer(v, reg(v, (u32)value_reg)))
		return reject(v, -EACCES, "R%d leaks addr into map", value_reg);
	TRY(check_map_value(v, r, off, size, how, false));
	if (how == ACCESS_READ) {
		struct value p = *reg(v, r);

		load_map_value(v, &p, off, size, value_reg, sign);
	}
	return 0;
}

static int access_mem(struct verifier *v, u32 r, s32 off, u32 size, enum access how, int value_reg,
		      bool sign)
{
	const struct value *p = reg(v, r);

	if (how == ACCESS_WRITE && (p->flags & VF_RDONLY))
		return reject(v, -EACCES, "R%u cannot write into %s", r, text_kind(p));
	if (how == ACCESS_WRITE && value_reg >= 0 && leaks_pointer(v, reg(v, (u32)value_reg)))
		return reject(v, -EACCES, "R%d leaks addr into mem", value_reg);
	if (!(p->flags & VF_UNTRUSTED)) /* rdonly_cast: anywhere, by probe loads */
		TRY(check_region(v, r, off, size, p->mem_size, false));
	if (how == ACCESS_READ)
		load_number(v, value_reg, size, sign);
	return 0;
}

static int access_stack(struct verifier *v, u32 r, s32 off, u32 size, enum access how,
			int value_reg, bool sign, const s32 *imm)
{
	struct value p = *reg(v, r);
	struct value *d;

	if (how == ACCESS_WRITE)
		return stack_write(v, &p, r, off, size, value_reg, imm);
	TRY(stack_read(v, &p, r, off, size, value_reg));
	if (value_reg < 0 || !sign)
		return 0;
	d = reg(v, (u32)value_reg);
	if (d->kind == V_SCALAR && size < 8) {
		d->var = scalar_sext(d->var, size);
		d->id = 0;
		d->fixed = 0;
	}
	return 0;
}

static const char *alignment_text(const struct value *p)
{
	switch (p->kind) {
	case V_STACK: return "stack ";
	case V_CTX: return "context ";
	case V_MAP_KEY: return "key ";
	case V_MAP_VALUE: return "value ";
	default: return "";
	}
}

/* Memory is accessed at its natural alignment on the stack and by atomic operations always (strict),
 * elsewhere only if the program asked for that (BPF_F_STRICT_ALIGNMENT). */
int check_alignment(struct verifier *v, u32 r, s32 off, u32 size, bool strict)
{
	const struct value *p = reg(v, r);
	bool packet = is_packet(p);
	u32 ip_align = packet ? 2 : 0; /* where Linux places the IP header */
	struct tnum t;

	if (p->kind == V_ARENA)
		return 0;
	if (p->kind != V_STACK && !strict && !(v->desc.flags & BPF_F_STRICT_ALIGNMENT))
		return 0;
	t = tnum_add(p->var.bits, tnum_const((u64)((s64)ip_align + p->fixed + off)));
	if (tnum_is_aligned(t, size))
		return 0;
	if (packet)
		return reject(v, -EACCES, "misaligned packet access off %u+%s+%d+%d size %u",
			      ip_align, tnum_text(v, p->var.bits), p->fixed, off, size);
	return reject(v, -EACCES, "misaligned %saccess off %s+%d+%d size %u", alignment_text(p),
		      tnum_text(v, p->var.bits), p->fixed, off, size);
}

int check_mem(struct verifier *v, u32 r, s32 off, u32 size, enum access how, int value_reg,
	      bool sign, const s32 *imm)
{
	const struct value *p = reg(v, r);
	s32 at = off + p->fixed;

	if (value_is_pointer(p) && !(p->flags & VF_OR_NULL))
		TRY(check_alignment(v, r, off, size, false));
	if (p->flags & VF_OR_NULL)
		return reject(v, -EACCES, "R%u invalid mem access '%s'", r, text_kind(p));
	switch (p->kind) {
	case V_CTX: return access_ctx(v, r, off, size, how, value_reg, sign);
	case V_STACK: return access_stack(v, r, at, size, how, value_reg, sign, imm);
	case V_PKT:
	case V_PKT_META: return access_packet(v, r, at, size, how, value_reg, sign);
	case V_SOCK_COMMON:
	case V_SOCK:
	case V_TCP_SOCK:
	case V_XDP_SOCK: return access_sock(v, r, at, size, how, value_reg, sign);
	case V_BTF:
		if (is_local(p))
			return access_object(v, r, at, size, how, value_reg, sign);
		return access_btf(v, r, at, size, how, value_reg, sign);
	case V_MAP: return access_map_ptr(v, r, at, size, how, value_reg, sign);
	case V_BUF: return access_buf(v, r, at, size, how, value_reg, sign);
	case V_FLOW_KEYS: return access_flow_keys(v, r, at, size, how, value_reg, sign);
	case V_TP_BUFFER: return access_tp_buffer(v, r, at, size, how, value_reg, sign);
	case V_MAP_VALUE:
		if (record_has(p->map->record, FIELD_KPTRS | FIELD_UPTR)) {
			int done = access_kptr(v, r, at, size, how, value_reg, imm);

			if (done)
				return done < 0 ? done : 0;
		}
		return access_map_value(v, r, at, size, how, value_reg, sign);
	case V_MAP_KEY:
		if (how == ACCESS_WRITE)
			return reject(v, -EACCES, "write to change key R%u not allowed", r);
		TRY(check_region(v, r, at, size, p->map->key_size, false));
		load_number(v, value_reg, size, sign);
		return 0;
	case V_MEM:
	case V_ALLOC: return access_mem(v, r, at, size, how, value_reg, sign);
	case V_ARENA:
		if (how == ACCESS_READ)
			load_number(v, value_reg, size, sign);
		return 0;
	default: return reject(v, -EACCES, "R%u invalid mem access '%s'", r, text_kind(p));
	}
}

int check_helper_mem(struct verifier *v, u32 r, u64 size, enum access how, bool zero_ok)
{
	const struct value *p = reg(v, r);

	switch (p->kind) {
	case V_PKT:
	case V_PKT_META: return check_packet(v, r, p->fixed, size, zero_ok);
	case V_MAP_KEY:
		if (how == ACCESS_WRITE)
			return reject(v, -EACCES, "R%u cannot write into %s", r, text_kind(p));
		return check_region(v, r, p->fixed, size, p->map->key_size, zero_ok);
	case V_MAP_VALUE: return check_map_value(v, r, p->fixed, size, how, zero_ok);
	case V_MEM:
	case V_ALLOC:
		if (how == ACCESS_WRITE && (p->flags & VF_RDONLY))
			return reject(v, -EACCES, "R%u cannot write into %s", r, text_kind(p));
		return check_region(v, r, p->fixed, size, p->mem_size, zero_ok);
	case V_STACK: return check_stack_range(v, r, size, how, zero_ok);
	case V_BUF: return check_buf(v, r, p->fixed, (u32)size, how);
	default:
		if (zero_ok && !size && value_is_zero(p))
			return 0;
		return reject(v, -EACCES, "R%u type=%s expected=fp", r, text_kind(p));
	}
}

/* --- instructions --- */

static bool is_rewritten(u8 kind)
{
	return kind == V_CTX || kind == V_BTF || kind == V_ARENA || kind == V_MAP;
}

/* Rewriting happens per instruction, so one that goes through the context must do so on every path. */
int note_kind(struct verifier *v, u8 kind)
{
	struct insn_aux *a = &v->aux[v->insn];

	if (a->ptr_kind != V_NONE && a->ptr_kind != kind &&
	    (is_rewritten(a->ptr_kind) || is_rewritten(kind)))
		return reject(v, -EINVAL, "same insn cannot be used with different pointers");
	a->ptr_kind = kind;
	return 0;
}

int do_ldx(struct verifier *v, const struct bpf_insn *i)
{
	u8 kind; /* the load may overwrite its own pointer */

	TRY(check_readable(v, i->src_reg));
	TRY(check_writable(v, i->dst_reg));
	kind = reg(v, i->src_reg)->kind;
	if (kind == V_BUF || (kind == V_MEM && (reg(v, i->src_reg)->flags & VF_UNTRUSTED)))
		kind = V_BTF; /* a probe load */
	if (is_local(reg(v, i->src_reg)))
		kind = V_ALLOC; /* … not where the memory is ours */
	TRY(check_mem(v, i->src_reg, i->off, access_size(i->code), ACCESS_READ, i->dst_reg,
		      BPF_MODE(i->code) == BPF_MEMSX, NULL));
	return note_kind(v, kind);
}

int do_stx(struct verifier *v, const struct bpf_insn *i)
{
	TRY(check_readable(v, i->src_reg));
	TRY(check_readable(v, i->dst_reg));
	TRY(check_mem(v, i->dst_reg, i->off, access_size(i->code), ACCESS_WRITE, i->src_reg, false,
		      NULL));
	return note_kind(v, reg(v, i->dst_reg)->kind);
}

int do_st(struct verifier *v, const struct bpf_insn *i)
{
	TRY(check_readable(v, i->dst_reg));
	TRY(check_mem(v, i->dst_reg, i->off, access_size(i->code), ACCESS_WRITE, -1, false,
		      &i->imm));
	return note_kind(v, reg(v, i->dst_reg)->kind);
}

/* Neither the context (whose accesses are rewritten) nor packets. */
static int check_atomic_target(struct verifier *v, u32 r, const struct value *p, const char *verb)
{
	/* What of a kernel object may be written at all is for access_btf(). */
	bool btf = p->kind == V_BTF && v->p->type->type != BPF_PROG_TYPE_STRUCT_OPS;

	if (p->kind == V_CTX || is_packet(p) || p->kind == V_FLOW_KEYS || is_sock(p) || btf ||
	    p->kind == V_BUF || (p->flags & VF_UNTRUSTED))
		return reject(v, -EACCES, "BPF_ATOMIC %s R%u %s is not allowed", verb, r,
			      text_kind(p));
	return 0;
}

/* What Linux's JIT for x86-64 makes a loop of, it does not make of guarded accesses. */
static bool needs_loop(const struct bpf_insn *i)
{
	return i->imm == (BPF_AND | BPF_FETCH) || i->imm == (BPF_OR | BPF_FETCH) ||
	       i->imm == (BPF_XOR | BPF_FETCH);
}

/* Sees the operation as a load (into the register that gets the old value, if any) and a store of an
 * unknown number. */
static int do_atomic_rmw(struct verifier *v, const struct bpf_insn *i)
{
	u32 size = access_size(i->code);
	int old = -1;

	TRY(check_readable(v, i->src_reg));
	TRY(check_readable(v, i->dst_reg));
	if (i->imm == BPF_CMPXCHG) {
		TRY(check_readable(v, BPF_REG_0));
		if (leaks_pointer(v, reg(v, BPF_REG_0)))
			return reject(v, -EACCES, "R0 leaks addr into mem");
		old = BPF_REG_0;
	} else if (i->imm & BPF_FETCH) {
		old = i->src_reg;
	}
	if (leaks_pointer(v, reg(v, i->src_reg)))
		return reject(v, -EACCES, "R%u leaks addr into mem", i->src_reg);
	TRY(check_atomic_target(v, i->dst_reg, reg(v, i->dst_reg), "stores into"));
	if (reg(v, i->dst_reg)->kind == V_ARENA && needs_loop(i))
		return reject(v, -EACCES, "BPF_ATOMIC stores into R%u %s is not allowed",
			      i->dst_reg, text_kind(reg(v, i->dst_reg)));
	if (old >= 0) { /* written first: an address in the same register is lost, as in Linux */
		TRY(check_writable(v, (u32)old));
		set_scalar(reg(v, (u32)old), scalar_unknown());
	}
	TRY(check_alignment(v, i->dst_reg, i->off, size, true));
	TRY(check_mem(v, i->dst_reg, i->off, size, ACCESS_READ, -1, false, NULL));
	if (old >= 0)
		TRY(check_mem(v, i->dst_reg, i->off, size, ACCESS_READ, old, false, NULL));
	TRY(check_mem(v, i->dst_reg, i->off, size, ACCESS_WRITE, -1, false, NULL));
	return note_kind(v, reg(v, i->dst_reg)->kind);
}

static int do_load_acquire(struct verifier *v, const struct bpf_insn *i)
{
	struct value p;

	TRY(check_readable(v, i->src_reg));
	TRY(check_writable(v, i->dst_reg));
	TRY(check_alignment(v, i->src_reg, i->off, access_size(i->code), true));
	p = *reg(v, i->src_reg); /* the load may overwrite it */
	if (p.kind == V_MAP) /* it would be of our own structure: only plain loads are rewritten */
		return reject(v, -EACCES, "BPF_ATOMIC loads from R%u %s is not allowed", i->src_reg,
			      text_kind(&p));
	TRY(do_ldx(v, i));
	return check_atomic_target(v, i->src_reg, &p, "loads from");
}

static int do_store_release(struct verifier *v, const struct bpf_insn *i)
{
	TRY(check_readable(v, i->src_reg));
	TRY(check_readable(v, i->dst_reg));
	TRY(check_alignment(v, i->dst_reg, i->off, access_size(i->code), true));
	TRY(do_stx(v, i));
	return check_atomic_target(v, i->dst_reg, reg(v, i->dst_reg), "stores into");
}

int do_atomic(struct verifier *v, const struct bpf_insn *i)
{
	switch (i->imm) {
	case BPF_LOAD_ACQ: return do_load_acquire(v, i);
	case BPF_STORE_REL: return do_store_release(v, i);
	default: return do_atomic_rmw(v, i);
	}
}

int do_ld_imm64(struct verifier *v, const struct bpf_insn *i)
{
	const struct insn_aux *a = &v->aux[v->insn];
	struct value *d;

	TRY(check_writable(v, i->dst_reg));
	d = reg(v, i->dst_reg);
	if (a->is_ksym)
		return load_ksym(v, d);
	switch (i->src_reg) {
	case 0: set_const(d, insn_imm64(i)); return 0;
	case BPF_PSEUDO_FUNC:
		set_pointer(d, V_FUNC);
		d->subprog = a->subprog;
		return 0;
	case BPF_PSEUDO_MAP_VALUE:
		if (arena_of_map(a->map)) {
			set_unknown(d);
			return 0;
		}
		set_pointer(d, V_MAP_VALUE);
		d->fixed = (s32)a->map_off;
		break; /* id 0: these maps have one value, so all pointers are to the same lock */
	default: set_pointer(d, V_MAP); break;
	}
	d->map = a->map;
	return 0;
}

/* Legacy packet access: R6 holds the context, R1–R5 are lost, and if the packet is too short the
 * function ends with 0. */
int do_ld_abs(struct verifier *v, const struct bpf_insn *i, u32 *next)
{
	if (!(v->p->type->flags & SKEP_PROG_LD_ABS))
		return reject(v, -EINVAL,
			      "BPF_LD_[ABS|IND] instructions not allowed for this program type");
	TRY(check_readable(v, BPF_REG_6));
	TRY(check_no_refs(v, "BPF_LD_[ABS|IND]"));
	if (reg(v, BPF_REG_6)->kind != V_CTX)
		return reject(v, -EINVAL, "at the time of BPF_LD_ABS|IND R6 != pointer to skb");
	if (BPF_MODE(i->code) == BPF_IND)
		TRY(check_readable(v, i->src_reg));
	TRY(check_ptr_off(v, reg(v, BPF_REG_6), BPF_REG_6));
	for (u32 r = 0; r <= 5; r++)
		invalidate(reg(v, r));
	set_unknown(reg(v, BPF_REG_0));
	touch_reg(v, BPF_REG_0);
	return end_with_zero(v, next);
}
