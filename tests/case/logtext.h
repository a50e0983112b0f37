/* Verifier logs made comparable. Of no account: how long verification took, addresses of maps, and
 * which numbers ids have (but not which of them are equal). */
#ifndef SKEP_CASE_LOGTEXT_H
#define SKEP_CASE_LOGTEXT_H

#include "base/buf.h"

void log_normalize(const char *log, struct buf *out);
/* The first line in which two logs differ, both NULL if they are equal; the lines are the caller's to
 * free. */
void log_first_difference(const char *a, const char *b, char **line_a, char **line_b);

#endif
