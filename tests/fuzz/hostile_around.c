/* What hostile clients do around bpf(2): the neighbouring system calls, descriptors, names in /sys/fs/bpf. */
#include <fcntl.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "fuzz/hostile_client.h"

void hostile_neighbours(struct client *c)
{
	struct epoll_event ev = { .events = EPOLLIN };
	struct perf_event_attr pe = { .type = PERF_TYPE_SOFTWARE,
				      .size = sizeof(pe),
				      .config = PERF_COUNT_SW_BPF_OUTPUT,
				      .sample_type = PERF_SAMPLE_RAW };
	struct statfs st;
	char path[64];
	void *p;
	int fd;

	switch (below(c, 7)) {
	case 0:
		p = mmap(NULL, 4096u << below(c, 4), (int)below(c, 4), MAP_SHARED, any_fd(c),
			 4096 * (long)below(c, 3));
		if (p != MAP_FAILED)
			munmap(p, 4096u << below(c, 4));
		break;
	case 1: epoll_ctl(c->epoll, 1 + (int)below(c, 3), any_fd(c), &ev); break;
	case 2:
		if (chance(c, 8))
			pe.config = rng_next(&c->rng) % 16;
		keep(c, (int)syscall(SYS_perf_event_open, &pe, chance(c, 2) ? -1 : 0,
				     (int)below(c, 4) - 1, -1, 0));
		break;
	case 3:
		fstatfs(any_fd(c), &st);
		statfs(chance(c, 2) ? "/sys/fs/bpf" : (char *)(uintptr_t)any_pointer(c), &st);
		break;
	case 4:
		snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", any_fd(c));
		fd = open(path, O_RDONLY);
		if (fd >= 0)
			close(fd);
		break;
	case 5:
		fd = any_fd(c);
		setsockopt(c->mail[below(c, 2)], SOL_SOCKET,
			   chance(c, 2) ? SO_ATTACH_BPF : SO_ATTACH_REUSEPORT_EBPF, &fd,
			   chance(c, 4) ? any_size(c) % 16 : sizeof(fd));
		break;
	default: ioctl(any_fd(c), PERF_EVENT_IOC_SET_BPF, any_fd(c));
	}
}

static void send_fd(int sock, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { "x", 1 };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);

	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(h), &fd, sizeof(fd));
	sendmsg(sock, &m, MSG_DONTWAIT);
}

int receive_fd(int sock)
{
	char control[CMSG_SPACE(sizeof(int))], byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr *h;
	int fd;

	if (recvmsg(sock, &m, MSG_DONTWAIT) < 0)
		return -1;
	h = CMSG_FIRSTHDR(&m);
	if (!h || h->cmsg_type != SCM_RIGHTS)
		return -2;
	memcpy(&fd, CMSG_DATA(h), sizeof(fd));
	return fd;
}

void hostile_descriptors(struct client *c)
{
	int fd;

	switch (below(c, 7)) {
	case 0: keep(c, dup(any_fd(c))); break;
	case 5: /* one pool descriptor takes another's place, while it is being used */
		fd = c->pool[below(c, POOL)];
		if (fd >= 0)
			dup3(any_fd(c), fd, O_CLOEXEC);
		break;
	case 6:
		if (chance(c, 30))
			unshare(CLONE_FILES);
		break;
	case 1: send_fd(c->mail[below(c, 2)], any_fd(c)); break;
	case 2: keep(c, receive_fd(c->mail[below(c, 2)])); break;
	default:
		fd = __atomic_exchange_n(&c->pool[below(c, POOL)], -1, __ATOMIC_RELAXED);
		if (fd >= 0)
			close(fd);
	}
}

/* Names that bpffs has, refuses, or has in another place a moment later. Nothing of it is left. */
void hostile_names(struct client *c)
{
	static const char *const names[] = { "hostile0", "hostile1",	 "hostile.x",
					     "dir",	 "dir/hostile2", "../bpf/dir" };
	char path[64], other[64];
	int fd;

	snprintf(path, sizeof(path), "/sys/fs/bpf/%s", names[below(c, 6)]);
	snprintf(other, sizeof(other), "/sys/fs/bpf/%s", names[below(c, 2)]);
	switch (below(c, 6)) {
	case 0: /* rubbish as a name must not make files where we happen to be */
		if (chance(c, 8))
			fd = open((char *)(uintptr_t)any_pointer(c), (int)below(c, 3));
		else
			fd = open(path, (int)below(c, 4) | (chance(c, 2) ? O_CREAT : 0), 0600);
		if (fd >= 0)
			close(fd);
		break;
	case 1: mkdir("/sys/fs/bpf/dir", 0700); break;
	case 2: rmdir("/sys/fs/bpf/dir"); break;
	case 3: rename(path, other); break;
	case 4: mknod(path, (mode_t)rng_next(&c->rng), 0); break;
	default: unlink(other);
	}
}
