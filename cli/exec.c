/* skep exec: any command with an instance as its BPF subsystem. */
#include "cli/exec.h"
#include "cli/session.h"

struct exec_options {
	bool trace, plain, private, net, unprivileged;
	const char *kernel;
};

#define FIELD(f) (u16) offsetof(struct exec_options, f)

static const struct option_spec options[] = {
	{ "trace-bpf", 'v', OPTION_FLAG, FIELD(trace), -1, 0, 0, NULL,
	  "print each call about BPF on stderr as strace does, and why it was refused" },
	{ "private", 0, OPTION_FLAG, FIELD(private), -1, 0, 0, NULL,
	  "an instance of its own, even if there is a skep daemon" },
	{ "net", 0, OPTION_FLAG, FIELD(net), -1, 0, 0, NULL,
	  "a network of its own: lo and eth0 (10.0.0.2) with a peer (10.0.0.1) that answers pings "
	  "and echoes port 7; implies --private" },
	{ "unprivileged-bpf", 0, OPTION_FLAG, FIELD(unprivileged), -1, 0, 0, NULL,
	  "commands without CAP_BPF may load what Linux allows them with "
	  "kernel.unprivileged_bpf_disabled=0; implies --private" },
	{ "no-namespaces", 0, OPTION_FLAG, FIELD(plain), -1, 0, 0, NULL,
	  "only answer system calls: no uid 0, no /sys/fs/bpf of its own; implies --private" },
	{ "kernel", 0, OPTION_STRING, FIELD(kernel), -1, 0, 0, "VERSION",
	  KERNEL_HELP "; implies --private" },
};

const struct usage exec_usage = {
	.command = "exec",
	.synopsis = "[options] [--] COMMAND [ARGUMENT …]",
	.text = "Runs a command and all its descendants with skep as their BPF subsystem: bpf(2) "
		"and its\n"
		"neighbours are answered here, nothing reaches the kernel's own. Needs no "
		"privileges; the\n"
		"command sees uid 0, a /sys/fs/bpf and a /sys/kernel/tracing of its own. Objects "
		"live until\n"
		"the last process has ended, or in the instance of a `skep daemon` if one is "
		"running. Exit\n"
		"code: the command's; 128 + N if signal N ended it; 125 skep failed, 126 the "
		"command cannot\n"
		"be run, 127 it was not found.",
	.options = options,
	.nr_options = ARRAY_SIZE(options),
	.runs = true,
};

const struct usage shell_usage = {
	.command = "shell",
	.synopsis = "[options]",
	.text = "skep exec of your shell ($SHELL): what it and its commands do with BPF is skep's "
		"affair.",
	.options = options,
	.nr_options = ARRAY_SIZE(options),
};

int parse_exec_options(const struct usage *u, int argc, char **argv, struct supervise_options *sup)
{
	struct exec_options opt = { 0 };
	int at = parse_options(u, argc, argv, &opt);

	*sup = (struct supervise_options){ .trace = opt.trace,
					   .plain = opt.plain,
					   .private = opt.private || opt.net || opt.unprivileged ||
						      opt.kernel,
					   .net = opt.net,
					   .instance = { .unprivileged_bpf = opt.unprivileged } };
	return at >= 0 && kernel_option(opt.kernel, &sup->instance) ? -1 : at;
}

int cmd_exec(int argc, char **argv)
{
	struct supervise_options sup;
	int at = parse_exec_options(&exec_usage, argc, argv, &sup);

	if (at < 0)
		return at == -2 ? DONE : MISUSED;
	if (at == argc)
		return misuse(&exec_usage, "which command?");
	return supervise(&sup, argv + at);
}
