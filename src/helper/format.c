/* Formatted text, see format.h.
 *
 * A format is first parsed whole into an array of conversions, reading memory arguments into a room of
 * fixed size; only then is anything printed. So an error leaves the destination alone, and memory that
 * changes meanwhile cannot make the second step differ from the first.
 *
 * tests/unit/helper_format.c compares every rule with the kernel's answer. */
#include "helper/format.h"

#include <string.h>

#include "base/err.h"
#include "helper/memory.h"

#define ROOM	  512	   /* Linux's buffer for all arguments of one call */
#define MAX_WIDTH 0x7fffff /* Linux clamps field widths to 23 bits */
#define MAX_ERRNO 4095

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

/* One call: the arguments consumed so far and what they took of the room. */
struct format {
	struct conv conv[FORMAT_MAX_ARGS];
	u32 nr;
	const u64 *args; /* NULL: only check */
	u32 nr_args;
	struct skep_run *run;
	u32 used; /* bytes of room */
	char room[ROOM];
};

/* Linux classifies characters as Latin-1. */
static bool is_digit(u8 c)
{
	return c >= '0' && c <= '9';
}

static bool is_alnum(u8 c)
{
	return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
	       (c >= 0xc0 && c != 0xd7 && c != 0xf7);
}

static bool is_blank(u8 c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xa0;
}

/* May c follow a bare %p or a %s? End, blanks and punctuation. */
static bool is_break(u8 c)
{
	return !c || is_blank(c) || (c > ' ' && c < 0x7f && !is_alnum(c)) ||
	       (c > 0xa0 && !is_alnum(c));
}

static bool is_printable(u8 c)
{
	return is_blank(c) || (c > ' ' && c != 0x7f);
}

/* Take n bytes of room at alignment a. NULL if there is not as much. */
static char *take_room(struct format *f, u32 n, u32 a)
{
	u32 at = ALIGN_UP(f->used, a);

	if (at > ROOM || n > ROOM - at)
		return NULL;
	f->used = at + n;
	return f->room + at;
}

/* A number takes room in Linux, so it must here: strings after it have less. */
static int read_number(struct format *f, struct conv *c, u32 bytes)
{
	c->value = f->args[f->nr];
	c->bytes = (u8)bytes;
	return take_room(f, bytes, 4) ? 0 : -ENOSPC;
}

static int read_char(struct format *f, struct conv *c)
{
	char *room = take_room(f, 1, 1);

	if (!room)
		return -ENOSPC;
	*room = (char)f->args[f->nr];
	c->text = room;
	c->len = 1;
	return 0;
}

/* What cannot be read is an empty string. */
static int read_string(struct format *f, struct conv *c)
{
	char *room = f->room + f->used;
	s64 n;

	if (f->used == ROOM)
		return -ENOSPC;
	n = memory_read_str(f->run, room, f->args[f->nr], ROOM - f->used);
	if (n < 0) {
		*room = '\0';
		n = 1;
	}
	f->used += (u32)n;
	c->text = room;
	c->len = (u32)n - 1;
	return 0;
}

/* Keep text as the conversion's, cut to the room there is. */
static void keep_text(struct format *f, struct conv *c, const char *text, u32 len)
{
	u32 n = MIN(len + 1, ROOM - f->used);

	c->text = f->room + f->used;
	c->len = n ? n - 1 : 0;
	memcpy(f->room + f->used, text, c->len);
	f->used += n;
}

static u32 put_number(char *out, u64 v, u32 base, bool upper)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char reversed[24];
	u32 n = 0;

	do
		reversed[n++] = digits[v % base];
	while (v /= base);
	for (u32 i = 0; i < n; i++)
		out[i] = reversed[n - 1 - i];
	return n;
}

/* Addresses that belong to no known symbol. */
static u32 put_address(char *out, u64 v)
{
	out[0] = '0';
	out[1] = 'x';
	return 2 + put_number(out + 2, v, 16, false);
}

static int read_backtrace(struct format *f, struct conv *c)
{
	char text[24];
	u32 len = put_address(text, f->args[f->nr]);

	keep_text(f, c, text, len);
	return 0;
}

/* %pI4 1.2.3.4, %pi4 001.002.003.004 */
static u32 put_ip4(char *out, const u8 *ip, bool leading_zeros)
{
	u32 n = 0;

	for (u32 i = 0; i < 4; i++) {
		if (i)
			out[n++] = '.';
		if (leading_zeros && ip[i] < 100)
			out[n++] = '0';
		if (leading_zeros && ip[i] < 10)
			out[n++] = '0';
		n += put_number(out + n, ip[i], 10, false);
	}
	return n;
}

/* %pI6 with colons, %pi6 without; never shortened */
static u32 put_ip6(char *out, const u8 *ip, bool colons)
{
	u32 n = 0;

	for (u32 i = 0; i < 16; i++) {
		if (colons && i && i % 2 == 0)
			out[n++] = ':';
		out[n++] = "0123456789abcdef"[ip[i] >> 4];
		out[n++] = "0123456789abcdef"[ip[i] & 15];
	}
	return n;
}

/* An address that cannot be read prints as zeros. */
static int read_ip(struct format *f, struct conv *c, char form, char version)
{
	u32 size = version == '4' ? 4 : 16;
	u8 ip[16] = { 0 };
	char text[48];
	u32 len;

	if (ROOM - f->used < size)
		return -ENOSPC;
	if (memory_read(f->run, ip, f->args[f->nr], size) < 0)
		memset(ip, 0, size);
	len = version == '4' ? put_ip4(text, ip, form == 'i') : put_ip6(text, ip, form == 'I');
	keep_text(f, c, text, len);
	return 0;
}

/* "[0 +-]*[1-9][0-9]*": flags and width. Linux reads the width into an int that may wrap. */
static const char *parse_field(struct conv *c, const char *p)
{
	for (;; p++) {
		c->zero |= *p == '0';
		c->space |= *p == ' ';
		c->plus |= *p == '+';
		c->left |= *p == '-';
		if (*p != '0' && *p != ' ' && *p != '+' && *p != '-')
			break;
	}
	c->has_width = is_digit((u8)*p);
	for (; is_digit((u8)*p); p++)
		c->width = c->width * 10 + (u32)(*p - '0');
	c->width = c->width > INT32_MAX ? 0 : MIN(c->width, (u32)MAX_WIDTH);
	return p;
}

/* p: the 's' */
static int finish_string(struct format *f, struct conv *c, const char *p, enum conv_kind kind)
{
	c->kind = (u8)kind;
	c->end = p + 1;
	if (!is_break((u8)p[1]))
		return -EINVAL;
	return f->args ? read_string(f, c) : 0;
}

/* p: the 'p'. All letters and digits behind a pointer conversion belong to it. */
static int finish_pointer(struct format *f, struct conv *c, const char *p)
{
	int (*read)(struct format *, struct conv *) = NULL;
	char form = p[1];
	bool ip = form == 'i' || form == 'I';

	if ((form == 'k' || form == 'u') && p[2] == 's')
		return finish_string(f, c, p + 2, CONV_PLAIN);
	if (form == 'K' || is_break((u8)form))
		c->kind = CONV_HASHED;
	else if (form == 'x')
		c->kind = CONV_RAW;
	else if (form == 's' || form == 'S')
		c->kind = CONV_SYMBOL;
	else if (form == 'B' || (ip && (p[2] == '4' || p[2] == '6')))
		c->kind = CONV_PLAIN;
	else
		return -EINVAL;
	for (c->end = p + 1; is_alnum((u8)*c->end);)
		c->end++;
	read = form == 'B' ? read_backtrace : NULL;
	if (!f->args)
		return 0;
	return ip ? read_ip(f, c, form, p[2]) : read ? read(f, c) : read_number(f, c, 8);
}

static int finish_char(struct format *f, struct conv *c, const char *p)
{
	c->kind = CONV_TEXT;
	c->end = p + 1;
	return f->args ? read_char(f, c) : 0;
}

static int finish_number(struct format *f, struct conv *c, const char *p)
{
	u32 bytes = 4;

	if (*p == 'l') {
		bytes = 8;
		p += p[1] == 'l' ? 2 : 1;
	}
	if (*p != 'd' && *p != 'i' && *p != 'u' && *p != 'x' && *p != 'X')
		return -EINVAL;
	c->kind = CONV_NUMBER;
	c->is_signed = *p == 'd' || *p == 'i';
	c->upper = *p == 'X';
	c->base = (*p | 0x20) == 'x' ? 16 : 10;
	c->end = p + 1;
	return f->args ? read_number(f, c, bytes) : 0;
}

/* p: a '%' that is not followed by another. */
static int parse_conv(struct format *f, const char *p, const char **end)
{
	struct conv *c = &f->conv[f->nr];
	int ret;

	if (f->nr >= f->nr_args)
		return -EINVAL;
	memset(c, 0, sizeof(*c));
	c->start = p;
	p = parse_field(c, p + 1);
	ret = *p == 'p'	  ? finish_pointer(f, c, p)
	      : *p == 's' ? finish_string(f, c, p, CONV_TEXT)
	      : *p == 'c' ? finish_char(f, c, p)
			  : finish_number(f, c, p);
	if (ret < 0)
		return ret;
	f->nr++;
	*end = c->end;
	return 0;
}

/* conv and room are filled as parsing goes: most calls need little of them. */
static void format_init(struct format *f, struct skep_run *run, const u64 *args, u32 nr_args)
{
	f->nr = f->used = 0;
	f->run = run;
	f->args = args;
	f->nr_args = nr_args;
}

static int parse_format(struct format *f, const char *fmt, u32 size)
{
	if (f->nr_args > FORMAT_MAX_ARGS || strnlen(fmt, size) == size)
		return -EINVAL;
	for (const char *p = fmt; *p;) {
		if (!is_printable((u8)*p))
			return -EINVAL;
		if (*p != '%')
			p++;
		else if (p[1] == '%')
			p += 2;
		else
			TRY(parse_conv(f, p, &p));
	}
	return 0;
}

/* Where text goes; len counts on when buf is full. */
struct out {
	char *buf;
	u64 size, len;
};

static void out_bytes(struct out *o, const char *data, u64 len)
{
	if (o->len < o->size)
		memcpy(o->buf + o->len, data, MIN(len, o->size - o->len));
	o->len += len;
}

static void out_fill(struct out *o, char c, u64 len)
{
	if (o->len < o->size)
		memset(o->buf + o->len, c, MIN(len, o->size - o->len));
	o->len += len;
}

static void out_padded(struct out *o, const struct conv *c, const char *text, u32 len)
{
	u32 pad = c->width > len ? c->width - len : 0;

	if (!c->left)
		out_fill(o, ' ', pad);
	out_bytes(o, text, len);
	if (c->left)
		out_fill(o, ' ', pad);
}

/* sign: a character, or '\0' */
static void out_digits(struct out *o, const struct conv *c, char sign, u64 v)
{
	char text[24];
	u32 n = put_number(text, v, c->base, c->upper), len = n + (sign != '\0');
	u32 pad = c->width > len ? c->width - len : 0;

	if (!c->left && !c->zero)
		out_fill(o, ' ', pad);
	if (sign)
		out_bytes(o, &sign, 1);
	if (!c->left && c->zero)
		out_fill(o, '0', pad);
	out_bytes(o, text, n);
	if (c->left)
		out_fill(o, ' ', pad);
}

static void out_number(struct out *o, const struct conv *c)
{
	u64 v = c->bytes == 8 ? c->value : c->is_signed ? (u64)(s32)c->value : (u32)c->value;
	char sign = '\0';

	if (c->is_signed && (s64)v < 0) {
		sign = '-';
		v = -v;
	} else if (c->is_signed) {
		sign = c->plus ? '+' : c->space ? ' ' : '\0';
	}
	out_digits(o, c, sign, v);
}

/* Sixteen digits unless a width is given. */
static void out_pointer(struct out *o, const struct conv *c, u64 v)
{
	struct conv as = *c;

	as.base = 16;
	if (!c->has_width) {
		as.width = 16;
		as.zero = true;
	}
	out_digits(o, &as, '\0', v);
}

/* Pointers are not shown to readers of traces: a keyed 32-bit hash stands for each. NULL and error
 * pointers say nothing and are printed as they are. */
static u64 hide_pointer(const struct runtime *rt, u64 v)
{
	u64 h = v ^ rt->seed;

	if (!v || v >= (u64)-MAX_ERRNO)
		return v;
	/* splitmix64's finalizer (Steele, Lea, Flood 2014) */
	h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9u;
	h = (h ^ (h >> 27)) * 0x94d049bb133111ebu;
	return (u32)(h ^ (h >> 31));
}

/* Linux does not even count these where they would begin behind the buffer's end. */
static void out_plain(struct out *o, const struct conv *c)
{
	if (o->len < o->size)
		out_bytes(o, c->text, c->len);
}

static void out_conv(struct out *o, const struct format *f, const struct conv *c)
{
	char text[24];

	switch (c->kind) {
	case CONV_NUMBER: out_number(o, c); break;
	case CONV_HASHED: out_pointer(o, c, hide_pointer(f->run->rt, c->value)); break;
	case CONV_RAW: out_pointer(o, c, c->value); break;
	case CONV_SYMBOL: out_padded(o, c, text, put_address(text, c->value)); break;
	case CONV_TEXT: out_padded(o, c, c->text, c->len); break;
	default: out_plain(o, c); break;
	}
}

static void print(struct out *o, const struct format *f, const char *fmt)
{
	const struct conv *c = f->conv;

	for (const char *p = fmt; *p;) {
		size_t plain = strcspn(p, "%");

		out_bytes(o, p, plain);
		p += plain;
		if (p[0] == '%' && p[1] == '%') {
			out_bytes(o, p, 1);
			p += 2;
		} else if (*p == '%') {
			out_conv(o, f, c);
			p = c++->end;
		}
	}
}

int format_check(const char *fmt, u32 size, u32 nr_args)
{
	struct format f;

	format_init(&f, NULL, NULL, nr_args);
	return parse_format(&f, fmt, size);
}

s64 format_text(struct skep_run *run, char *buf, u64 size, const char *fmt, u32 fmt_size,
		const u64 *args, u32 nr_args)
{
	static const u64 none[1];
	struct out o = { buf, size, 0 };
	struct format f;

	format_init(&f, run, args ? args : none, nr_args);
	TRY(parse_format(&f, fmt, fmt_size));
	print(&o, &f, fmt);
	if (size)
		buf[MIN(o.len, size - 1)] = '\0';
	return (s64)o.len;
}
