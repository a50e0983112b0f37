/* See socket_progs.h: who has which program, and for how long. */
#include "supervise/socket_progs.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "exec/prog.h"
#include "hook/device.h"
#include "supervise/caller.h"
#include "supervise/net.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

#define SEARCH_NS 100000000 /* a socket that nobody has is not looked for more often */

void socket_progs_init(struct socket_progs *s, struct devices *ds, struct net *n)
{
	*s = (struct socket_progs){ .devices = ds, .net = n, .epoll = -1 };
	n->sockets = s;
}

/* --- finding a descriptor --- */

static bool is_socket(int fd, u64 ino)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISSOCK(st.st_mode) && st.st_ino == ino;
}

static int fetch(const struct socket_prog *e)
{
	int fd = (int)syscall(SYS_pidfd_getfd, e->pidfd, e->fd, 0);

	if (fd >= 0 && is_socket(fd, e->ino))
		return fd;
	if (fd >= 0)
		close(fd);
	return -EBADF;
}

/* Which descriptor of that process is it? -1: none. */
static int search_process(const char *pid, u64 ino)
{
	char path[300], want[32], link[32];
	struct dirent *d;
	int found = -1;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%.16s/fd", pid);
	snprintf(want, sizeof(want), "socket:[%" PRIu64 "]", ino);
	dir = opendir(path);
	while (dir && found < 0 && (d = readdir(dir))) {
		ssize_t n = readlinkat(dirfd(dir), d->d_name, link, sizeof(link) - 1);

		if (n > 0 && (link[n] = '\0', !strcmp(link, want)))
			found = atoi(d->d_name);
	}
	if (dir)
		closedir(dir);
	return found;
}

static bool take_hint(struct socket_prog *e, const char *pid, int fd)
{
	int pidfd = (int)syscall(SYS_pidfd_open, atoi(pid), 0);

	if (pidfd < 0)
		return false;
	if (e->pidfd >= 0)
		close(e->pidfd);
	e->pidfd = pidfd;
	e->fd = fd;
	return true;
}

static void search(struct socket_prog *e)
{
	char self[16];
	struct dirent *d;
	DIR *proc = opendir("/proc");
	bool found = false;

	snprintf(self, sizeof(self), "%d", getpid());
	while (proc && !found && (d = readdir(proc))) {
		int fd = isdigit((unsigned char)d->d_name[0]) && strcmp(d->d_name, self)
				 ? search_process(d->d_name, e->ino)
				 : -1;

		found = fd >= 0 && take_hint(e, d->d_name, fd);
	}
	if (proc)
		closedir(proc);
}

static u64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

int socket_progs_open(struct socket_prog *e)
{
	int fd = fetch(e);
	u64 now;

	if (fd >= 0 || (now = now_ns()) - e->searched < SEARCH_NS)
		return fd;
	e->searched = now;
	search(e);
	return fetch(e);
}

/* --- entries --- */

static struct socket_prog *find(struct socket_progs *s, int sock)
{
	struct stat st;

	if (!s->first || fstat(sock, &st) < 0)
		return NULL;
	for (struct socket_prog *e = s->first; e; e = e->next)
		if (e->ino == st.st_ino)
			return e;
	return NULL;
}

static bool runs(const struct socket_prog *e)
{
	return e->kind != SOCKET_OTHER && e->prog[SOCKET_FILTER];
}

static void free_entry(struct socket_progs *s, struct socket_prog *e)
{
	if (runs(e))
		device_watch(s->devices, s->net->loopback, -1);
	for (u32 i = 0; i < SOCKET_PLACES; i++)
		prog_unref(e->prog[i]);
	if (e->pidfd >= 0)
		close(e->pidfd);
	free(e);
}

static int option_int(int sock, int option)
{
	socklen_t len = sizeof(int);
	int value = 0;

	return getsockopt(sock, SOL_SOCKET, option, &value, &len) < 0 ? -1 : value;
}

static u64 option_u64(int sock, int option)
{
	socklen_t len = sizeof(u64);
	u64 value = 0;

	return getsockopt(sock, SOL_SOCKET, option, &value, &len) < 0 ? 0 : value;
}

static bool is_of_our_network(int sock)
{
	int own = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool same;

	if (own < 0)
		return false;
	same = option_u64(own, SO_NETNS_COOKIE) == option_u64(sock, SO_NETNS_COOKIE);
	close(own);
	return same;
}

static enum socket_kind kind_of(const struct socket_progs *s, int sock)
{
	int domain = option_int(sock, SO_DOMAIN), type = option_int(sock, SO_TYPE);
	bool inet = domain == AF_INET || domain == AF_INET6;

	if (!s->net->started || !s->net->loopback || !is_of_our_network(sock))
		return SOCKET_OTHER;
	if (domain == AF_PACKET)
		return type == SOCK_DGRAM ? SOCKET_PACKET_DGRAM : SOCKET_PACKET;
	if (inet && type == SOCK_DGRAM && option_int(sock, SO_PROTOCOL) == IPPROTO_UDP)
		return SOCKET_UDP;
	return domain == AF_INET && type == SOCK_RAW ? SOCKET_RAW : SOCKET_OTHER;
}

/* The epoll instance forgets it with the last close. */
static int register_socket(struct socket_progs *s, int sock, u64 id)
{
	struct epoll_event ev = { .data.u64 = id };

	if (s->epoll < 0)
		s->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll < 0)
		return -errno;
	if (!epoll_ctl(s->epoll, EPOLL_CTL_ADD, sock, &ev))
		return 0;
	/* it is there under that number since it last had a program */
	return errno != EEXIST || epoll_ctl(s->epoll, EPOLL_CTL_MOD, sock, &ev) < 0 ? -errno : 0;
}

static int add_entry(struct socket_progs *s, const struct caller *c, int sock,
		     struct socket_prog **out)
{
	struct socket_prog *e = calloc(1, sizeof(*e));
	struct credentials cred;
	struct stat st;
	int err;

	if (!e)
		return -ENOMEM;
	*e = (struct socket_prog){ .next = s->first,
				   .id = ++s->last_id,
				   .pidfd = -1,
				   .fd = (int)caller_arg(c, 0),
				   .kind = kind_of(s, sock),
				   .cookie = option_u64(sock, SO_COOKIE) };
	err = fstat(sock, &st) < 0 ? -errno : caller_credentials(c, &cred);
	if (!err)
		err = register_socket(s, sock, e->id);
	if (err) {
		free(e);
		return err;
	}
	e->ino = st.st_ino;
	e->uid = st.st_uid;
	e->pidfd = (int)syscall(SYS_pidfd_open, cred.tgid, 0);
	*out = s->first = e;
	return 0;
}

/* --- what the kernel knows --- */

int socket_set_classic(int sock, int option, u32 len)
{
	struct sock_filter code = BPF_STMT(BPF_RET | BPF_K, len);
	struct sock_fprog prog = { 1, &code };

	return setsockopt(sock, SOL_SOCKET, option, &prog, sizeof(prog)) < 0 ? -errno : 0;
}

int socket_refuse_all(struct socket_progs *s, int sock)
{
	return socket_set_classic(sock, SO_ATTACH_FILTER,
				  atomic_load(&s->net->lo) < 0 ? 0xffffffff : 0);
}

/* For a choice: a number that no socket has, by which the kernel chooses as without. */
static int tell_kernel(struct socket_progs *s, struct socket_prog *e, int sock,
		       enum socket_place place)
{
	int err;

	if (place == SOCKET_CHOICE)
		return socket_set_classic(sock, SO_ATTACH_REUSEPORT_CBPF, 0xffffffff);
	if (e->kind == SOCKET_OTHER)
		return socket_set_classic(sock, SO_ATTACH_FILTER, 0xffffffff);
	if (e->prog[SOCKET_FILTER])
		return 0; /* one replaces the other */
	device_watch(s->devices, s->net->loopback, 1);
	err = socket_refuse_all(s, sock);
	if (err)
		device_watch(s->devices, s->net->loopback, -1);
	return err;
}

/* --- interface --- */

static void remove_entry(struct socket_progs *s, struct socket_prog *gone)
{
	for (struct socket_prog **at = &s->first; *at; at = &(*at)->next)
		if (*at == gone) {
			*at = gone->next;
			free_entry(s, gone);
			return;
		}
}

static void remove_if_empty(struct socket_progs *s, struct socket_prog *e)
{
	if (e->prog[SOCKET_FILTER] || e->prog[SOCKET_CHOICE])
		return;
	remove_entry(s, e); /* the epoll instance goes on knowing the socket, which is harmless */
}

static int attach(struct socket_progs *s, const struct caller *c, int sock, enum socket_place place,
		  struct skep_prog *p)
{
	struct socket_prog *e = find(s, sock);
	int err;

	if (!e)
		TRY(add_entry(s, c, sock, &e));
	err = tell_kernel(s, e, sock, place);
	if (!err) {
		prog_unref(e->prog[place]);
		e->prog[place] = p;
	}
	remove_if_empty(s, e);
	return err;
}

int socket_progs_attach(struct socket_progs *s, const struct caller *c, int sock,
			enum socket_place place, struct skep_prog *p)
{
	int err;

	socket_progs_reap(s);
	pthread_mutex_lock(&s->devices->lock);
	err = attach(s, c, sock, place, p);
	pthread_mutex_unlock(&s->devices->lock);
	return err;
}

void socket_progs_detach(struct socket_progs *s, int sock, enum socket_place place)
{
	struct socket_prog *e;

	pthread_mutex_lock(&s->devices->lock);
	e = find(s, sock);
	if (e && e->prog[place]) {
		if (place == SOCKET_FILTER && runs(e))
			device_watch(s->devices, s->net->loopback, -1);
		prog_unref(e->prog[place]);
		e->prog[place] = NULL;
		remove_if_empty(s, e);
	}
	pthread_mutex_unlock(&s->devices->lock);
}

bool socket_progs_has(struct socket_progs *s, int sock, enum socket_place place)
{
	struct socket_prog *e;
	bool has;

	pthread_mutex_lock(&s->devices->lock);
	e = find(s, sock);
	has = e && e->prog[place];
	pthread_mutex_unlock(&s->devices->lock);
	return has;
}

bool socket_progs_locked(struct socket_progs *s, int sock)
{
	struct socket_prog *e;
	bool locked;

	pthread_mutex_lock(&s->devices->lock);
	e = find(s, sock);
	locked = e && e->locked;
	pthread_mutex_unlock(&s->devices->lock);
	return locked;
}

bool socket_progs_lock(struct socket_progs *s, int sock)
{
	struct socket_prog *e;
	bool ours;

	pthread_mutex_lock(&s->devices->lock);
	e = find(s, sock);
	ours = e && runs(e);
	if (ours)
		e->locked = true;
	pthread_mutex_unlock(&s->devices->lock);
	return ours;
}

/* --- sockets that are gone --- */

static void mark(struct socket_progs *s, u64 id)
{
	for (struct socket_prog *e = s->first; e; e = e->next)
		if (e->id == id)
			e->seen = true;
}

/* Lines of the epoll instance's fdinfo: "tfd: 7 events: 18 data: 1 pos:0 ino:8c sdev:8". */
static void reap(struct socket_progs *s)
{
	struct socket_prog *next;
	char path[48], line[160];
	u64 id;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", s->epoll);
	f = fopen(path, "re");
	if (!f)
		return;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "tfd: %*d events: %*x data: %" SCNx64, &id) == 1)
			mark(s, id);
	fclose(f);
	for (struct socket_prog *e = s->first; e; e = next) {
		next = e->next;
		if (!e->seen)
			remove_entry(s, e);
		else
			e->seen = false;
	}
}

void socket_progs_reap(struct socket_progs *s)
{
	if (!s->devices)
		return;
	pthread_mutex_lock(&s->devices->lock);
	if (s->first)
		reap(s);
	pthread_mutex_unlock(&s->devices->lock);
}

void socket_progs_done(struct socket_progs *s)
{
	if (!s->devices)
		return;
	while (s->first)
		remove_entry(s, s->first);
	if (s->epoll >= 0)
		close(s->epoll);
}
