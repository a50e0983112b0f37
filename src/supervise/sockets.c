/* See sockets.h. The order of checks is Linux's (tests/cli/sockets_client.py asks a kernel). */
#include "supervise/sockets.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <linux/bpf_common.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "object/prog.h"
#include "supervise/caller.h"
#include "supervise/filter.h"
#include "supervise/sup.h"

static int get_option(int sock, int option)
{
	socklen_t len = sizeof(int);
	int value = 0;

	return getsockopt(sock, SOL_SOCKET, option, &value, &len) < 0 ? -errno : value;
}

static int get_prog(struct caller *c, int fd, struct skep_prog **out)
{
	struct object *o;

	TRY(client_object(&c->client, fd, OBJECT_PROG, NULL, &o));
	*out = (struct skep_prog *)o;
	return 0;
}

static bool can_share_port(int sock)
{
	int domain = get_option(sock, SO_DOMAIN), type = get_option(sock, SO_TYPE);

	return (domain == AF_INET || domain == AF_INET6) &&
	       (type == SOCK_STREAM || type == SOCK_DGRAM);
}

static int check_type(const struct skep_prog *p, int sock, enum socket_place place)
{
	u32 type = p->type->type;

	if (type == BPF_PROG_TYPE_SOCKET_FILTER)
		return 0;
	if (type != BPF_PROG_TYPE_SK_REUSEPORT || place == SOCKET_FILTER)
		return -EINVAL;
	return can_share_port(sock) ? 0 : -ENOTSUPP;
}

static int attach_prog(struct caller *c, int sock, enum socket_place place, int fd)
{
	struct skep_prog *p;
	int err;

	TRY(get_prog(c, fd, &p));
	err = check_type(p, sock, place)
		      ?: socket_progs_attach(&c->sup->socket_progs, c, sock, place, p);
	if (err)
		prog_unref(p);
	return err;
}

/* The kernel's answer to what is in its place: ENOTSOCK for one that is none. */
static int is_locked(struct caller *c, int sock)
{
	int locked;

	TRY(locked = get_option(sock, SO_LOCK_FILTER));
	return locked || socket_progs_locked(&c->sup->socket_progs, sock);
}

/* The argument, an int. */
static int read_value(struct caller *c, int *value)
{
	if ((int)caller_arg(c, 4) < (int)sizeof(*value))
		return -EINVAL;
	return client_read(&c->client, value, caller_arg(c, 3), sizeof(*value));
}

static int attach(struct caller *c, int sock, enum socket_place place)
{
	int fd, locked;

	TRY(locked = is_locked(c, sock));
	TRY(read_value(c, &fd));
	if (caller_arg(c, 4) != sizeof(fd))
		return -EINVAL;
	return locked ? -EPERM : attach_prog(c, sock, place, fd);
}

/* In place of a program of ours: the kernel is asked by us, to know whether it took it. */
static int attach_classic(struct caller *c, int sock, enum socket_place place, int option)
{
	struct sock_fprog prog;
	void *code;
	int err;

	if (caller_arg(c, 4) != sizeof(prog))
		return -EINVAL;
	TRY(client_read(&c->client, &prog, caller_arg(c, 3), sizeof(prog)));
	if (!prog.len || prog.len > BPF_MAXINSNS)
		return -EINVAL;
	TRY(client_dup(&c->client, (uintptr_t)prog.filter, prog.len * sizeof(*prog.filter), &code));
	prog.filter = code;
	err = setsockopt(sock, SOL_SOCKET, option, &prog, sizeof(prog)) < 0 ? -errno : 0;
	free(code);
	if (!err)
		socket_progs_detach(&c->sup->socket_progs, sock, place);
	return err;
}

/* What ends a program of ours; without one the kernel's answer is the right one. */
static long replace(struct caller *c, int sock, enum socket_place place, int option)
{
	struct socket_progs *s = &c->sup->socket_progs;

	if (!socket_progs_has(s, sock, place))
		return PASS;
	if (socket_progs_locked(s, sock))
		return -EPERM;
	if (option == SO_ATTACH_FILTER || option == SO_ATTACH_REUSEPORT_CBPF)
		return attach_classic(c, sock, place, option);
	if (caller_arg(c, 4) < sizeof(int) || get_option(sock, SO_LOCK_FILTER))
		return PASS; /* it refuses */
	socket_progs_detach(s, sock, place);
	return PASS;
}

/* The filter must still be ours to set. */
static long lock(struct caller *c, int sock)
{
	struct socket_progs *s = &c->sup->socket_progs;
	int value;

	if (!socket_progs_has(s, sock, SOCKET_FILTER))
		return PASS;
	TRY(read_value(c, &value));
	if (!value)
		return socket_progs_locked(s, sock) ? -EPERM : PASS;
	return socket_progs_lock(s, sock) ? 0 : PASS;
}

static long set_option(struct caller *c, int sock, int option)
{
	switch (option) {
	case SO_ATTACH_BPF: return attach(c, sock, SOCKET_FILTER);
	case SO_ATTACH_REUSEPORT_EBPF: return attach(c, sock, SOCKET_CHOICE);
	case SO_ATTACH_FILTER:
	case SO_DETACH_FILTER: return replace(c, sock, SOCKET_FILTER, option);
	case SO_ATTACH_REUSEPORT_CBPF:
	case SO_DETACH_REUSEPORT_BPF: return replace(c, sock, SOCKET_CHOICE, option);
	case SO_LOCK_FILTER: return lock(c, sock);
	default: return PASS;
	}
}

long call_setsockopt(struct caller *c)
{
	int sock;
	long ret;

	if ((int)caller_arg(c, 1) != SOL_SOCKET)
		return PASS;
	TRY(sock = c->client.ops->fd_get(&c->client, (int)caller_arg(c, 0)));
	ret = set_option(c, sock, (int)caller_arg(c, 2));
	close(sock);
	return ret;
}

/* --- getsockopt(2) --- */

static int put_int(struct caller *c, int value)
{
	u32 len;

	TRY(client_read(&c->client, &len, caller_arg(c, 4), sizeof(len)));
	if ((int)len < 0)
		return -EINVAL;
	len = MIN(len, (u32)sizeof(value));
	TRY(client_write(&c->client, caller_arg(c, 3), &value, len));
	return client_write(&c->client, caller_arg(c, 4), &len, sizeof(len));
}

/* The kernel would tell of the classic filter that stands for the program. */
static long get_filter(struct caller *c, int sock)
{
	return socket_progs_has(&c->sup->socket_progs, sock, SOCKET_FILTER) ? -EACCES : PASS;
}

static long get_locked(struct caller *c, int sock)
{
	return socket_progs_locked(&c->sup->socket_progs, sock) ? put_int(c, 1) : PASS;
}

long call_getsockopt(struct caller *c)
{
	long ret;
	int sock;

	if ((int)caller_arg(c, 1) != SOL_SOCKET)
		return PASS;
	TRY(sock = c->client.ops->fd_get(&c->client, (int)caller_arg(c, 0)));
	ret = (int)caller_arg(c, 2) == SO_GET_FILTER ? get_filter(c, sock) : get_locked(c, sock);
	close(sock);
	return ret;
}
