/* One test case: a .t file. Lines that begin in the first column are directives; indented lines
 * continue the program. All but type, prog and verdict may be missing.
 *
 *	type     socket_filter              as bpftool names it, or a number
 *	attach   N                          expected_attach_type
 *	target   NAME                       attach_btf_id, by its name in the kernel's BTF
 *	flags    N                          prog_flags
 *	license  GPL
 *	map      m hash key=4 value=8 entries=2 [flags=N] [extra=N] [lock=N] [timer=N] [wq=N] [reslock=N]
 *	                                    offsets of a bpf_spin_lock, bpf_timer … in the value
 *	put      m KEY VALUE                before the run; bytes as in 0800.00*12.ff
 *	freeze   m
 *	prog     r0 = 0; exit               see asm.h
 *	unprivileged                        as a client without capabilities; the kernel is not asked
 *	global   NAME ctx|int|mem=N|nonnull=N|dynptr|trusted|or_null|untrusted …
 *	                                    a label that becomes a global function, and its arguments; the
 *	                                    last three: a task_struct with that tag (trusted or null)
 *	callee   m N  r0 = 1; exit          another program of the same type, put into prog array m
 *	verdict  accept | reject EACCES
 *	log      a text that the log contains; several: in this order
 *	level    N                          of the log, where 2 would print too much
 *	log exact                           both levels' whole logs are the kernel's
 *	run      [data=HEX] [ctx=HEX] return=N [out=HEX]
 *	wait     N                          milliseconds after the runs, for what programs do later
 *	await    N                          the same, but no longer than until expect lines are right
 *	expect   m KEY VALUE                after the runs
 *	differs  reason                     skep may differ from the kernel, which is then not asked */
#ifndef SKEP_CASE_CASE_H
#define SKEP_CASE_CASE_H

#include "base/buf.h"

struct bytes {
	u8 *data;
	u32 len;
	bool given;
};

enum case_field { FIELD_OF_LOCK, FIELD_OF_TIMER, FIELD_OF_WQ, FIELD_OF_RESLOCK, NR_CASE_FIELDS };

struct case_map {
	char name[16];
	u32 type, key_size, value_size, entries, flags;
	u64 extra;
	s32 field[NR_CASE_FIELDS]; /* offset; -1: none */
	bool freeze;
};

struct case_pair { /* put, expect */
	u32 map;   /* index in maps */
	struct bytes key, value;
};

struct case_callee {
	u32 map, index;
	struct buf text;
};

struct case_global { /* a global function's prototype */
	char name[32];
	u32 nr_args;
	struct {
		char kind; /* c, i, m, n: the word's first letter */
		u32 size;
	} args[6];
};

struct case_run {
	struct bytes data, ctx, out;
	u32 ret;
};

#define CASE_MAX 16 /* of each kind: a case shows one behaviour */

struct test_case_file {
	char name[128]; /* the path without .t, underscores as spaces */
	u32 prog_type, attach_type, flags, log_level, wait_ms, await_ms;
	char license[16], target[64];
	struct case_map maps[CASE_MAX];
	struct case_pair puts[CASE_MAX], expects[CASE_MAX];
	struct case_callee callees[CASE_MAX];
	struct case_global globals[CASE_MAX];
	struct case_run runs[CASE_MAX];
	char *logs[CASE_MAX];
	u32 nr_maps, nr_puts, nr_expects, nr_callees, nr_globals, nr_runs, nr_logs;
	struct buf text;
	int verdict; /* 0 or a negative errno */
	bool has_verdict, exact_log, unprivileged;
	char *differs; /* reason, or NULL */
	char error[192];
};

/* Returns 0, or a negative errno with t->error. case_done() is due in both cases. */
int case_read(const char *path, struct test_case_file *t);
void case_done(struct test_case_file *t);

#endif
