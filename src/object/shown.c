/* Maps as programs see them: made for all as soon as a program is loaded that looks, since any map may become
 * an inner map of one that it has. */
#include "base/err.h"
#include "map/image.h"
#include "object/instance.h"

static int show_all(struct skep *s, const struct btf *kernel)
{
	struct id_table *maps = &s->ids[OBJECT_MAP];

	for (u32 id = ids_next(maps, 0); id; id = ids_next(maps, id)) {
		struct object *o = ids_get(maps, id);
		int err;

		if (!o)
			continue;
		err = map_image_make((struct skep_map *)o, kernel);
		object_unref(o);
		if (err)
			return err;
	}
	return 0;
}

int maps_show(struct skep *s)
{
	const struct btf *kernel;
	int err = 0;

	TRY(s->rt.kernel_btf(&s->rt, &kernel));
	pthread_mutex_lock(&s->shown_lock);
	if (!atomic_load(&s->maps_shown)) {
		atomic_store(&s->maps_shown, true); /* maps published from now on show themselves */
		err = show_all(s, kernel);
		if (err)
			atomic_store(&s->maps_shown, false);
	}
	pthread_mutex_unlock(&s->shown_lock);
	return err;
}

void map_published(struct skep *s, struct skep_map *m)
{
	const struct btf *kernel;

	if (!atomic_load(&s->maps_shown) || s->rt.kernel_btf(&s->rt, &kernel))
		return;
	pthread_mutex_lock(&s->shown_lock);
	if (map_image_make(m, kernel))
		clear_last_error();
	pthread_mutex_unlock(&s->shown_lock);
}
