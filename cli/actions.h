/* What programs' return values mean, by program type. */
#ifndef SKEP_CLI_ACTIONS_H
#define SKEP_CLI_ACTIONS_H

#include "base/buf.h"

#define TALLY_MAX 64 /* different values counted apart; XDP and tc know a dozen */

struct tally { /* how often each value was returned */
	struct tally_entry {
		u32 value;
		u64 n;
	} v[TALLY_MAX];
	u32 n;
	u64 others;
};

void tally_add(struct tally *t, u32 value);
void tally_sort(struct tally *t); /* the most frequent first */

/* NULL: the type's values have no names (then they are just numbers). */
const char *action_name(u32 prog_type, u32 value);
/* Does the packet go on, or back, after that verdict? Socket filters: is it kept? */
bool action_keeps(u32 prog_type, u32 value);
/* "XDP_PASS 41  XDP_DROP 7"; socket filters: "kept 3  dropped 4"; others "returned 0 3 times". */
void tally_text(const struct tally *t, u32 prog_type, struct buf *out);

#endif
