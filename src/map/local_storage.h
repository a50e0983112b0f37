/* What programs and clients have stored with a task, inode, socket or control group. */
#ifndef SKEP_MAP_LOCAL_STORAGE_H
#define SKEP_MAP_LOCAL_STORAGE_H

#include "map/map.h"

/* bpf_*_storage_get(): the owner's value; with BPF_LOCAL_STORAGE_GET_F_CREATE one is made, from init or of zeros, if
 * there is none. NULL: there is none, or flags are wrong. */
void *storage_get(struct skep_map *m, u64 owner, const void *init, u64 flags, struct skep_run *run);
int storage_delete(struct skep_map *m, u64 owner, struct skep_run *run);
/* An owner has gone (owner.h). */
void map_storage_forget(struct skep_map *m, u64 owner);

#endif
