/* See explain.h. */
#include "cli/explain.h"

#define MAX_BRANCHES 16 /* in text: the last ones */

static void print_place(FILE *f, const struct place *p)
{
	fprintf(f, "insn %u", p->insn);
	if (p->source)
		fprintf(f, ", %s:%u: %s", p->file ? p->file : "", p->line, p->source);
	else if (p->text)
		fprintf(f, ": %s", p->text);
	fprintf(f, "\n");
}

static void print_path(FILE *f, const struct explanation *e)
{
	u32 first = e->nr_path > MAX_BRANCHES ? e->nr_path - MAX_BRANCHES : 0;

	if (!e->nr_path)
		return;
	fprintf(f, "  path:\n");
	if (first + e->nr_earlier)
		fprintf(f, "    … %u branches before\n", first + e->nr_earlier);
	for (u32 n = first; n < e->nr_path; n++) {
		fprintf(f, "    %s  ", e->path[n].taken ? "taken    " : "not taken");
		print_place(f, &e->path[n].at);
	}
}

void print_explanation(FILE *f, const struct explanation *e)
{
	if (!e->valid || !e->has_place)
		return;
	fprintf(f, "why it is refused:\n  where: ");
	print_place(f, &e->at);
	if (e->at.source && e->at.text)
		fprintf(f, "         %s\n", e->at.text);
	print_path(f, e);
	for (u32 n = 0; n < e->nr_facts; n++) {
		const struct fact *x = &e->facts[n];

		fprintf(f, "  known: %s = %s", x->name ? x->name : "", x->value ? x->value : "");
		fprintf(f, x->meaning ? ": %s\n" : "\n", x->meaning);
	}
	if (e->missing)
		fprintf(f, "  missing: %s\n", e->missing);
}

static void json_field(struct json *j, const char *name, const char *text)
{
	json_key(j, name);
	if (text)
		json_text(j, text);
	else
		json_null(j);
}

static void json_place(struct json *j, const struct place *p)
{
	json_key(j, "insn");
	json_u64(j, p->insn);
	json_field(j, "text", p->text);
	json_field(j, "file", p->file);
	json_key(j, "line");
	json_u64(j, p->line);
	json_field(j, "source", p->source);
}

void json_explanation(struct json *j, const struct explanation *e)
{
	if (!e->valid) {
		json_null(j);
		return;
	}
	json_object(j);
	json_field(j, "reason", e->reason);
	if (e->has_place) {
		json_key(j, "where");
		json_object(j);
		json_place(j, &e->at);
		json_end_object(j);
	}
	json_key(j, "earlier_branches");
	json_u64(j, e->nr_earlier);
	json_key(j, "path");
	json_array(j);
	for (u32 n = 0; n < e->nr_path; n++) {
		json_object(j);
		json_place(j, &e->path[n].at);
		json_key(j, "taken");
		json_bool(j, e->path[n].taken);
		json_end_object(j);
	}
	json_end_array(j);
	json_key(j, "known");
	json_array(j);
	for (u32 n = 0; n < e->nr_facts; n++) {
		json_object(j);
		json_field(j, "name", e->facts[n].name);
		json_field(j, "value", e->facts[n].value);
		json_field(j, "meaning", e->facts[n].meaning);
		json_end_object(j);
	}
	json_end_array(j);
	json_field(j, "missing", e->missing);
	json_end_object(j);
}
