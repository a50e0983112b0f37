/* Values and states as text, as Linux 6.18 prints them (docs/verifier-log.md). Seen on 6.18.44:
 *  - no _r or _w marks behind register names; P before a scalar that is precise;
 *  - a known number is printed alone, its id is not;
 *  - numbers are decimal where they fit 16 bits (unsigned, or signed where the quantity is), else
 *    hexadecimal; bounds of 32 bits then have 32 bits;
 *  - bounds that say nothing are left out; equal minima share one number, so do equal maxima;
 *  - a spilled register narrower than its slot stands behind the bytes above it, "????0". */
#include "verifier/log.h"

#include <string.h>

#include "btf/btf.h"
#include "map/map.h"

/* --- numbers --- */

static void text_unsigned(struct buf *b, u64 x)
{
	buf_printf(b, x <= UINT16_MAX ? "%llu" : "%#llx", (unsigned long long)x);
}

static bool is_short(s64 x)
{
	return x >= INT16_MIN && x <= INT16_MAX;
}

static void text_signed(struct buf *b, s64 x)
{
	buf_printf(b, is_short(x) ? "%lld" : "%#llx", (unsigned long long)x);
}

struct bound {
	const char *name;
	u64 val;
	bool is_signed;
	bool idle; /* says nothing, or is said already */
};

/* A signed bound of 32 bits: as a number if that is short, else its 32 bits. */
static u64 bound32(s32 x)
{
	return is_short(x) ? (u64)(s64)x : (u32)x;
}

static bool is_negative(const struct bound *x)
{
	return x->is_signed && (s64)x->val < 0;
}

static bool same_number(const struct bound *x, const struct bound *y)
{
	return x->val == y->val && is_negative(x) == is_negative(y);
}

static void text_bound(struct buf *b, const struct bound *x)
{
	if (x->is_signed)
		text_signed(b, (s64)x->val);
	else
		text_unsigned(b, x->val);
}

/* ",smin=smin32=0,smax=5": minima share a number, maxima share one; the first name decides how it is
 * written. */
static void text_bounds(struct buf *b, const struct scalar *s)
{
	struct bound bound[] = {
		{ "smin", (u64)s->smin, true, s->smin == INT64_MIN },
		{ "smax", (u64)s->smax, true, s->smax == INT64_MAX },
		{ "umin", s->umin, false, s->umin == 0 },
		{ "umax", s->umax, false, s->umax == UINT64_MAX },
		{ "smin32", bound32(s->s32_min), true, s->s32_min == INT32_MIN },
		{ "smax32", bound32(s->s32_max), true, s->s32_max == INT32_MAX },
		{ "umin32", s->u32_min, false, s->u32_min == 0 },
		{ "umax32", s->u32_max, false, s->u32_max == UINT32_MAX },
	};

	for (u32 i = 0; i < ARRAY_SIZE(bound); i++) {
		if (bound[i].idle)
			continue;
		buf_printf(b, ",%s=", bound[i].name);
		for (u32 j = i + 2; j < ARRAY_SIZE(bound); j += 2) {
			if (bound[j].idle || !same_number(&bound[i], &bound[j]))
				continue;
			buf_printf(b, "%s=", bound[j].name);
			bound[j].idle = true;
		}
		text_bound(b, &bound[i]);
	}
	if (s->bits.mask != UINT64_MAX)
		buf_printf(b, ",var_off=(0x%llx; 0x%llx)", (unsigned long long)s->bits.value,
			   (unsigned long long)s->bits.mask);
}

/* --- values --- */

/* Each kind's name, and its name while it may be null (NULL: it never may). */
static const char *const kinds[][2] = {
	[V_NONE] = { "?", NULL },
	[V_SCALAR] = { "scalar", NULL },
	[V_CTX] = { "ctx", NULL },
	[V_MAP] = { "map_ptr", "map_ptr_or_null" },
	[V_MAP_VALUE] = { "map_value", "map_value_or_null" },
	[V_MAP_KEY] = { "map_key", NULL },
	[V_STACK] = { "fp", NULL },
	[V_PKT] = { "pkt", NULL },
	[V_PKT_META] = { "pkt_meta", NULL },
	[V_PKT_END] = { "pkt_end", NULL },
	[V_MEM] = { "mem", "mem_or_null" },
	[V_ALLOC] = { "ringbuf_mem", "ringbuf_mem_or_null" },
	[V_FUNC] = { "func", NULL },
	[V_BTF] = { "ptr_", "ptr_or_null_" },
	[V_SOCK_COMMON] = { "sock_common", "sock_common_or_null" },
	[V_SOCK] = { "sock", "sock_or_null" },
	[V_TCP_SOCK] = { "tcp_sock", "tcp_sock_or_null" },
	[V_XDP_SOCK] = { "xdp_sock", "xdp_sock_or_null" },
	[V_BUF] = { "buf", "buf_or_null" },
	[V_TP_BUFFER] = { "tp_buffer", NULL },
	[V_FLOW_KEYS] = { "flow_keys", NULL },
	[V_ARENA] = { "arena", NULL },
	[V_DYNPTR] = { "dynptr_ptr", NULL },
};

/* Prefixes of kinds, by flag, in the order in which Linux writes them. */
static const struct {
	u16 flag;
	const char *text;
} prefixes[] = {
	{ VF_RDONLY, "rdonly_" }, { VF_USER, "user_" },		  { VF_PERCPU, "percpu_" },
	{ VF_RCU, "rcu_" },	  { VF_UNTRUSTED, "untrusted_" }, { VF_TRUSTED, "trusted_" },
};

/* Lives until the fourth call from now on. */
const char *text_kind(const struct value *v)
{
	static _Thread_local char texts[4][80];
	static _Thread_local u32 next;
	const char *or_null = v->flags & VF_OR_NULL ? kinds[v->kind][1] : NULL;
	char *text = texts[next++ % 4];

	*text = 0;
	for (u32 n = 0; n < ARRAY_SIZE(prefixes); n++)
		if (v->flags & prefixes[n].flag && v->kind != V_DYNPTR)
			strcat(text, prefixes[n].text);
	return strcat(text, or_null ? or_null : kinds[v->kind][0]);
}

static void put_kind(struct buf *b, const struct value *v)
{
	buf_puts(b, text_kind(v));
	if (v->kind == V_BTF)
		buf_puts(b, btf_type_name(v->btf, v->btf_id));
}

static void text_map(struct buf *b, const struct skep_map *m)
{
	if (m->name[0])
		buf_printf(b, ",map=%.16s", m->name);
	buf_printf(b, ",ks=%u,vs=%u", m->key_size, m->value_size);
}

static void text_scalar_fields(struct buf *b, const struct value *v)
{
	if (v->id)
		buf_printf(b, ",id=%u", v->id & ~SCALAR_ID_FLAGS);
	if (v->id & SCALAR_ID_ADD)
		buf_printf(b, "%+d", v->fixed);
}

static s64 packet_range(const struct value *v)
{
	return v->beyond ? v->beyond : (s64)v->range;
}

/* What belongs to a kind, each piece with a comma before it. */
static void text_fields(struct buf *b, const struct value *v)
{
	if (v->kind == V_SCALAR) {
		text_scalar_fields(b, v);
		return;
	}
	if (v->id)
		buf_printf(b, ",id=%u", v->id);
	if (v->ref)
		buf_printf(b, ",ref_obj_id=%u", v->ref);
	if (v->flags & VF_NON_OWN)
		buf_puts(b, ",non_own_ref");
	if (v->kind == V_MAP || v->kind == V_MAP_VALUE || v->kind == V_MAP_KEY)
		text_map(b, v->map);
	if (v->fixed) {
		buf_puts(b, ",off=");
		text_signed(b, v->fixed);
	}
	if (v->kind == V_PKT || v->kind == V_PKT_META) {
		buf_puts(b, ",r=");
		text_unsigned(b, (u64)packet_range(v));
	}
	if (v->kind == V_MEM || v->kind == V_ALLOC)
		buf_printf(b, ",sz=%u", v->mem_size);
	if (v->kind == V_DYNPTR)
		buf_printf(b, ",type=%s", text_dynptr(v->dynptr));
}

static void text_variable(struct buf *b, const struct value *v)
{
	if (v->kind == V_SCALAR || !scalar_is_const(&v->var)) {
		text_bounds(b, &v->var);
	} else if (v->var.bits.value) {
		buf_puts(b, ",imm=");
		text_signed(b, (s64)v->var.bits.value);
	}
}

/* "kind(a,b)" of pieces that each begin with a comma: the first one goes. */
static void text_in_brackets(struct buf *b, const struct value *v)
{
	size_t open = b->len;

	text_fields(b, v);
	text_variable(b, v);
	if (b->len > open && !buf_error(b))
		b->data[open] = '(';
	else
		buf_puts(b, "(");
	buf_puts(b, ")");
}

static void text_value_in(struct buf *b, u32 frame, const struct value *v)
{
	bool known = scalar_is_const(&v->var);

	if (v->kind == V_SCALAR && v->precise)
		buf_puts(b, "P");
	if (v->kind == V_SCALAR && known) {
		text_signed(b, (s64)v->var.bits.value);
		return;
	}
	put_kind(b, v);
	if (v->kind == V_STACK && v->frame != frame)
		buf_printf(b, "[%u]", v->frame);
	if (v->kind == V_STACK && known)
		text_signed(b, (s64)v->var.bits.value + v->fixed);
	else if (v->kind != V_NONE && v->kind != V_ARENA)
		text_in_brackets(b, v);
}

void text_value(struct buf *b, const struct state *s, const struct value *v)
{
	text_value_in(b, s->depth, v);
}

/* --- frames --- */

const char *text_dynptr(u32 kind)
{
	static const char *const names[] = { "unknown", "local", "ringbuf", "skb", "xdp" };

	return names[kind < ARRAY_SIZE(names) ? kind : 0];
}

static void text_dynptr_slot(struct buf *b, const struct value *d)
{
	buf_printf(b, "dynptr_%s(", text_dynptr(d->dynptr));
	if (d->id)
		buf_printf(b, "id=%u", d->id);
	if (d->ref)
		buf_printf(b, "%sref_id=%u", d->id ? "," : "", d->ref);
	if (d->id)
		buf_printf(b, ",dynptr_id=%u", d->id);
	buf_puts(b, ")");
}

/* " fp-8=iter_num(ref_id=1,state=active,depth=0)" */
static void text_iter(struct buf *b, const struct slot *s, u32 n)
{
	buf_printf(b, " fp-%u=iter_%s(ref_id=%u,state=%s,depth=%d)", (n + 1) * 8,
		   btf_type_name(s->v.btf, s->v.btf_id) + strlen("bpf_iter_"), s->v.ref,
		   s->v.range == 1 ? "active" : "drained", s->v.fixed);
}

static void text_slot(struct buf *b, const struct frame *f, u32 n)
{
	static const char byte_text[] = {
		[SB_INVALID] = '?', [SB_SPILL] = 'r', [SB_MISC] = 'm', [SB_ZERO] = '0',
		[SB_DYNPTR] = 'd',  [SB_ITER] = 'i',  [SB_IRQ] = 'f'
	};
	const struct slot *s = &f->stack[n];

	if (s->byte[0] == SB_DYNPTR && !s->v.first) /* said with the first slot */
		return;
	if (s->byte[0] == SB_ITER && s->byte[7] == SB_ITER) {
		if (s->v.ref)
			text_iter(b, s, n);
		return;
	}
	buf_printf(b, " fp-%u=", (n + 1) * 8);
	if (s->byte[0] == SB_DYNPTR) {
		text_dynptr_slot(b, &s->v);
		return;
	}
	for (int i = 7; i >= 0; i--) { /* from the highest address; a spill lies at the low end */
		if (s->byte[i] == SB_SPILL)
			break;
		buf_put(b, &byte_text[s->byte[i]], 1);
	}
	if (slot_is_spill(s))
		text_value_in(b, f->no, &s->v);
}

static bool slot_is_written(const struct slot *s)
{
	for (u32 i = 0; i < 8; i++)
		if (s->byte[i] != SB_INVALID)
			return true;
	return false;
}

static void text_refs(struct buf *b, const struct state *s)
{
	const char *before = " refs=";

	for (u32 i = 0; i < s->nr_refs; i++, before = ",")
		buf_printf(b, "%s%u", before, s->refs[i].id);
}

void text_frame(struct buf *b, const struct state *s, u32 no, bool all, u32 regs, u64 slots)
{
	const struct frame *f = s->frame[no];

	if (no)
		buf_printf(b, " frame%u:", no);
	for (u32 r = 0; r < ARRAY_SIZE(f->reg); r++) {
		if (f->reg[r].kind == V_NONE || !(all || (regs >> r & 1)))
			continue;
		buf_printf(b, " R%u=", r);
		text_value_in(b, no, &f->reg[r]);
	}
	for (u32 n = 0; n < f->nr_slots; n++)
		if (slot_is_written(&f->stack[n]) && (all || (n < 64 && (slots >> n & 1))))
			text_slot(b, f, n);
	text_refs(b, s);
	if (f->in_callback)
		buf_puts(b, " cb");
	if (f->in_async)
		buf_puts(b, " async_cb");
}
