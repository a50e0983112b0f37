/* Pages of arenas: bpf_arena_alloc_pages(), bpf_arena_free_pages(), bpf_arena_reserve_pages(). The map may be any: what
 * is no arena has no pages. */
#include "map/arena.h"

#include "kfunc/fns.h"

static struct skep_map *arena_map(u64 map)
{
	struct skep_map *m = (struct skep_map *)(uintptr_t)map;

	return m && arena_of_map(m) ? m : NULL;
}

KFUNC_FN(kfunc_arena_alloc)
{
	struct skep_map *m = arena_map(r1);

	return m ? arena_alloc(m, r2, (u32)r3, (s32)r4, r5) : 0;
}

KFUNC_FN(kfunc_arena_free)
{
	struct skep_map *m = arena_map(r1);

	if (m)
		arena_free(m, r2, (u32)r3);
	return 0;
}

KFUNC_FN(kfunc_arena_reserve)
{
	struct skep_map *m = arena_map(r1);

	return m ? (u64)(s64)arena_reserve(m, r2, (u32)r3) : (u64)-EINVAL;
}
