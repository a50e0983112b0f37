/* What skep run prints at the end: trace lines, a summary per program, maps. */
#ifndef SKEP_CLI_REPORT_H
#define SKEP_CLI_REPORT_H

#include <bpf/libbpf.h>
#include <stdio.h>

#include "cli/runner.h"

struct report {
	FILE *out;
	const char *file; /* the object's */
	struct bpf_object *object;
	struct bpf_program *program; /* the one that ran */
	const struct run_result *result;
	struct skep *skep; /* keeps the trace lines */
	bool dump_maps;
	bool repeatable;	/* leave out what differs from run to run: how long it took */
	const char *written_to; /* NULL: nothing was to be written */
};

/* Exit codes: FAILED if something could not be printed. */
int report_text(const struct report *r);
int report_json(const struct report *r);

#endif
