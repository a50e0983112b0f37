/* Checked runs: does an access stay inside what its pointer points into? The offsets that the verifier
 * claims may be right and its arithmetic about a region's end wrong. */
#include "verifier/check.h"

#include <stdio.h>

#include "base/va.h"
#include "insn/insn.h"
#include "map/map.h"
#include "prog/prog.h"
#include "skep/packet.h"

#define MAX_REGION (1 << 29) /* an offset of this size is unbounded */

/* --- map values --- */

/* The map whose memory addr is: inner maps are known by their template only. */
static const struct skep_map *map_at(const struct check *k, const struct value *p, u64 addr)
{
	return p->map_uid ? segment_owner(k->run->rt->va, addr) : p->map;
}

struct place {	    /* of an address in the values of a map */
	s64 rel;    /* from the first value on this CPU */
	u64 stride; /* 0: the type does not say where values are */
	u64 max;
};

static struct place place_of(const struct skep_map *m, u32 cpu, u64 addr)
{
	struct map_layout l;

	if (!m)
		return (struct place){ 0 };
	map_layout(m, &l);
	if (m->type->values)
		m->type->values(m, &l);
	return (struct place){ (s64)(addr - l.base - cpu * l.cpu_stride), l.stride, l.max };
}

/* Values that x - var may be the beginning of. */
static bool in_values(const struct place *at, const struct scalar *var, s64 fixed)
{
	s64 rel = at->rel - fixed, stride = (s64)at->stride, first, last;

	if (var->smin < -MAX_REGION || var->smax > MAX_REGION)
		return true; /* nothing is claimed yet */
	first = MAX((rel - var->smax) / stride - 1, 0);
	last = MIN((rel - var->smin) / stride + 1, (s64)at->max - 1);
	for (s64 n = first; n <= last; n++)
		if (scalar_contains(var, (u64)(rel - n * stride)))
			return true;
	return false;
}

bool check_in_value(const struct check *k, const struct value *p, u64 x)
{
	const struct skep_map *m = map_at(k, p, x);

	for (u32 cpu = 0; cpu < k->run->rt->nr_cpus; cpu++) {
		struct place at = place_of(m, cpu, x);

		if (!at.stride || in_values(&at, &p->var, p->fixed))
			return true;
	}
	return false;
}

static bool inside_value(const struct check *k, const struct value *p, u64 addr, u64 size)
{
	const struct skep_map *m = map_at(k, p, addr);

	for (u32 cpu = 0; cpu < k->run->rt->nr_cpus; cpu++) {
		struct place at = place_of(m, cpu, addr);

		if (!at.stride)
			return va_owns(k->run->rt->va, addr, size);
		if (at.rel >= 0 && (u64)at.rel / at.stride < at.max &&
		    (u64)at.rel % at.stride + size <= m->value_size)
			return true;
	}
	return false;
}

/* --- other memory --- */

static bool inside_stack(const struct check *k, u32 f, u64 addr, u64 size)
{
	u32 depth = k->c->subs[k->claim->frame[f]->subprog].stack_depth;
	u64 top = k->frame[f].reg[10];

	return addr >= top - depth && addr <= top && size <= top - addr;
}

struct check_packet check_packet(const struct check *k)
{
	const void *ctx = k->run->ctx;

	if (k->c->p->type->flags & SKEP_PROG_XDP) {
		const struct skep_xdp *x = ctx;
		u64 data = (uintptr_t)x->data;

		return (struct check_packet){ MIN((uintptr_t)x->data_meta, data), data,
					      (uintptr_t)x->data_end, true };
	}
	if (k->c->p->type->flags & SKEP_PROG_SKB) {
		const struct skep_skb *s = ctx;

		return (struct check_packet){ (uintptr_t)s->data_meta, (uintptr_t)s->data,
					      (uintptr_t)s->data_end, true };
	}
	return (struct check_packet){ 0 };
}

static bool inside_packet(const struct check *k, u64 addr, u64 size)
{
	struct check_packet b = check_packet(k);

	return !b.known || (addr >= b.meta && addr <= b.end && size <= b.end - addr);
}

static bool inside(const struct check *k, const struct value *p, u64 addr, u64 size)
{
	switch (p->kind) {
	case V_STACK: return inside_stack(k, p->frame, addr, size);
	case V_MAP_VALUE: return inside_value(k, p, addr, size);
	case V_PKT:
	case V_PKT_META: return inside_packet(k, addr, size);
	case V_MEM:
	case V_ALLOC: return p->flags & VF_PERCPU || run_owns(k->run, addr, size);
	case V_SCALAR: return false; /* it is no pointer at all */
	default: return true;
	}
}

static bool check_touch(struct check *k, u32 r, s32 off, u64 size)
{
	const struct value *p = &k->claim->frame[k->claim->depth]->reg[r];
	u64 addr = k->frame[k->claim->depth].reg[r] + (u64)(s64)off;

	if (inside(k, p, addr, size))
		return true;
	snprintf(k->place, sizeof(k->place), "R%u%+d", r, off);
	k->claimed = p;
	k->found = addr;
	k->why = "is touched outside of what the program owns";
	return false;
}

/* --- helper calls --- */

/* How much of the memory in argument n (from 0) the helper looks at; 0: nothing or not known. */
static u64 arg_size(const struct check *k, const struct skep_helper *h, u32 n,
		    const struct skep_map *map)
{
	const u64 *reg = k->frame[k->claim->depth].reg;
	u32 next = n < 4 ? h->arg[n + 1] & SKEP_ARG_KIND : SKEP_ARG_NONE;

	switch (h->arg[n] & SKEP_ARG_KIND) {
	case SKEP_ARG_MAP_KEY: return map ? map->key_size : 0;
	case SKEP_ARG_MAP_VALUE:
	case SKEP_ARG_MAP_VALUE_UNINIT: return map ? map->value_size : 0;
	case SKEP_ARG_LONG: return 8;
	case SKEP_ARG_MEM:
	case SKEP_ARG_MEM_UNINIT:
	case SKEP_ARG_MEM_RW:
		return next == SKEP_ARG_SIZE || next == SKEP_ARG_SIZE_OR_ZERO ? (u32)reg[n + 2] : 0;
	default: return 0;
	}
}

static bool check_helper(struct check *k, const struct bpf_insn *i)
{
	const struct skep_helper *h = runtime_helper(k->run->rt, (u32)i->imm);
	const struct claim_frame *f = k->claim->frame[k->claim->depth];
	const struct skep_map *map = NULL;

	for (u32 n = 0; h && n < 5; n++) {
		u64 size;

		if ((h->arg[n] & SKEP_ARG_KIND) == SKEP_ARG_MAP && f->reg[n + 1].kind == V_MAP)
			map = f->reg[n + 1].map;
		size = arg_size(k, h, n, map);
		if (size && k->frame[k->claim->depth].reg[n + 1] && !check_touch(k, n + 1, 0, size))
			return false;
	}
	return true;
}

bool check_accesses(struct check *k)
{
	const struct bpf_insn *i = &k->c->p->insns[k->frame[k->claim->depth].insn];

	if (insn_is_helper_call(i))
		return check_helper(k, i);
	switch (BPF_CLASS(i->code)) {
	case BPF_LDX:
		return (BPF_MODE(i->code) != BPF_MEM && BPF_MODE(i->code) != BPF_MEMSX) ||
		       check_touch(k, i->src_reg, i->off, access_size(i->code));
	case BPF_ST:
	case BPF_STX: {
		bool load = insn_is_atomic(i) && i->imm == BPF_LOAD_ACQ;

		return check_touch(k, load ? i->src_reg : i->dst_reg, i->off, access_size(i->code));
	}
	default: return true;
	}
}
