/* See json.h. */
#include "base/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"

#define BIT(d) (1ull << (d))

void json_init(struct json *j, struct buf *out, bool pretty)
{
	*j = (struct json){ .out = out, .pretty = pretty };
}

static void new_line(struct json *j)
{
	if (!j->pretty || (j->in_line & BIT(j->depth)))
		return;
	buf_put(j->out, "\n", 1);
	for (u32 i = 0; i < j->depth; i++)
		buf_put(j->out, "    ", 4);
}

/* Before each value, and before each key. */
static void separate(struct json *j)
{
	if (j->after_key) {
		j->after_key = false;
		return;
	}
	if (j->filled & BIT(j->depth))
		buf_puts(j->out, j->pretty && (j->in_line & BIT(j->depth)) ? ", " : ",");
	if (j->depth)
		new_line(j);
	j->filled |= BIT(j->depth);
}

static void open(struct json *j, const char *bracket, bool in_line)
{
	separate(j);
	buf_puts(j->out, bracket);
	in_line |= !!(j->in_line & BIT(j->depth));
	skep_assert(j->depth + 1 < JSON_MAX_DEPTH);
	j->depth++;
	j->filled &= ~BIT(j->depth);
	j->in_line = in_line ? j->in_line | BIT(j->depth) : j->in_line & ~BIT(j->depth);
}

static void close(struct json *j, const char *bracket)
{
	bool filled = j->filled & BIT(j->depth), in_line = j->in_line & BIT(j->depth);

	j->depth--;
	if (filled && !in_line)
		new_line(j);
	buf_puts(j->out, bracket);
}

void json_object(struct json *j)
{
	open(j, "{", false);
}

void json_end_object(struct json *j)
{
	close(j, "}");
}

void json_array(struct json *j)
{
	open(j, "[", false);
}

void json_array_in_line(struct json *j)
{
	open(j, "[", true);
}

void json_end_array(struct json *j)
{
	close(j, "]");
}

/* Bytes above 127 are kept: names and strings are UTF-8 or, if not, cannot be told in JSON anyway. */
static void quote(struct buf *out, const char *s, size_t len)
{
	buf_put(out, "\"", 1);
	for (size_t i = 0; i < len; i++) {
		u8 c = (u8)s[i];

		if (c == '"' || c == '\\')
			buf_printf(out, "\\%c", c);
		else if (c == '\n')
			buf_puts(out, "\\n");
		else if (c == '\t')
			buf_puts(out, "\\t");
		else if (c < 0x20 || c == 0x7f)
			buf_printf(out, "\\u%04x", c);
		else
			buf_put(out, s + i, 1);
	}
	buf_put(out, "\"", 1);
}

void json_key(struct json *j, const char *name)
{
	separate(j);
	quote(j->out, name, strlen(name));
	buf_puts(j->out, j->pretty ? ": " : ":");
	j->after_key = true;
}

void json_string(struct json *j, const char *s, size_t len)
{
	separate(j);
	quote(j->out, s, len);
}

void json_text(struct json *j, const char *s)
{
	json_string(j, s, strlen(s));
}

void json_printf(struct json *j, const char *fmt, ...)
{
	struct buf tmp = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&tmp, fmt, ap);
	va_end(ap);
	json_text(j, buf_str(&tmp));
	buf_done(&tmp);
}

void json_u64(struct json *j, u64 v)
{
	separate(j);
	buf_printf(j->out, "%" PRIu64, v);
}

void json_s64(struct json *j, s64 v)
{
	separate(j);
	buf_printf(j->out, "%" PRId64, v);
}

void json_double(struct json *j, double v)
{
	if (!isfinite(v)) {
		json_printf(j, "%g", v);
		return;
	}
	separate(j);
	buf_printf(j->out, "%.17g", v);
}

void json_bool(struct json *j, bool v)
{
	separate(j);
	buf_puts(j->out, v ? "true" : "false");
}

void json_null(struct json *j)
{
	separate(j);
	buf_puts(j->out, "null");
}
