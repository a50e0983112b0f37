/* skep verify: each program of each object alone, as Linux would load it. A line per program; the
 * columns are as wide as they have to be, so nothing is printed before an object is done. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "cli/cli.h"
#include "cli/object.h"
#include "cli/session.h"

#define LOG_STATS 4 /* BPF_LOG_STATS: the reason and the statistics */
#define LOG_PATH  1 /* BPF_LOG_LEVEL1 */

struct verify_options {
	const char *prog, *type;
	struct string_list clang;
	u64 log_level;
	bool verbose, json;
};

#define FIELD(f) (u16) offsetof(struct verify_options, f)

static const struct option_spec options[] = {
	{ "verbose", 'v', OPTION_FLAG, FIELD(verbose), -1, 0, 0, NULL,
	  "print the verifier's log of each program" },
	{ "log-level", 0, OPTION_U64, FIELD(log_level), -1, 0, 7, "N",
	  "… at that level: 1 the path, 2 all states, 4 statistics (default with -v: 5)" },
	{ "prog", 'p', OPTION_STRING, FIELD(prog), -1, 0, 0, "NAME", "only that program" },
	{ "type", 't', OPTION_STRING, FIELD(type), -1, 0, 0, "TYPE",
	  "program type where the section does not say it: xdp, sched_cls …" },
	{ "json", 0, OPTION_FLAG, FIELD(json), -1, 0, 0, NULL, "the report as JSON" },
	{ "clang-option", 0, OPTION_LIST, FIELD(clang), -1, 0, 0, "OPTION",
	  "for compiling a .c file, such as -DDEBUG" },
};

const struct usage verify_usage = {
	.command = "verify",
	.synopsis = "[options] FILE.bpf.c|FILE.o …",
	.text = "Verifies every program of the objects as Linux would and says what became of it: "
		"verdict,\n"
		"instructions processed, states kept, time, and the reason of a refusal. Exit code "
		"0 only if\n"
		"all programs are accepted.",
	.options = options,
	.nr_options = ARRAY_SIZE(options),
};

struct verdict { /* of one program */
	char *name;
	const char *type;
	int err; /* 0: accepted */
	u32 insns, states;
	u64 ns;
	char *reason, *log; /* NULL: none */
};

struct verdicts {
	struct verdict *v;
	u32 n, refused;
};

struct verifier_run {
	const struct verify_options *opt;
	struct object_options object_options;
	struct json *json; /* NULL: text */
	u32 refused, accepted;
};

static void verdicts_done(struct verdicts *l)
{
	for (u32 i = 0; i < l->n; i++) {
		free(l->v[i].name);
		free(l->v[i].reason);
		free(l->v[i].log);
	}
	free(l->v);
}

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

/* What libbpf has said, shortened to its first sentence about it: there is no verifier's log. */
static char *libbpf_reason(void)
{
	const char *said = messages(), *prefix = "libbpf: ";

	if (!strncmp(said, prefix, strlen(prefix)))
		said += strlen(prefix);
	return *said ? strndup(said, strcspn(said, "\n")) : NULL;
}

/* --- one program --- */

static u64 now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

static void judge(struct verifier_run *r, struct bpf_object *o, struct bpf_program *p,
		  struct verdict *v)
{
	const struct verify_options *opt = r->opt;
	u32 level = opt->log_level ? (u32)opt->log_level
		    : opt->verbose ? LOG_PATH | LOG_STATS
				   : LOG_STATS;
	char *log = program_log_new(p, level | LOG_STATS);
	u64 usec;

	v->type = prog_type_name(bpf_program__type(p));
	if (!log || bpf_program__type(p) == BPF_PROG_TYPE_UNSPEC) {
		v->err = log ? -EINVAL : -ENOMEM;
		if (log &&
		    asprintf(&v->reason, "section '%s' does not say what type it is (--type)",
			     bpf_program__section_name(p)) < 0)
			v->reason = NULL;
		program_log_free(p);
		return;
	}
	messages_reset();
	v->ns = now();
	v->err = bpf_object__load(o);
	v->ns = now() - v->ns;
	usec = number_after(log, "verification time ");
	if (usec) /* without what libbpf and the other steps of loading cost */
		v->ns = usec * 1000;
	v->insns = number_after(log, "processed ");
	v->states = number_after(log, "total_states ");
	if (v->err)
		v->reason = (*log ? find_reason(log) : NULL) ?: libbpf_reason();
	v->log = opt->verbose || opt->log_level ? strdup(log) : NULL;
	program_log_free(p);
}

/* libbpf loads an object once: open it again for each program, with the others left out. */
static int judge_nth(struct verifier_run *r, const struct bpf_image *image, u32 n,
		     struct verdict *v)
{
	struct bpf_object *o;
	struct bpf_program *p, *chosen = NULL;
	int ret = image_open(image, &r->object_options, &o);
	u32 i = 0;

	if (ret)
		return ret;
	bpf_object__for_each_program(p, o)
	{
		bpf_program__set_autoload(p, i == n);
		if (i++ == n)
			chosen = p;
	}
	if (!r->opt->prog || !strcmp(r->opt->prog, bpf_program__name(chosen))) {
		v->name = strdup(bpf_program__name(chosen));
		if (v->name)
			judge(r, o, chosen, v);
		else
			ret = complain("no memory");
	}
	bpf_object__close(o);
	return ret;
}

/* --- text --- */

static const char *show_time(char *buf, size_t size, u64 ns)
{
	if (ns < 10000000)
		snprintf(buf, size, "%" PRIu64 " us", (ns + 500) / 1000);
	else
		snprintf(buf, size, "%" PRIu64 " ms", (ns + 500000) / 1000000);
	return buf;
}

static const char *reason_of(const struct verdict *v)
{
	return !v->err ? "" : v->reason ? v->reason : strerror(-v->err);
}

static void print_verdicts(const struct verdicts *l, const char *path)
{
	int name = 7, type = 4;
	char time[32];

	for (u32 i = 0; i < l->n; i++) {
		name = MAX(name, (int)strlen(l->v[i].name));
		type = MAX(type, (int)strlen(l->v[i].type));
	}
	printf("%s\n  %-*s  %-*s  VERDICT       INSNS    STATES        TIME\n", path, name,
	       "PROGRAM", type, "TYPE");
	for (u32 i = 0; i < l->n; i++) {
		const struct verdict *v = &l->v[i];
		const char *reason = reason_of(v);

		printf("  %-*s  %-*s  %-8s  %9u %9u  %10s%s%s\n", name, v->name, type, v->type,
		       v->err ? "refused" : "accepted", v->insns, v->states,
		       show_time(time, sizeof(time), v->ns), *reason ? "  " : "", reason);
		if (v->log)
			fputs(v->log, stdout);
	}
}

/* --- JSON --- */

static void json_verdict(struct json *j, const char *path, const struct verdict *v)
{
	json_object(j);
	json_key(j, "file");
	json_text(j, path);
	json_key(j, "program");
	json_text(j, v->name);
	json_key(j, "type");
	json_text(j, v->type);
	json_key(j, "accepted");
	json_bool(j, !v->err);
	json_key(j, "errno");
	json_s64(j, -v->err);
	json_key(j, "insns");
	json_u64(j, v->insns);
	json_key(j, "states");
	json_u64(j, v->states);
	json_key(j, "time_ns");
	json_u64(j, v->ns);
	if (v->err) {
		json_key(j, "reason");
		json_text(j, reason_of(v));
	}
	if (v->log) {
		json_key(j, "log");
		json_text(j, v->log);
	}
	json_end_object(j);
}

/* --- files --- */

static void report(struct verifier_run *r, const struct verdicts *l, const char *path)
{
	for (u32 i = 0; r->json && i < l->n; i++)
		json_verdict(r->json, path, &l->v[i]);
	if (!r->json)
		print_verdicts(l, path);
	r->refused += l->refused;
	r->accepted += l->n - l->refused;
}

static u32 count_programs(struct bpf_object *o)
{
	struct bpf_program *p;
	u32 n = 0;

	bpf_object__for_each_program(p, o) n++;
	return n;
}

static int verify_image(struct verifier_run *r, const struct bpf_image *image, struct verdicts *l)
{
	struct bpf_object *o;
	int ret = image_open(image, &r->object_options, &o);
	u32 n;

	if (ret)
		return ret;
	n = count_programs(o);
	bpf_object__close(o);
	l->v = calloc(n, sizeof(*l->v));
	if (!l->v)
		return complain("no memory");
	for (u32 i = 0; !ret && i < n; i++) {
		ret = judge_nth(r, image, i, &l->v[l->n]);
		if (!l->v[l->n].name)
			continue; /* not asked for */
		l->refused += !!l->v[l->n++].err;
	}
	if (!ret && !l->n)
		ret = complain("%s: there is no program %s in it", image->path, r->opt->prog);
	return ret;
}

static int verify_file(struct verifier_run *r, const char *path)
{
	struct verdicts l = { 0 };
	struct bpf_image image;
	int ret = image_read(&image, path, &r->object_options);

	if (ret)
		return ret;
	ret = verify_image(r, &image, &l);
	if (l.n)
		report(r, &l, path);
	if (!ret && l.refused)
		ret = FAILED;
	verdicts_done(&l);
	image_done(&image);
	return ret;
}

static int verify_files(struct verifier_run *r, char **paths, int n)
{
	int ret = DONE;

	for (int i = 0; i < n; i++) {
		if (i && !r->json)
			putchar('\n');
		ret = verify_file(r, paths[i]) ?: ret;
	}
	if (!r->json && r->accepted + r->refused > 1)
		printf("\n%u programs: %u accepted, %u refused\n", r->accepted + r->refused,
		       r->accepted, r->refused);
	return ret;
}

int cmd_verify(int argc, char **argv)
{
	struct verify_options opt = { 0 };
	struct verifier_run r = { .opt = &opt };
	struct session session;
	struct buf out = { 0 };
	struct json json;
	int first = parse_options(&verify_usage, argc, argv, &opt), ret;

	if (first < 0)
		return first == -2 ? DONE : MISUSED;
	if (argc == first)
		return misuse(&verify_usage, "which objects?");
	if (opt.type && prog_type_by_name(opt.type) == BPF_PROG_TYPE_UNSPEC)
		return misuse(&verify_usage, "--type: there is no program type '%s'", opt.type);
	r.object_options = (struct object_options){ .type = opt.type,
						    .clang_options = opt.clang.v,
						    .nr_clang_options = opt.clang.n };
	ret = session_start(&session, NULL);
	if (ret)
		return ret;
	if (opt.json) {
		json_init(&json, &out, true);
		r.json = &json;
		json_array(&json);
	}
	ret = verify_files(&r, argv + first, argc - first);
	if (opt.json) {
		json_end_array(&json);
		puts(buf_str(&out));
	}
	buf_done(&out);
	session_end(&session);
	messages_reset();
	free(opt.clang.v);
	return fflush(stdout) ? complain("cannot write the report: %s", strerror(errno)) : ret;
}
