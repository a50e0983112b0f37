/* Files of /proc/sys that belong to BPF: ordinary files, mounted over the host's, so that clients read and write them
 * without us. */
#ifndef SKEP_SUPERVISE_SYSCTLS_H
#define SKEP_SUPERVISE_SYSCTLS_H

#include <pthread.h>

#include "base/types.h"

struct skep;

struct sysctls {
	int inotify; /* readable: a file was written: sysctls_changed(). -1: never */
	pthread_mutex_t lock;
	bool stats; /* its value, under lock */
};

/* In the new mount namespace; room: a directory of ours, where files can be made. */
void sysctls_mount(struct sysctls *s, const char *room);
/* kernel.unprivileged_bpf_disabled shows 0. */
void sysctls_allow_unprivileged(const struct sysctls *s);
void sysctls_done(struct sysctls *s);
void sysctls_changed(struct sysctls *s, struct skep *skep);

#endif
