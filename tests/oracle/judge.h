/* What the sides make of one random program: do they decide alike, compute the same, keep to their claims? */
#ifndef SKEP_ORACLE_JUDGE_H
#define SKEP_ORACLE_JUDGE_H

#include "oracle/side.h"

enum class {
	AGREE_ACCEPT,
	AGREE_REJECT,
	EXPLAINED_ALARM,
	EXPLAINED_REFUSAL,
	ALARM,
	REFUSAL,
	RESULT,
	VIOLATION,
	CRASH, /* noted by who runs the judge in a process of its own */
	NR_CLASSES
};
extern const char *const class_text[NR_CLASSES];

struct tally { /* shared between processes */
	u64 seed;
	u64 count[NR_CLASSES], same_processed, runs, programs, insns, checked;
};

struct judge {
	struct side checked, jit, kernel;
	struct verdict ours, theirs, native;
	struct generated g;
	struct tally *sum;
	char violation[512];
};

/* New instances and maps. */
int judge_start(struct judge *j);
void judge_end(struct judge *j);
enum class judge(struct judge *j); /* j->g */
/* Print both logs about j->g, all states. */
void judge_logs(struct judge *j);
/* Print what is different about j->g, after making it as short as it can be (which changes it). */
void judge_explain(struct judge *j, u64 seed, enum class c);

#endif
