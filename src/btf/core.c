/* core.h: which of the kernel's types is meant, and whether all that could be agree. */
#include "btf/core.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "btf/core_value.h"

struct core_cands { /* types of the kernel's with the same name, flavours aside, in the order of their numbers */
	u32 *ids, n;
	bool known;
};

struct relocation {
	const struct core_relo *r;
	struct core *core;
	struct core_log *log;
	struct core_spec here, there, first; /* the program's; a candidate's; the first that fits */
	struct core_value v;
	u32 fits;
};

static void say_spec(struct relocation *c, const char *before, const struct core_spec *s)
{
	if (!c->log->out)
		return;
	core_say(c->log, "%s", before);
	core_print(c->log->out, s);
	buf_puts(c->log->out, "\n");
}

static int disagree(struct relocation *c, const struct core_value *v)
{
	if (c->there.bit_off != c->first.bit_off) {
		core_say(c->log, "field offset ambiguity: %u != %u\n", c->there.bit_off,
			 c->first.bit_off);
		return -EINVAL;
	}
	if (v->poison != c->v.poison || v->new != c->v.new) {
		core_say(c->log, "relocation decision ambiguity: %s %llu != %s %llu\n",
			 v->poison ? "failure" : "success", (unsigned long long)v->new,
			 c->v.poison ? "failure" : "success", (unsigned long long)c->v.new);
		return -EINVAL;
	}
	return 0;
}

static int try_candidate(struct relocation *c, u32 id, u32 number)
{
	char before[64];
	struct core_value v;
	int found = core_find(&c->here, c->core->target, id, &c->there);

	if (found < 0) {
		if (c->log->out) {
			core_say(c->log, "error matching candidate #%u ", number);
			core_print(c->log->out, &c->there);
			buf_printf(c->log->out, ": %d\n", found);
		}
		return found;
	}
	snprintf(before, sizeof(before), "%s candidate #%u ", found ? "matching" : "non-matching",
		 number);
	say_spec(c, before, &c->there);
	if (!found)
		return 0;
	TRY(core_value(c->r, &c->here, &c->there, c->log, &v));
	if (c->fits++)
		return disagree(c, &v);
	c->first = c->there;
	c->v = v;
	return 0;
}

static int add_candidate(struct core_cands *cands, u32 id)
{
	u32 *v = realloc(cands->ids, (cands->n + 1) * sizeof(*v));

	if (!v)
		return -ENOMEM;
	cands->ids = v;
	v[cands->n++] = id;
	return 0;
}

static int search(const struct core *c, const struct btf_type *l, const char *name,
		  struct core_cands *cands)
{
	for (u32 id = 1; id < c->target->nr_types; id++) {
		const struct btf_type *t = c->target->types[id];
		const char *other = btf_string(c->target, t->name_off);

		if (BTF_INFO_KIND(t->info) == BTF_INFO_KIND(l->info) && other[0] == name[0] &&
		    core_same_name(name, other))
			TRY(add_candidate(cands, id));
	}
	cands->known = true;
	return 0;
}

static int find_candidates(struct relocation *c, const struct core_cands **out)
{
	const struct btf_type *l = btf_type(c->core->local, c->r->type_id);
	const char *name = btf_string(c->core->local, l->name_off);
	struct core_cands *cands = &c->core->cands[c->r->type_id];

	if (!*name || !c->core->target)
		return -EINVAL;
	if (!cands->known)
		TRY(search(c->core, l, name, cands));
	for (u32 i = 0; c->log->out && i < cands->n; i++)
		buf_printf(c->log->out, "CO-RE relocating %s %.*s: found target candidate [%u]\n",
			   core_type_kind(c->core->local, c->r->type_id),
			   (int)core_essential_len(name), name, cands->ids[i]);
	*out = cands;
	return 0;
}

static int decide(struct relocation *c, const struct core_cands *cands)
{
	for (u32 i = 0; i < cands->n; i++)
		TRY(try_candidate(c, cands->ids[i], i));
	if (c->fits)
		return 0;
	core_say(c->log, "no matching targets found\n");
	return core_value(c->r, &c->here, NULL, c->log, &c->v);
}

static int parse(struct relocation *c)
{
	const char *name = btf_type_name(c->core->local, c->r->type_id);
	int err = core_parse(c->core->local, c->r, c->log, &c->here);

	if (!err) {
		say_spec(c, "", &c->here);
		return 0;
	}
	core_say(c->log, "parsing [%u] %s %s + %s failed: %d\n", c->r->type_id,
		 core_type_kind(c->core->local, c->r->type_id), *name ? name : "<anon>",
		 core_access(c->core->local, c->r), err);
	return -EINVAL;
}

static int evaluate(struct relocation *c)
{
	const struct core_cands *cands;
	int err;

	if (c->r->kind == CORE_TYPE_ID_LOCAL) {
		TRY(parse(c));
		c->v.new = c->v.orig = c->r->type_id;
		return 0;
	}
	err = find_candidates(c, &cands);
	if (err && c->log->out)
		buf_printf(c->log->out, "target candidate search failed for %u\n", c->r->type_id);
	TRY(err);
	TRY(parse(c));
	return decide(c, cands);
}

int core_relocate(struct core *core, const struct core_relo *r, struct bpf_insn *insn, u32 left,
		  struct core_log *log)
{
	struct relocation *c;
	int err;

	if (!btf_type(core->local, r->type_id)) {
		if (log->out)
			buf_printf(log->out, "relo #%u: bad type id %u\n", log->number, r->type_id);
		return -EINVAL;
	}
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->r = r;
	c->core = core;
	c->log = log;
	err = evaluate(c);
	if (!err)
		err = core_patch(r, &c->v, insn, left, log);
	free(c);
	return err;
}

int core_init(struct core *c, const struct btf *local, const struct btf *target)
{
	*c = (struct core){ local, target, calloc(local->nr_types, sizeof(*c->cands)) };
	return c->cands ? 0 : -ENOMEM;
}

void core_done(struct core *c)
{
	for (u32 i = 0; c->cands && i < c->local->nr_types; i++)
		free(c->cands[i].ids);
	free(c->cands);
}
