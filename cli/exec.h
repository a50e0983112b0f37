/* What `skep exec` and `skep shell` share: options, and running the command. */
#ifndef SKEP_CLI_EXEC_H
#define SKEP_CLI_EXEC_H

#include "cli/cli.h"
#include "supervise/supervise.h"

/* parse_options() into `sup`. */
int parse_exec_options(const struct usage *u, int argc, char **argv, struct supervise_options *sup);

#endif
