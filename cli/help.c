/* skep help [COMMAND] */
#include <string.h>

#include "cli/cli.h"

static const struct summary {
	const char *name, *text;
} summaries[] = {
#define COMMAND(name, summary) { #name, summary },
#include "cli/commands.def"
};

static const struct usage *const usages[] = { &run_usage,   &verify_usage, &exec_usage,
					      &shell_usage, &daemon_usage, &aot_usage,
					      &prog_usage };

int cmd_help(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(usages); i++)
		if (!strcmp(argv[1], usages[i]->command)) {
			print_usage(usages[i], stdout);
			return DONE;
		}
	printf("skep: the Linux BPF subsystem as a user-space program\n\n"
	       "usage: skep COMMAND [options] …\n\n");
	for (size_t i = 0; i < ARRAY_SIZE(summaries); i++)
		printf("  %-8s  %s\n", summaries[i].name, summaries[i].text);
	printf("\nskep help COMMAND shows a command's options. Exit codes: 0 done, 1 refused or "
	       "failed, "
	       "2 wrong use.\n");
	return DONE;
}
