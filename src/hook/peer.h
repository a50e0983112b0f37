/* The machine at the other end of a device's wire, so that there is traffic at once: it has one IPv4
 * address, answers ARP and ICMP echo, and echoes what comes to port 7 by UDP and TCP (RFC 862). All other
 * TCP connections are refused; other datagrams get ICMP "port unreachable". */
#ifndef SKEP_HOOK_PEER_H
#define SKEP_HOOK_PEER_H

#include "base/types.h"

struct peer;

/* addr: network byte order. Its frames go to send(). NULL: no memory. */
struct peer *peer_new(const u8 mac[6], u32 addr, void (*send)(void *arg, const u8 *frame, u32 len),
		      void *arg);
void peer_free(struct peer *p); /* takes NULL */

/* A frame arrives. May send. */
void peer_input(struct peer *p, const u8 *frame, u32 len);

/* Send again what has not arrived since the last call. To be called every PEER_TICK_MS while this returns true. */
bool peer_tick(struct peer *p);
#define PEER_TICK_MS 200

#endif
