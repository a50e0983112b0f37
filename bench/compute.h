/* What bench-compute measures and what it reports. */
#ifndef SKEP_BENCH_COMPUTE_H
#define SKEP_BENCH_COMPUTE_H

#include "base/types.h"
#include "timing.h"

/* CANDIDATE(name, text in bench.json) */
#define EACH_CANDIDATE(CANDIDATE)                                                                  \
	CANDIDATE(NATIVE, "clang -O2")                                                             \
	CANDIDATE(NATIVE_GCC, "gcc -O2")                                                           \
	CANDIDATE(INTERP, "interpreter")                                                           \
	CANDIDATE(JIT, "jit")                                                                      \
	CANDIDATE(AOT, "aot")                                                                      \
	CANDIDATE(KERNEL, "kernel, net")                                                           \
	CANDIDATE(INTERP_FLAT, "interpreter, loop-free build")                                     \
	CANDIDATE(JIT_FLAT, "jit, loop-free build")                                                \
	CANDIDATE(DPDK_INTERP, "DPDK's interpreter, loop-free build")                              \
	CANDIDATE(DPDK_JIT, "DPDK's JIT, loop-free build")

#define CANDIDATE_ENUM(name, ...) name,
enum { EACH_CANDIDATE(CANDIDATE_ENUM) NR_CANDIDATES };

struct result { /* one program; a candidate without samples could not run it */
	const char *program;
	u64 insns, flat_insns; /* executed in one run */
	struct samples samples[NR_CANDIDATES];
};

/* The table's head, a line, the geometric means, and everything as JSON (path NULL: none). */
void report_head(void);
void report_line(const struct result *r);
void report_means(const struct result *r, u32 n);
int report_json(const struct result *r, u32 n, const char *path);

#endif
