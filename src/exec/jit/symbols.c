/* See symbols.h. Names are Linux's: bpf_prog_TAG_FUNCTION. */
#include "exec/jit/symbols.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The callback entry if there is one, the entry, and the functions: all of the image. */
static u32 list_symbols(const struct jit *j, const struct jit_code *c, struct code_symbol *s)
{
	u32 n = 0, main = j->funcs[0].at;

	if (j->has_callbacks) {
		s[n] = (struct code_symbol){
			"bpf_callback_entry", j->callback_at, j->entry_at, { { 0 } }, 0
		};
		s[n].nr_steps = jit_unwind_entry(s[n].steps);
		n++;
	}
	if (main > j->entry_at) {
		s[n] = (struct code_symbol){ "bpf_entry", j->entry_at, main, { { 0 } }, 0 };
		s[n].nr_steps = j->funcs[0].frame || j->funcs[0].uses_run
					? jit_unwind_entry(s[n].steps)
					: 0;
		n++;
	}
	for (u32 f = 0; f < j->p->nr_subs; f++, n++) {
		s[n].begin = j->funcs[f].at;
		s[n].end = f + 1 < j->p->nr_subs ? j->funcs[f + 1].at : c->size;
		prog_symbol(j->p, f, s[n].name);
		s[n].nr_steps = jit_unwind_func(&j->funcs[f], s[n].steps);
	}
	return n;
}

static void write_perf_map(const struct jit_code *c, const struct code_symbol *s, u32 n)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/tmp/perf-%d.map", (int)getpid());
	f = fopen(path, "ae");
	if (!f)
		return;
	for (; n--; s++)
		fprintf(f, "%llx %x %s\n", (unsigned long long)(uintptr_t)(c->image + s->begin),
			s->end - s->begin, s->name);
	fclose(f);
}

void jit_symbols_add(const struct jit *j, struct jit_code *c)
{
	struct code_symbol *s;
	u32 n;

	if (!j->p->rt->perf_map && !j->p->rt->gdb)
		return;
	s = calloc(j->p->nr_subs + 2, sizeof(*s));
	if (!s)
		return;
	n = list_symbols(j, c, s);
	if (j->p->rt->perf_map)
		write_perf_map(c, s, n);
	if (j->p->rt->gdb)
		c->gdb = gdb_add(c, s, n);
	free(s);
}

void jit_symbols_remove(struct jit_code *c)
{
	gdb_remove(c->gdb);
	c->gdb = NULL;
}
