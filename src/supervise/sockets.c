/* See sockets.h. The order of checks is Linux's (tests/cli/sockets_client.py asks a kernel). */
#include "supervise/sockets.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "object/prog.h"
#include "supervise/caller.h"
#include "supervise/filter.h"

static int get_option(int sock, int option)
{
	socklen_t len = sizeof(int);
	int value = 0;

	return getsockopt(sock, SOL_SOCKET, option, &value, &len) < 0 ? -errno : value;
}

/* A filter by which all packets are whole, and a choice that no socket has: then the kernel chooses as without. */
static int attach_classic(int sock, int option)
{
	struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, 0xffffffff);
	struct sock_fprog prog = { 1, &all };

	return setsockopt(sock, SOL_SOCKET, option, &prog, sizeof(prog)) < 0 ? -errno : 0;
}

static int prog_type(struct caller *c, int fd, u32 *type)
{
	struct object *o;

	TRY(client_object(&c->client, fd, OBJECT_PROG, NULL, &o));
	*type = ((struct skep_prog *)o)->type->type;
	object_unref(o);
	return 0;
}

static int attach_filter(struct caller *c, int sock, int fd)
{
	u32 type;

	TRY(prog_type(c, fd, &type));
	return type == BPF_PROG_TYPE_SOCKET_FILTER ? attach_classic(sock, SO_ATTACH_FILTER)
						   : -EINVAL;
}

static bool can_share_port(int sock)
{
	int domain = get_option(sock, SO_DOMAIN), type = get_option(sock, SO_TYPE);

	return (domain == AF_INET || domain == AF_INET6) &&
	       (type == SOCK_STREAM || type == SOCK_DGRAM);
}

static int attach_choice(struct caller *c, int sock, int fd)
{
	u32 type;

	TRY(prog_type(c, fd, &type));
	if (type == BPF_PROG_TYPE_SK_REUSEPORT && !can_share_port(sock))
		return -ENOTSUPP;
	return type == BPF_PROG_TYPE_SK_REUSEPORT || type == BPF_PROG_TYPE_SOCKET_FILTER
		       ? attach_classic(sock, SO_ATTACH_REUSEPORT_CBPF)
		       : -EINVAL;
}

static int attach(struct caller *c, int sock, int option)
{
	int fd, locked;

	TRY(locked = get_option(sock, SO_LOCK_FILTER)); /* ENOTSOCK */
	if ((int)caller_arg(c, 4) < (int)sizeof(fd))
		return -EINVAL;
	TRY(client_read(&c->client, &fd, caller_arg(c, 3), sizeof(fd)));
	if (caller_arg(c, 4) != sizeof(fd))
		return -EINVAL;
	if (locked)
		return -EPERM;
	return option == SO_ATTACH_BPF ? attach_filter(c, sock, fd) : attach_choice(c, sock, fd);
}

long call_setsockopt(struct caller *c)
{
	int option = (int)caller_arg(c, 2), sock, err;

	if ((int)caller_arg(c, 1) != SOL_SOCKET ||
	    (option != SO_ATTACH_BPF && option != SO_ATTACH_REUSEPORT_EBPF))
		return PASS;
	TRY(sock = c->client.ops->fd_get(&c->client, (int)caller_arg(c, 0)));
	err = attach(c, sock, option);
	close(sock);
	return err;
}
