/* Running a loaded program: on packets from a capture or a file, or by test run on a context. */
#ifndef SKEP_CLI_RUNNER_H
#define SKEP_CLI_RUNNER_H

#include "cli/actions.h"
#include "cli/session.h"
#include "hook/capture.h"

struct run_input {
	struct capture *capture; /* else one packet: */
	const void *data;
	u32 data_size;
	const void *ctx; /* runs by BPF_PROG_TEST_RUN where given, or where there is no packet */
	u32 ctx_size;
	struct capture_writer *out; /* may be NULL: what is kept */
	u64 repeat;		    /* runs on each packet, each on a fresh copy */
};

struct run_result {
	u64 packets, bytes; /* of input */
	u64 runs, ns;
	u64 written;
	u64 snapped;	  /* packets of which the capture holds only a part */
	u64 short_frames; /* packets too short for the program type: not run */
	u64 long_packets; /* … too long */
	struct tally verdicts;
	bool interrupted; /* by SIGINT */
	bool failed;	  /* input or output broke off; complained about */
};

/* Does the type run on packets? */
bool runs_on_packets(u32 prog_type);
/* fd: of the program. Results are valid also if something failed midway. */
void run_program(struct session *s, int fd, const struct run_input *in, struct run_result *r);

#endif
