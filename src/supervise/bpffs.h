/* Pinned objects of supervised clients: a file in a tmpfs of ours stands for a pin, so ls, mkdir, mv, ln,
 * chmod and rm need no help. A pin is an inode: it keeps its object until the inode is gone, as in
 * Linux (inotify tells).
 *
 * Where nothing can be mounted, names live in the instance (object/pins.h): pinning, getting and statfs
 * work, other programs do not see them. */
#ifndef SKEP_SUPERVISE_BPFFS_H
#define SKEP_SUPERVISE_BPFFS_H

#include <pthread.h>

#include "base/object.h"

#define BPFFS_BUCKETS 256

struct caller;
struct pin_inode;

struct bpffs {
	pthread_mutex_t lock;
	int inotify;
	struct pin_inode *by_ino[BPFFS_BUCKETS];
};

int bpffs_init(struct bpffs *b) MUST_CHECK;
void bpffs_done(struct bpffs *b);

/* See struct client_ops. */
int bpffs_pin(struct caller *c, int dirfd, const char *path, struct object *o) MUST_CHECK;
int bpffs_get(struct caller *c, int dirfd, const char *path, int access,
	      struct object **out) MUST_CHECK;
/* Release objects whose pins were removed before this call. */
void bpffs_reap(struct bpffs *b);

#endif
