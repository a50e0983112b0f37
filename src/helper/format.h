/* The formatting that bpf_trace_printk, bpf_trace_vprintk and bpf_snprintf share: Linux's rules of
 * which formats are possible, how arguments are read, and what comes out. */
#ifndef SKEP_HELPER_FORMAT_H
#define SKEP_HELPER_FORMAT_H

#include "exec/run.h"

#define FORMAT_MAX_ARGS 12

/* Could nr_args arguments be printed with the format at fmt, which must end within size bytes? 0 or
 * -EINVAL. The verifier asks this about bpf_snprintf's constant formats. */
int format_check(const char *fmt, u32 size, u32 nr_args) MUST_CHECK;

/* Print into buf, cut and NUL-terminated to fit into size bytes (0: nothing is written). Returns the
 * length of the whole text, without NUL. -EINVAL as above, -ENOSPC if the arguments' strings are
 * longer than Linux has room for. On errors nothing is written. */
s64 format_text(struct skep_run *run, char *buf, u64 size, const char *fmt, u32 fmt_size,
		const u64 *args, u32 nr_args) MUST_CHECK;

#endif
