/* /proc/kallsyms: the host's symbols, and those of the instance's programs and helpers in place of the host's. */
#ifndef SKEP_SUPERVISE_KALLSYMS_H
#define SKEP_SUPERVISE_KALLSYMS_H

#include <pthread.h>

#include "base/types.h"

struct caller;

struct kallsyms {
	pthread_mutex_t lock;
	int host; /* the host's lines: reading them takes the kernel a tenth of a second, so it is done once. -1: not yet */
};

void kallsyms_init(struct kallsyms *k);
void kallsyms_done(struct kallsyms *k);
/* The client's new descriptor, or a negative errno. */
long kallsyms_open(struct caller *c);

#endif
