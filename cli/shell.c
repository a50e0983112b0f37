/* skep shell: skep exec of the user's shell. */
#include <stdlib.h>

#include "cli/exec.h"

int cmd_shell(int argc, char **argv)
{
	struct supervise_options sup;
	int at = parse_exec_options(&shell_usage, argc, argv, &sup);
	const char *shell = getenv("SHELL");
	char *command[] = { (char *)(shell && *shell ? shell : "/bin/sh"), NULL };

	if (at < 0)
		return at == -2 ? DONE : MISUSED;
	if (at != argc)
		return misuse(&shell_usage, "unexpected argument: %s (skep exec runs commands)",
			      argv[at]);
	return supervise(&sup, command);
}
