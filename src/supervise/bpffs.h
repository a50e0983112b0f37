/* Pinned objects of supervised clients: a file in a tmpfs of ours stands for a pin, so ls, mkdir, mv, ln,
 * chmod and rm need no help (what Linux would refuse: bpffs_calls.h). A pin is an inode: it keeps its object until the inode is gone, as in
 * Linux (inotify tells).
 *
 * Where nothing can be mounted, names live in the instance (object/pins.h): pinning, getting and statfs
 * work, other programs do not see them. */
#ifndef SKEP_SUPERVISE_BPFFS_H
#define SKEP_SUPERVISE_BPFFS_H

#include <pthread.h>

#include "base/object.h"

#define BPFFS_BUCKETS 256
#define BPFFS_MOUNTS  64 /* that clients can make, with the first */

struct caller;
struct pin_inode;

struct bpffs {
	pthread_mutex_t lock;
	int inotify;
	struct pin_inode *by_ino[BPFFS_BUCKETS];
	struct {
		u64 dev;
		int watch;   /* of its root: tells that it is gone */
		char *place; /* where it was mounted first */
	} mounts[BPFFS_MOUNTS];
	u32 nr_mounts;
};

int bpffs_init(struct bpffs *b) MUST_CHECK;
void bpffs_done(struct bpffs *b);

/* A file system more, whose root is fd (O_PATH suffices), mounted at that absolute path. -ENOSPC, -ENOMEM. */
int bpffs_add(struct bpffs *b, int fd, const char *place) MUST_CHECK;
/* Is that st_dev one of them? */
bool bpffs_is(struct bpffs *b, u64 dev);
/* Is the absolute path one of their places, or below one, as far as its text tells? */
bool bpffs_below(struct bpffs *b, const char *path);

/* See struct client_ops. */
int bpffs_pin(struct caller *c, int dirfd, const char *path, struct object *o) MUST_CHECK;
int bpffs_get(struct caller *c, int dirfd, const char *path, int access,
	      struct object **out) MUST_CHECK;
/* The object that the file is a pin of, with a reference; NULL: none. */
struct object *bpffs_find(struct bpffs *b, u64 dev, u64 ino);
struct link;
/* open(2) of a pin of an iterator's link begins a session: the client's descriptor for it. */
long bpffs_session(struct caller *c, struct link *l, int flags);
/* Release objects whose pins were removed before this call. */
void bpffs_reap(struct bpffs *b);

#endif
