/* Carry out a case on one target and note everything that can be compared. */
#ifndef SKEP_CASE_EXECUTE_H
#define SKEP_CASE_EXECUTE_H

#include "case/case.h"
#include "case/target.h"

struct outcome {
	int verdict; /* 0 or PROG_LOAD's negative errno */
	char *log;   /* "" if none */
	struct {
		int err; /* of PROG_TEST_RUN */
		u32 ret;
		struct bytes out;
	} runs[CASE_MAX];
	struct buf maps; /* contents after the runs, a line per element, sorted per map */
	struct bytes found[CASE_MAX]; /* what expect lines ask for; not given: no such element */
	char error[256]; /* of what is not the case's subject, such as a map that cannot be made */
};

/* 0, or a negative errno with o->error. outcome_done() is due in both cases. */
int case_execute(const struct test_case_file *t, struct target *on, u32 log_level,
		 struct outcome *o);
void outcome_done(struct outcome *o);

#endif
