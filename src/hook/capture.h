/* Capture files, read and written: pcap and pcapng through libpcap, Ethernet frames only. After
 * opening, packets cost no allocation and no system call but the stream's own. */
#ifndef SKEP_HOOK_CAPTURE_H
#define SKEP_HOOK_CAPTURE_H

#include <time.h>

#include "base/types.h"

struct capture;
struct capture_writer;

struct capture_packet {
	const u8 *data; /* valid until the next one is read */
	u32 len;	/* bytes in the capture, perhaps 0 */
	u32 wire_len;	/* bytes that the packet had: >= len */
	struct timespec time;
};

/* path "-" is standard input. Errors, with a sentence in last_error(): -ENOENT …, -EINVAL (not a
 * capture), -EPROTONOSUPPORT (not Ethernet). */
int capture_open(const char *path, struct capture **out) MUST_CHECK;
/* 1 and a packet; 0 at the end; -EIO and a sentence if the capture breaks off or is damaged. */
int capture_next(struct capture *c, struct capture_packet *p) MUST_CHECK;
/* How much of the file is read, 0 to 1; -1 if that cannot be known (a pipe). */
double capture_progress(const struct capture *c);
/* Are time stamps worth writing in nanoseconds? */
bool capture_is_nano(const struct capture *c);
void capture_close(struct capture *c); /* takes NULL */

/* Create or overwrite path ("-": standard output). It must not be the file that `from` (may be NULL)
 * still reads: -EEXIST. */
int capture_create(const char *path, bool nano, const struct capture *from,
		   struct capture_writer **out) MUST_CHECK;
/* An error is reported once, here or by capture_finish(): -ENOSPC, -EPIPE … */
int capture_write(struct capture_writer *w, const struct capture_packet *p) MUST_CHECK;
/* Write what is buffered and free w in any case. Takes NULL. */
int capture_finish(struct capture_writer *w) MUST_CHECK;

const char *capture_library(void); /* name and version */

#endif
