/* bpf_map, bpf_prog, bpf_link: all objects of the instance, in the order of their ids. */
#include <errno.h>

#include "exec/prog.h"
#include "iter/iter.h"
#include "iter/targets.h"
#include "map/map.h"
#include "object/link.h"

struct objects {
	u32 id; /* of the object that get() found, or behind which it looks */
	bool passed;
	struct object *o; /* a reference, between get() and put() */
};

/* Objects that go away meanwhile are passed over; one that was found stays the same until advance(). */
static int get_object(struct iter *it, enum object_kind kind)
{
	struct id_table *ids = &it->skep->ids[kind];
	struct objects *s = it->state;

	do {
		if (s->passed || !s->id)
			s->id = ids_next(ids, s->id);
		s->passed = false;
		if (!s->id) {
			s->id = ID_MAX; /* there is nothing behind it */
			s->passed = true;
			return 0;
		}
		s->o = ids_get(ids, s->id);
		s->passed = !s->o;
	} while (!s->o);
	return 1;
}

static void put(struct iter *it)
{
	struct objects *s = it->state;

	object_unref(s->o);
	s->o = NULL;
}

static void advance(struct iter *it)
{
	((struct objects *)it->state)->passed = true;
}

#define OBJECTS(word, kind, type, image_of)                                                        \
	static int get_##word(struct iter *it)                                                     \
	{                                                                                          \
		TRY_FOUND(get_object(it, kind));                                                   \
		it->args[1] = (uintptr_t)image_of(it, (type *)((struct objects *)it->state)->o);   \
		return 1;                                                                          \
	}                                                                                          \
	const struct iter_target iter_##word = { .name = #word,                                    \
						 .state = sizeof(struct objects),                  \
						 .nr_args = 2,                                     \
						 .get = get_##word,                                \
						 .put = put,                                       \
						 .advance = advance };
OBJECTS(bpf_map, OBJECT_MAP, struct skep_map, iter_map_image)
OBJECTS(bpf_prog, OBJECT_PROG, struct skep_prog, iter_prog_image)
OBJECTS(bpf_link, OBJECT_LINK, struct link, iter_link_image)
