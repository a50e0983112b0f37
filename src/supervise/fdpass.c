/* See fdpass.h. */
#include "supervise/fdpass.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"

union control {
	struct cmsghdr align;
	char space[CMSG_SPACE(FDPASS_MAX * sizeof(int))];
};

int fdpass_send(int sock, const void *data, size_t size, const int *fds, u32 nr)
{
	union control control = { 0 };
	struct iovec io = { (void *)data, size };
	struct msghdr m = { .msg_iov = &io, .msg_iovlen = 1 };
	struct cmsghdr *h;
	u32 n = 0;

	while (n < nr && n < FDPASS_MAX && fds[n] >= 0)
		n++;
	if (n) {
		m.msg_control = &control;
		m.msg_controllen = CMSG_SPACE(n * sizeof(int));
		h = CMSG_FIRSTHDR(&m);
		h->cmsg_level = SOL_SOCKET;
		h->cmsg_type = SCM_RIGHTS;
		h->cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(h), fds, n * sizeof(int));
	}
	return sendmsg(sock, &m, MSG_NOSIGNAL) == (ssize_t)size ? 0 : -errno;
}

/* Those beyond nr are closed. */
static void take(struct msghdr *m, int *fds, u32 nr)
{
	struct cmsghdr *h = CMSG_FIRSTHDR(m);
	u32 n;
	int fd;

	if (!h || h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
		return;
	n = (u32)((h->cmsg_len - CMSG_LEN(0)) / sizeof(int));
	for (u32 i = 0; i < n; i++) {
		memcpy(&fd, CMSG_DATA(h) + i * sizeof(int), sizeof(fd));
		if (i < nr)
			fds[i] = fd;
		else
			close(fd);
	}
}

int fdpass_receive(int sock, void *data, size_t size, int *fds, u32 nr)
{
	union control control = { 0 };
	struct iovec io = { data, size };
	struct msghdr m = { .msg_iov = &io,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control) };
	ssize_t n;

	for (u32 i = 0; i < nr; i++)
		fds[i] = -1;
	do
		n = recvmsg(sock, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	take(&m, fds, nr);
	if (n == (ssize_t)size && !(m.msg_flags & MSG_TRUNC))
		return 0;
	for (u32 i = 0; i < nr; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	return n ? -EPROTO : -ECONNRESET;
}
