/* Options from tables: getopt_long(3) parses, the same rows make the usage text. */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

#define MAX_OPTIONS 32
#define FIRST_CODE  256 /* getopt's code of option i is FIRST_CODE + i, so letters stay free */

/* Index of arg in "a|b|c", or -1. */
static int find_choice(const char *choices, const char *arg)
{
	size_t len = strlen(arg);
	int i = 0;

	for (const char *c = choices; *c; i++) {
		size_t n = strcspn(c, "|");

		if (n == len && !strncmp(c, arg, n))
			return i;
		c += n + (c[n] == '|');
	}
	return -1;
}

static int take_u64(const struct usage *u, const struct option_spec *o, const char *arg, u64 *out)
{
	char *end;

	errno = 0;
	*out = strtoull(arg, &end, 0);
	if (errno || end == arg || *end || strchr(arg, '-'))
		return misuse(u, "--%s wants a number, not '%s'", o->name, arg);
	if (*out < o->min && !o->max)
		return misuse(u, "--%s must be at least %llu", o->name, (unsigned long long)o->min);
	if (*out < o->min || (o->max && *out > o->max))
		return misuse(u, "--%s: %s is out of range (%llu to %llu)", o->name, arg,
			      (unsigned long long)o->min, (unsigned long long)o->max);
	return 0;
}

static int append(struct string_list *l, const char *arg)
{
	const char **more = realloc(l->v, (l->n + 1) * sizeof(*l->v));

	if (!more)
		return complain("no memory");
	more[l->n++] = arg;
	l->v = more;
	return 0;
}

/* 0 or an exit code. */
static int take(const struct usage *u, const struct option_spec *o, const char *arg, void *values)
{
	void *field = (char *)values + o->offset;

	switch ((enum option_kind)o->kind) {
	case OPTION_FLAG: *(bool *)field = true; return 0;
	case OPTION_STRING: *(const char **)field = arg; return 0;
	case OPTION_LIST: return append(field, arg);
	case OPTION_CHOICE:
		*(int *)field = find_choice(o->arg, arg);
		if (*(int *)field < 0)
			return misuse(u, "--%s: '%s' is none of %s", o->name, arg, o->arg);
		return 0;
	case OPTION_U64:
		if (o->given >= 0)
			*((bool *)values + o->given) = true;
		return take_u64(u, o, arg, field);
	}
	return FAILED;
}

static void make_getopt(const struct usage *u, struct option *longs, char *letters)
{
	if (u->runs)
		*letters++ = '+';
	*letters++ = ':'; /* report a missing argument as such, print nothing */
	for (u32 i = 0; i < u->nr_options; i++) {
		const struct option_spec *o = &u->options[i];
		bool arg = o->kind != OPTION_FLAG;

		longs[i] = (struct option){ o->name, arg ? required_argument : no_argument, NULL,
					    FIRST_CODE + (int)i };
		if (!o->letter)
			continue;
		*letters++ = o->letter;
		if (arg)
			*letters++ = ':';
	}
	longs[u->nr_options] = (struct option){ "help", no_argument, NULL, 'h' };
	longs[u->nr_options + 1] = (struct option){ 0 };
	strcpy(letters, "h");
}

static const struct option_spec *find_option(const struct usage *u, int code)
{
	if (code >= FIRST_CODE)
		return &u->options[code - FIRST_CODE];
	for (u32 i = 0; i < u->nr_options; i++)
		if (u->options[i].letter == code)
			return &u->options[i];
	return NULL;
}

int parse_options(const struct usage *u, int argc, char **argv, void *values)
{
	struct option longs[MAX_OPTIONS + 2];
	char letters[2 * MAX_OPTIONS + 4];
	int code;

	make_getopt(u, longs, letters);
	optind = 1;
	while ((code = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		const struct option_spec *o = find_option(u, code);

		if (code == 'h') {
			print_usage(u, stdout);
			return -2;
		}
		if (code == ':') {
			misuse(u, "%s wants an argument", argv[optind - 1]);
			return -1;
		}
		if (!o) {
			misuse(u, "there is no option %s", argv[optind - 1]);
			return -1;
		}
		if (take(u, o, optarg, values))
			return -1;
	}
	return optind;
}

static int left_column(char *buf, size_t size, const struct option_spec *o)
{
	char letter[8] = "    ";

	if (o->letter)
		snprintf(letter, sizeof(letter), "-%c, ", o->letter);
	return snprintf(buf, size, "%s--%s%s%s", letter, o->name, o->arg ? " " : "",
			o->arg ? o->arg : "");
}

void print_usage(const struct usage *u, FILE *f)
{
	char left[96];
	int width = 0;

	fprintf(f, "usage: skep %s %s\n\n%s\n\n", u->command, u->synopsis, u->text);
	for (u32 i = 0; i < u->nr_options; i++)
		width = MAX(width, left_column(left, sizeof(left), &u->options[i]));
	for (u32 i = 0; i < u->nr_options; i++) {
		left_column(left, sizeof(left), &u->options[i]);
		fprintf(f, "  %-*s  %s\n", width, left, u->options[i].help);
	}
	fprintf(f, "  %-*s  %s\n", width, "-h, --help", "show this");
}

int misuse(const struct usage *u, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "skep %s: ", u->command);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\nusage: skep %s %s\n(skep help %s shows all options)\n", u->command,
		u->synopsis, u->command);
	return MISUSED;
}
