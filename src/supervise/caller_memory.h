/* A caller's memory: what of struct client_ops reads and writes it. */
#ifndef SKEP_SUPERVISE_CALLER_MEMORY_H
#define SKEP_SUPERVISE_CALLER_MEMORY_H

#include "syscall/client.h"

/* Attributes, keys and values mostly lie near each other, on the stack: what is around the attributes is read along,
 * since a second read costs more than all the rest of a call. How far around, the thread's calls before tell. */
#define WINDOW_REACH 4096
struct window {
	u64 attr, begin;
	u32 len;	    /* 0: nothing was read */
	bool valid;	    /* the call was alive after it had been read */
	u32 before, behind; /* the attributes: what this call and earlier ones read */
	u8 bytes[2 * WINDOW_REACH];
};

int caller_read(struct skep_client *client, void *dst, u64 addr, size_t len);
int caller_read_early(struct skep_client *client, void *dst, u64 addr, size_t len);
int caller_read_pieces(struct skep_client *client, const struct client_piece *v, u32 n);
int caller_write(struct skep_client *client, u64 addr, const void *src, size_t len);

#endif
