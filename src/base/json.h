/* A JSON writer into a buf. Values come one after the other; it adds commas, indentation and quotes.
 *
 * Why not a library that builds trees (jansson): maps may hold millions of elements, numbers are up
 * to 2^64 - 1 where jansson's end at 2^63 - 1, and bpftool's shape repeats the key "" for anonymous
 * members, which a tree cannot hold.
 *
 * Invariant: what is written so far is a prefix of one JSON document if calls nest properly; at most
 * JSON_MAX_DEPTH objects and arrays are open. */
#ifndef SKEP_BASE_JSON_H
#define SKEP_BASE_JSON_H

#include "base/buf.h"

#define JSON_MAX_DEPTH 64

struct json {
	struct buf *out;
	bool pretty;
	u32 depth;
	u64 filled;  /* bit d: something was written at depth d */
	u64 in_line; /* bit d: no line breaks at depth d */
	bool after_key;
};

void json_init(struct json *j, struct buf *out, bool pretty);
void json_object(struct json *j);
void json_end_object(struct json *j);
void json_array(struct json *j);
void json_array_in_line(struct json *j); /* pretty printing keeps it on one line */
void json_end_array(struct json *j);
void json_key(struct json *j, const char *name);
void json_string(struct json *j, const char *s, size_t len);
void json_text(struct json *j, const char *s);			     /* NUL-terminated */
void json_printf(struct json *j, const char *fmt, ...) PRINTF(2, 3); /* as a string */
void json_u64(struct json *j, u64 v);
void json_s64(struct json *j, s64 v);
void json_double(struct json *j, double v); /* infinities and NaN as strings */
void json_bool(struct json *j, bool v);
void json_null(struct json *j);

#endif
