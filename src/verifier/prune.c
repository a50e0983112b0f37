/* Pruning: a state need not be explored again if a state already found safe covers it.
 *
 * Invariant: a remembered state prunes others only once every path from it has ended (branches == 0).
 * Exception: rounds of a callback, which may end in the state in front of the first, see meet_open().
 * Sound because: covering is checked on every register that is live (liveness.c errs towards "live")
 * and every byte of stack that is (stack_live.c); numbers that are not precise decided nothing on any path from the remembered
 * state (precision.c); relations between values (ids) are mapped one to one. */
#include "verifier/claims.h"
#include "verifier/env.h"

#include <string.h>

/* When a state is remembered (Linux's numbers: they show in the statistics). */
#define MIN_JUMPS      2
#define MIN_INSNS      8
#define LOOP_MIN_JUMPS 20
#define LOOP_MIN_INSNS 100
#define MAX_JUMPS      40
/* When a remembered state that never helps is compared no more. */
#define MISS_FACTOR	 3
#define MISS_FACTOR_LOOP 64

/* --- do two values have the same relations? --- */

static bool ids_match(struct verifier *v, u32 old, u32 cur)
{
	if (!old != !cur)
		return false;
	if (!old)
		return true;
	for (u32 n = 0; n < v->nr_pairs; n++) {
		if (v->pairs[n].old == old)
			return v->pairs[n].cur == cur;
		if (v->pairs[n].cur == cur)
			return false;
	}
	if (v->nr_pairs == MAX_ID_PAIRS)
		return false;
	v->pairs[v->nr_pairs++] = (struct id_pair){ old, cur };
	return true;
}

/* Numbers: equalities that the remembered state relied on must hold in the current one. */
static bool scalar_ids_match(struct verifier *v, const struct value *old, const struct value *cur)
{
	if (!old->id)
		return true;
	if ((old->id & SCALAR_ID_FLAGS) != (cur->id & SCALAR_ID_FLAGS))
		return false;
	if ((old->id & SCALAR_ID_ADD) && old->fixed != cur->fixed)
		return false;
	if (!cur->id) /* equal to nothing else: give it an id that nothing else has */
		return ids_match(v, old->id & ~SCALAR_ID_FLAGS, SCALAR_ID_ADD | ++v->temp_id);
	return ids_match(v, old->id & ~SCALAR_ID_FLAGS, cur->id & ~SCALAR_ID_FLAGS);
}

static bool scalars_covered(struct verifier *v, const struct value *old, const struct value *cur,
			    enum cmp how)
{
	if (how == CMP_EXACT)
		return scalar_equal(&old->var, &cur->var) && scalar_ids_match(v, old, cur);
	if (how == CMP_COVERS && !old->precise)
		return true;
	return scalar_covers(&old->var, &cur->var) && scalar_ids_match(v, old, cur);
}

static bool same_region(const struct value *old, const struct value *cur)
{
	switch (old->kind) {
	case V_MAP:
	case V_MAP_VALUE:
	case V_MAP_KEY: return old->map == cur->map && old->map_uid == cur->map_uid;
	case V_MEM: return old->mem_size == cur->mem_size && old->range == cur->range;
	case V_ALLOC: return old->mem_size == cur->mem_size;
	case V_DYNPTR: return old->dynptr == cur->dynptr;
	case V_STACK: return old->frame == cur->frame;
	case V_FUNC: return old->subprog == cur->subprog;
	case V_BTF: return old->btf == cur->btf && old->btf_id == cur->btf_id;
	default: return true;
	}
}

bool value_covered(struct verifier *v, const struct value *old, const struct value *cur,
		   enum cmp how)
{
	if (old->kind == V_NONE)
		return true; /* was never read from here on */
	if (old->kind != cur->kind || old->flags != cur->flags)
		return false;
	if (old->kind == V_SCALAR)
		return scalars_covered(v, old, cur, how);
	if (old->fixed != cur->fixed || !same_region(old, cur) || !ids_match(v, old->id, cur->id) ||
	    !ids_match(v, old->ref, cur->ref))
		return false;
	if (how == CMP_EXACT || old->kind == V_STACK)
		return scalar_equal(&old->var, &cur->var) && old->range == cur->range &&
		       old->beyond == cur->beyond;
	if (is_packet(old) && (old->range > cur->range || old->beyond != cur->beyond))
		return false;
	return scalar_covers(&old->var, &cur->var);
}

/* --- stacks --- */

/* Eight bytes of which nothing is known; with zeros: of which nothing needs to be known. */
static bool all_plain(const struct slot *s, bool zeros)
{
	for (u32 i = 0; i < 8; i++)
		if (s->byte[i] != SB_MISC && s->byte[i] != SB_INVALID &&
		    !(zeros && s->byte[i] == SB_ZERO))
			return false;
	return true;
}

static bool full_spill(const struct slot *s)
{
	return s->byte[0] == SB_SPILL && s->byte[7] == SB_SPILL;
}

/* What reading all eight bytes gives, if a number: plain bytes are as good as a spilled one that nothing is known of. */
static const struct value *as_number(const struct slot *s, bool zeros, struct value *unknown)
{
	if (full_spill(s))
		return s->v.kind == V_SCALAR ? &s->v : NULL;
	if (!all_plain(s, zeros))
		return NULL;
	set_unknown(unknown);
	return unknown;
}

static bool bytes_covered(const struct verifier *v, const struct slot *old, const struct slot *cur,
			  enum cmp how)
{
	for (u32 i = 0; i < 8; i++) {
		u8 a = old->byte[i], b = cur->byte[i];

		if (a == b || a == SB_INVALID)
			continue;
		if (how == CMP_EXACT || b >= SB_DYNPTR)
			return false;
		if (a == SB_MISC && b == SB_ZERO)
			continue;
		if (a == SB_MISC && b == SB_SPILL && cur->v.kind == V_SCALAR)
			continue;
		/* Privileged programs may read what was never written, and pointers as numbers: as unknown as MISC. */
		if (a == SB_MISC && v->allow_unwritten)
			continue;
		return false;
	}
	return true;
}

bool slot_covered(struct verifier *v, const struct slot *old, const struct slot *cur, enum cmp how)
{
	struct value unknown;
	const struct value *a, *b;

	/* Never written bytes are among the plain ones: unprivileged programs may not read them. */
	if (v->allow_unwritten && how != CMP_EXACT && (a = as_number(old, false, &unknown)) &&
	    (b = as_number(cur, true, &unknown)))
		return a == b || value_covered(v, a, b, how);
	if (!bytes_covered(v, old, cur, how))
		return false;
	if (old->byte[0] == SB_DYNPTR)
		return old->v.dynptr == cur->v.dynptr && old->v.first == cur->v.first &&
		       ids_match(v, old->v.ref, cur->v.ref);
	if (old->byte[0] == SB_ITER || old->byte[0] == SB_IRQ)
		return iter_slot_covered(old, cur) && ids_match(v, old->v.ref, cur->v.ref);
	if (!slot_is_spill(old))
		return true;
	return value_covered(v, &old->v, &cur->v, how);
}

static bool stack_covered(struct verifier *v, const struct frame *old, const struct frame *cur,
			  u64 slots, enum cmp how)
{
	static const struct slot unwritten;

	for (u32 n = 0; n < old->nr_slots; n++) {
		const struct slot *c = n < cur->nr_slots ? &cur->stack[n] : &unwritten;

		if ((slots >> n & 1) && !slot_covered(v, &old->stack[n], c, how))
			return false;
	}
	if (how != CMP_EXACT)
		return true;
	for (u32 n = old->nr_slots; n < cur->nr_slots; n++)
		if (memcmp(cur->stack[n].byte, unwritten.byte, 8))
			return false;
	return true;
}

/* --- states --- */

static bool refs_covered(struct verifier *v, const struct state *old, const struct state *cur)
{
	if (old->nr_refs != cur->nr_refs || old->active_locks != cur->active_locks ||
	    old->active_rcu != cur->active_rcu || old->active_preempt != cur->active_preempt ||
	    !ids_match(v, old->active_irq, cur->active_irq))
		return false;
	for (u32 n = 0; n < old->nr_refs; n++) {
		const struct ref *a = &old->refs[n], *b = &cur->refs[n];

		if (a->kind != b->kind || a->ptr != b->ptr || !ids_match(v, a->id, b->id) ||
		    !ids_match(v, a->lock_id, b->lock_id))
			return false;
	}
	return true;
}

static bool frame_covered(struct verifier *v, const struct frame *old, const struct frame *cur,
			  u32 insn, u64 slots, enum cmp how)
{
	u16 live = v->aux[insn].live;

	if (old->callsite != cur->callsite || old->subprog != cur->subprog ||
	    old->in_callback != cur->in_callback || old->in_async != cur->in_async ||
	    old->callback_depth > cur->callback_depth)
		return false;
	for (u32 r = 0; r < 11; r++)
		if ((live >> r & 1) && !value_covered(v, &old->reg[r], &cur->reg[r], how))
			return false;
	/* An exact comparison is of everything: it decides whether a loop makes progress. */
	return (how != CMP_EXACT && !(live & LIVE_STACK)) || stack_covered(v, old, cur, slots, how);
}

bool state_covered(struct verifier *v, struct state *old, struct state *cur, enum cmp how)
{
	if (old->depth != cur->depth || old->may_sleep != cur->may_sleep)
		return false;
	v->nr_pairs = 0;
	v->temp_id = 0;
	if (!refs_covered(v, old, cur))
		return false;
	for (u32 f = 0; f <= old->depth; f++) {
		/* An outer frame goes on behind its call; what is live before the call covers that. */
		u32 insn = f == old->depth ? old->insn : old->frame[f + 1]->callsite;

		if (!frame_covered(v, old->frame[f], cur->frame[f], insn, slots_that_matter(old, f),
				   how))
			return false;
	}
	return true;
}

/* --- remembering --- */

static bool may_be_looping(const struct state *old, const struct state *cur)
{
	const struct frame *a, *b;

	if (old->depth != cur->depth)
		return false;
	a = state_frame(old);
	b = state_frame(cur);
	for (u32 r = 0; r < 10; r++)
		if (a->reg[r].kind != b->reg[r].kind ||
		    !scalar_equal(&a->reg[r].var, &b->reg[r].var))
			return false;
	return true;
}

/* --- loops: paths that end in a state that is still open --- */

/* The entry of the outermost loop that s belongs to, NULL if none. */
static struct state *outermost(struct state *s)
{
	struct state *entry = s->loop;

	while (entry && entry->loop && entry->loop != entry)
		entry = entry->loop;
	return entry;
}

static bool in_open_loop(struct state *s)
{
	struct state *entry = outermost(s);

	return entry && entry->branches;
}

/* The current path ended in `to`; what becomes precise there must be traced back along this path once
 * it is known. */
static int add_backedge(struct verifier *v, const struct state *to)
{
	struct backedge *e = pool_zalloc(&v->pool, sizeof(*e));
	u32 n = v->cur->nr_steps;

	if (!e)
		return -ENOMEM;
	e->path.cap_steps = n + 1;
	e->path.steps = pool_alloc(&v->pool, (n + 1) * sizeof(*e->path.steps));
	if (!e->path.steps) {
		pool_free(&v->pool, e, sizeof(*e));
		return -ENOMEM;
	}
	if (n)
		memcpy(e->path.steps, v->cur->steps, n * sizeof(*e->path.steps));
	e->path.nr_steps = n;
	e->path.depth = v->cur->depth;
	e->path.parent = v->cur->parent;
	e->path.first_insn = v->cur->first_insn;
	e->to = to;
	e->next = v->backedges;
	v->backedges = e;
	return 0;
}

/* The current path ended in `to`, a state of the loop that begins at `entry`: so the states on the way
 * here belong to it. Where one of them is known to belong to this loop, or to one around it, so are those before it: whoever
 * found that has come by here. */
static int join_loop(struct verifier *v, struct state *entry, const struct state *to)
{
	if (!entry->loop) {
		entry->loop = entry;
		v->open_loops++;
	}
	for (struct state *s = v->cur->parent; s && s != entry; s = s->parent) {
		if (s->loop && s->loop->serial <= entry->serial)
			break;
		v->open_loops -= s->loop == s; /* a loop in a loop closes with the outer one */
		s->loop = entry;
	}
	return add_backedge(v, to);
}

void free_backedges(struct verifier *v)
{
	while (v->backedges) {
		struct backedge *e = v->backedges;

		v->backedges = e->next;
		state_done(&v->pool, &e->path);
		pool_free(&v->pool, e, sizeof(*e));
	}
}

/* Trace what matters in the states that paths ended in back along those paths, until nothing new is
 * found: a loop may need as many rounds as it has values that depend on each other. */
static void settle_loops(struct verifier *v)
{
	u32 before, level = v->log->level;

	v->log->level = 0; /* no part of the walk that the log tells of */
	do {
		before = v->nr_marked;
		for (struct backedge *e = v->backedges; e; e = e->next)
			spread_precision(v, e->to, &e->path);
	} while (v->nr_marked != before);
	v->log->level = level;
}

void close_loop(struct verifier *v, const struct state *s)
{
	if (s->loop != s)
		return;
	settle_loops(v);
	if (--v->open_loops == 0)
		free_backedges(v);
}

struct visit {
	bool add; /* remember the current state */
	bool force;
};

static bool is_may_goto(const struct bpf_insn *i)
{
	return i->code == (BPF_JMP | BPF_JCOND);
}

/* The remembered state is on the current path. Is this a loop without end, or the next round of a callback
 * or of a may_goto's loop?
 * (Rounds of a callback may repeat a state inside it: whoever calls it ends that.)
 * 1: covered, 0: no. */
static int meet_open(struct verifier *v, struct checkpoint *c, struct visit *visit)
{
	if (v->aux[v->insn].calls_callback) {
		if (state_covered(v, &c->st, v->cur, CMP_RANGES)) {
			TRY(join_loop(v, &c->st, &c->st));
			return 1;
		}
	} else if (v->aux[v->insn].iter_next) {
		if (iter_is_active(v, v->cur, v->insn) &&
		    state_covered(v, &c->st, v->cur, CMP_RANGES)) {
			TRY(join_loop(v, &c->st, &c->st));
			return 1;
		}
	} else if (c->st.may_goto_depth != v->cur->may_goto_depth) {
		if (is_may_goto(&v->insns[v->insn]) &&
		    state_covered(v, &c->st, v->cur, CMP_RANGES)) {
			TRY(join_loop(v, &c->st, &c->st));
			return 1;
		}
	} else if (c->st.async_entries == v->cur->async_entries && /* another one is no loop */
		   !iter_depths_differ(&c->st, v->cur) &&
		   c->st.callback_unroll_depth == v->cur->callback_unroll_depth &&
		   may_be_looping(&c->st, v->cur) && state_covered(v, &c->st, v->cur, CMP_EXACT)) {
		say_line_info(v, v->insn, "; ");
		reject(v, -EINVAL, "infinite loop detected at insn %u", v->insn);
		say(v, "cur state:");
		say_frame(v, v->cur, v->cur->depth, true);
		say(v, "old state:");
		say_frame(v, &c->st, c->st.depth, true);
		return -EINVAL;
	}
	/* Inside a loop remember states less often. */
	if (!visit->force && v->jumps - v->last_checkpoint_jumps < LOOP_MIN_JUMPS &&
	    v->processed - v->last_checkpoint_processed < LOOP_MIN_INSNS)
		visit->add = false;
	return 0;
}

static bool has_outlived(const struct checkpoint *c, bool always)
{
	u32 n = always && c->st.branches ? MISS_FACTOR_LOOP : MISS_FACTOR;

	return c->misses > c->hits * n + n;
}

static int compare_all(struct verifier *v, struct visit *visit, u32 *nr)
{
	struct checkpoint **link = &v->buckets[v->insn], *c;

	while ((c = *link)) {
		enum cmp how = c->st.branches || c->st.loop ? CMP_RANGES : CMP_COVERS;
		int hit;

		/* Calls of a function from other places are other places: they do not even count. */
		if (state_frame(&c->st)->callsite != state_frame(v->cur)->callsite) {
			link = &c->next;
			continue;
		}
		(*nr)++;
		if (c->st.branches)
			hit = meet_open(v, c, visit);
		else
			hit = state_covered(v, &c->st, v->cur, how);
		if (hit < 0)
			return hit;
		if (hit) {
			c->hits++;
			if (v->claims)
				TRY(claim_pruned(v, &c->st, how));
			spread_precision(v, &c->st, v->cur);
			if (!c->st.branches)
				spread_reads(v, &c->st);
			if (!c->st.branches && in_open_loop(&c->st))
				TRY(join_loop(v, outermost(&c->st), &c->st));
			return 1;
		}
		if (visit->add)
			c->misses++;
		if (has_outlived(c, v->aux[v->insn].checkpoint)) {
			*link = c->next;
			evict(v, c);
			continue;
		}
		link = &c->next;
	}
	return 0;
}

int visit_prune_point(struct verifier *v)
{
	bool always = (v->desc.flags & BPF_F_TEST_STATE_FREQ) && v->allow_ptr_leaks;
	struct visit visit = { .force = always || v->aux[v->insn].checkpoint ||
					v->cur->nr_jumps > MAX_JUMPS };
	u32 nr = 0;
	int hit;

	visit.add = visit.force || (v->jumps - v->last_checkpoint_jumps >= MIN_JUMPS &&
				    v->processed - v->last_checkpoint_processed >= MIN_INSNS);
	v->cur->insn = v->insn;
	hit = compare_all(v, &visit, &nr);
	if (hit)
		return hit;
	v->max_states_per_insn = MAX(v->max_states_per_insn, nr);
	return visit.add ? remember(v) : 0;
}
