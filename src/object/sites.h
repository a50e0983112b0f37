/* Sites: where programs are attached that wait for events of a cgroup or a network namespace. A site
 * is an attach type and an inode; it comes to be with its first program.
 *
 * Invariants, under the instance's lock, which guards all of it: an entry holds a reference to its program,
 * or belongs to a link, which takes the entry out before it is freed; an empty site keeps its revision. */
#ifndef SKEP_OBJECT_SITES_H
#define SKEP_OBJECT_SITES_H

#include "object/files.h"

struct link;
struct skep_prog;

#define SITE_MAX 64 /* programs at one site: Linux's limit */

struct attached {
	struct skep_prog *prog; /* a reference; NULL: the link's */
	struct link *link;	/* no reference */
	u32 flags;		/* BPF_F_* of this entry alone */
};

struct site {
	struct site *next;
	u32 attach_type;
	struct file_id id;
	u32 flags; /* BPF_F_* that all entries were attached with */
	u64 revision;
	u32 n;
	struct attached v[SITE_MAX];
};

struct sites {
	struct site *first;
};

/* NULL: nothing was ever attached there. */
struct site *site_find(struct sites *ps, u32 attach_type, const struct file_id *id);
/* The same, made if need be. NULL: no memory. */
struct site *site_make(struct sites *ps, u32 attach_type, const struct file_id *id);
/* Index of the entry of that link, or (link == NULL) of that program without a link; -ENOENT. */
int site_index(const struct site *p, const struct skep_prog *prog, const struct link *link);
void site_append(struct site *p, const struct attached *a); /* p->n < SITE_MAX */
/* The reference that it held goes to the caller, NULL if it was a link's. */
struct skep_prog *site_take(struct site *p, u32 index);
void sites_done(struct sites *ps);

#endif
