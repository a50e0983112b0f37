/* Why a program was refused, for people: where, by which path, what was known, which fact is missing.
 *
 * Says nothing that the log does not say, but in the terms of the program's source. Text is owned by the
 * explanation. */
#ifndef SKEP_VERIFIER_EXPLAIN_H
#define SKEP_VERIFIER_EXPLAIN_H

#include "base/buf.h"

struct place { /* an instruction, and the source line that it came from */
	u32 insn;
	char *text;	     /* "(61) r1 = *(u32 *)(r2 +26)" */
	char *file, *source; /* NULL: not known */
	u32 line;
};

struct branch_taken {
	struct place at;
	bool taken; /* else it fell through */
};

struct fact {	       /* what was known about a value */
	char *name;    /* "R2" */
	char *value;   /* as the log writes it */
	char *meaning; /* a sentence; NULL: the value says it all */
};

#define EXPLAIN_MAX_FACTS 6
#define EXPLAIN_MAX_PATH  64 /* programs may have passed hundreds of thousands */

struct explanation {
	bool valid;   /* there was a refusal, and the rest says why */
	char *reason; /* the verifier's message, of one line or more */
	bool has_place;
	struct place at;			    /* where the path came to its end */
	struct branch_taken path[EXPLAIN_MAX_PATH]; /* the last conditional jumps, oldest first */
	u32 nr_path, nr_earlier;		    /* … and how many there were before them */
	struct fact facts[EXPLAIN_MAX_FACTS];
	u32 nr_facts;
	char *missing; /* what would have to be known, or NULL */
};

void explanation_done(struct explanation *e); /* leaves it empty; takes NULL, and a zeroed one */

struct verifier;
/* Fill e after a refusal whose message is in v->text. Lack of memory leaves parts out. */
void explain(struct verifier *v, struct explanation *e);

/* explain_facts.c: what is missing, by the message; NULL: nothing to say. To be freed. */
struct value;
char *explain_missing(struct verifier *v, const char *reason);
char *explain_value(struct verifier *v, const struct value *val); /* in words; NULL */
void explain_place(struct verifier *v, u32 insn, struct place *p);

#endif
