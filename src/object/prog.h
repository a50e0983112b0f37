/* Programs as objects: made empty, filled by the loader, freed when nobody can be running them. */
#ifndef SKEP_OBJECT_PROG_H
#define SKEP_OBJECT_PROG_H

#include "exec/prog.h"
#include "object/instance.h"

/* An empty program with room for len instructions; one reference. -ENOMEM. */
int prog_new(struct skep *s, u32 len, struct skep_prog **out) MUST_CHECK;
/* Add m to the maps that p keeps alive, unless it is there; takes its own reference. -ENOMEM. */
int prog_bind_map(struct skep_prog *p, struct skep_map *m) MUST_CHECK;

#endif
