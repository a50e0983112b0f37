/* The verifier's log: a bounded text whose last bytes survive, and the text of values and states as
 * Linux 6.18 prints it. The format is an interface: tools and tests match on it. */
#ifndef SKEP_VERIFIER_LOG_H
#define SKEP_VERIFIER_LOG_H

#include <stdarg.h>

#include "base/buf.h"
#include "verifier/state.h"

#define VLOG_LEVEL1 1 /* BPF_LOG_LEVEL1: instructions and states of the path */
#define VLOG_LEVEL2 2 /* every state of every path */
#define VLOG_STATS  4
#define VLOG_FIXED  8

/* Ring of the last `cap` bytes (VLOG_FIXED: the first ones). total counts all bytes ever written.
 * With cap == 0 only the sum is kept. Memory grows as needed, not to cap at once. */
struct vlog {
	u32 level;
	u64 cap;
	u64 total;
	u64 peak; /* the highest total ever, before resets: what log_true_size and ENOSPC go by */
	char *data;
	u64 size;	 /* bytes allocated */
	u64 base, start; /* see log.c */
	bool failed;	 /* out of memory: text is missing */
};

void vlog_init(struct vlog *l, u32 level, u64 cap);
void vlog_done(struct vlog *l);
void vlog_printf(struct vlog *l, const char *fmt, ...) PRINTF(2, 3);
void vlog_vprintf(struct vlog *l, const char *fmt, va_list ap);
void vlog_put(struct vlog *l, const char *s, size_t len);
/* The kept text, contiguous and NUL-terminated, oldest first; *len without the NUL. */
const char *vlog_text(struct vlog *l, u64 *len);
/* Drop what was written after `total` was `mark` (Linux forgets the log of paths that succeeded, at
 * level 1). What the ring has overwritten meanwhile stays lost. */
void vlog_reset(struct vlog *l, u64 mark);

/* "ctx", "map_value_or_null": as in messages. */
const char *text_kind(const struct value *v);
const char *text_dynptr(u32 kind); /* "ringbuf" */
/* "ctx()", "scalar(…)", "fp-8", "map_value(map=…,ks=4,vs=8)" … without a register's name. */
void text_value(struct buf *b, const struct state *s, const struct value *v);
/* " R0=… R10=fp0 fp-8=…" (" frame1: R0=… cb"): the initialised registers and the written slots of
 * frame no, then refs=…, cb. With all == false, only those in regs (bit per register) and slots (bit
 * per slot). */
void text_frame(struct buf *b, const struct state *s, u32 no, bool all, u32 regs, u64 slots);

#endif
