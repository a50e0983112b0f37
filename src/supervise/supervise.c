/* See supervise.h. The command is started first and goes as far as its first trapped call; meanwhile the
 * instance is made. */
#include "supervise/supervise.h"

#include <signal.h>
#include <unistd.h>

#include "base/err.h"
#include "supervise/command.h"
#include "supervise/daemon.h"
#include "supervise/host.h"
#include "supervise/notify.h"

/* Until the last process of the tree has ended. */
static void attend(struct session *s, struct command *cmd)
{
	struct pollfd fds[2 + HOST_FDS] = { { cmd->signals, POLLIN, 0 }, { s->listener, 0, 0 } };

	host_poll(s->sup, fds + 2);
	do {
		if (poll(fds, ARRAY_SIZE(fds), -1) < 0)
			continue;
		command_signals(cmd);
		host_attend(s->sup, fds + 2);
	} while (!cmd->ended || !(fds[1].revents & POLLHUP));
}

static int serve(struct session *s, const struct supervise_options *opt, struct command *cmd)
{
	int err = host_open(s->sup, &opt->instance);

	if (!err)
		err = notify_start(s);
	if (err) {
		kill(cmd->pid, SIGKILL);
		cmd->code = supervise_complain(SUPERVISE_FAILED, "cannot make a BPF instance", err);
	} else {
		attend(s, cmd);
		notify_stop(s);
	}
	host_close(s->sup);
	return cmd->code;
}

static int supervise_private(const struct supervise_options *opt, char *const argv[])
{
	struct supervisor sup;
	struct session session = { .sup = &sup,
				   .trace = opt->trace,
				   .log = STDERR_FILENO,
				   .lock = PTHREAD_MUTEX_INITIALIZER,
				   .relay = PTHREAD_COND_INITIALIZER };
	struct command cmd;

	host_enter(&sup, opt->plain, opt->net, "skep exec");
	session.listener = command_start(&cmd, argv, NULL, NULL);
	if (session.listener >= 0) {
		serve(&session, opt, &cmd);
		close(session.listener);
	}
	command_done(&cmd);
	return cmd.code;
}

int supervise(const struct supervise_options *opt, char *const argv[])
{
	int code, sock = -1;

	if (!opt->private && !opt->plain && (code = daemon_connect(&sock)))
		return code;
	return sock < 0 ? supervise_private(opt, argv) : daemon_run(sock, opt, argv);
}
