/* Making a program that shows something as short as it can be. */
#ifndef SKEP_ORACLE_SHRINK_H
#define SKEP_ORACLE_SHRINK_H

#include "oracle/judge.h"

/* j->g was judged c: replace what does not matter for that by nothing. */
void shrink(struct judge *j, enum class c);
void print_program(const struct generated *g);

#endif
