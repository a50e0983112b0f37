/* See prog.h. */
#include "object/prog.h"

#include <errno.h>
#include <stdlib.h>

#include "btf/btf.h"
#include "map/map.h"

static void prog_free(struct object *o)
{
	struct skep_prog *p = (struct skep_prog *)o;

	/* A program array gives programs to running ones without a reference. */
	if (p->run)
		runtime_synchronize(p->rt);
	exec_release(p);
	free(atomic_load(&p->traced.list)); /* empty: links hold their target */
	if (p->trace_ctx)
		p->trace_ctx->free(p->trace_ctx, p->rt);
	prog_unref(p->target);
	for (u32 i = 0; i < p->nr_maps; i++)
		map_unref(p->maps[i]);
	btf_unref(p->btf);
	btf_unref(p->attach_btf);
	pthread_mutex_destroy(&p->maps_lock);
	free(p->maps);
	free(p->insns);
	free(p->func_info);
	free(p->line_info);
	free(p->subs);
	free(p->known_calls);
	if (p->watch)
		p->watch->free(p->watch);
	free(p);
}

int prog_new(struct skep *s, u32 len, struct skep_prog **out)
{
	struct skep_prog *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	object_init(&p->obj, OBJECT_PROG, prog_free);
	pthread_mutex_init(&p->maps_lock, NULL);
	p->rt = &s->rt;
	p->len = len;
	p->insns = calloc(len, sizeof(*p->insns));
	if (!p->insns) {
		object_unref(&p->obj);
		return -ENOMEM;
	}
	*out = p;
	return 0;
}

static bool has_map(const struct skep_prog *p, const struct skep_map *m)
{
	for (u32 i = 0; i < p->nr_maps; i++)
		if (p->maps[i] == m)
			return true;
	return false;
}

int prog_bind_map(struct skep_prog *p, struct skep_map *m)
{
	struct skep_map **v;
	int err = 0;

	pthread_mutex_lock(&p->maps_lock);
	if (!has_map(p, m)) {
		v = realloc(p->maps, (p->nr_maps + 1) * sizeof(struct skep_map *));
		if (v) {
			map_ref(m);
			v[p->nr_maps++] = m;
			p->maps = v;
		} else {
			err = -ENOMEM;
		}
	}
	pthread_mutex_unlock(&p->maps_lock);
	return err;
}
