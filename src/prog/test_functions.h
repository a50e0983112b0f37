/* The kernel's functions that a test run of a tracing program calls. */
#ifndef SKEP_PROG_TEST_FUNCTIONS_H
#define SKEP_PROG_TEST_FUNCTIONS_H

#include "exec/run.h"
#include "skep/prog_type.h"

/* NULL: it is none of them. */
struct traced *test_function_find(struct runtime *rt, const char *name);

int tracing_test_run(struct skep_prog *p, struct skep_test_run *t);

#endif
