/* Ids: one table per kind of object. As in Linux, ids count up from 1 and are given again only after
 * the counter has wrapped at INT_MAX, so a stale id practically never names another object.
 *
 * Invariant: the vector is sorted by id; an object in it may be dying (no references left) until
 * ids_remove(), which is why a look-up can fail for an id that ids_next() has just returned. */
#ifndef SKEP_OBJECT_IDS_H
#define SKEP_OBJECT_IDS_H

#include <pthread.h>

#include "base/object.h"

#define ID_MAX 0x7fffffff

struct id_table {
	pthread_mutex_t lock;
	struct object **v;
	u32 n, cap;
	u32 last; /* id given most recently */
};

void ids_init(struct id_table *t, u32 first);
void ids_done(struct id_table *t);
/* Give o an id. -ENOMEM, -ENOSPC. */
int ids_insert(struct id_table *t, struct object *o) MUST_CHECK;
/* Put o in with a given, free id. -ENOMEM, -EEXIST. */
int ids_insert_at(struct id_table *t, struct object *o, u32 id) MUST_CHECK;
void ids_remove(struct id_table *t, struct object *o);
/* With a reference; NULL if there is none or it is dying. */
struct object *ids_get(struct id_table *t, u32 id);
/* Smallest id above `after`, 0 if there is none. */
u32 ids_next(struct id_table *t, u32 after);

#endif
