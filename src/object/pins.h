/* Pinned objects of in-process clients: a small file system in memory, mounted where bpffs is, of
 * directories and objects that its names keep alive. Supervised clients have real directories.
 *
 * Invariant: paths are absolute, without empty, "." and ".." parts; each entry's parent is a
 * directory in the list (or the root). Thread-safe. */
#ifndef SKEP_OBJECT_PINS_H
#define SKEP_OBJECT_PINS_H

#include <pthread.h>

#include "base/object.h"

#define PINS_ROOT "/sys/fs/bpf"

struct pin {
	char *path;
	struct object *o; /* a reference; NULL: a directory */
	struct pin *next;
};

struct pins {
	pthread_mutex_t lock;
	struct pin *first;
};

void pins_init(struct pins *p);
void pins_done(struct pins *p);

/* Is path (absolute, normalised) the root or below it? */
bool pins_covers(const char *path);
/* Give o a name; takes a reference. -EEXIST, -ENOENT (no parent), -ENOTDIR, -EPERM (a dot in the
 * name, as in bpffs), -ENOMEM. o == NULL makes a directory. */
int pins_add(struct pins *p, const char *path, struct object *o) MUST_CHECK;
/* With a reference. -ENOENT, -EACCES (a directory), -ENOTDIR. */
int pins_get(struct pins *p, const char *path, struct object **out) MUST_CHECK;
/* Remove a name: dir tells which kind is meant. -ENOENT, -EISDIR, -ENOTDIR, -ENOTEMPTY. */
int pins_remove(struct pins *p, const char *path, bool dir) MUST_CHECK;
/* 1 a directory, 0 an object, -ENOENT. */
int pins_is_dir(struct pins *p, const char *path);

/* Write path, made absolute with cwd and freed of ".", ".." and double slashes, to out.
 * -ENAMETOOLONG, -ENOENT (empty). */
int pins_normalise(const char *cwd, const char *path, char *out, size_t size) MUST_CHECK;

#endif
