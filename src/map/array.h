/* What the array types share. */
#ifndef SKEP_MAP_ARRAY_H
#define SKEP_MAP_ARRAY_H

#include "map/map.h"

int array_check_attr(const struct map_attr *a);
/* 0, or a program's errno for an update: range of flags, index, existence, then the lock flag. */
int array_check_update(const struct skep_map *m, const void *key, u64 flags);
void array_describe(const struct skep_map *m, const struct image *i);
int array_remove(struct skep_map *m, const void *key, struct skep_run *run);
s64 array_for_each(struct skep_map *m, u64 callback, u64 ctx, u64 flags, struct skep_run *run);

#endif
