/* Single attributes of bpf(2) as strace(1) writes them. */
#ifndef SKEP_SUPERVISE_TRACE_SHOW_H
#define SKEP_SUPERVISE_TRACE_SHOW_H

#include "base/buf.h"
#include "supervise/caller.h"

union abi_attr;

typedef void trace_show(struct buf *out, struct caller *c, const void *value, u32 size);

trace_show show_fd, show_number, show_hex, show_pointer, show_name, show_string, show_version,
	show_map_type, show_prog_type, show_attach_type, show_stats_type, show_dirfd;
trace_show show_map_flags, show_file_flags, show_prog_flags, show_elem_flags, show_attach_flags,
	show_query_flags, show_test_flags;

/* What LINK_CREATE's union holds, as its attach type says, of the first `size` bytes of attr. */
void show_link_union(struct buf *out, const union abi_attr *attr, u32 size);

#endif
