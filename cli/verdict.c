/* See verdict.h. What libbpf and the verifier's log say is turned into numbers and one line. */
#include "cli/verdict.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"

#define LOG_STATS 4 /* BPF_LOG_STATS: the reason of a refusal, and statistics */

/* --- reading the log --- */

/* Lines of a log at level 4 that are not the reason. */
static bool is_statistics(const char *line, size_t len)
{
	static const char *const starts[] = {
		"processed ", "verification time", "stack depth", "Validating ", "Func#", "func#",
		"; ",	      "mark_precise:",	   "-- "
	};

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		if (len >= strlen(starts[i]) && !strncmp(line, starts[i], strlen(starts[i])))
			return true;
	return !len;
}

/* "12: (61) …" and "from 3 to 7: …": what a log at level 1 shows of the path. */
static bool is_path(const char *line)
{
	size_t digits = strspn(line, "0123456789");

	return (digits && line[digits] == ':') || !strncmp(line, "from ", 5);
}

/* First line of the reason: of the last block of lines that are neither path nor statistics. */
static char *find_reason(const char *log)
{
	const char *start = NULL;
	bool in_block = false;
	size_t len;

	for (const char *line = log; *line; line += len + (line[len] == '\n')) {
		bool reason;

		len = strcspn(line, "\n");
		reason = !is_statistics(line, len) && !is_path(line);
		if (reason && !in_block)
			start = line;
		in_block = reason;
	}
	return start ? strndup(start, strcspn(start, "\n")) : NULL;
}

static u32 number_after(const char *log, const char *text)
{
	const char *at = NULL;

	for (const char *p = log; (p = strstr(p, text)); p++)
		at = p; /* the last: the text may stand in the reason, too */
	return at ? (u32)strtoul(at + strlen(text), NULL, 10) : 0;
}

/* The first thing that libbpf has said and that is not about another attempt. */
static char *libbpf_reason(void)
{
	const char *line = messages(), *prefix = "libbpf: ";
	size_t len;

	for (; *line; line += len + (line[len] == '\n')) {
		len = strcspn(line, "\n");
		if (memmem(line, len, "Retrying", 8))
			continue;
		if (!strncmp(line, prefix, strlen(prefix)))
			return strndup(line + strlen(prefix), len - strlen(prefix));
		return strndup(line, len);
	}
	return NULL;
}

/* The object's load may fail after the program's: libbpf cannot fill program arrays with programs that
 * were left out. */
static bool only_slots_failed(const struct bpf_program *p)
{
	char refused[256];

	snprintf(refused, sizeof(refused), "prog '%s': BPF program load failed",
		 bpf_program__name(p));
	return strstr(messages(), "failed to initialize slot") && !strstr(messages(), refused);
}

/* --- one program --- */

static u64 now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

static void no_type(struct bpf_program *p, struct verdict *v)
{
	v->err = -EINVAL;
	if (asprintf(&v->reason, "section '%s' does not say what type it is (--type)",
		     bpf_program__section_name(p)) < 0)
		v->reason = NULL;
}

#define LEFT_OUT_MAPS                                                                              \
	2001000000 /* libbpf puts a call of that plus the map's number where it is used */

/* The program uses a map that was not made. */
static char *reason_without_map(struct bpf_object *o, const char *reason)
{
	static const char call[] = "invalid func unknown#";
	long n = reason && !strncmp(reason, call, strlen(call)) ? atol(reason + strlen(call)) : 0;
	struct bpf_map *m;
	char *text;

	if (n < LEFT_OUT_MAPS)
		return NULL;
	bpf_object__for_each_map(m, o)
	{
		if (n-- != LEFT_OUT_MAPS)
			continue;
		if (asprintf(&text, "BPF map '%s' is referenced but wasn't created",
			     bpf_map__name(m)) >= 0)
			return text;
	}
	return NULL;
}

static void load(struct bpf_object *o, struct bpf_program *p, const char *log,
		 const struct object_options *opt, struct verdict *v)
{
	char *missing;
	u64 usec;

	messages_reset();
	explanation_done(opt->explanation);
	v->ns = now();
	v->err = bpf_object__load(o);
	v->ns = now() - v->ns;
	if (v->err && only_slots_failed(p))
		v->err = 0;
	usec = number_after(log, "verification time ");
	if (usec) /* without what libbpf and the other steps of loading cost */
		v->ns = usec * 1000;
	v->insns = number_after(log, "processed ");
	v->states = number_after(log, "total_states ");
	if (!v->err)
		return;
	v->reason = (*log ? find_reason(log) : NULL) ?: libbpf_reason();
	missing = reason_without_map(o, v->reason);
	if (missing) {
		free(v->reason);
		v->reason = missing;
	}
}

static int judge(struct bpf_object *o, struct bpf_program *p, const struct object_options *opt,
		 u32 log_level, struct verdict *v)
{
	char *log;

	v->name = strdup(bpf_program__name(p));
	v->type = prog_type_name(bpf_program__type(p));
	log = v->name ? program_log_new(p, log_level | LOG_STATS) : NULL;
	if (!log)
		return complain("no memory");
	if (bpf_program__type(p) == BPF_PROG_TYPE_UNSPEC)
		no_type(p, v);
	else
		load(o, p, log, opt, v);
	v->log = log_level ? strdup(log) : NULL;
	program_log_free(p);
	return DONE;
}

/* Maps that could not be made: libbpf makes all of an object's first, whether the program uses them or not. */
struct left_out {
	char *name[16];
	u32 n;
};

/* Was it a map that failed? Then it is left out from now on; who uses it will be told so. */
static bool leave_out(struct left_out *l, struct bpf_object *o)
{
	struct bpf_map *m;
	char text[128];

	bpf_object__for_each_map(m, o)
	{
		snprintf(text, sizeof(text), "map '%s': failed to create: ", bpf_map__name(m));
		if (!bpf_map__autocreate(m) || l->n == ARRAY_SIZE(l->name) ||
		    !strstr(messages(), text))
			continue;
		l->name[l->n] = strdup(bpf_map__name(m));
		return l->name[l->n] && ++l->n;
	}
	return false;
}

static void leave_out_again(const struct left_out *l, struct bpf_object *o)
{
	for (u32 i = 0; i < l->n; i++)
		bpf_map__set_autocreate(bpf_object__find_map_by_name(o, l->name[i]), false);
}

static int attempt(const struct bpf_image *image, const struct object_options *opt, u32 n,
		   u32 log_level, struct left_out *l, struct verdict *v, bool *again)
{
	struct bpf_object *o;
	struct bpf_program *p, *chosen = NULL;
	int ret = image_open(image, opt, &o);
	u32 i = 0;

	*v = (struct verdict){ 0 };
	*again = false;
	if (ret)
		return ret;
	leave_out_again(l, o);
	bpf_object__for_each_program(p, o)
	{
		bpf_program__set_autoload(p, i == n);
		if (i++ == n)
			chosen = p;
	}
	ret = chosen ? judge(o, chosen, opt, log_level, v) : FAILED;
	*again = ret == DONE && v->err && leave_out(l, o);
	bpf_object__close(o);
	return ret;
}

/* libbpf loads an object once: it is opened again for each program, with the others left out. */
int verdict_of(const struct bpf_image *image, const struct object_options *opt, u32 n,
	       u32 log_level, struct verdict *v)
{
	struct left_out l = { .n = 0 };
	bool again = true;
	int ret = DONE;

	*v = (struct verdict){ 0 };
	while (again) {
		verdict_done(v);
		ret = attempt(image, opt, n, log_level, &l, v, &again);
	}
	while (l.n)
		free(l.name[--l.n]);
	return ret;
}

void verdict_done(struct verdict *v)
{
	free(v->name);
	free(v->reason);
	free(v->log);
	*v = (struct verdict){ 0 };
}

const char *verdict_reason(const struct verdict *v)
{
	return !v->err ? "" : v->reason ? v->reason : strerror(-v->err);
}
