/* Route netlink: requests about BPF programs are answered here, all others by the kernel.
 *
 * socket(AF_NETLINK, …, NETLINK_ROUTE) is trapped. The client gets a real route socket, under a number of
 * [NETLINK_FD_FIRST, NETLINK_FD_FIRST + NETLINK_FDS): by that the seccomp filter knows which sends and
 * receives concern us, and all other sockets of the client cost nothing. (A client that moves the socket
 * to another number, or may not have numbers as high, talks to the kernel alone.)
 *
 * An answer of ours must come in order, make the socket readable, and stand for MSG_PEEK: so the kernel
 * queues it. For each message that we want to send we send the kernel, on the client's socket, an empty
 * one (NLMSG_NOOP) that asks for an acknowledgment; that is the place holder, and whoever receives it
 * from us gets our message instead. bind, getsockname, poll, buffers and blocking are the kernel's.
 *
 * Messages about links that pass by get our programs for the kernel's (IFLA_XDP). */
#ifndef SKEP_SUPERVISE_NETLINK_H
#define SKEP_SUPERVISE_NETLINK_H

#include <linux/netlink.h>
#include <pthread.h>

#include "base/types.h"

#define NETLINK_FD_FIRST 960 /* below the usual limit of 1024, and of what select(2) can name */
#define NETLINK_FDS	 64  /* a power of 2 that divides the above */

struct caller;
struct netlink_answer;

struct netlink {
	pthread_mutex_t lock; /* guards all */
	struct netlink_answer *first, **last;
	u32 nr, seq;
};

void netlink_done(struct netlink *n);

/* The trapped calls. */
long call_socket(struct caller *c);
long call_sendto(struct caller *c);
long call_sendmsg(struct caller *c);
long call_recvfrom(struct caller *c);
long call_recvmsg(struct caller *c);

/* --- among netlink*.c --- */

struct nl_request {
	struct caller *c;
	const struct nlmsghdr *h; /* complete, len within what was sent */
	int sock;		  /* the client's, in this process */
	u32 portid;
};

/* Answers one message. */
typedef void nl_handler(struct nl_request *r);

/* Who answers? NULL: the kernel. May note what the kernel is about to do. */
nl_handler *netlink_link_handler(const struct nl_request *r);
nl_handler *netlink_tc_handler(const struct nl_request *r);

#define NL_MESSAGE_MAX 8192

/* A message to the client, begun in buf (NL_MESSAGE_MAX bytes) with the request's numbers. */
struct nlmsghdr *netlink_begin(const struct nl_request *r, void *buf, u16 type, u16 flags);
/* Queue what consists of whole messages. */
void netlink_answer(struct nl_request *r, const void *messages, u32 len);
/* Acknowledge: with a failure always, with 0 if the request wants that. text may be NULL. */
void netlink_ack(struct nl_request *r, int err, const char *text);
/* The end of a dump. */
void netlink_finish(struct nl_request *r);

/* Copy one RTM_NEWLINK message, with our XDP programs. Room for NETLINK_GROWTH bytes more. Returns the new
 * length, aligned. */
u32 netlink_rewrite_link(struct caller *c, const struct nlmsghdr *h, u8 *out);
#define NETLINK_GROWTH 64

#endif
