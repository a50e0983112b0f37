/* Exceptions: see exception.c. */
#ifndef SKEP_VERIFIER_EXCEPTION_H
#define SKEP_VERIFIER_EXCEPTION_H

#include "verifier/env.h"

/* bpf_throw(R1) ends the path. */
int do_throw(struct verifier *v);
/* After a global function's prototype was read: if it is the callback for exceptions, is it one? */
int check_exception_prototype(struct verifier *v, u32 sub);
/* Sets may_throw of functions that throw, or call others that do. seen_only: in code that some path executes. */
void find_throwers(struct verifier *v, bool seen_only);
/* After the walk: nothing is thrown out of callbacks, and nobody calls the one for exceptions. */
int check_throws(struct verifier *v);

#endif
