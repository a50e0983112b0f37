/* Memory that BPF programs may point into (DESIGN D7): every instance reserves one range of
 * addresses and places memfd-backed segments in it, so that the same maps can later be mapped at
 * the same addresses by another process, and so that "does the instance own this address?" is one
 * look-up.
 *
 * Invariant: a segment's pages are committed on first touch and stay mapped until segment_free(); what is left then
 * reads as zero, for those who looked just before (exec/guarded.h); segments never overlap. Thread-safe. */
#ifndef SKEP_BASE_VA_H
#define SKEP_BASE_VA_H

#include "base/types.h"

struct va;

int va_new(struct va **out) MUST_CHECK;
/* At that address if the process has nothing there yet. */
int va_new_at(void *at, struct va **out) MUST_CHECK;
void va_free(struct va *va);

struct segment {
	void *base;  /* page aligned, zero-filled, readable and writable */
	size_t size; /* as asked for, rounded up to pages */
	int fd;	     /* the memfd, owned by the segment; -1 after segment_free() */
	struct va *va;
};

/* name: what /proc shows, such as "bpf-map". -ENOMEM, -ENOSPC (address range used up). */
int segment_new(struct va *va, size_t size, const char *name, struct segment *out) MUST_CHECK;
void segment_free(struct segment *seg); /* takes a zeroed or freed segment */

/* Who the segment belongs to, for segment_owner(). */
void segment_set_owner(struct segment *seg, void *owner);
/* The owner of the segment that addr lies in; NULL if none. As fast as va_owns(). */
void *segment_owner(struct va *va, u64 addr);

/* Is [addr, addr + size) inside one live segment? */
bool va_owns(struct va *va, u64 addr, u64 size);
/* The live segment that addr lies in: where it begins, and its bytes. Until the range is used up, reading there is possible
 * even after the segment was freed. */
bool va_find(struct va *va, u64 addr, u64 *base, u64 *size);

#endif
