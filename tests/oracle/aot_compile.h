/* Native code of programs, by a C compiler, in memory: for tests and benches. */
#ifndef SKEP_ORACLE_AOT_COMPILE_H
#define SKEP_ORACLE_AOT_COMPILE_H

#include "aot/aot.h"

/* Is there a compiler of that name? */
bool aot_have_compiler(const char *cc);
/* An object of these programs, to be freed. NULL: last_error() says why. */
void *aot_compile(const char *cc, struct skep_prog *const *progs, u32 n, size_t *size);

#endif
