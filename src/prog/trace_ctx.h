/* Contexts of programs as their tracers (fentry, fexit) see them. */
#ifndef SKEP_PROG_TRACE_CTX_H
#define SKEP_PROG_TRACE_CTX_H

#include "exec/prog.h"

/* For programs of p's type. *out is NULL where tracers see an empty object: other types than XDP and those of packets,
 * or a host without type information. -ENOMEM. */
int trace_ctx_new(const struct skep_prog *p, struct trace_ctx **out) MUST_CHECK;

#endif
