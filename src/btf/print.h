/* Values as JSON, in the shape that `bpftool -j map dump` calls "formatted". */
#ifndef SKEP_BTF_PRINT_H
#define SKEP_BTF_PRINT_H

#include "base/json.h"
#include "btf/btf.h"

/* Write the value of type id at data as one JSON value. What does not lie within size bytes, has no
 * size or nests deeper than JSON allows here is written as null.
 *
 * Shape: structs and unions are objects (an anonymous member's key is ""), data sections arrays of
 * objects of one variable; enums the name if there is one, else the number; pointers numbers; bit
 * fields and 128-bit integers hexadecimal strings; arrays of char that hold a printable, terminated
 * string are strings. Little-endian machines only. */
void btf_print_value(const struct btf *b, u32 id, const void *data, u32 size, struct json *j);

/* Bytes as bpftool prints them where there is no BTF: ["0x01","0x02"]. */
void btf_print_bytes(const void *data, u32 size, struct json *j);

#endif
