/* What all commands share: exit codes, messages, options. */
#ifndef SKEP_CLI_CLI_H
#define SKEP_CLI_CLI_H

#include <stdio.h>

#include "base/types.h"

enum { /* exit codes */
       DONE = 0,
       FAILED = 1,  /* a refused program, unreadable input, … */
       MISUSED = 2, /* of the command line */
};

/* argv[0] is the command's name. Returns an exit code. */
#define COMMAND(name, summary) int cmd_##name(int argc, char **argv);
#include "cli/commands.def"

/* "skep: " and a sentence on stderr. Returns FAILED. */
int complain(const char *fmt, ...) PRINTF(1, 2);

/* --- options --- */

enum option_kind {
	OPTION_FLAG,   /* bool */
	OPTION_STRING, /* const char * */
	OPTION_U64,    /* u64, decimal, 0x or 0 */
	OPTION_CHOICE, /* int: index in choices, "a|b|c" */
	OPTION_LIST,   /* struct string_list: may be given several times */
};

struct string_list {
	const char **v;
	u32 n;
};

struct option_spec {
	const char *name;
	char letter;	 /* short form, 0: none */
	u8 kind;	 /* enum option_kind */
	u16 offset;	 /* of the field in the command's options */
	s32 given;	 /* OPTION_U64: offset of a bool that tells whether it was given, or -1 */
	u64 min, max;	 /* OPTION_U64; max 0: no limit */
	const char *arg; /* what the argument is called; CHOICE: the choices */
	const char *help;
};

struct usage {
	const char *command;
	const char *synopsis; /* after the command's name */
	const char *text;     /* what it does, a paragraph or two */
	const struct option_spec *options;
	u32 nr_options;
	bool runs; /* options end at the first argument: it is a command with its own */
};

/* Fill *values from argv. Returns the index of the first argument that is no option, or a negative
 * number: -1 wrong use (explained on stderr), -2 help was asked for and given. */
int parse_options(const struct usage *u, int argc, char **argv, void *values);
void print_usage(const struct usage *u, FILE *f);
/* A sentence about wrong use, and where help is. Returns MISUSED. */
int misuse(const struct usage *u, const char *fmt, ...) PRINTF(2, 3);

extern const struct usage run_usage, verify_usage, exec_usage, shell_usage, daemon_usage, aot_usage,
	prog_usage;

#endif
