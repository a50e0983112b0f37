/* Comparing one claim with the registers and the stack of a run. */
#include "verifier/check.h"

#include <stdio.h>
#include <string.h>

static bool fail_at(struct check *k, const struct value *v, u64 x, const char *why)
{
	k->claimed = v;
	k->found = x;
	k->why = why;
	return false;
}

/* --- values of one id --- */

static bool same_id(struct check *k, u32 id, u64 x, bool narrow)
{
	for (u32 n = 0; n < k->nr_ids; n++) {
		struct check_id *i = &k->id[n];

		if (i->id != id)
			continue;
		if (i->narrow || narrow)
			return (u32)i->x == (u32)x;
		return i->x == x;
	}
	if (k->nr_ids < CHECK_MAX_IDS)
		k->id[k->nr_ids++] = (struct check_id){ id, x, narrow };
	return true;
}

static bool check_scalar(struct check *k, const struct value *v, u64 x)
{
	bool add = v->id & SCALAR_ID_ADD;

	if (!scalar_contains(&v->var, x))
		return fail_at(k, v, x, "is another number");
	if (v->id && !same_id(k, v->id & ~SCALAR_ID_FLAGS, add ? x - (u64)(s64)v->fixed : x,
			      v->id & SCALAR_ID_ADD32))
		return fail_at(k, v, x, "differs from what it was said to equal");
	return true;
}

/* --- pointers --- */

static bool offset_from(const struct value *v, u64 x, u64 base)
{
	return scalar_contains(&v->var, x - base - (u64)(s64)v->fixed);
}

static bool check_in_packet(struct check *k, const struct value *v, u64 x)
{
	struct check_packet b = check_packet(k);
	bool meta = v->kind == V_PKT_META;
	u64 limit = meta ? b.data : b.end;

	if (!b.known)
		return true;
	if (!offset_from(v, x, meta ? b.meta : b.data))
		return fail_at(k, v, x, "is another place in the packet");
	if (v->range && x - (u64)(s64)v->fixed + v->range > limit)
		return fail_at(k, v, x, "has less packet behind it");
	return true;
}

static bool check_pointer(struct check *k, const struct value *v, u64 x)
{
	switch (v->kind) {
	case V_CTX:
		return offset_from(v, x, (uintptr_t)k->run->ctx) ||
		       fail_at(k, v, x, "is not the context");
	case V_STACK:
		return offset_from(v, x, k->frame[v->frame].reg[10]) ||
		       fail_at(k, v, x, "is another place in the stack");
	case V_MAP:
		return v->map_uid || x == (uintptr_t)v->map || fail_at(k, v, x, "is not that map");
	case V_MAP_VALUE:
		return check_in_value(k, v, x) || fail_at(k, v, x, "is not there in a value");
	case V_PKT:
	case V_PKT_META: return check_in_packet(k, v, x);
	case V_PKT_END: {
		struct check_packet b = check_packet(k);

		return !b.known || x == b.end || fail_at(k, v, x, "is not the packet's end");
	}
	default: return true;
	}
}

/* Kernel objects that nothing vouches for may be null, and so is the address of a function that nothing calls. */
static bool may_be_null(const struct value *v)
{
	return v->kind == V_FUNC || v->kind == V_BTF || v->kind == V_ARENA || v->kind == V_BUF ||
	       v->kind == V_STACK || (v->flags & (VF_UNTRUSTED | VF_USER));
}

static bool check_value(struct check *k, const struct value *v, u64 x)
{
	k->fitted++;
	if (v->kind == V_NONE)
		return true;
	if (v->kind == V_SCALAR)
		return check_scalar(k, v, x);
	if ((v->flags & VF_OR_NULL) && v->id && !same_id(k, v->id, !x, false))
		return fail_at(k, v, x, "is null where its kin is not, or the other way round");
	if (!x)
		return (v->flags & VF_OR_NULL) || may_be_null(v) || fail_at(k, v, x, "is null");
	return check_pointer(k, v, x);
}

/* --- frames --- */

static bool check_regs(struct check *k, u32 f)
{
	const struct claim_frame *fr = k->claim->frame[f];

	for (u32 r = 0; r < 11; r++) {
		if (r < 10 && (k->claim->open.regs[f] >> r & 1))
			continue;
		if (check_value(k, &fr->reg[r], k->frame[f].reg[r]))
			continue;
		snprintf(k->place, sizeof(k->place),
			 f == k->claim->depth ? "R%u" : "R%u of frame %u", r, f);
		return false;
	}
	return true;
}

/* A narrow spill keeps the whole value, of which these bytes are. */
static bool check_spill(struct check *k, const struct slot *s, u64 bytes)
{
	u32 size = 0;
	struct value v;

	while (size < 8 && s->byte[size] == SB_SPILL)
		size++;
	if (size == 8)
		return check_value(k, &s->v, bytes);
	if (size != 1 && size != 2 && size != 4)
		return true;
	v = s->v;
	v.var = scalar_zext(v.var, size);
	k->fitted++;
	return check_scalar(k, &v, bytes & ((1ull << size * 8) - 1)) ||
	       fail_at(k, &s->v, bytes, k->why);
}

static bool check_zeros(struct check *k, const struct slot *s, u64 bytes)
{
	for (u32 i = 0; i < 8; i++)
		if (s->byte[i] == SB_ZERO && (bytes >> 8 * i & 0xff))
			return fail_at(k, NULL, bytes, "has bytes that are not zero");
	return true;
}

static bool check_slots(struct check *k, u32 f)
{
	const struct claim_frame *fr = k->claim->frame[f];
	const struct claim_sub *sub = &k->c->subs[fr->subprog];
	u64 skip = k->claim->open.slots[f] | sub->dropped;

	for (u32 n = 0; n < fr->nr_slots && 8 * n + 8 <= sub->stack_depth; n++) {
		u64 bytes;

		if (skip >> n & 1)
			continue;
		memcpy(&bytes, (void *)(uintptr_t)(k->frame[f].reg[10] - 8 * n - 8), 8);
		if (check_zeros(k, &fr->slot[n], bytes) &&
		    (!slot_is_spill(&fr->slot[n]) || check_spill(k, &fr->slot[n], bytes)))
			continue;
		snprintf(k->place, sizeof(k->place),
			 f == k->claim->depth ? "fp-%u" : "fp-%u of frame %u", 8 * n + 8, f);
		return false;
	}
	return true;
}

bool claim_fits(struct check *k)
{
	k->fitted = k->nr_ids = 0;
	for (u32 f = k->claim->depth + 1; f-- > 0;)
		if (!check_regs(k, f) || !check_slots(k, f))
			return false;
	return true;
}
