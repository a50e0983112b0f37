/* The grammar of formats, character by character as Linux reads them.
 *
 * A format may lie in memory that others write to meanwhile. So its end is fixed first, no character
 * is read behind it, and nothing is concluded from reading one twice. */
#include "helper/format_parse.h"

#include <string.h>

#include "base/err.h"

#define MAX_WIDTH 0x7fffff /* Linux clamps field widths to 23 bits */

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

/* The character `ahead` of the next one; '\0' from the end on. */
static u8 peek(const struct format *f, u32 ahead)
{
	return ahead < (size_t)(f->end - f->next) ? (u8)f->next[ahead] : 0;
}

static u32 left_over(const struct format *f)
{
	return (u32)(f->end - f->next);
}

/* Go on by n characters, which were seen. */
static void skip(struct format *f, u32 n)
{
	f->next += MIN(n, left_over(f));
}

/* [0 +-]* */
static void parse_flags(struct format *f, struct conv *c)
{
	for (;; skip(f, 1))
		switch (peek(f, 0)) {
		case '0': c->zero = true; break;
		case ' ': c->space = true; break;
		case '+': c->plus = true; break;
		case '-': c->left = true; break;
		default: return;
		}
}

/* Digits: the field's width, which Linux reads into an int that may wrap. */
static void parse_width(struct format *f, struct conv *c)
{
	for (u8 d; is_digit(d = peek(f, 0)); skip(f, 1)) {
		c->width = c->width * 10 + (u32)(d - '0');
		c->has_width = true;
	}
	c->width = c->width > INT32_MAX ? 0 : MIN(c->width, (u32)MAX_WIDTH);
}

/* The text behind a string must not look like more of the conversion. */
static int parse_string(struct format *f, struct conv *c, enum conv_kind kind)
{
	c->kind = (u8)kind;
	if (!is_break(peek(f, 0)))
		return -EINVAL;
	return f->args ? format_read_string(f, c) : 0;
}

/* Behind the 'p' and its form: letters and digits belong to the conversion, too. */
static void skip_suffix(struct format *f)
{
	while (is_alnum(peek(f, 0)))
		skip(f, 1);
}

static int parse_ip(struct format *f, struct conv *c, char form)
{
	char version = (char)peek(f, 1);

	if (version != '4' && version != '6')
		return -EINVAL;
	c->kind = CONV_PLAIN;
	skip_suffix(f);
	return f->args ? format_read_ip(f, c, form, version) : 0;
}

static int parse_backtrace(struct format *f, struct conv *c)
{
	c->kind = CONV_PLAIN;
	skip_suffix(f);
	return f->args ? format_read_backtrace(f, c) : 0;
}

static int parse_address(struct format *f, struct conv *c, enum conv_kind kind)
{
	c->kind = (u8)kind;
	skip_suffix(f);
	return f->args ? format_read_number(f, c, 8) : 0;
}

/* Behind the 'p'. */
static int parse_pointer(struct format *f, struct conv *c)
{
	u8 form = peek(f, 0);

	switch (form) {
	case 'k':
	case 'u':
		if (peek(f, 1) != 's')
			return -EINVAL;
		skip(f, 2);
		return parse_string(f, c, CONV_PLAIN);
	case 'i':
	case 'I': return parse_ip(f, c, (char)form);
	case 'B': return parse_backtrace(f, c);
	case 'K': return parse_address(f, c, CONV_HASHED);
	case 'x': return parse_address(f, c, CONV_RAW);
	case 's':
	case 'S': return parse_address(f, c, CONV_SYMBOL);
	default: return is_break(form) ? parse_address(f, c, CONV_HASHED) : -EINVAL;
	}
}

static int parse_char(struct format *f, struct conv *c)
{
	c->kind = CONV_TEXT;
	return f->args ? format_read_char(f, c) : 0;
}

/* kind: the last character; bytes: what l and ll made of it */
static int parse_number(struct format *f, struct conv *c, u8 kind, u32 bytes)
{
	if (kind != 'd' && kind != 'i' && kind != 'u' && kind != 'x' && kind != 'X')
		return -EINVAL;
	c->kind = CONV_NUMBER;
	c->is_signed = kind == 'd' || kind == 'i';
	c->upper = kind == 'X';
	c->base = (kind | 0x20) == 'x' ? 16 : 10;
	return f->args ? format_read_number(f, c, bytes) : 0;
}

/* Behind an 'l'. */
static int parse_long(struct format *f, struct conv *c)
{
	u8 kind = peek(f, 0);

	skip(f, 1);
	if (kind == 'l') {
		kind = peek(f, 0);
		skip(f, 1);
	}
	return parse_number(f, c, kind, 8);
}

static int parse_kind(struct format *f, struct conv *c)
{
	u8 kind = peek(f, 0);

	skip(f, 1);
	switch (kind) {
	case 'p': return parse_pointer(f, c);
	case 's': return parse_string(f, c, CONV_TEXT);
	case 'c': return parse_char(f, c);
	case 'l': return parse_long(f, c);
	default: return parse_number(f, c, kind, 4);
	}
}

/* At a '%' that stands for an argument. */
static int parse_conv(struct format *f)
{
	struct conv *c = &f->conv[f->nr];

	if (f->nr >= f->nr_args)
		return -EINVAL;
	memset(c, 0, sizeof(*c));
	c->start = f->next;
	skip(f, 1);
	parse_flags(f, c);
	parse_width(f, c);
	TRY(parse_kind(f, c));
	c->end = f->next;
	f->nr++;
	return 0;
}

int format_parse(struct format *f, const char *fmt, u32 size)
{
	size_t len = strnlen(fmt, size);

	if (f->nr_args > FORMAT_MAX_ARGS || len == size)
		return -EINVAL;
	f->next = fmt;
	f->end = fmt + len;
	while (left_over(f)) {
		u8 c = peek(f, 0);

		if (!is_printable(c))
			return -EINVAL;
		if (c != '%')
			skip(f, 1);
		else if (peek(f, 1) == '%')
			skip(f, 2);
		else
			TRY(parse_conv(f));
	}
	return 0;
}
