/* The peer's TCP: port 7 sends back what it receives. RFC 9293 as far as an echo needs it: no options but
 * MSS, no reordering (segments out of order are asked for again), retransmission by a fixed timer. */
#ifndef SKEP_HOOK_PEER_TCP_H
#define SKEP_HOOK_PEER_TCP_H

#include <netinet/tcp.h>

#include "base/types.h"

#define TCP_CONNECTIONS 64    /* the oldest is forgotten for a new one */
#define TCP_BUFFER	65536 /* bytes on their way back; a power of 2 */

struct tcp_echo;

/* Sends a segment: header (20 bytes, checksum not yet set), payload. */
typedef void tcp_send_fn(void *arg, u32 to, const struct tcphdr *h, const u8 *data, u32 len);

struct tcp_echo *tcp_echo_new(tcp_send_fn *send, void *arg); /* NULL: no memory */
void tcp_echo_free(struct tcp_echo *t);
/* A segment from an address; len: with its header, which is complete; the checksum is right. */
void tcp_echo_input(struct tcp_echo *t, u32 from, const u8 *segment, u32 len);
bool tcp_echo_tick(struct tcp_echo *t);

#endif
