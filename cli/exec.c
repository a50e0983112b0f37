/* skep exec: any command with an instance as its BPF subsystem. */
#include "supervise/supervise.h"

#include "cli/cli.h"

struct exec_options {
	bool trace, plain, net;
};

#define FIELD(f) (u16) offsetof(struct exec_options, f)

static const struct option_spec options[] = {
	{ "trace-bpf", 'v', OPTION_FLAG, FIELD(trace), -1, 0, 0, NULL,
	  "print each bpf(2) call on stderr: arguments, result, duration" },
	{ "net", 0, OPTION_FLAG, FIELD(net), -1, 0, 0, NULL,
	  "a network of its own: lo and eth0 (10.0.0.2) with a peer (10.0.0.1) that answers pings "
	  "and echoes port 7" },
	{ "no-namespaces", 0, OPTION_FLAG, FIELD(plain), -1, 0, 0, NULL,
	  "only answer system calls: no uid 0, no /sys/fs/bpf of its own" },
};

const struct usage exec_usage = {
	.command = "exec",
	.synopsis = "[options] [--] COMMAND [ARGUMENT …]",
	.text = "Runs a command and all its descendants with skep as their BPF subsystem: bpf(2) "
		"and "
		"its\n"
		"neighbours are answered here, nothing reaches the kernel's own. Needs no "
		"privileges; "
		"the\n"
		"command sees uid 0 and an empty /sys/fs/bpf of its own. Objects live until the "
		"last "
		"process\n"
		"has ended. Exit code: the command's; 128 + N if signal N ended it; 125 skep "
		"failed, "
		"126 the\n"
		"command cannot be run, 127 it was not found.",
	.options = options,
	.nr_options = ARRAY_SIZE(options),
	.runs = true,
};

int cmd_exec(int argc, char **argv)
{
	struct exec_options opt = { 0 };
	int at = parse_options(&exec_usage, argc, argv, &opt);
	struct supervise_options sup = { .trace = opt.trace, .plain = opt.plain, .net = opt.net };

	if (at < 0)
		return at == -2 ? DONE : MISUSED;
	if (at == argc)
		return misuse(&exec_usage, "which command?");
	return supervise(&sup, argv + at);
}
