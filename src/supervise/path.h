/* Names of files as a client means them: relative to its root, its directory and its descriptors. */
#ifndef SKEP_SUPERVISE_PATH_H
#define SKEP_SUPERVISE_PATH_H

#include "supervise/caller.h"

/* An O_PATH descriptor of this process for the client's path. flags: O_DIRECTORY, O_NOFOLLOW. Symbolic
 * links are followed inside the client's root. Negative errno. */
int path_open(const struct caller *c, int dirfd, const char *path, int flags) MUST_CHECK;
/* Absolute and without ".." and so on, by text alone. -ENAMETOOLONG, -ENOENT, -EBADF. */
int path_absolute(const struct caller *c, int dirfd, const char *path, char *out,
		  size_t size) MUST_CHECK;

/* Split in a directory, which is written to dir (as long as path, at least 2 bytes), and the last part. */
const char *path_split(const char *path, char *dir);

/* Between these two, this thread opens and makes files with the client's rights and ownership. */
int path_act_as(const struct caller *c) MUST_CHECK;
void path_act_as_self(void);

#endif
