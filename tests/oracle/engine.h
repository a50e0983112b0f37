/* SKEP_TEST_ENGINE=interp|jit|check chooses the engine of an instance, so that the same tests run on all;
 * check: the interpreter, in checked runs. */
#ifndef SKEP_ORACLE_ENGINE_H
#define SKEP_ORACLE_ENGINE_H

#include <stdlib.h>
#include <string.h>

#include "base/types.h"
#include "skep/skep.h"

static inline bool test_checks(void)
{
	const char *name = getenv("SKEP_TEST_ENGINE");

	return name && !strcmp(name, "check");
}

static inline enum skep_engine test_engine(void)
{
	const char *name = getenv("SKEP_TEST_ENGINE");

	if (name && !strcmp(name, "jit"))
		return SKEP_ENGINE_JIT;
	return name && !strcmp(name, "interp") ? SKEP_ENGINE_INTERP : SKEP_ENGINE_AUTO;
}

#endif
