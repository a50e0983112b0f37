/* See places.h. */
#include "object/places.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "exec/prog.h"

struct place *place_find(struct places *ps, u32 attach_type, const struct file_id *id)
{
	struct place *p;

	for (p = ps->first; p; p = p->next)
		if (p->attach_type == attach_type && p->id.dev == id->dev && p->id.ino == id->ino)
			break;
	return p;
}

struct place *place_make(struct places *ps, u32 attach_type, const struct file_id *id)
{
	struct place *p = place_find(ps, attach_type, id);

	if (p)
		return p;
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->attach_type = attach_type;
	p->id = *id;
	p->revision = 1; /* as Linux counts them */
	p->next = ps->first;
	ps->first = p;
	return p;
}

int place_index(const struct place *p, const struct skep_prog *prog, const struct link *link)
{
	for (u32 i = 0; i < p->n; i++)
		if (link ? p->v[i].link == link : !p->v[i].link && p->v[i].prog == prog)
			return (int)i;
	return -ENOENT;
}

void place_append(struct place *p, const struct attached *a)
{
	p->v[p->n++] = *a;
	if (a->prog)
		prog_ref(a->prog);
	p->revision++;
}

struct skep_prog *place_take(struct place *p, u32 index)
{
	struct skep_prog *prog = p->v[index].prog;

	p->n--;
	memmove(&p->v[index], &p->v[index + 1], (p->n - index) * sizeof(p->v[0]));
	p->revision++;
	if (!p->n)
		p->flags = 0;
	return prog;
}

void places_done(struct places *ps)
{
	struct place *p;

	while ((p = ps->first)) {
		ps->first = p->next;
		while (p->n)
			prog_unref(place_take(p, p->n - 1));
		free(p);
	}
}
