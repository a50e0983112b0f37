/* What is behind clients' descriptors, as far as it was found out a moment ago: asking the kernel again takes longer
 * than the rest of a look-up.
 *
 * Invariant: an entry says what the thread's descriptor was when it was asked for, and no close(2), dup2(2), dup3(2),
 * close_range(2), unshare(2) or execve(2) that could have changed it has been trapped since (known_fds_forget()). Nothing
 * else takes a descriptor away, but:
 *   - a thread's id can become another's: so entries are believed for half a second, in which ids do not come round;
 *   - a trapped close happens a little after it was trapped: so what is asked in that time is not entered;
 *   - io_uring and the 32-bit ABI can close, too: their clients get EBADF half a second late.
 * All that a client gains by such tricks is that it goes on using an object which it had.
 *
 * An entry holds no reference, it is an inode's number: who uses it asks files_find() whether that is an object. */
#ifndef SKEP_SUPERVISE_KNOWN_FDS_H
#define SKEP_SUPERVISE_KNOWN_FDS_H

#include <pthread.h>

#include "syscall/client.h"

#define KNOWN_FDS                                                                                  \
	256 /* the filter traps close(2) of these only: loops that close all numbers must not be slow */
#define KNOWN_WAYS 4 /* threads per number */

struct known_fd {
	u32 tid;    /* 0: nothing is known */
	int access; /* -1: was not asked for */
	struct file_id file;
	u64 until; /* ns, by known_fds_now() */
};

struct known_fds {
	pthread_mutex_t lock;
	struct known_fd v[KNOWN_FDS][KNOWN_WAYS];
	u64 forgotten[KNOWN_FDS]; /* when */
};

void known_fds_init(struct known_fds *k);
u64 known_fds_now(void);
/* False: ask the kernel. */
bool known_fds_get(struct known_fds *k, u32 tid, int fd, struct fd_id *id, bool access);
/* It was asked for after the time `asked`; access: -1 if that was not. */
void known_fds_put(struct known_fds *k, u32 tid, int fd, const struct fd_id *id, u64 asked);
/* We have just put it there ourselves. */
void known_fds_installed(struct known_fds *k, u32 tid, int fd, const struct fd_id *id);
/* first to last, of whatever process, may become something else at any moment now. */
void known_fds_forget(struct known_fds *k, u32 first, u32 last);

#endif
