/* Who decides about random programs and runs them: the machine's kernel, or an instance of skep. */
#ifndef SKEP_ORACLE_SIDE_H
#define SKEP_ORACLE_SIDE_H

#include "oracle/generate.h"
#include "skep/skep.h"

#define LOG_SIZE (16 << 20) /* as long as a log of level 2 may be; hardly any of it is touched */
#define RUNS	 3	    /* on different input */
#define MAX_TYPE (BPF_PROG_TYPE_RAW_TRACEPOINT + 1)

struct side {
	struct skep *skep; /* NULL: the kernel */
	struct skep_client *client;
	int maps[GMAP_COUNT], btf;
	int progs[MAX_TYPE]; /* a program array belongs to the type that used it first */
};

/* opt: of the instance; NULL: it is the kernel. Negative errno; side_done() is due in any case. */
int side_init(struct side *s, const struct skep_options *opt);
void side_done(struct side *s);

struct verdict {
	int fd, err; /* err: 0 or a negative errno */
	u32 processed;
	char reason[256]; /* the last line before the statistics */
	char log[LOG_SIZE];
};

/* Load g; v->fd is the caller's to close. */
void side_load(const struct side *s, const struct generated *g, u32 level, struct verdict *v);

struct result {
	int err;
	u32 ret, len;
	u8 data[512];
	u8 maps[2 * 32 + 4 * 32 + 2 * 32];
};

/* Run number `no` of a program, maps as they are at first. */
void side_run(const struct side *s, const struct generated *g, int fd, u32 no, struct result *r);

#endif
