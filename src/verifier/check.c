/* Checked runs: following a run's frames, and reporting. See check.h. */
#include "verifier/check.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "btf/btf.h"
#include "insn/disasm.h"
#include "insn/insn.h"
#include "verifier/log.h"

#define MAX_SHADOW (SKEP_RUN_STACK / SKEP_FRAME_LINK)

int checker_new(u32 nr_cpus, void (*violation)(void *, const char *), void *arg,
		struct checker **out)
{
	struct checker *c = calloc(1, sizeof(*c));

	if (c)
		c->shadow = calloc(nr_cpus, sizeof(*c->shadow));
	if (!c || !c->shadow) {
		free(c);
		return -ENOMEM;
	}
	c->violation = violation;
	c->arg = arg;
	c->nr_cpus = nr_cpus;
	*out = c;
	return 0;
}

void checker_free(struct checker *c)
{
	if (!c)
		return;
	for (u32 cpu = 0; cpu < c->nr_cpus; cpu++)
		free(c->shadow[cpu].frame);
	free(c->shadow);
	free(c);
}

/* --- which frames there are --- */

static bool is_tail_call(const struct claims *c, u32 insn)
{
	const struct bpf_insn *i = &c->p->insns[insn];

	return insn_is_helper_call(i) && i->imm == BPF_FUNC_tail_call;
}

/* Was this function called as one that is verified by itself? */
static bool is_global_call(const struct shadow_frame *caller, const struct claims *c, u32 insn)
{
	if (caller->of != c || !insn_is_subprog_call(&c->p->insns[caller->insn]))
		return false;
	/* Its first instructions may have been removed: the function is the last that begins before what is left. */
	for (u32 n = c->nr_subs; n--;)
		if (c->origin[insn] >= (s32)c->subs[n].start)
			return c->subs[n].global;
	return false;
}

static void follow(struct shadow *s, const struct claims *c, u32 insn, const u64 reg[11])
{
	struct shadow_frame *top;

	if (s->tail_call && insn == 0 &&
	    s->n) /* it succeeded: this frame takes the caller's place */
		s->frame[s->n - 1] = (struct shadow_frame){ .reg[10] = reg[10], .first = true };
	s->tail_call = false;
	while (s->n && s->frame[s->n - 1].reg[10] > reg[10])
		s->n--;
	top = s->n ? &s->frame[s->n - 1] : NULL;
	if ((!top || top->reg[10] < reg[10]) && s->n < MAX_SHADOW) {
		bool first = s->starting || !top || is_global_call(top, c, insn);

		top = &s->frame[s->n++];
		*top = (struct shadow_frame){ .first = first };
	}
	s->starting = false;
	top->of = c;
	top->insn = insn;
	memcpy(top->reg, reg, sizeof(top->reg));
	s->tail_call = is_tail_call(c, insn);
}

static u32 depth_of(const struct shadow *s)
{
	u32 depth = 0;

	while (depth + 1 < s->n && !s->frame[s->n - 1 - depth].first)
		depth++;
	return depth;
}

/* --- reporting --- */

static void put_line(struct buf *b, const struct skep_prog *p, u32 insn)
{
	const struct bpf_line_info *li = NULL;
	const char *text;

	for (u32 n = 0; n < p->nr_line_info && p->line_info[n].insn_off <= insn; n++)
		li = &p->line_info[n];
	if (!li || !p->btf)
		return;
	text = btf_string(p->btf, li->line_off);
	buf_printf(b, "; %s @ %s:%u\n", text + strspn(text, " \t"),
		   btf_string(p->btf, li->file_name_off), BPF_LINE_INFO_LINE_NUM(li->line_col));
}

static void put_claim(struct buf *b, const struct value *v)
{
	struct state s = { .depth = 0 };

	if (v && v->kind != V_NONE)
		text_value(b, &s, v);
	else
		buf_puts(b, v ? "nothing" : "zeros");
}

static void report(struct claims *c, u32 insn, const struct check *k)
{
	struct buf b = { 0 };

	if (atomic_exchange(&c->violated, true))
		return;
	atomic_fetch_add(&c->checker->violations, 1);
	put_line(&b, c->p, insn);
	buf_printf(&b, "%d: ", c->origin[insn]);
	disasm(&b, &c->p->insns[insn], NULL);
	if (k->why) {
		buf_printf(&b, "\n%s is %#llx, which %s: claimed ", k->place,
			   (unsigned long long)k->found, k->why);
		put_claim(&b, k->claimed);
	} else {
		buf_puts(&b, "\nno path that was walked leads here");
	}
	buf_puts(&b, "\n");
	if (c->checker->violation)
		c->checker->violation(c->checker->arg, buf_str(&b));
	buf_done(&b);
}

/* --- one instruction --- */

static bool same_calls(const struct claim *k, const struct shadow_frame *frame)
{
	for (u32 f = 1; f <= k->depth; f++)
		if (k->frame[f]->callsite != frame[f - 1].origin)
			return false;
	return true;
}

static bool try_claim(struct check *k, u32 n, u32 depth)
{
	k->claim = k->c->claim[n];
	return k->claim->depth == depth && same_calls(k->claim, k->frame) && claim_fits(k);
}

/* A claim that fits, the one that did last time first; else *k is the comparison that got furthest. */
static bool find_claim(struct check *k, u32 depth, u32 insn, u32 origin)
{
	struct check best = { 0 };
	u32 last = k->c->fitted[insn];

	if (last && try_claim(k, last, depth))
		return true;
	for (u32 n = k->c->first[origin]; n; n = k->c->claim[n]->next) {
		k->why = NULL;
		if (try_claim(k, n, depth)) {
			k->c->fitted[insn] = n;
			return true;
		}
		if (k->why && (!best.why || k->fitted >= best.fitted))
			best = *k;
	}
	*k = best;
	return false;
}

static void watch_insn(struct prog_watch *w, struct skep_run *run, u32 insn, const u64 reg[11])
{
	struct claims *c = (struct claims *)w;
	struct shadow *s = &c->checker->shadow[run->cpu];
	struct check k;
	u32 depth, origin;

	if (!s->frame)
		return;
	follow(s, c, insn, reg);
	if (c->origin[insn] < 0 || atomic_load_explicit(&c->violated, memory_order_relaxed))
		return;
	origin = s->frame[s->n - 1].origin = (u32)c->origin[insn];
	if (c->unknown[origin]) {
		atomic_fetch_add_explicit(&c->checker->unknown, 1, memory_order_relaxed);
		return;
	}
	atomic_fetch_add_explicit(&c->checker->insns, 1, memory_order_relaxed);
	depth = depth_of(s);
	k.c = c;
	k.run = run;
	k.frame = &s->frame[s->n - 1 - depth];
	k.why = NULL;
	if (depth >= SKEP_MAX_FRAMES || !find_claim(&k, depth, insn, origin) || !check_accesses(&k))
		report(c, insn, &k);
}

static void watch_begin(struct prog_watch *w, struct skep_run *run)
{
	struct claims *c = (struct claims *)w;
	struct shadow *s = &c->checker->shadow[run->cpu];

	if (!s->frame)
		s->frame = malloc(MAX_SHADOW * sizeof(*s->frame));
	if (run->depth <= 1)
		s->n = 0;
	s->starting = true;
	s->tail_call = false;
}

static void watch_free(struct prog_watch *w)
{
	claims_free((struct claims *)w);
}

void check_watch(struct claims *c)
{
	c->watch = (struct prog_watch){ watch_begin, watch_insn, watch_free };
}
