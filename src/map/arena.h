/* BPF_MAP_TYPE_ARENA: pages that programs and clients share, at addresses that mean the same to both. See exec/guarded.h for
 * how programs see it. All functions may be called at any time from any thread. */
#ifndef SKEP_MAP_ARENA_H
#define SKEP_MAP_ARENA_H

#include "exec/guarded.h"
#include "map/map.h"

#ifndef BPF_F_SEGV_ON_FAULT /* a newer header has macros, too */
#define BPF_F_SEGV_ON_FAULT                                                                        \
	(1u << 17) /* clients do not make pages by touching them; we cannot prevent that */
#define BPF_F_NO_USER_CONV (1u << 18)
#endif

/* NULL: m is no arena. */
struct arena *arena_of_map(const struct skep_map *m);
/* A client maps len bytes of it at addr, or would: 0 or -EINVAL, -E2BIG. */
int arena_may_be_at(const struct skep_map *m, u64 addr, u64 len) MUST_CHECK;
/* A client has; the first time, that is where its pages are from now on. */
int arena_set_user(struct skep_map *m, u64 addr, u64 len) MUST_CHECK;
/* Of the user's addresses, in bytes; 0: not yet known. */
u64 arena_len(const struct skep_map *m);

/* What bpf_arena_alloc_pages() and so on do. The user's address, or 0. */
u64 arena_alloc(struct skep_map *m, u64 addr, u32 pages, s32 node, u64 flags);
void arena_free(struct skep_map *m, u64 addr, u32 pages);
int arena_reserve(struct skep_map *m, u64 addr, u32 pages); /* -EINVAL, -EBUSY */

#endif
