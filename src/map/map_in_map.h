/* Maps as values of maps. */
#ifndef SKEP_MAP_MAP_IN_MAP_H
#define SKEP_MAP_MAP_IN_MAP_H

#include "map/map.h"

/* A map without memory that has m's type and attributes: for the verifier, and to compare with. */
int map_template_new(const struct skep_map *m, struct skep_map **out) MUST_CHECK;

#endif
