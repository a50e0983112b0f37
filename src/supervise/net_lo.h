/* lo's frames by way of us, while programs are attached to it.
 *
 *   lo's ingress ──mirred──> skep0 (a TAP) ──> we: programs ──> skep0's ingress ──mirred──> lo's ingress ──> IP
 *
 * What comes back carries skep0's address as destination; by that a rule before the mirred one knows it,
 * and the frame counts as one for this host. All of it is the kernel's traffic control without BPF. */
#ifndef SKEP_SUPERVISE_NET_LO_H
#define SKEP_SUPERVISE_NET_LO_H

struct net;

void net_lo_init(struct net *n); /* the devices are locked */
void net_lo_tidy(struct net *n); /* let go of skep0 if it is not needed */
void net_lo_done(struct net *n);

#endif
