/* skep exec's side of daemon.h. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "supervise/command.h"
#include "supervise/daemon.h"
#include "supervise/daemon_msg.h"
#include "supervise/fdpass.h"
#include "supervise/notify.h"

int daemon_path(char path[DAEMON_PATH_MAX])
{
	const char *name = getenv("SKEP_SOCKET"), *dir = getenv("XDG_RUNTIME_DIR");
	int n;

	if (name)
		n = snprintf(path, DAEMON_PATH_MAX, "%s", name);
	else if (dir && *dir)
		n = snprintf(path, DAEMON_PATH_MAX, "%s/skep.sock", dir);
	else
		n = snprintf(path, DAEMON_PATH_MAX, "%s", geteuid() ? "" : "/run/skep.sock");
	return n < DAEMON_PATH_MAX
		       ? 0
		       : fail(-ENAMETOOLONG, "the socket's name is longer than %d bytes",
			      DAEMON_PATH_MAX - 1);
}

/* Whoever listens there would see all that the command does. */
static bool is_ours(int sock)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return !getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &peer, &len) &&
	       (peer.uid == geteuid() || peer.uid == 0);
}

int daemon_connect(int *sock)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, err = daemon_path(addr.sun_path);

	*sock = -1;
	if (err)
		return supervise_complain(SUPERVISE_FAILED, "SKEP_SOCKET", err);
	if (!*addr.sun_path)
		return 0;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return supervise_complain(SUPERVISE_FAILED, "socket", errno);
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
		err = errno;
		close(fd);
		return getenv("SKEP_SOCKET")
			       ? supervise_complain(SUPERVISE_FAILED, addr.sun_path, err)
			       : 0;
	}
	if (!is_ours(fd)) {
		close(fd);
		return supervise_complain(SUPERVISE_FAILED,
					  "the daemon at that socket is another user's", EPERM);
	}
	*sock = fd;
	return 0;
}

/* --- the command's way into the daemon's world --- */

struct place {
	struct daemon_hello hello;
	int fds[DAEMON_PLACES];
};

/* In the child. Its directory is found again by name: in the other mount namespace it is another. */
static int enter(void *arg)
{
	const struct place *p = arg;
	const struct daemon_hello *h = &p->hello;
	char cwd[PATH_MAX];

	if (!getcwd(cwd, sizeof(cwd)))
		strcpy(cwd, "/");
	if ((h->has_user && setns(p->fds[1], CLONE_NEWUSER) < 0) ||
	    (h->has_net && setns(p->fds[h->has_mounts + h->has_user], CLONE_NEWNET) < 0) ||
	    (h->has_mounts && setns(p->fds[0], CLONE_NEWNS) < 0))
		return supervise_complain(SUPERVISE_FAILED, "the daemon's namespaces", errno);
	if (h->has_mounts && chdir(cwd) < 0)
		return supervise_complain(SUPERVISE_FAILED, cwd, errno);
	return 0;
}

static int greet(int sock, struct place *p)
{
	int err = fdpass_receive(sock, &p->hello, sizeof(p->hello), p->fds, DAEMON_PLACES);

	if (err == -ECONNRESET)
		return fail(err, "it does not want us");
	if (err)
		return err;
	if (p->hello.magic != DAEMON_MAGIC || p->hello.protocol != DAEMON_PROTOCOL)
		return fail(-EPROTO, "it is of another version of skep");
	return 0;
}

/* Until the last process of the tree has ended. When the daemon is gone, somebody must answer. (What it had taken and
 * not answered, because it was killed, waits until the caller is killed, too.) */
static void attend(struct command *cmd, int sock, int listener)
{
	struct pollfd fds[] = { { cmd->signals, POLLIN, 0 },
				{ listener, 0, 0 },
				{ sock, POLLIN, 0 } };

	do {
		if (poll(fds, ARRAY_SIZE(fds), -1) < 0)
			continue;
		command_signals(cmd);
		if (fds[1].revents & POLLIN)
			notify_refuse(listener);
		if (fds[2].revents && !(fds[1].revents & POLLHUP)) {
			clear_last_error();
			supervise_complain(0, "the daemon has ended: bpf(2) fails from now on", 0);
			fds[1].events = POLLIN;
			fds[2].fd = -1;
		}
	} while (!cmd->ended || !(fds[1].revents & POLLHUP));
	close(listener);
}

static int run(int sock, const struct supervise_options *opt, struct place *p, char *const argv[])
{
	struct daemon_request request = { .trace = opt->trace };
	struct command cmd;
	int fds[2] = { command_start(&cmd, argv, enter, p), STDERR_FILENO }, err;

	if (fds[0] >= 0) {
		err = fdpass_send(sock, &request, sizeof(request), fds, 2);
		if (err)
			supervise_complain(0, "the daemon", err);
		signal(SIGPIPE, SIG_IGN);
		attend(&cmd, sock, fds[0]);
	}
	command_done(&cmd);
	return cmd.code;
}

int daemon_run(int sock, const struct supervise_options *opt, char *const argv[])
{
	struct place p = { .fds = { -1, -1, -1 } };
	int err = greet(sock, &p), code;

	code = err ? supervise_complain(SUPERVISE_FAILED, "the daemon", err)
		   : run(sock, opt, &p, argv);
	for (u32 i = 0; i < DAEMON_PLACES; i++)
		if (p.fds[i] >= 0)
			close(p.fds[i]);
	close(sock);
	return code;
}

int daemon_stop(void)
{
	struct place p = { .fds = { -1, -1, -1 } };
	char byte;
	int sock, code = daemon_connect(&sock), err;

	if (code)
		return code;
	if (sock < 0)
		return supervise_complain(1, "there is no daemon", 0);
	err = greet(sock, &p);
	if (!err && kill(p.hello.pid, SIGTERM) < 0)
		err = -errno;
	if (err)
		return supervise_complain(1, "the daemon", err);
	while (recv(sock, &byte, 1, 0) > 0)
		;
	return 0;
}
