/* Explanations of refusals (verifier/explain.h) as text and as JSON. */
#ifndef SKEP_CLI_EXPLAIN_H
#define SKEP_CLI_EXPLAIN_H

#include <stdio.h>

#include "base/json.h"
#include "verifier/explain.h"

/* Nothing if there is nothing to say. */
void print_explanation(FILE *f, const struct explanation *e);
/* An object, or null. */
void json_explanation(struct json *j, const struct explanation *e);

#endif
