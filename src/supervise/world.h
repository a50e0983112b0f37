/* What clients see of the system beside system calls: a mount namespace of their own in which
 * /sys/fs/bpf is a directory that we answer for, and a user namespace with uid 0 where we are not root.
 * Where the system refuses that, system calls alone are answered, and `missing` says why. */
#ifndef SKEP_SUPERVISE_WORLD_H
#define SKEP_SUPERVISE_WORLD_H

#include "base/types.h"

struct world {
	bool mounts;	   /* a mount namespace of our own */
	bool user;	   /* a user namespace, too */
	bool bpffs;	   /* BPFFS is a tmpfs of ours */
	int bpffs_root;	   /* O_PATH; if bpffs */
	bool caps;	   /* capabilities in our namespace say what clients may do */
	char missing[256]; /* "" if all is there */
};

#define BPFFS "/sys/fs/bpf"

/* Move this process, which must have one thread, into the world made for its children. plain: do not
 * even try. Never fails: see missing. */
void world_enter(struct world *w, bool plain);

#endif
