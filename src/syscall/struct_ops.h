/* Structures of functions: filling them, links to them. */
#ifndef SKEP_SYSCALL_STRUCT_OPS_H
#define SKEP_SYSCALL_STRUCT_OPS_H

#include "map/struct_ops.h"
#include "object/link.h"
#include "syscall/sys.h"

/* The element commands of such a map. value: private memory of the value's size. */
int struct_ops_update(struct skep_client *c, struct skep_map *m, const void *key, const void *value,
		      u64 flags);
int struct_ops_delete(struct skep *s, struct skep_map *m, const void *key);
/* BPF_LINK_CREATE and BPF_LINK_UPDATE. */
int struct_ops_link(struct call *c, const struct attr_link_create *a, struct link **out);
bool is_struct_ops_link(const struct link *l);
int struct_ops_link_update(struct call *c, struct link *l, const struct attr_link_update *a);

#endif
