/* bpf_map_elem: the elements of one map. Programs get pointers to key and value themselves, and may change the value; of
 * per-CPU maps a copy of all CPUs' values. That programs stay inside of both is checked when they are attached
 * (max_rdonly_access, max_rdwr_access).
 *
 * Sound because: look() finds the value inside of the slot that the program runs in, so it is not given to another
 * element before the program has ended; keys, and copies, lie in the session's own memory. */
#include <errno.h>
#include <string.h>

#include "iter/targets.h"
#include "map/map.h"

struct elems {
	void *map; /* image */
	u8 *key, *next;
	void *values; /* all CPUs': of per-CPU maps */
	bool began, found, ended;
};

static int begin(struct iter *it, struct elems *s)
{
	struct skep_map *m = it->choice.map;

	s->map = iter_map_image(it, m);
	s->key = iter_memory(it, m->key_size);
	s->next = iter_memory(it, m->key_size);
	if (m->type->per_cpu)
		s->values = iter_memory(it, map_user_value_size(m));
	s->began = true;
	return s->key && s->next && (s->values || !m->type->per_cpu) ? 0 : -ENOMEM;
}

/* The next key goes to s->key. A key that was removed meanwhile has no next one: the map is gone over anew. */
static int next_key(struct skep_map *m, struct elems *s, bool first)
{
	if (m->type->next_key(m, first ? NULL : s->key, s->next) < 0)
		return -ENOENT;
	memcpy(s->key, s->next, m->key_size);
	return 0;
}

static int get(struct iter *it)
{
	struct elems *s = it->state;
	bool first = !s->began;

	if (first)
		TRY(begin(it, s));
	it->args[1] = (uintptr_t)s->map;
	if (s->ended)
		return 0;
	if (!s->found && next_key(it->choice.map, s, first) < 0) {
		s->ended = true;
		return 0;
	}
	s->found = true;
	it->args[2] = (uintptr_t)s->key;
	return 1;
}

static bool look(struct iter *it, struct skep_run *run)
{
	struct elems *s = it->state;
	struct skep_map *m = it->choice.map;

	if (m->type->per_cpu) {
		it->args[3] = (uintptr_t)s->values;
		return !map_sys_lookup(m, s->key, s->values, 0);
	}
	it->args[3] = (uintptr_t)m->type->lookup(m, s->key, run);
	return it->args[3] != 0;
}

static void advance(struct iter *it)
{
	((struct elems *)it->state)->found = false;
}

const struct iter_target iter_bpf_map_elem = { .name = "bpf_map_elem",
					       .state = sizeof(struct elems),
					       .nr_args = 4,
					       .get = get,
					       .look = look,
					       .advance = advance };
