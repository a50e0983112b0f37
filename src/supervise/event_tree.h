/* The directories and files of events/ that trace_events.h's tables describe. Some thousand files take 50 ms
 * to make, so they are kept in the user's cache directory and mounted from there. */
#ifndef SKEP_SUPERVISE_EVENT_TREE_H
#define SKEP_SUPERVISE_EVENT_TREE_H

#include "base/types.h"

/* Make the tree in the directory `dir`. 0 or a negative errno. */
int event_tree_make(int dir) MUST_CHECK;
/* The cached tree, made if there is none yet. False: there is nowhere to keep it. */
bool event_tree_cached(char *path, size_t size) MUST_CHECK;

#endif
