/* bpf_strtol, bpf_strtoul, bpf_strncmp: text in a program's memory, which need not end in NUL. */
#include "helper/helper.h"

#include <limits.h>
#include <string.h>

#include "base/err.h"

#define BASE_MASK  0x1f /* the flags' lower bits say the base: 0, 8, 10, 16 */
#define MAX_DIGITS 63	/* characters looked at after blanks and sign, as Linux does */

/* What is left of the text. */
struct cursor {
	const char *p, *end;
};

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || (u8)c == 0xa0;
}

static u32 digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (u32)(c - '0');
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? (u32)(c - 'a') + 10 : UINT_MAX;
}

static bool has_prefix(const struct cursor *c)
{
	return c->end - c->p >= 2 && c->p[0] == '0' && (c->p[1] | 0x20) == 'x';
}

/* Base 0: 0x and a digit is 16, 0 is 8. In base 16 an 0x is skipped whatever follows. */
static u32 take_base(struct cursor *c, u32 base)
{
	bool prefix = has_prefix(c);

	if (base == 0 && prefix && c->end - c->p > 2 && digit_value(c->p[2]) < 16)
		base = 16;
	else if (base == 0)
		base = *c->p == '0' ? 8 : 10;
	if (base == 16 && prefix)
		c->p += 2;
	return base;
}

/* Digits up to the first other character. -EINVAL: none; -ERANGE: more than 64 bits. */
static int take_digits(struct cursor *c, u32 base, u64 *value)
{
	const char *start = c->p;
	bool overflow = false;
	u64 v = 0;

	for (; c->p < c->end && digit_value(*c->p) < base; c->p++)
		overflow |= __builtin_mul_overflow(v, (u64)base, &v) ||
			    __builtin_add_overflow(v, (u64)digit_value(*c->p), &v);
	*value = v;
	return overflow ? -ERANGE : c->p == start ? -EINVAL : 0;
}

/* Returns characters used. */
static s64 parse(const char *buf, u64 size, u64 flags, u64 *value, bool *negative)
{
	struct cursor c = { buf, buf + size };
	u32 base = flags & BASE_MASK;

	if ((base != 0 && base != 8 && base != 10 && base != 16) || flags & ~(u64)BASE_MASK)
		return -EINVAL;
	while (c.p < c.end && is_blank(*c.p))
		c.p++;
	*negative = c.p < c.end && *c.p == '-';
	if (*negative)
		c.p++;
	if (c.p == c.end)
		return -EINVAL;
	if (c.end - c.p > MAX_DIGITS)
		c.end = c.p + MAX_DIGITS;
	TRY(take_digits(&c, take_base(&c, base), value));
	return c.p - buf;
}

HELPER_FN(strtol)
{
	s64 *res = helper_ptr(r4);
	bool negative;
	u64 value;
	s64 used = parse(helper_ptr(r1), r2, r3, &value, &negative);

	*res = 0;
	if (used < 0)
		return helper_result(used);
	if (value > (u64)INT64_MAX + negative)
		return helper_result(-ERANGE);
	*res = (s64)(negative ? -value : value);
	return helper_result(used);
}

const struct skep_helper helper_strtol = {
	HELPER_ID(strtol),
	.arg = { SKEP_ARG_MEM, SKEP_ARG_SIZE, SKEP_ARG_ANYTHING, SKEP_ARG_LONG },
};

HELPER_FN(strtoul)
{
	u64 *res = helper_ptr(r4);
	bool negative;
	u64 value;
	s64 used = parse(helper_ptr(r1), r2, r3, &value, &negative);

	*res = 0;
	if (used < 0)
		return helper_result(used);
	if (negative)
		return helper_result(-EINVAL);
	*res = value;
	return helper_result(used);
}

const struct skep_helper helper_strtoul = {
	HELPER_ID(strtoul),
	.arg = { SKEP_ARG_MEM, SKEP_ARG_SIZE, SKEP_ARG_ANYTHING, SKEP_ARG_LONG },
};

/* Linux says -1, 0 or 1. */
HELPER_FN(strncmp)
{
	int d = strncmp(helper_ptr(r1), helper_ptr(r3), (u32)r2);

	return helper_result((d > 0) - (d < 0));
}

const struct skep_helper helper_strncmp = {
	HELPER_ID(strncmp),
	.arg = { SKEP_ARG_MEM, SKEP_ARG_SIZE, SKEP_ARG_CONST_STR },
};
