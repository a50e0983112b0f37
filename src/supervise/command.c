/* See command.h. */
#include "supervise/command.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "supervise/fdpass.h"
#include "supervise/filter.h"
#include "supervise/supervise.h"

int supervise_complain(int code, const char *what, int err)
{
	const char *why = err ? strerror(err < 0 ? -err : err) : "";

	fprintf(stderr, "skep exec: %s%s%s%s%s\n", what, *why ? ": " : "", why,
		*last_error() ? ": " : "", last_error());
	return code;
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

/* The listener goes to the supervisor and is closed by a thread that was there before the filter, which does not
 * stop its calls: if the supervisor dies now, nobody must be left who holds the listener and waits for an answer. */
struct hand_over {
	pthread_mutex_t ready;
	int sock, listener, err;
};

static void *hand_over(void *arg)
{
	struct hand_over *h = arg;

	pthread_mutex_lock(&h->ready);
	if (h->listener >= 0) {
		h->err = fdpass_send(h->sock, "", 1, &h->listener, 1);
		close(h->listener);
	}
	close(h->sock);
	pthread_mutex_unlock(&h->ready);
	return NULL;
}

/* 0: the filter is in force, and somebody has its listener. */
static int submit(int sock)
{
	struct hand_over h = { PTHREAD_MUTEX_INITIALIZER, sock, -1, 0 };
	pthread_t thread;
	int err;

	pthread_mutex_lock(&h.ready);
	err = pthread_create(&thread, NULL, hand_over, &h);
	if (!err)
		h.listener = filter_install();
	pthread_mutex_unlock(&h.ready);
	if (err)
		return supervise_complain(SUPERVISE_FAILED, "pthread_create", err);
	pthread_join(thread, NULL);
	if (h.listener < 0)
		return supervise_complain(SUPERVISE_FAILED, refusal(h.listener), h.listener);
	if (h.err)
		return supervise_complain(SUPERVISE_FAILED, "the supervisor is gone", h.err);
	return 0;
}

static _Noreturn void become(char *const argv[], int sock, const sigset_t *signals)
{
	int code = submit(sock);

	if (code)
		_exit(code);
	sigprocmask(SIG_SETMASK, signals, NULL);
	execvp(argv[0], argv);
	clear_last_error();
	_exit(supervise_complain(errno == ENOENT ? SUPERVISE_NOT_FOUND : SUPERVISE_CANNOT_RUN,
				 argv[0], errno));
}

static _Noreturn void child(char *const argv[], int sock, const sigset_t *signals,
			    int (*enter)(void *arg), void *arg)
{
	int code = enter ? enter(arg) : 0;

	if (code)
		_exit(code);
	become(argv, sock, signals);
}

/* --- we --- */

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
void command_signals(struct command *cmd)
{
	struct signalfd_siginfo s;

	while (read(cmd->signals, &s, sizeof(s)) == sizeof(s))
		if (s.ssi_signo == SIGCHLD)
			collect(cmd);
		else if (s.ssi_code != SI_KERNEL && !cmd->ended)
			kill(cmd->pid, (int)s.ssi_signo);
}

/* It has no listener: it has ended, or will at once, and has said why. */
static void await_end(struct command *cmd)
{
	int status = 0;

	while (waitpid(cmd->pid, &status, 0) < 0 && errno == EINTR)
		;
	note_end(cmd, cmd->pid, status);
}

static int receive_listener(struct command *cmd, int sock)
{
	int listener;
	char byte;

	if (!fdpass_receive(sock, &byte, 1, &listener, 1) && listener >= 0)
		return listener;
	await_end(cmd);
	return -1;
}

int command_start(struct command *cmd, char *const argv[], int (*enter)(void *arg), void *arg)
{
	int sock[2], listener = -1;
	sigset_t signals;

	*cmd = (struct command){ .signals = -1 };
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sock) < 0) {
		cmd->code = supervise_complain(SUPERVISE_FAILED, "socketpair", errno);
		return -1;
	}
	prctl(PR_SET_CHILD_SUBREAPER, 1); /* so that orphans stay our descendants */
	cmd->signals = take_signals(&signals);
	cmd->pid = cmd->signals < 0 ? -1 : fork();
	if (cmd->pid == 0) {
		close(sock[0]); /* what nobody receives must not be kept by us */
		child(argv, sock[1], &signals, enter, arg);
	}
	close(sock[1]);
	if (cmd->pid < 0)
		cmd->code = supervise_complain(SUPERVISE_FAILED, "fork", errno);
	else
		listener = receive_listener(cmd, sock[0]);
	close(sock[0]);
	return listener;
}

void command_done(struct command *cmd)
{
	if (cmd->signals >= 0)
		close(cmd->signals);
}
