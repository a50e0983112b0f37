/* Where programs are attached that wait for an event of their place: a cgroup, a network namespace. A place
 * is an attach type and an inode; it comes to be with its first program.
 *
 * Invariants, under the instance's lock, which guards all of it: an entry holds a reference to its program,
 * or belongs to a link, which takes the entry out before it is freed; an empty place keeps its revision. */
#ifndef SKEP_OBJECT_PLACES_H
#define SKEP_OBJECT_PLACES_H

#include "object/files.h"

struct link;
struct skep_prog;

#define PLACE_MAX 64 /* programs at one place: Linux's limit */

struct attached {
	struct skep_prog *prog; /* a reference; NULL: the link's */
	struct link *link;	/* no reference */
	u32 flags;		/* BPF_F_* of this entry alone */
};

struct place {
	struct place *next;
	u32 attach_type;
	struct file_id id;
	u32 flags; /* BPF_F_* that all entries were attached with */
	u64 revision;
	u32 n;
	struct attached v[PLACE_MAX];
};

struct places {
	struct place *first;
};

/* NULL: nothing was ever attached there. */
struct place *place_find(struct places *ps, u32 attach_type, const struct file_id *id);
/* The same, made if need be. NULL: no memory. */
struct place *place_make(struct places *ps, u32 attach_type, const struct file_id *id);
/* Index of the entry of that link, or (link == NULL) of that program without a link; -ENOENT. */
int place_index(const struct place *p, const struct skep_prog *prog, const struct link *link);
void place_append(struct place *p, const struct attached *a); /* p->n < PLACE_MAX */
/* The reference that it held goes to the caller, NULL if it was a link's. */
struct skep_prog *place_take(struct place *p, u32 index);
void places_done(struct places *ps);

#endif
