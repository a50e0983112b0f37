/* See supervise.h. The command is started first and goes as far as its first trapped call; meanwhile the
 * instance is made. */
#include "supervise/supervise.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "supervise/filter.h"
#include "supervise/notify.h"
#include "supervise/sup.h"

struct command {
	pid_t pid;
	int signals; /* signalfd */
	int code;    /* exit code, once it has ended */
	bool ended;
};

static int complain(int code, const char *what, int err)
{
	const char *why = err ? strerror(err < 0 ? -err : err) : "";

	fprintf(stderr, "skep exec: %s%s%s%s%s\n", what, *why ? ": " : "", why,
		*last_error() ? ": " : "", last_error());
	return code;
}

/* --- passing the listener from the child to us --- */

union control { /* room for one descriptor */
	struct cmsghdr align;
	char space[CMSG_SPACE(sizeof(int))];
};

static bool send_fd(int sock, int fd)
{
	union control control = { 0 };
	struct iovec io = { "", 1 };
	struct msghdr m = { .msg_iov = &io,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);

	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(h), &fd, sizeof(fd));
	return sendmsg(sock, &m, MSG_NOSIGNAL) == 1;
}

/* -1: the child ended before it had one; it has said why. */
static int receive_fd(int sock)
{
	union control control = { 0 };
	char byte;
	struct iovec io = { &byte, 1 };
	struct msghdr m = { .msg_iov = &io,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr *h;
	int fd = -1;

	if (recvmsg(sock, &m, MSG_CMSG_CLOEXEC) == 1 && (h = CMSG_FIRSTHDR(&m)))
		memcpy(&fd, CMSG_DATA(h), sizeof(fd));
	return fd;
}

/* --- the child --- */

static const char *refusal(int err)
{
	switch (err) {
	case -EBUSY: return "this process is supervised already (skep exec inside of skep exec)";
	case -ENOSYS:
	case -EINVAL:
		return "this kernel has no seccomp user notification (Linux 5.0 and later have)";
	default: return "the seccomp filter is refused";
	}
}

static _Noreturn void become(char *const argv[], int sock, const sigset_t *signals)
{
	int listener = filter_install();

	if (listener < 0)
		_exit(complain(SUPERVISE_FAILED, refusal(listener), listener));
	if (!send_fd(sock, listener))
		_exit(complain(SUPERVISE_FAILED, "the supervisor is gone", errno));
	close(listener);
	close(sock);
	sigprocmask(SIG_SETMASK, signals, NULL);
	execvp(argv[0], argv);
	clear_last_error();
	_exit(complain(errno == ENOENT ? SUPERVISE_NOT_FOUND : SUPERVISE_CANNOT_RUN, argv[0],
		       errno));
}

/* --- the supervisor --- */

/* All signals that a user or a terminal sends, and SIGCHLD, come through signalfd. */
static int take_signals(sigset_t *old)
{
	static const int taken[] = { SIGCHLD, SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2 };
	sigset_t set;

	sigemptyset(&set);
	for (u32 i = 0; i < ARRAY_SIZE(taken); i++)
		sigaddset(&set, taken[i]);
	sigprocmask(SIG_BLOCK, &set, old);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void note_end(struct command *cmd, pid_t pid, int status)
{
	if (pid != cmd->pid)
		return; /* an orphan of the command's */
	cmd->ended = true;
	cmd->code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void collect(struct command *cmd)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		note_end(cmd, pid, status);
}

/* What the terminal sends to us it sends to the command as well: it is in the same process group. */
static void handle_signals(struct command *cmd)
{
	struct signalfd_siginfo s;

	while (read(cmd->signals, &s, sizeof(s)) == sizeof(s))
		if (s.ssi_signo == SIGCHLD)
			collect(cmd);
		else if (s.ssi_code != SI_KERNEL && !cmd->ended)
			kill(cmd->pid, (int)s.ssi_signo);
}

/* Until the last process of the tree has ended. */
static void attend(struct supervisor *sup, struct command *cmd)
{
	struct pollfd fds[] = { { cmd->signals, POLLIN, 0 },
				{ sup->bpffs.inotify, POLLIN, 0 },
				{ sup->listener, 0, 0 } };

	do {
		if (poll(fds, ARRAY_SIZE(fds), -1) < 0)
			continue;
		handle_signals(cmd);
		if (fds[1].revents)
			bpffs_reap(&sup->bpffs);
	} while (!cmd->ended || !(fds[2].revents & POLLHUP));
}

/* We hold a descriptor for each object; the command keeps its own limit. */
static void raise_limits(void)
{
	struct rlimit r;

	if (!getrlimit(RLIMIT_NOFILE, &r)) {
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
	}
}

static void ignore(int sig)
{
}

static void prepare(void)
{
	struct sigaction wake = { .sa_handler =
					  ignore }; /* without SA_RESTART: see notify_stop() */

	raise_limits();
	umask(0);
	sigaction(SIGURG, &wake, NULL);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_CHILD_SUBREAPER, 1); /* so that orphans stay our descendants */
}

static int serve(struct supervisor *sup, const struct supervise_options *opt, struct command *cmd)
{
	int err = bpffs_init(&sup->bpffs) ?: skep_new(&opt->instance, &sup->skep);

	if (!err)
		err = devices_new(sup->skep, &sup->devices);
	if (!err)
		err = net_start(&sup->net, sup->devices);
	if (!err)
		err = notify_start(sup);
	if (err) {
		kill(cmd->pid, SIGKILL);
		cmd->code = complain(SUPERVISE_FAILED, "cannot make a BPF instance", err);
	} else {
		attend(sup, cmd);
		notify_stop(sup);
	}
	bpffs_done(&sup->bpffs);
	net_stop(&sup->net);
	netlink_done(&sup->netlink);
	devices_free(sup->devices);
	skep_free(sup->skep);
	return cmd->code;
}

/* The child is running; sock leads to it. */
static int parent(struct supervisor *sup, const struct supervise_options *opt, struct command *cmd,
		  int sock)
{
	int status, code;

	prepare();
	sup->listener = receive_fd(sock);
	if (sup->listener < 0) {
		while (waitpid(cmd->pid, &status, 0) < 0 && errno == EINTR)
			;
		note_end(cmd, cmd->pid, status);
		return cmd->code;
	}
	code = serve(sup, opt, cmd);
	close(sup->listener);
	return code;
}

static void enter_net(struct net *n, bool wanted)
{
	if (wanted)
		net_enter(n);
	if (*n->missing)
		fprintf(stderr, "skep exec: --net: %s\n", n->missing);
}

int supervise(const struct supervise_options *opt, char *const argv[])
{
	struct supervisor sup = { .listener = -1,
				  .trace = opt->trace,
				  .net = { .tap = -1, .lo = -1, .wake = -1 },
				  .netlink = { .lock = PTHREAD_MUTEX_INITIALIZER },
				  .lock = PTHREAD_MUTEX_INITIALIZER };
	struct command cmd = { 0 };
	sigset_t signals;
	int sock[2], code;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock) < 0)
		return complain(SUPERVISE_FAILED, "socketpair", errno);
	world_enter(&sup.world, opt->plain);
	if (*sup.world.missing && !opt->plain)
		fprintf(stderr, "skep exec: only system calls are answered (%s)\n",
			sup.world.missing);
	enter_net(&sup.net, opt->net);
	cmd.signals = take_signals(&signals);
	cmd.pid = cmd.signals < 0 ? -1 : fork();
	if (cmd.pid == 0)
		become(argv, sock[1], &signals);
	close(sock[1]);
	code = cmd.pid < 0 ? complain(SUPERVISE_FAILED, "fork", errno)
			   : parent(&sup, opt, &cmd, sock[0]);
	close(sock[0]);
	if (cmd.signals >= 0)
		close(cmd.signals);
	return code;
}
