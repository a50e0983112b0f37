/* See case.h. */
#include "case/case.h"

#include <bpf/libbpf.h>
#include <ctype.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int bad(struct test_case_file *t, const char *what, const char *line)
{
	snprintf(t->error, sizeof(t->error), "%s: %s", what, line);
	return -EINVAL;
}

/* The next word of *s, NUL-terminated in place; "" at the end. */
static char *word(char **s)
{
	char *w = *s + strspn(*s, " \t"), *end = w + strcspn(w, " \t");

	*s = *end ? end + 1 : end;
	*end = '\0';
	return w;
}

static int hex_digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* One part of what parse_bytes() takes apart: hexadecimal digits, then perhaps *N. */
static int append_bytes(struct buf *out, const char *s, size_t len)
{
	const char *star = memchr(s, '*', len);
	size_t digits = star ? (size_t)(star - s) : len;
	unsigned long times = star ? strtoul(star + 1, NULL, 10) : 1;

	if (digits % 2)
		return -EINVAL;
	while (times--)
		for (size_t i = 0; i < digits; i += 2) {
			char byte;

			if (!isxdigit((unsigned char)s[i]) || !isxdigit((unsigned char)s[i + 1]))
				return -EINVAL;
			byte = (char)(hex_digit(s[i]) << 4 | hex_digit(s[i + 1]));
			buf_put(out, &byte, 1);
		}
	return 0;
}

/* "0800.4500" is four bytes; "00*12.0800" twelve zeroes and two more. */
static int parse_bytes(const char *s, struct bytes *b)
{
	struct buf out = { 0 };
	int err = 0;

	for (size_t n; !err && *s; s += n + (s[n] == '.')) {
		n = strcspn(s, ".");
		err = append_bytes(&out, s, n);
	}
	b->data = (u8 *)out.data;
	b->len = (u32)out.len;
	b->given = true;
	return err;
}

static int find_map(const struct test_case_file *t, const char *name)
{
	for (u32 i = 0; i < t->nr_maps; i++)
		if (!strcmp(t->maps[i].name, name))
			return (int)i;
	return -1;
}

/* Number of the type that libbpf calls name, or -1. */
static int find_type(const char *name, const char *(*text)(u32 type))
{
	if (*name >= '0' && *name <= '9') /* newer than libbpf */
		return atoi(name);
	for (u32 type = 0; type < 64; type++)
		if (text(type) && !strcmp(text(type), name))
			return (int)type;
	return -1;
}

static const char *prog_type_text(u32 type)
{
	return libbpf_bpf_prog_type_str((enum bpf_prog_type)type);
}

static const char *map_type_text(u32 type)
{
	const char *name = libbpf_bpf_map_type_str((enum bpf_map_type)type);

	return !name && type == 33 ? "arena" : name; /* newer than some libbpf */
}

static int do_type(struct test_case_file *t, char *s)
{
	int type = find_type(word(&s), prog_type_text);

	t->prog_type = (u32)type;
	return type < 0 ? -EINVAL : 0;
}

static int do_attach(struct test_case_file *t, char *s)
{
	t->attach_type = (u32)strtoul(s, NULL, 0);
	return 0;
}

static int do_target(struct test_case_file *t, char *s)
{
	snprintf(t->target, sizeof(t->target), "%s", word(&s));
	return 0;
}

static int do_flags(struct test_case_file *t, char *s)
{
	t->flags = (u32)strtoul(s, NULL, 0);
	return 0;
}

static int do_wait(struct test_case_file *t, char *s)
{
	t->wait_ms = (u32)strtoul(s, NULL, 0);
	return 0;
}

static int do_await(struct test_case_file *t, char *s)
{
	t->await_ms = (u32)strtoul(s, NULL, 0);
	return 0;
}

static int do_level(struct test_case_file *t, char *s)
{
	t->log_level = (u32)strtoul(s, NULL, 0);
	return 0;
}

static int do_license(struct test_case_file *t, char *s)
{
	snprintf(t->license, sizeof(t->license), "%s", word(&s));
	return 0;
}

static int map_field(struct case_map *m, const char *option, u32 off)
{
	static const char *const names[] = { [FIELD_OF_LOCK] = "lock=",
					     [FIELD_OF_TIMER] = "timer=",
					     [FIELD_OF_WQ] = "wq=",
					     [FIELD_OF_RESLOCK] = "reslock=" };

	for (u32 k = 0; k < NR_CASE_FIELDS; k++)
		if (!strncmp(option, names[k], strlen(names[k]))) {
			m->field[k] = (s32)off;
			return 0;
		}
	return -EINVAL;
}

static int map_option(struct case_map *m, const char *option)
{
	const char *value = strchr(option, '=');
	u32 n = value ? (u32)strtoul(value + 1, NULL, 0) : 0;

	if (!strncmp(option, "key=", 4))
		m->key_size = n;
	else if (!strncmp(option, "value=", 6))
		m->value_size = n;
	else if (!strncmp(option, "entries=", 8))
		m->entries = n;
	else if (!strncmp(option, "flags=", 6))
		m->flags = n;
	else if (!strncmp(option, "extra=", 6))
		m->extra = strtoull(value + 1, NULL, 0);
	else
		return map_field(m, option, n);
	return 0;
}

static int do_map(struct test_case_file *t, char *s)
{
	struct case_map *m = &t->maps[t->nr_maps];
	int type;

	if (t->nr_maps == CASE_MAX)
		return -E2BIG;
	*m = (struct case_map){ 0 };
	memset(m->field, -1, sizeof(m->field));
	snprintf(m->name, sizeof(m->name), "%s", word(&s));
	type = find_type(word(&s), map_type_text);
	if (type < 0)
		return -EINVAL;
	m->type = (u32)type;
	t->nr_maps++;
	for (char *w = word(&s); *w; w = word(&s))
		if (map_option(m, w))
			return -EINVAL;
	return 0;
}

static int parse_pair(struct test_case_file *t, char *s, struct case_pair *p, u32 *n)
{
	int map = find_map(t, word(&s));

	if (*n == CASE_MAX || map < 0)
		return -EINVAL;
	p[*n].map = (u32)map;
	(*n)++;
	return parse_bytes(word(&s), &p[*n - 1].key) ?: parse_bytes(word(&s), &p[*n - 1].value);
}

static int do_put(struct test_case_file *t, char *s)
{
	return parse_pair(t, s, t->puts, &t->nr_puts);
}

static int do_expect(struct test_case_file *t, char *s)
{
	return parse_pair(t, s, t->expects, &t->nr_expects);
}

static int do_freeze(struct test_case_file *t, char *s)
{
	int map = find_map(t, word(&s));

	if (map < 0)
		return -EINVAL;
	t->maps[map].freeze = true;
	return 0;
}

static int do_prog(struct test_case_file *t, char *s)
{
	buf_puts(&t->text, s);
	return 0;
}

static int do_unprivileged(struct test_case_file *t, char *s)
{
	t->unprivileged = true;
	return *word(&s) ? -EINVAL : 0;
}

static int do_global(struct test_case_file *t, char *s)
{
	struct case_global *g = &t->globals[t->nr_globals];
	char *w = word(&s);

	if (t->nr_globals == CASE_MAX || !*w)
		return -EINVAL;
	snprintf(g->name, sizeof(g->name), "%s", w);
	for (w = word(&s); *w && g->nr_args < ARRAY_SIZE(g->args); w = word(&s)) {
		const char *size = strchr(w, '=');

		g->args[g->nr_args].kind = *w;
		g->args[g->nr_args++].size = size ? (u32)strtoul(size + 1, NULL, 0) : 0;
	}
	t->nr_globals++;
	return 0;
}

static int do_callee(struct test_case_file *t, char *s)
{
	struct case_callee *c = &t->callees[t->nr_callees];
	int map = find_map(t, word(&s));

	if (map < 0 || t->nr_callees == CASE_MAX)
		return -EINVAL;
	c->map = (u32)map;
	c->index = (u32)strtoul(word(&s), NULL, 0);
	buf_puts(&c->text, s);
	t->nr_callees++;
	return 0;
}

static int errno_by_name(const char *name)
{
	for (int e = 1; e < 200; e++) {
		const char *n = strerrorname_np(e);

		if (n && !strcmp(n, name))
			return -e;
	}
	return -(int)strtol(name, NULL, 0); /* ENOTSUPP is known to the kernel alone: 524 */
}

static int do_verdict(struct test_case_file *t, char *s)
{
	const char *w = word(&s);

	t->has_verdict = true;
	if (!strcmp(w, "accept"))
		return 0;
	t->verdict = errno_by_name(word(&s));
	return strcmp(w, "reject") || !t->verdict ? -EINVAL : 0;
}

static int do_log(struct test_case_file *t, char *s)
{
	if (!strcmp(s, "exact")) {
		t->exact_log = true;
		return 0;
	}
	if (t->nr_logs == CASE_MAX)
		return -E2BIG;
	t->logs[t->nr_logs] = strdup(s);
	return t->logs[t->nr_logs++] ? 0 : -ENOMEM;
}

static int do_run(struct test_case_file *t, char *s)
{
	struct case_run *r = &t->runs[t->nr_runs];

	if (t->nr_runs == CASE_MAX)
		return -E2BIG;
	t->nr_runs++;
	for (char *w = word(&s); *w; w = word(&s)) {
		int err = 0;

		if (!strncmp(w, "data=", 5))
			err = parse_bytes(w + 5, &r->data);
		else if (!strncmp(w, "ctx=", 4))
			err = parse_bytes(w + 4, &r->ctx);
		else if (!strncmp(w, "out=", 4))
			err = parse_bytes(w + 4, &r->out);
		else if (!strncmp(w, "return=", 7))
			r->ret = (u32)strtoll(w + 7, NULL, 0);
		else
			err = -EINVAL;
		if (err)
			return err;
	}
	return 0;
}

static int do_differs(struct test_case_file *t, char *s)
{
	t->differs = strdup(s);
	return t->differs ? 0 : -ENOMEM;
}

static const struct {
	const char *name;
	int (*parse)(struct test_case_file *t, char *rest);
} directives[] = {
	{ "type", do_type },
	{ "attach", do_attach },
	{ "target", do_target },
	{ "flags", do_flags },
	{ "license", do_license },
	{ "level", do_level },
	{ "map", do_map },
	{ "put", do_put },
	{ "freeze", do_freeze },
	{ "prog", do_prog },
	{ "unprivileged", do_unprivileged },
	{ "global", do_global },
	{ "callee", do_callee },
	{ "verdict", do_verdict },
	{ "log", do_log },
	{ "run", do_run },
	{ "wait", do_wait },
	{ "await", do_await },
	{ "expect", do_expect },
	{ "differs", do_differs },
};

/* A comment begins at the line's start or behind a blank ("bpf_tail_call#12" has none). */
static void cut_comment(char *line)
{
	size_t n;

	for (char *p = line; (p = strchr(p, '#')); p++)
		if (p == line || isspace((unsigned char)p[-1])) {
			*p = '\0';
			break;
		}
	n = strlen(line);
	while (n && isspace((unsigned char)line[n - 1]))
		line[--n] = '\0';
}

static int directive(struct test_case_file *t, char *line)
{
	char *rest = line, *name = word(&rest);

	rest += strspn(rest, " \t");
	for (size_t i = 0; i < ARRAY_SIZE(directives); i++)
		if (!strcmp(directives[i].name, name))
			return directives[i].parse(t, rest) ? bad(t, name, rest) : 0;
	return bad(t, "no such directive", name);
}

static int read_line(struct test_case_file *t, char *line, struct buf **program)
{
	cut_comment(line);
	if (!*line)
		return 0;
	if (isspace((unsigned char)*line)) {
		if (!*program)
			return bad(t, "continues nothing", line);
		buf_printf(*program, "\n%s", line);
		return 0;
	}
	if (directive(t, line))
		return -EINVAL;
	*program = !strncmp(line, "prog", 5)	 ? &t->text
		   : !strncmp(line, "callee", 7) ? &t->callees[t->nr_callees - 1].text
						 : NULL;
	return 0;
}

static void name_after(struct test_case_file *t, const char *path)
{
	const char *base = strstr(path, "tests/");

	snprintf(t->name, sizeof(t->name), "%s", base ? base + 6 : path);
	t->name[strcspn(t->name, ".")] = '\0';
	for (char *p = t->name; *p; p++)
		if (*p == '_')
			*p = ' ';
}

int case_read(const char *path, struct test_case_file *t)
{
	char *line = NULL;
	size_t cap = 0;
	struct buf *program = NULL;
	int err = 0;
	FILE *f = fopen(path, "re");

	*t = (struct test_case_file){ .license = "GPL", .log_level = 2 };
	name_after(t, path);
	if (!f)
		return bad(t, strerror(errno), path);
	while (!err && getline(&line, &cap, f) >= 0)
		err = read_line(t, line, &program);
	free(line);
	fclose(f);
	if (!err && (!t->has_verdict || !t->text.len))
		err = bad(t, "needs a prog and a verdict", path);
	return err;
}

static void pairs_done(struct case_pair *p, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		free(p[i].key.data);
		free(p[i].value.data);
	}
}

void case_done(struct test_case_file *t)
{
	pairs_done(t->puts, t->nr_puts);
	pairs_done(t->expects, t->nr_expects);
	for (u32 i = 0; i < t->nr_callees; i++)
		buf_done(&t->callees[i].text);
	for (u32 i = 0; i < t->nr_runs; i++) {
		free(t->runs[i].data.data);
		free(t->runs[i].ctx.data);
		free(t->runs[i].out.data);
	}
	for (u32 i = 0; i < t->nr_logs; i++)
		free(t->logs[i]);
	buf_done(&t->text);
	free(t->differs);
}
