/* Registered structures of functions (map/struct_ops.h): the system's table of congestion controls and their like. */
#ifndef SKEP_OBJECT_OPS_H
#define SKEP_OBJECT_OPS_H

#include "map/struct_ops.h"
#include "object/instance.h"

/* The table takes a reference. -EEXIST: there is one of that name; -EOPNOTSUPP: such cannot be registered. Whoever calls
 * holds m's lock. */
int ops_register(struct skep *s, struct skep_map *m) MUST_CHECK;
void ops_unregister(struct skep *s, struct skep_map *m);
/* new takes old's place. -EINVAL: another kind or name; -EOPNOTSUPP. */
int ops_replace(struct skep *s, struct skep_map *old, struct skep_map *new) MUST_CHECK;
/* At the instance's end. */
void ops_unregister_all(struct skep *s);

#endif
