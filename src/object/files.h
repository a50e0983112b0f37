/* File descriptors of objects are real (DESIGN D4): files of a memfd whose inode stands for the
 * object, so dup, fork, SCM_RIGHTS, /proc/self/fd and close work without us. A map whose memory
 * clients may mmap is represented by its memory's own memfd, other objects by an empty one.
 *
 * How the last close is noticed: an inotify watch reports closes of the inode's files (a mapping
 * keeps its file open, so an mmap that outlives the fd counts as well). inotify merges equal
 * events, so they cannot be counted; instead every close makes us ask the kernel whether any file
 * but our own is left: a write lease on our probe file is granted only if there is none. The files
 * that do not come from open(2), as the one that memfd_create(2) returns and a segment keeps, are
 * not seen by leases; that is why clients' files and the probe are opened through /proc/self/fd.
 *
 * A close is reported a moment before the file counts as closed: asking at once may find it still
 * open. So an object that a close event found in use stays suspect for a while and is asked again, at
 * every command and by the reaper thread. Whoever lists objects waits a few ms for such a one (files_settle()): one whose
 * last descriptor was just closed is not shown.
 *
 * Invariants, under files.lock: an object with an inode is in both hash tables until withdrawn; it
 * has_files while the clients' files together hold one reference. Locking: `reaping` is taken
 * before `lock`; a reference is never dropped under `lock`, as that may free an object. */
#ifndef SKEP_OBJECT_FILES_H
#define SKEP_OBJECT_FILES_H

#include <pthread.h>
#include <sys/types.h>

#include "base/object.h"

#define FILES_BUCKETS 1024

struct files {
	pthread_mutex_t lock, reaping;
	int inotify, kick; /* kick: eventfd that wakes the reaper thread */
	bool reaper_runs;
	_Atomic bool stopping;
	struct object *suspects; /* under reaping; each is held by its files' reference */
	pthread_t reaper;
	pid_t pid; /* a fork shares our inotify queue: only this process may read it */
	struct object *by_ino[FILES_BUCKETS], *by_watch[FILES_BUCKETS];
};

struct file_id { /* what identifies a file among all of a client's */
	u64 dev, ino;
};

int files_init(struct files *f) MUST_CHECK;
void files_done(struct files *f);

/* A new close-on-exec descriptor in this process for o, of which the caller holds a reference.
 * flags: O_RDWR, O_RDONLY or O_WRONLY. Returns it, or -EMFILE, -ENOMEM … */
int files_open(struct files *f, struct object *o, int flags) MUST_CHECK;
/* The object behind a file, with a reference; NULL if it is none of this instance's. */
struct object *files_find(struct files *f, const struct file_id *id);
/* Take back o's inode: it has no references left. */
void files_forget(struct files *f, struct object *o);
/* Drop the references of objects whose last file was closed before this call. True: some are suspect. */
bool files_reap(struct files *f);
/* Has it been clear for long enough that o is in use? False: it was just seen closed, and has been asked for once more; o
 * may go with the caller's reference. */
bool files_settle(struct files *f, const struct object *o);

#endif
