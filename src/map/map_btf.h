/* BTF of a map's key and value. */
#ifndef SKEP_MAP_MAP_BTF_H
#define SKEP_MAP_MAP_BTF_H

#include "map/map.h"

/* Check a->btf against a, take a reference, find the fields that are not data. */
int map_set_btf(struct skep_map *m, const struct map_attr *a);

/* What map_new() checks first: does the type take such attributes at all? */
int map_check_attr(const struct map_attr *a) MUST_CHECK;

#endif
