/* Element operations on maps of any type, for the element and the batch commands. */
#ifndef SKEP_SYSCALL_MAP_ELEM_H
#define SKEP_SYSCALL_MAP_ELEM_H

#include "map/map.h"
#include "syscall/client.h"

/* Whole values as bpf(2) moves them (map_user_value_size()); of types that hold objects, value is an
 * id when read and a client's descriptor when written. Linux's errnos. */
int map_lookup_any(struct skep_map *m, const void *key, void *value, u64 flags);
int map_update_any(struct skep_client *c, struct skep_map *m, const void *key, const void *value,
		   u64 flags);
int map_delete_any(struct skep_map *m, const void *key);

/* Bracket what changes a map, so that MAP_FREEZE waits for nobody and misses nobody. False: frozen. */
bool map_write_begin(struct skep_map *m);
void map_write_end(struct skep_map *m);

#endif
