/* Between the steps of formatting: what parsing a format leaves for printing (format.h). */
#ifndef SKEP_HELPER_FORMAT_PARSE_H
#define SKEP_HELPER_FORMAT_PARSE_H

#include "helper/format.h"

#define FORMAT_ROOM 512 /* Linux's buffer for all arguments of one call */

enum conv_kind {
	CONV_NUMBER, /* %d %i %u %x %X, l, ll */
	CONV_HASHED, /* %p %pK: a pointer that is not to be revealed */
	CONV_RAW,    /* %px */
	CONV_SYMBOL, /* %ps %pS: as number too, for we have no kernel symbols */
	CONV_TEXT,   /* %s %c: text in room, padded */
	CONV_PLAIN,  /* %pB %pi4 %pI6 %pks …: text in room, width ignored */
};

struct conv {
	const char *start, *end; /* in the format: '%', and behind the last character */
	u8 kind;
	u8 bytes; /* CONV_NUMBER: 4 or 8 */
	bool left, plus, space, zero;
	bool has_width, is_signed, upper;
	u8 base;
	u32 width;
	u64 value;
	const char *text;
	u32 len;
};

/* One call. The arguments are read while the format is parsed. */
struct format {
	struct conv conv[FORMAT_MAX_ARGS];
	u32 nr;			/* conversions so far; also the next argument */
	const char *next, *end; /* what is left of the format; no NUL */
	const u64 *args;	/* NULL: only check */
	u32 nr_args;
	struct skep_run *run;
	u32 used; /* bytes of room */
	char room[FORMAT_ROOM];
};

/* Parse the format of at most size bytes, its NUL included. -EINVAL, -ENOSPC. */
int format_parse(struct format *f, const char *fmt, u32 size) MUST_CHECK;

/* Read the next argument for c (format_args.c). -ENOSPC if the room is used up. */
int format_read_number(struct format *f, struct conv *c, u32 bytes) MUST_CHECK;
int format_read_char(struct format *f, struct conv *c) MUST_CHECK;
int format_read_string(struct format *f, struct conv *c) MUST_CHECK;
int format_read_backtrace(struct format *f, struct conv *c) MUST_CHECK;
/* form: 'i' or 'I'; version: '4' or '6' */
int format_read_ip(struct format *f, struct conv *c, char form, char version) MUST_CHECK;

/* Digits of v, at most 20; an address of no known symbol, at most 18. Return how many. */
u32 format_put_number(char *out, u64 v, u32 base, bool upper);
u32 format_put_address(char *out, u64 v);

#endif
