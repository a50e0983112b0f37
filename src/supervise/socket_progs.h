/* Programs that clients attached to sockets (SO_ATTACH_BPF, SO_ATTACH_REUSEPORT_EBPF): which socket has which, for as
 * long as the socket is open anywhere.
 *
 * A socket must not be kept open by us, so we hold no descriptor: an epoll instance knows when a file is gone
 * (epoll(7), question 6), and a descriptor is fetched from a process that has one when it is needed.
 *
 * With --net, socket filters of packet, UDP and raw IPv4 sockets run on the frames that come in at eth0 and lo, just before
 * the frame is given to the kernel (socket_frames.c). Their verdict becomes the kernel's own: in the kernel such a
 * socket has a classic filter that refuses everything but, while a frame is being written, what the program lets
 * through of that frame. Writing to a TAP delivers the frame before write(2) returns, so no other packet meets that filter.
 * All other sockets keep their programs and get all packets, as do all without --net.
 *
 * Invariant, under the devices' lock, which guards all of it: an entry has a filter or a choice. */
#ifndef SKEP_SUPERVISE_SOCKET_PROGS_H
#define SKEP_SUPERVISE_SOCKET_PROGS_H

#include <sys/types.h>

#include "base/types.h"

struct caller;
struct device;
struct devices;
struct net;
struct skep_prog;

enum socket_kind {
	SOCKET_OTHER, /* its filter does not run */
	SOCKET_PACKET,
	SOCKET_PACKET_DGRAM, /* without the link layer's header */
	SOCKET_UDP,
	SOCKET_RAW, /* IPv4 */
};

enum socket_place { SOCKET_FILTER, SOCKET_CHOICE, SOCKET_PLACES };

struct socket_prog {
	struct socket_prog *next;
	u64 id;	       /* in the epoll instance */
	u64 ino;       /* of the socket */
	int pidfd, fd; /* of a process that has it as fd, or had */
	u64 searched;  /* when all processes were last looked through, in ns */
	enum socket_kind kind;
	bool open;   /* the kernel's filter lets something through now */
	bool seen;   /* by whom looks which sockets are still there */
	bool locked; /* SO_LOCK_FILTER, which we must not set ourselves while the filter runs */
	u32 uid;
	u64 cookie;
	struct skep_prog *prog[SOCKET_PLACES]; /* references, or NULL */
};

struct socket_progs {
	struct devices *devices;
	struct net *net;
	int epoll; /* -1 until the first socket */
	u64 last_id;
	struct socket_prog *first;
};

void socket_progs_init(struct socket_progs *s, struct devices *ds, struct net *n);
void socket_progs_done(struct socket_progs *s);
/* Let go of what closed sockets held. */
void socket_progs_reap(struct socket_progs *s);

/* sock: our descriptor of the caller's socket. The following lock.
 * Consumes the reference to p on success. -ENOMEM, or what the kernel says of the socket. */
int socket_progs_attach(struct socket_progs *s, const struct caller *c, int sock,
			enum socket_place place, struct skep_prog *p) MUST_CHECK;
/* The program there is replaced, or detached. */
void socket_progs_detach(struct socket_progs *s, int sock, enum socket_place place);
/* Has it a program there? */
bool socket_progs_has(struct socket_progs *s, int sock, enum socket_place place);
bool socket_progs_locked(struct socket_progs *s, int sock);
/* True: we remember it in the kernel's place. */
bool socket_progs_lock(struct socket_progs *s, int sock);

/* Our descriptor of it, to be closed. -EBADF: nobody that we may ask has it. */
int socket_progs_open(struct socket_prog *e) MUST_CHECK;
/* The kernel's filter of that socket: the first len bytes pass. */
int socket_set_classic(int sock, int option, u32 len) MUST_CHECK;
/* Nothing passes; but if lo's frames could not be led by us, sockets get all unseen rather than nothing. */
int socket_refuse_all(struct socket_progs *s, int sock) MUST_CHECK;

/* --- socket_frames.c; locked, while d's data path works on the frame. s may be NULL --- */
/* Before the frame is given to the stack: run the programs of sockets that it is for. */
void sockets_choose(struct socket_progs *s, struct device *d, const u8 *frame, u32 len);
/* Behind it: nothing else passes. */
void sockets_refuse(struct socket_progs *s);
/* The stack has sent the frame: packet sockets' programs see it (too late to say who gets it). */
void sockets_sent(struct socket_progs *s, struct device *d, const u8 *frame, u32 len);

#endif
