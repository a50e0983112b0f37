/* See known_fds.h. */
#include "supervise/known_fds.h"

#include <string.h>
#include <time.h>

#define BELIEVED_NS 500000000ull
#define CLOSING_NS  50000000ull /* between the answer to a trapped close and the close */

void known_fds_init(struct known_fds *k)
{
	memset(k, 0, sizeof(*k));
	pthread_mutex_init(&k->lock, NULL);
}

/* Coarse: milliseconds do not matter here, but nanoseconds do. */
u64 known_fds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

static struct known_fd *entry(struct known_fds *k, u32 tid, int fd)
{
	return (u32)fd < KNOWN_FDS ? &k->v[fd][tid % KNOWN_WAYS] : NULL;
}

bool known_fds_get(struct known_fds *k, u32 tid, int fd, struct fd_id *id, bool access)
{
	struct known_fd *e = entry(k, tid, fd);
	bool known;

	if (!e)
		return false;
	pthread_mutex_lock(&k->lock);
	known = e->tid == tid && (!access || e->access >= 0) && known_fds_now() < e->until;
	if (known)
		*id = (struct fd_id){ e->file, access ? e->access : id->access };
	pthread_mutex_unlock(&k->lock);
	return known;
}

static void put(struct known_fd *e, u32 tid, const struct fd_id *id, u64 asked)
{
	*e = (struct known_fd){ tid, id->access, id->file, asked + BELIEVED_NS };
}

void known_fds_put(struct known_fds *k, u32 tid, int fd, const struct fd_id *id, u64 asked)
{
	struct known_fd *e = entry(k, tid, fd);

	if (!e)
		return;
	pthread_mutex_lock(&k->lock);
	if (asked > k->forgotten[fd] + CLOSING_NS)
		put(e, tid, id, asked);
	pthread_mutex_unlock(&k->lock);
}

void known_fds_installed(struct known_fds *k, u32 tid, int fd, const struct fd_id *id)
{
	struct known_fd *e = entry(k, tid, fd);

	if (!e)
		return;
	pthread_mutex_lock(&k->lock);
	memset(k->v[fd], 0, sizeof(k->v[fd]));
	put(e, tid, id, known_fds_now());
	pthread_mutex_unlock(&k->lock);
}

void known_fds_forget(struct known_fds *k, u32 first, u32 last)
{
	u64 now = known_fds_now();

	if (first >= KNOWN_FDS)
		return;
	last = MIN(last, KNOWN_FDS - 1u);
	pthread_mutex_lock(&k->lock);
	for (u32 fd = first; fd <= last; fd++) {
		memset(k->v[fd], 0, sizeof(k->v[fd]));
		k->forgotten[fd] = now;
	}
	pthread_mutex_unlock(&k->lock);
}
