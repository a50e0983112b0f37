/* See netlink.h. */
#include "supervise/netlink.h"

#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/err.h"
#include "supervise/caller.h"
#include "supervise/filter.h"
#include "supervise/notify.h"
#include "supervise/sup.h"

#define SEND_MAX    0x10000 /* longer requests are the kernel's affair */
#define IOV_LIMIT   64
#define ANSWERS_MAX 1024 /* of sockets that were closed, too: then the oldest go */
#define POLL_MS	    50	 /* how often a waiting receive looks whether its caller still lives */

struct netlink_answer {
	struct netlink_answer *next;
	u64 socket; /* inode */
	u32 seq;    /* of the place holder */
	u32 len;
	u8 bytes[];
};

/* --- the queue --- */

static void drop(struct netlink *n, struct netlink_answer **at)
{
	struct netlink_answer *a = *at;

	*at = a->next;
	if (!*at)
		n->last = at;
	n->nr--;
	free(a);
}

void netlink_done(struct netlink *n)
{
	while (n->first)
		drop(n, &n->first);
}

/* Takes a over; it gets a number of its own. */
static u32 add(struct netlink *n, struct netlink_answer *a)
{
	u32 seq;

	pthread_mutex_lock(&n->lock);
	if (n->nr == ANSWERS_MAX)
		drop(n, &n->first);
	if (!n->first)
		n->last = &n->first;
	seq = a->seq = ++n->seq;
	*n->last = a;
	n->last = &a->next;
	n->nr++;
	pthread_mutex_unlock(&n->lock);
	return seq;
}

/* The answer behind a place holder, copied; out has room. 0: there is none. */
static u32 fetch(struct netlink *n, u64 socket, u32 seq, bool keep, u8 *out, u32 room)
{
	u32 len = 0;

	pthread_mutex_lock(&n->lock);
	for (struct netlink_answer **at = &n->first; *at; at = &(*at)->next) {
		struct netlink_answer *a = *at;

		if (a->socket != socket || a->seq != seq || a->len > room)
			continue;
		len = a->len;
		memcpy(out, a->bytes, len);
		if (!keep)
			drop(n, at);
		break;
	}
	pthread_mutex_unlock(&n->lock);
	return len;
}

static u64 inode_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) < 0 ? 0 : st.st_ino;
}

static void send_place_holder(int sock, u32 seq)
{
	struct nlmsghdr h = { .nlmsg_len = sizeof(h),
			      .nlmsg_type = NLMSG_NOOP,
			      .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
			      .nlmsg_seq = seq };
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	if (sendto(sock, &h, sizeof(h), MSG_DONTWAIT, (void *)&kernel, sizeof(kernel)) < 0)
		errno = 0; /* the client's buffers are full: as with the kernel, the answer is lost */
}

static bool is_place_holder(const struct nlmsghdr *h, u32 len, u32 *seq)
{
	const struct nlmsgerr *e = (const void *)(h + 1);

	if (len < sizeof(*h) + sizeof(*e) || h->nlmsg_type != NLMSG_ERROR ||
	    e->msg.nlmsg_type != NLMSG_NOOP)
		return false;
	*seq = e->msg.nlmsg_seq;
	return true;
}

/* --- answers --- */

struct nlmsghdr *netlink_begin(const struct nl_request *r, void *buf, u16 type, u16 flags)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);

	h->nlmsg_type = type;
	h->nlmsg_flags = flags;
	h->nlmsg_seq = r->h->nlmsg_seq;
	h->nlmsg_pid = r->portid;
	return h;
}

void netlink_answer(struct nl_request *r, const void *messages, u32 len)
{
	struct netlink_answer *a = malloc(sizeof(*a) + len);

	if (!a)
		return;
	*a = (struct netlink_answer){ .socket = inode_of(r->sock), .len = len };
	memcpy(a->bytes, messages, len);
	send_place_holder(r->sock, add(&r->c->sup->netlink, a));
}

static bool socket_has(int sock, int option)
{
	int on = 0;
	socklen_t len = sizeof(on);

	return !getsockopt(sock, SOL_NETLINK, option, &on, &len) && on;
}

void netlink_ack(struct nl_request *r, int err, const char *text)
{
	char buf[NL_MESSAGE_MAX];
	struct nlmsghdr *h;
	struct nlmsgerr *e;
	u32 quoted = r->h->nlmsg_len - (u32)sizeof(*r->h);

	if (!err && !(r->h->nlmsg_flags & NLM_F_ACK))
		return;
	h = netlink_begin(r, buf, NLMSG_ERROR, 0);
	e = mnl_nlmsg_put_extra_header(h, sizeof(*e));
	e->error = err;
	e->msg = *r->h;
	if (!err || socket_has(r->sock, NETLINK_CAP_ACK) || quoted > NL_MESSAGE_MAX / 2)
		h->nlmsg_flags |= NLM_F_CAPPED;
	else
		memcpy(mnl_nlmsg_put_extra_header(h, quoted), r->h + 1, quoted);
	if (err && text && socket_has(r->sock, NETLINK_EXT_ACK)) {
		h->nlmsg_flags |= NLM_F_ACK_TLVS;
		mnl_attr_put_strz(h, NLMSGERR_ATTR_MSG, text);
	}
	netlink_answer(r, buf, h->nlmsg_len);
}

void netlink_finish(struct nl_request *r)
{
	char buf[64];
	struct nlmsghdr *h = netlink_begin(r, buf, NLMSG_DONE, NLM_F_MULTI);

	*(int *)mnl_nlmsg_put_extra_header(h, sizeof(int)) = 0;
	netlink_answer(r, buf, h->nlmsg_len);
}

/* --- sockets --- */

static bool same_network(const struct caller *c)
{
	struct stat own, theirs;
	char path[48];

	snprintf(path, sizeof(path), "/proc/%u/ns/net", c->call->pid);
	return !stat("/proc/self/ns/net", &own) && !stat(path, &theirs) &&
	       own.st_ino == theirs.st_ino && own.st_dev == theirs.st_dev;
}

static bool is_free(const struct caller *c, int fd)
{
	char path[48];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%u/fd/%d", c->call->pid, fd);
	return lstat(path, &st) < 0;
}

/* -EMFILE, or what the kernel says of numbers that high. */
static int install(struct caller *c, int sock, u32 flags)
{
	struct seccomp_notif_addfd add = { .id = c->call->id,
					   .flags = SECCOMP_ADDFD_FLAG_SETFD,
					   .srcfd = (u32)sock,
					   .newfd_flags = flags };
	int fd = NETLINK_FD_FIRST;

	while (fd < NETLINK_FD_FIRST + NETLINK_FDS && !is_free(c, fd))
		fd++;
	if (fd == NETLINK_FD_FIRST + NETLINK_FDS)
		return -EMFILE;
	add.newfd = (u32)fd;
	return ioctl(c->session->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add) < 0 ? -errno : fd;
}

long call_socket(struct caller *c)
{
	int type = (int)caller_arg(c, 1), sock, fd;

	if (caller_arg(c, 2) != NETLINK_ROUTE || !same_network(c))
		return PASS;
	sock = socket(AF_NETLINK, type | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (sock < 0)
		return PASS;			   /* the kernel says what is wrong */
	pthread_mutex_lock(&c->sup->netlink.lock); /* two threads choose different numbers */
	fd = install(c, sock, type & SOCK_CLOEXEC ? O_CLOEXEC : 0);
	pthread_mutex_unlock(&c->sup->netlink.lock);
	close(sock);
	return fd < 0 ? PASS : fd;
}

/* The client's socket, in this process. -ENOENT: not one that concerns us. */
static int get_socket(struct caller *c, bool receives)
{
	struct sockaddr_nl name = { 0 };
	socklen_t len = sizeof(name);
	int protocol = -1, sock;
	socklen_t plen = sizeof(protocol);

	TRY(sock = c->client.ops->fd_get(&c->client, (int)caller_arg(c, 0)));
	if (getsockname(sock, (void *)&name, &len) < 0 || name.nl_family != AF_NETLINK ||
	    getsockopt(sock, SOL_SOCKET, SO_PROTOCOL, &protocol, &plen) < 0 ||
	    protocol != NETLINK_ROUTE || (receives && name.nl_groups)) {
		close(sock);
		return -ENOENT;
	}
	return sock;
}

/* --- sending --- */

static nl_handler *find_handler(const struct nl_request *r)
{
	return netlink_link_handler(r) ?: netlink_tc_handler(r);
}

static bool concerns_us(struct nl_request *r, const u8 *bytes, u32 len)
{
	int left = (int)len;

	for (r->h = (const void *)bytes; mnl_nlmsg_ok(r->h, left);
	     r->h = mnl_nlmsg_next(r->h, &left))
		if (find_handler(r))
			return true;
	return false;
}

/* One of several messages that the kernel is to answer. */
static void forward(const struct nl_request *r)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	if (sendto(r->sock, r->h, r->h->nlmsg_len, 0, (void *)&kernel, sizeof(kernel)) < 0)
		errno = 0; /* the acknowledgment that does not come says it */
}

static long handle(struct nl_request *r, const u8 *bytes, u32 len)
{
	struct sockaddr_nl name = { 0 };
	socklen_t size = sizeof(name);
	int left = (int)len;

	if (!concerns_us(r, bytes, len))
		return PASS;
	files_reap(&r->c->sup->skep->files); /* what was closed no longer holds a device */
	if (!getsockname(r->sock, (void *)&name, &size))
		r->portid = name.nl_pid;
	for (r->h = (const void *)bytes; mnl_nlmsg_ok(r->h, left);
	     r->h = mnl_nlmsg_next(r->h, &left)) {
		nl_handler *handler = find_handler(r);

		if (handler)
			handler(r);
		else
			forward(r);
	}
	return (long)len;
}

static long send_bytes(struct caller *c, const u8 *bytes, u32 len)
{
	struct nl_request r = { .c = c, .sock = get_socket(c, false) };
	long ret;

	if (r.sock < 0)
		return PASS;
	ret = handle(&r, bytes, len);
	close(r.sock);
	return ret;
}

long call_sendto(struct caller *c)
{
	u64 len = caller_arg(c, 2);
	void *bytes;
	long ret;

	if (!len || len > SEND_MAX || client_dup(&c->client, caller_arg(c, 1), len, &bytes) < 0)
		return PASS;
	ret = send_bytes(c, bytes, (u32)len);
	free(bytes);
	return ret;
}

struct message { /* a client's struct msghdr with its buffers */
	struct msghdr head;
	struct iovec iov[IOV_LIMIT];
	u64 total;
};

static int read_message(struct caller *c, struct message *m)
{
	TRY(client_read(&c->client, &m->head, caller_arg(c, 1), sizeof(m->head)));
	if (m->head.msg_iovlen > IOV_LIMIT)
		return -EMSGSIZE;
	TRY(client_read(&c->client, m->iov, (u64)(uintptr_t)m->head.msg_iov,
			m->head.msg_iovlen * sizeof(m->iov[0])));
	m->total = 0;
	for (size_t i = 0; i < m->head.msg_iovlen; i++) {
		if (m->iov[i].iov_len > INT32_MAX)
			return -EINVAL;
		m->total += m->iov[i].iov_len;
	}
	return 0;
}

static int gather(struct caller *c, const struct message *m, u8 *out)
{
	for (size_t i = 0; i < m->head.msg_iovlen; i++) {
		TRY(client_read(&c->client, out, (u64)(uintptr_t)m->iov[i].iov_base,
				m->iov[i].iov_len));
		out += m->iov[i].iov_len;
	}
	return 0;
}

long call_sendmsg(struct caller *c)
{
	struct message m;
	long ret = PASS;
	u8 *bytes;

	if (read_message(c, &m) < 0 || !m.total || m.total > SEND_MAX)
		return PASS;
	bytes = malloc(m.total);
	if (bytes && !gather(c, &m, bytes))
		ret = send_bytes(c, bytes, (u32)m.total);
	free(bytes);
	return ret;
}

/* --- receiving --- */

struct received {
	u8 *bytes;
	u32 len;
};

/* The length of the next datagram, once there is one. */
static long wait_next(struct caller *c, int sock, int flags)
{
	bool block = !(flags & MSG_DONTWAIT) && !(fcntl(sock, F_GETFL) & O_NONBLOCK);
	struct pollfd p = { sock, POLLIN, 0 };

	for (;;) {
		ssize_t n = recv(sock, NULL, 0, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);

		if (n >= 0)
			return n;
		if (errno != EAGAIN || !block)
			return -errno;
		notify_release(c);
		poll(&p, 1, POLL_MS);
		if (atomic_load(&c->session->stop) || !caller_alive(c))
			return -EINTR;
	}
}

static u32 count_messages(const u8 *bytes, u32 len)
{
	const struct nlmsghdr *h = (const void *)bytes;
	int left = (int)len;
	u32 n = 0;

	for (; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left))
		n++;
	return n;
}

/* Into a copy, as messages grow. */
static int rewrite(struct caller *c, struct received *r)
{
	const struct nlmsghdr *h = (const void *)r->bytes;
	u8 *out = malloc(r->len + count_messages(r->bytes, r->len) * NETLINK_GROWTH + 8), *at = out;
	int left = (int)r->len;

	if (!out)
		return -ENOMEM;
	files_reap(&c->sup->skep->files);
	for (; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left)) {
		if (h->nlmsg_type == RTM_NEWLINK) {
			at += netlink_rewrite_link(c, h, at);
			continue;
		}
		memcpy(at, h, h->nlmsg_len);
		at += NLMSG_ALIGN(h->nlmsg_len);
	}
	free(r->bytes);
	r->bytes = out;
	r->len = (u32)(at - out);
	return 0;
}

static int substitute(struct caller *c, u64 socket, bool keep, struct received *r)
{
	const struct nlmsghdr *h = (const void *)r->bytes;
	u32 seq, n;

	if (!is_place_holder(h, r->len, &seq))
		return h->nlmsg_type == RTM_NEWLINK && r->len >= sizeof(*h) ? rewrite(c, r) : 0;
	n = fetch(&c->sup->netlink, socket, seq, keep, r->bytes, 2 * NL_MESSAGE_MAX);
	if (n)
		r->len = n;
	return 0;
}

/* The datagram that the client is to see. */
static int take(struct caller *c, int sock, int flags, struct received *r)
{
	long len = wait_next(c, sock, flags);
	ssize_t n;

	if (len < 0)
		return (int)len;
	r->bytes = malloc((size_t)len + 2 * NL_MESSAGE_MAX);
	if (!r->bytes)
		return -ENOMEM;
	n = recv(sock, r->bytes, (size_t)len, (flags & MSG_PEEK) | MSG_DONTWAIT);
	if (n < 0)
		return -errno;
	r->len = (u32)n;
	return substitute(c, inode_of(sock), flags & MSG_PEEK, r);
}

static int scatter(struct caller *c, const struct iovec *iov, size_t n, const u8 *bytes, u32 len)
{
	for (size_t i = 0; i < n && len; i++) {
		u32 part = (u32)MIN(iov[i].iov_len, (size_t)len);

		TRY(client_write(&c->client, (u64)(uintptr_t)iov[i].iov_base, bytes, part));
		bytes += part;
		len -= part;
	}
	return 0;
}

/* Messages come from the kernel: port 0. */
static int give_sender(struct caller *c, u64 addr, u32 room)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	return addr ? client_write(&c->client, addr, &kernel, MIN(room, (u32)sizeof(kernel))) : 0;
}

static int give_message(struct caller *c, struct message *m, const struct received *r)
{
	struct msghdr *h = &m->head;

	TRY(scatter(c, m->iov, h->msg_iovlen, r->bytes, r->len));
	TRY(give_sender(c, (u64)(uintptr_t)h->msg_name, h->msg_namelen));
	if (h->msg_name)
		h->msg_namelen = sizeof(struct sockaddr_nl);
	h->msg_controllen = 0;
	h->msg_flags = r->len > m->total ? MSG_TRUNC : 0;
	return client_write(&c->client, caller_arg(c, 1), h, sizeof(*h));
}

static long length_of(const struct received *r, u64 room, int flags)
{
	return flags & MSG_TRUNC ? (long)r->len : (long)MIN((u64)r->len, room);
}

long call_recvmsg(struct caller *c)
{
	int sock, flags = (int)caller_arg(c, 2), err;
	struct received r = { 0 };
	struct message m;

	if (read_message(c, &m) < 0)
		return PASS;
	sock = get_socket(c, true);
	if (sock < 0)
		return PASS;
	err = take(c, sock, flags, &r) ?: give_message(c, &m, &r);
	close(sock);
	free(r.bytes);
	return err ?: length_of(&r, m.total, flags);
}

static int give_buffer(struct caller *c, const struct received *r)
{
	struct iovec iov = { (void *)(uintptr_t)caller_arg(c, 1), caller_arg(c, 2) };
	u64 addr = caller_arg(c, 4), plen = caller_arg(c, 5);
	u32 size = sizeof(struct sockaddr_nl), room;

	TRY(scatter(c, &iov, 1, r->bytes, r->len));
	if (!addr || !plen)
		return 0;
	TRY(client_read(&c->client, &room, plen, sizeof(room)));
	TRY(give_sender(c, addr, room));
	return client_write(&c->client, plen, &size, sizeof(size));
}

long call_recvfrom(struct caller *c)
{
	int sock = get_socket(c, true), flags = (int)caller_arg(c, 3), err;
	struct received r = { 0 };

	if (sock < 0)
		return PASS;
	err = take(c, sock, flags, &r) ?: give_buffer(c, &r);
	close(sock);
	free(r.bytes);
	return err ?: length_of(&r, caller_arg(c, 2), flags);
}
