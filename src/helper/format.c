/* Formatted text, see format.h.
 *
 * A format is first parsed whole into an array of conversions, reading memory arguments into a room of
 * fixed size (format_parse.c, format_args.c); only then is anything printed. So an error leaves the
 * destination alone, and memory that changes meanwhile cannot lead printing astray: it takes bounds
 * and conversions from the first step.
 *
 * tests/unit/helper_format.c compares every rule with the kernel's answer. */
#include "helper/format.h"

#include <string.h>

#include "base/err.h"
#include "helper/format_parse.h"

#define MAX_ERRNO 4095

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
	u32 n = format_put_number(text, v, c->base, c->upper), len = n + (sign != '\0');
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
	case CONV_SYMBOL: out_padded(o, c, text, format_put_address(text, c->value)); break;
	case CONV_TEXT: out_padded(o, c, c->text, c->len); break;
	default: out_plain(o, c); break;
	}
}

/* Text between conversions, in which "%%" stands for '%'. */
static void out_literal(struct out *o, const char *p, const char *end)
{
	while (p < end) {
		const char *percent = memchr(p, '%', (size_t)(end - p));
		const char *stop = percent ? percent + 1 : end;

		out_bytes(o, p, (u64)(stop - p));
		p = percent ? percent + 2 : end;
	}
}

static void print(struct out *o, const struct format *f, const char *fmt)
{
	for (u32 i = 0; i < f->nr; i++) {
		out_literal(o, fmt, f->conv[i].start);
		out_conv(o, f, &f->conv[i]);
		fmt = f->conv[i].end;
	}
	out_literal(o, fmt, f->end);
}

/* conv and room are filled as parsing goes: most calls need little of them. */
static void format_init(struct format *f, struct skep_run *run, const u64 *args, u32 nr_args)
{
	f->nr = f->used = 0;
	f->run = run;
	f->args = args;
	f->nr_args = nr_args;
}

int format_check(const char *fmt, u32 size, u32 nr_args)
{
	struct format f;

	format_init(&f, NULL, NULL, nr_args);
	return format_parse(&f, fmt, size);
}

s64 format_text(struct skep_run *run, char *buf, u64 size, const char *fmt, u32 fmt_size,
		const u64 *args, u32 nr_args)
{
	static const u64 none[1];
	struct out o = { buf, size, 0 };
	struct format f;

	format_init(&f, run, args ? args : none, nr_args);
	TRY(format_parse(&f, fmt, fmt_size));
	print(&o, &f, fmt);
	if (size)
		buf[MIN(o.len, size - 1)] = '\0';
	return (s64)o.len;
}
