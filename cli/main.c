/* skep: finds the command and calls it. */
#include <stdarg.h>
#include <string.h>

#include "cli/cli.h"

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
#define COMMAND(name, summary) { #name, cmd_##name },
#include "cli/commands.def"
};

int complain(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout); /* messages come after what they are about */
	fputs("skep: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return FAILED;
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	if (!strcmp(name, "--help") || !strcmp(name, "-h"))
		name = "help";
	else if (!strcmp(name, "--version") || !strcmp(name, "-V"))
		name = "version";
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(name, commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	if (*name)
		complain("there is no command '%s'; see skep help", name);
	else
		complain("what is to be done? See skep help");
	return MISUSED;
}
