/* Recording claims: see claims.h. */
#include "verifier/claims.h"

#include <stdlib.h>
#include <string.h>

#include "verifier/check.h"
#include "verifier/env.h"

/* A program of a million steps would fill any memory; what is left out is not compared. */
#define MAX_CLAIM_BYTES (256ull << 20)

static struct claim_frame *frame_claim(const struct frame *f)
{
	size_t slots = f->nr_slots * sizeof(struct slot);
	struct claim_frame *c = malloc(sizeof(*c) + slots);

	if (!c)
		return NULL;
	c->callsite = f->callsite;
	c->subprog = f->subprog;
	c->in_callback = f->in_callback;
	c->nr_slots = f->nr_slots;
	memcpy(c->reg, f->reg, sizeof(c->reg));
	if (slots)
		memcpy(c->slot, f->stack, slots);
	return c;
}

static void claim_free(struct claim *c)
{
	for (u32 f = 0; c && f < SKEP_MAX_FRAMES; f++)
		free(c->frame[f]);
	free(c);
}

static struct claim *claim_of(const struct state *s, u64 *bytes)
{
	struct claim *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->depth = s->depth;
	*bytes = sizeof(*c);
	for (u32 f = 0; f <= s->depth; f++) {
		c->frame[f] = frame_claim(s->frame[f]);
		if (!c->frame[f]) {
			claim_free(c);
			return NULL;
		}
		*bytes += sizeof(struct claim_frame) + s->frame[f]->nr_slots * sizeof(struct slot);
	}
	return c;
}

static int grow(void **array, u32 *cap, u32 n, size_t size)
{
	void *p;

	if (n < *cap)
		return 0;
	p = realloc(*array, (size_t)MAX(*cap * 2, 256u) * size);
	if (!p)
		return -ENOMEM;
	*array = p;
	*cap = MAX(*cap * 2, 256u);
	return 0;
}

int claims_new(struct verifier *v)
{
	struct claims *c = calloc(1, sizeof(*c));

	v->claims = c;
	if (!c)
		return -ENOMEM;
	c->p = v->p;
	c->len = v->len;
	c->nr_claims = 1; /* 0: none */
	c->first = calloc(v->len, sizeof(*c->first));
	c->unknown = calloc(v->len, sizeof(*c->unknown));
	return c->first && c->unknown ? 0 : -ENOMEM;
}

void claims_free(struct claims *c)
{
	if (!c)
		return;
	for (u32 n = 1; n < c->nr_claims; n++)
		claim_free(c->claim[n]);
	free(c->claim);
	free(c->pruned);
	free(c->first);
	free(c->unknown);
	free(c->origin);
	free(c->fitted);
	free(c->subs);
	free(c);
}

int claim_state(struct verifier *v)
{
	struct claims *c = v->claims;
	struct claim *new;
	void *p = c->claim;
	u64 bytes;

	if (c->bytes > MAX_CLAIM_BYTES) {
		c->unknown[v->insn] = true;
		v->cur->claim = 0;
		return 0;
	}
	TRY(grow(&p, &c->cap_claims, c->nr_claims, sizeof(*c->claim)));
	c->claim = p;
	new = claim_of(v->cur, &bytes);
	if (!new)
		return -ENOMEM;
	c->bytes += bytes;
	new->insn = v->insn;
	new->before = v->cur->claim;
	new->next = c->first[v->insn];
	c->first[v->insn] = v->cur->claim = c->nr_claims;
	c->claim[c->nr_claims++] = new;
	return 0;
}

/* --- paths that were pruned --- */

/* Did the comparison that found cur covered by old look at all of it? */
static bool reg_compared(const struct value *old, u16 live, u32 r, enum cmp how)
{
	return (live >> r & 1) && (how != CMP_COVERS || old->kind != V_SCALAR || old->precise);
}

static bool slot_compared(const struct slot *old, bool looked, enum cmp how)
{
	return looked && (how != CMP_COVERS || !slot_is_spill(old) || old->v.kind != V_SCALAR ||
			  old->v.precise);
}

static u16 open_regs(struct verifier *v, const struct frame *old, const struct frame *cur, u16 live,
		     enum cmp how)
{
	u16 open = 0;

	for (u32 r = 0; r < 10; r++)
		if (!reg_compared(&old->reg[r], live, r, how) &&
		    !value_covered(v, &old->reg[r], &cur->reg[r], CMP_RANGES))
			open |= (u16)(1u << r);
	return open;
}

static u64 open_slots(struct verifier *v, const struct frame *old, const struct frame *cur,
		      u64 looked, enum cmp how)
{
	static const struct slot unwritten;
	u64 open = 0;

	for (u32 n = 0; n < old->nr_slots; n++) {
		const struct slot *c = n < cur->nr_slots ? &cur->stack[n] : &unwritten;

		if (!slot_compared(&old->stack[n], looked >> n & 1, how) &&
		    !slot_covered(v, &old->stack[n], c, CMP_RANGES))
			open |= 1ull << n;
	}
	return open;
}

/* After state_covered(): which ids stand for which is as it left it. */
int claim_pruned(struct verifier *v, struct state *to, enum cmp how)
{
	struct claims *c = v->claims;
	struct pruned *e;
	void *p = c->pruned;

	TRY(grow(&p, &c->cap_pruned, c->nr_pruned, sizeof(*c->pruned)));
	c->pruned = p;
	e = &c->pruned[c->nr_pruned++];
	*e = (struct pruned){ .from = v->cur->claim, .to = to->claim };
	for (u32 f = 0; f <= to->depth; f++) {
		u32 insn = f == to->depth ? to->insn : to->frame[f + 1]->callsite;
		u16 live = v->aux[insn].live;
		u64 looked = live & LIVE_STACK ? slots_that_matter(to, f) : 0;

		e->open.regs[f] = open_regs(v, to->frame[f], v->cur->frame[f], live, how);
		e->open.slots[f] = open_slots(v, to->frame[f], v->cur->frame[f], looked, how);
	}
	return 0;
}

/* --- afterwards --- */

/* Spills that nothing needs any more, after all paths were walked: their slots hold something else now. */
static u64 dropped_stores(const struct verifier *v, const u8 *size, u32 sub)
{
	u64 slots = 0;

	for (u32 n = v->subs[sub].start; n < v->subs[sub].end; n++) {
		const struct bpf_insn *i = &v->insns[n];

		if (v->aux[n].seen && !size[n] && i->code == (BPF_STX | BPF_MEM | BPF_DW) &&
		    i->dst_reg == BPF_REG_10 && i->off < 0 && i->off >= -SKEP_STACK_SIZE)
			slots |= 1ull << ((-i->off - 1) / 8);
		n += insn_is_ld_imm64(i);
	}
	return slots;
}

int claims_move(struct verifier *v, const u32 *at, const u8 *size)
{
	struct claims *c = v->claims;
	u32 len = at[v->len];

	c->origin = malloc((len ?: 1) * sizeof(*c->origin));
	c->fitted = calloc(len ?: 1, sizeof(*c->fitted));
	c->subs = calloc(v->nr_subs, sizeof(*c->subs));
	if (!c->origin || !c->fitted || !c->subs)
		return -ENOMEM;
	for (u32 n = 0; n < len; n++)
		c->origin[n] = -1;
	for (u32 n = 0; n < v->len; n++) {
		if (size[n])
			c->origin[at[n]] = (s32)n;
		n += insn_is_ld_imm64(&v->insns[n]);
	}
	c->nr_subs = v->nr_subs;
	for (u32 n = 0; n < v->nr_subs; n++)
		c->subs[n] = (struct claim_sub){ v->subs[n].start, v->subs[n].stack_depth,
						 n && is_global(v, n), dropped_stores(v, size, n) };
	return 0;
}

void claims_publish(struct verifier *v)
{
	struct claims *c = v->claims;

	c->checker = v->p->rt->checker;
	check_watch(c);
	v->p->watch = &c->watch;
	v->claims = NULL;
}
