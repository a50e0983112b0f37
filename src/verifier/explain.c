/* See explain.h. */
#include "verifier/explain.h"

#include <stdlib.h>
#include <string.h>

#include "btf/btf.h"
#include "insn/disasm.h"
#include "verifier/env.h"

static char *take(struct buf *b)
{
	char *s = b->failed || !b->data ? NULL : strdup(b->data);

	buf_done(b);
	return s;
}

static void place_done(struct place *p)
{
	free(p->text);
	free(p->file);
	free(p->source);
}

void explanation_done(struct explanation *e)
{
	if (!e)
		return;
	free(e->reason);
	place_done(&e->at);
	for (u32 n = 0; n < e->nr_path; n++)
		place_done(&e->path[n].at);
	for (u32 n = 0; n < e->nr_facts; n++) {
		free(e->facts[n].name);
		free(e->facts[n].value);
		free(e->facts[n].meaning);
	}
	free(e->missing);
	*e = (struct explanation){ 0 };
}

/* --- places --- */

static const struct bpf_line_info *line_of(const struct skep_prog *p, u32 insn)
{
	const struct bpf_line_info *found = NULL;

	for (u32 n = 0; n < p->nr_line_info && p->line_info[n].insn_off <= insn; n++)
		found = &p->line_info[n];
	return found;
}

static char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strdup(slash ? slash + 1 : path);
}

void explain_place(struct verifier *v, u32 insn, struct place *p)
{
	const struct bpf_line_info *li = v->p->btf ? line_of(v->p, insn) : NULL;
	struct buf text = { 0 };
	const char *source;

	*p = (struct place){ .insn = insn };
	if (insn >= v->len)
		return;
	insn_text(v, &text, insn);
	p->text = take(&text);
	if (!li)
		return;
	source = btf_string(v->p->btf, li->line_off);
	p->file = base_name(btf_string(v->p->btf, li->file_name_off));
	p->source = strdup(source + strspn(source, " \t"));
	p->line = li->line_col >> 10;
}

/* --- the path --- */

static bool is_conditional(const struct bpf_insn *i)
{
	u8 class = BPF_CLASS(i->code), op = BPF_OP(i->code);

	return (class == BPF_JMP || class == BPF_JMP32) && op != BPF_JA && op != BPF_CALL &&
	       op != BPF_EXIT;
}

struct jump {
	u32 insn, next;
};
struct jumps { /* the last ones of a path */
	struct jump last[EXPLAIN_MAX_PATH];
	u32 n;
};

static void add_jump(const struct verifier *v, struct jumps *j, u32 insn, u32 next)
{
	if (insn < v->len && is_conditional(&v->insns[insn]))
		j->last[j->n++ % EXPLAIN_MAX_PATH] = (struct jump){ insn, next };
}

static void keep_path(struct verifier *v, struct explanation *e, const struct jumps *j)
{
	e->nr_earlier = j->n > EXPLAIN_MAX_PATH ? j->n - EXPLAIN_MAX_PATH : 0;
	for (u32 n = e->nr_earlier; n < j->n; n++) {
		const struct jump *jump = &j->last[n % EXPLAIN_MAX_PATH];
		struct branch_taken *b = &e->path[e->nr_path++];

		explain_place(v, jump->insn, &b->at);
		b->taken = jump->next != jump->insn + 1;
	}
}

/* Of the instructions of a step; the last one before was `last`, ~0: none. The last one now. */
static u32 add_jumps(struct verifier *v, struct jumps *jumps, u32 last, const struct step *step)
{
	for (u32 insn = step_first(step); insn <= step->insn; insn++) {
		if (last != ~0u)
			add_jump(v, jumps, last, insn);
		last = insn;
	}
	return last;
}

/* Steps lie in the states that a path has passed; the next step tells where a jump went. */
static void walk_path(struct verifier *v, struct explanation *e)
{
	const struct state **chain = NULL;
	struct jumps jumps = { .n = 0 };
	u32 n = 0, last = ~0u;

	for (const struct state *s = v->cur; s; s = s->parent)
		n++;
	chain = calloc(n, sizeof(*chain));
	if (!chain)
		return;
	for (const struct state *s = v->cur; s; s = s->parent)
		chain[--n] = s;
	for (const struct state **c = chain;; c++) {
		for (u32 k = 0; k < (*c)->nr_steps; k++)
			last = add_jumps(v, &jumps, last, &(*c)->steps[k]);
		if (*c == v->cur)
			break;
	}
	free(chain);
	keep_path(v, e, &jumps);
}

/* --- values --- */

static void add_fact(struct verifier *v, struct explanation *e, u32 r)
{
	const struct value *val = reg(v, r);
	struct fact *f = &e->facts[e->nr_facts];
	struct buf name = { 0 }, text = { 0 };

	if (e->nr_facts == EXPLAIN_MAX_FACTS || r > BPF_REG_10)
		return;
	buf_printf(&name, "R%u", r);
	if (val->kind == V_NONE)
		buf_puts(&text, "nothing");
	else
		text_value(&text, v->cur, val);
	*f = (struct fact){ take(&name), take(&text), explain_value(v, val) };
	e->nr_facts++;
}

/* The registers that the message names, and those that the instruction reads. */
static void add_facts(struct verifier *v, struct explanation *e)
{
	const struct bpf_insn *i = &v->insns[v->insn];
	u32 regs = 0;

	for (const char *p = e->reason; p && (p = strchr(p, 'R')); p++)
		if (p[1] >= '0' && p[1] <= '9' && (p == e->reason || p[-1] == ' ' || p[-1] == '('))
			regs |= 1u << (strtoul(p + 1, NULL, 10) & 15);
	if (!regs && (BPF_CLASS(i->code) == BPF_LDX || BPF_CLASS(i->code) == BPF_STX))
		regs |= 1u << (BPF_CLASS(i->code) == BPF_LDX ? i->src_reg : i->dst_reg);
	for (u32 r = 0; r <= BPF_REG_10; r++)
		if (regs >> r & 1)
			add_fact(v, e, r);
}

void explain(struct verifier *v, struct explanation *e)
{
	explanation_done(e);
	e->valid = true;
	e->reason = strdup(buf_str(v->reasons.len ? &v->reasons : &v->text));
	if (!v->cur || v->insn >= v->len || !v->cur->nr_steps)
		return; /* refused before anything was walked */
	e->has_place = true;
	explain_place(v, v->insn, &e->at);
	walk_path(v, e);
	add_facts(v, e);
	e->missing = e->reason ? explain_missing(v, e->reason) : NULL;
}
