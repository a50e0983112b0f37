/* What local storage belongs to: tasks, inodes, sockets and control groups of the system. Each gets a number that no
 * other of its kind ever has, so that an entry of one that has gone is never taken for its successor's.
 *
 * Linux frees an entry with its owner. Here that is noticed the next time anybody asks for an owner of the kind: a
 * task was reaped (we hold its pidfd), an inode was freed (inotify says so), a control group's directory was removed.
 * That a socket of the system's was closed cannot be seen: its entries stay until they are deleted or their map goes. */
#ifndef SKEP_MAP_OWNER_H
#define SKEP_MAP_OWNER_H

#include "exec/run.h"

enum owner_kind { OWNER_NONE, OWNER_TASK, OWNER_INODE, OWNER_SOCK, OWNER_CGROUP };

struct skep_map;
struct owners;

/* What a descriptor of this process, which stays the caller's, refers to. -EBADF, -ENOTSOCK: something else; -ENOENT:
 * it has gone. */
int owner_of_fd(struct runtime *rt, enum owner_kind kind, int fd, u64 *id) MUST_CHECK;
/* The task with that thread id. -ENOENT. */
int owner_of_task(struct runtime *rt, u32 tid, u64 *id) MUST_CHECK;
/* A socket that only a run has; owner_gone() at its end. */
u64 owner_of_run_sock(const void *sk);
/* All entries of it go. Not from inside a helper that holds one. */
void owner_gone(struct runtime *rt, enum owner_kind kind, u64 id);

/* For maps: be told (map_storage_forget()) when owners go. */
int owner_watch(struct skep_map *m, enum owner_kind kind) MUST_CHECK;
void owner_unwatch(struct skep_map *m, enum owner_kind kind);
void owners_free(struct runtime *rt);

#endif
