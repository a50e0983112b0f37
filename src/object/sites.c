/* See sites.h. */
#include "object/sites.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "exec/prog.h"

struct site *site_find(struct sites *ps, u32 attach_type, const struct file_id *id)
{
	struct site *p;

	for (p = ps->first; p; p = p->next)
		if (p->attach_type == attach_type && p->id.dev == id->dev && p->id.ino == id->ino)
			break;
	return p;
}

struct site *site_make(struct sites *ps, u32 attach_type, const struct file_id *id)
{
	struct site *p = site_find(ps, attach_type, id);

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

int site_index(const struct site *p, const struct skep_prog *prog, const struct link *link)
{
	for (u32 i = 0; i < p->n; i++)
		if (link ? p->v[i].link == link : !p->v[i].link && p->v[i].prog == prog)
			return (int)i;
	return -ENOENT;
}

void site_append(struct site *p, const struct attached *a)
{
	p->v[p->n++] = *a;
	if (a->prog)
		prog_ref(a->prog);
	p->revision++;
}

struct skep_prog *site_take(struct site *p, u32 index)
{
	struct skep_prog *prog = p->v[index].prog;

	p->n--;
	memmove(&p->v[index], &p->v[index + 1], (p->n - index) * sizeof(p->v[0]));
	p->revision++;
	if (!p->n)
		p->flags = 0;
	return prog;
}

void sites_done(struct sites *ps)
{
	struct site *p;

	while ((p = ps->first)) {
		ps->first = p->next;
		while (p->n)
			prog_unref(site_take(p, p->n - 1));
		free(p);
	}
}
