/* What /proc/PID/fdinfo/N and /proc/PID/fd/N say of an object's descriptor. */
#ifndef SKEP_SYSCALL_FDINFO_H
#define SKEP_SYSCALL_FDINFO_H

#include "base/buf.h"
#include "base/object.h"

/* Append the lines that Linux writes behind those that every file has (pos, flags, mnt_id, ino). */
void object_fdinfo(struct object *o, struct buf *out);
/* What readlink(2) of /proc/PID/fd/N says, such as "anon_inode:bpf-map". */
const char *object_link_text(const struct object *o);

#endif
