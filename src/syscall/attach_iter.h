/* For those who open pinned links of iterators. */
#ifndef SKEP_SYSCALL_ATTACH_ITER_H
#define SKEP_SYSCALL_ATTACH_ITER_H

#include "base/types.h"

struct iter;
struct link;
struct skep_client;

/* A new session of an iterator's link. -EINVAL: it is another kind of link. */
int iter_open(struct link *l, struct iter **out) MUST_CHECK;
bool link_is_iter(const struct link *l);
/* A descriptor of it in the client. */
int iter_give(struct skep_client *c, struct iter *it) MUST_CHECK;

#endif
