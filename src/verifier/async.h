/* Timers, work queues, functions that are called later: see async.c. */
#ifndef SKEP_VERIFIER_ASYNC_H
#define SKEP_VERIFIER_ASYNC_H

#include "verifier/env.h"

/* r, a pointer to a map value, points exactly at its field of that kind (FIELD_TIMER …). */
int check_async_field(struct verifier *v, u32 r, u32 kind);
/* … and r is the map that `field` was found to lie in. what: "timer". */
int check_async_map(struct verifier *v, const struct value *field, u32 r, const char *what);
/* Walk the function later, as it will be called for a value of field's map. */
int push_async(struct verifier *v, u32 subprog, const struct value *field, bool may_sleep);
/* Does the call hand a function over? */
bool hands_over_callback(const struct verifier *v, const struct bpf_insn *i);
int check_async_return(struct verifier *v);

#endif
