/* What became of one program that was loaded alone. */
#ifndef SKEP_CLI_VERDICT_H
#define SKEP_CLI_VERDICT_H

#include "cli/object.h"

struct verdict {
	char *name;
	const char *type;
	int err;	   /* 0: accepted; else why not, negative errno */
	u32 insns, states; /* processed, kept */
	u64 ns;
	char *reason; /* of a refusal, one line; may be NULL */
	char *log;    /* NULL unless kept */
};

/* Load program number n of the image, without the others. The log at log_level is kept, 0: none. An
 * exit code: FAILED means that there is no verdict; v is to be done in any case. */
int verdict_of(const struct bpf_image *image, const struct object_options *opt, u32 n,
	       u32 log_level, struct verdict *v);
void verdict_done(struct verdict *v);
const char *verdict_reason(const struct verdict *v); /* "" if accepted */

#endif
