/* The files of /sys/kernel/tracing: mounts and what is made in them. */
#ifndef SKEP_SUPERVISE_TRACEFS_TREE_H
#define SKEP_SUPERVISE_TRACEFS_TREE_H

#include "base/types.h"

struct tracefs;

/* Sets mounted, host_events, dev, debug_dev. */
void tracefs_tree_mount(struct tracefs *t);

#endif
