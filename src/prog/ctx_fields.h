/* Rows of context field tables where the native context is the structure of <linux/bpf.h> itself.
 * Sockets that programs see are those structures, too: a pointer to one needs no rewriting. */
#ifndef SKEP_PROG_CTX_FIELDS_H
#define SKEP_PROG_CTX_FIELDS_H

#include <stddef.h>

#include "skep/prog_type.h"

#define CTX_ROW(T, field, size_, elem_, flags_, kind_)                                             \
	{                                                                                          \
		.name = #field, .off = offsetof(T, field), .size = (size_), .elem = (elem_),       \
		.flags = (flags_), .kind = (kind_), .native_off = offsetof(T, field),              \
		.native_elem = (elem_),                                                            \
	}
#define CTX_SIZE(T, field) sizeof(((T *)NULL)->field)
/* A number that is read (and with SKEP_WRITE written) whole. */
#define CTX_WHOLE(T, field, flags)                                                                 \
	CTX_ROW(T, field, CTX_SIZE(T, field), CTX_SIZE(T, field), flags, SKEP_FIELD_SCALAR)
/* … that may be read in parts. */
#define CTX_NUMBER(T, field, flags) CTX_WHOLE(T, field, (flags) | SKEP_NARROW)
/* … the lower part of it. */
#define CTX_LOW(T, field) CTX_WHOLE(T, field, SKEP_READ | SKEP_NARROW_LOW)
/* An array of u32. */
#define CTX_WORDS(T, field, flags)                                                                 \
	CTX_ROW(T, field, CTX_SIZE(T, field), 4, (flags), SKEP_FIELD_SCALAR)
/* size bytes from the field on: fields of 4 bytes each, all read whole. */
#define CTX_RUN(T, field, bytes)    CTX_ROW(T, field, bytes, 4, SKEP_READ, SKEP_FIELD_SCALAR)
#define CTX_POINTER(T, field, kind) CTX_ROW(T, field, 8, 8, SKEP_READ, kind)

#define SKEP_READ_WRITE (SKEP_READ | SKEP_WRITE)

#endif
