/* skep daemon: an instance that outlives commands. */
#include "supervise/daemon.h"

#include "cli/cli.h"

struct daemon_options {
	bool detach, stop, net;
};

#define FIELD(f) (u16) offsetof(struct daemon_options, f)

static const struct option_spec options[] = {
	{ "detach", 'd', OPTION_FLAG, FIELD(detach), -1, 0, 0, NULL,
	  "go on in the background, once it can be reached" },
	{ "net", 0, OPTION_FLAG, FIELD(net), -1, 0, 0, NULL,
	  "a network for all commands: lo and eth0 (10.0.0.2) with a peer (10.0.0.1), as of skep "
	  "exec --net" },
	{ "stop", 0, OPTION_FLAG, FIELD(stop), -1, 0, 0, NULL,
	  "end the daemon that is running, with all its objects" },
};

const struct usage daemon_usage = {
	.command = "daemon",
	.synopsis = "[options]",
	.text = "Keeps programs, maps, links and /sys/fs/bpf for many commands: while it runs, "
		"`skep exec`\n"
		"and `skep shell` use its instance instead of one of their own. Its socket, which "
		"only its\n"
		"own user may use, is $SKEP_SOCKET, else $XDG_RUNTIME_DIR/skep.sock, else for "
		"root\n"
		"/run/skep.sock. It ends, and all its objects, by SIGTERM or SIGINT; commands that "
		"run then\n"
		"go on without bpf(2).",
	.options = options,
	.nr_options = ARRAY_SIZE(options),
};

int cmd_daemon(int argc, char **argv)
{
	struct daemon_options opt = { 0 };
	int at = parse_options(&daemon_usage, argc, argv, &opt);

	if (at < 0)
		return at == -2 ? DONE : MISUSED;
	if (at != argc)
		return misuse(&daemon_usage, "unexpected argument: %s", argv[at]);
	return opt.stop ? daemon_stop() : daemon_serve(opt.detach, opt.net);
}
