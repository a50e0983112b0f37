/* skep verify: each program of each object alone, as Linux would load it. A line per program, printed
 * when it is decided: the columns' widths are found out before, by opening all objects. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "cli/cli.h"
#include "cli/explain.h"
#include "cli/session.h"
#include "cli/verdict.h"

#define DEFAULT_LOG_LEVEL (1 | 4) /* BPF_LOG_LEVEL1 | BPF_LOG_STATS */

struct verify_options {
	const char *prog, *type, *kernel;
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
	{ "kernel", 0, OPTION_STRING, FIELD(kernel), -1, 0, 0, "VERSION", KERNEL_HELP },
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

struct verification {
	const struct verify_options *opt;
	struct object_options object_options;
	u32 log_level;
	struct json *json; /* NULL: text */
	struct bpf_image *images;
	u32 nr_images;
	int file, name, type; /* widths of columns; 0: no such column */
	u32 refused, accepted;
};

static bool is_wanted(const struct verification *r, const char *name)
{
	return !r->opt->prog || !strcmp(r->opt->prog, name);
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

static void print_heading(const struct verification *r)
{
	if (r->file)
		printf("%-*s  ", r->file, "FILE");
	printf("%-*s  %-*s  VERDICT   %8s  %7s  %8s\n", r->name, "PROGRAM", r->type, "TYPE",
	       "INSNS", "STATES", "TIME");
}

static void print_verdict(const struct verification *r, const char *path, const struct verdict *v)
{
	const char *reason = verdict_reason(v);
	char time[32];

	if (r->file)
		printf("%-*s  ", r->file, path);
	printf("%-*s  %-*s  %-8s  %8u  %7u  %8s%s%s\n", r->name, v->name, r->type, v->type,
	       v->err ? "refused" : "accepted", v->insns, v->states,
	       show_time(time, sizeof(time), v->ns), *reason ? "  " : "", reason);
	if (v->log)
		puts(v->log);
	if (v->log && v->err)
		print_explanation(stdout, r->object_options.explanation);
	fflush(stdout);
}

/* --- JSON --- */

static void json_verdict(struct json *j, const char *path, const struct verdict *v,
			 const struct explanation *e)
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
		json_text(j, verdict_reason(v));
	}
	if (v->err) {
		json_key(j, "explanation");
		json_explanation(j, e);
	}
	if (v->log) {
		json_key(j, "log");
		json_text(j, v->log);
	}
	json_end_object(j);
}

/* --- files --- */

/* Make the columns wide enough for the image's programs. An exit code. */
static int measure(struct verification *r, const struct bpf_image *image)
{
	struct bpf_object *o;
	struct bpf_program *p;
	bool any = false;

	if (image_open(image, &r->object_options, &o))
		return FAILED;
	bpf_object__for_each_program(p, o)
	{
		const char *name = bpf_program__name(p);

		if (!is_wanted(r, name))
			continue;
		any = true;
		r->name = MAX(r->name, (int)strlen(name));
		r->type = MAX(r->type, (int)strlen(prog_type_name(bpf_program__type(p))));
	}
	bpf_object__close(o);
	return any ? DONE : complain("%s: there is no program %s in it", image->path, r->opt->prog);
}

/* Images that cannot be read or opened are complained about and left out. */
static int read_images(struct verification *r, char **paths, int n)
{
	int ret = DONE;

	r->images = calloc((size_t)n, sizeof(*r->images));
	if (!r->images)
		return complain("no memory");
	for (int i = 0; i < n; i++) {
		struct bpf_image *image = &r->images[r->nr_images];

		if (image_read(image, paths[i], &r->object_options)) {
			ret = FAILED;
			continue;
		}
		r->nr_images++; /* counted now: image_open() wants it at its place, and it is freed */
		if (!measure(r, image))
			continue;
		r->nr_images--;
		image_done(image);
		ret = FAILED;
	}
	for (u32 i = 0; n > 1 && i < r->nr_images; i++)
		r->file = MAX(r->file, (int)strlen(r->images[i].path));
	return ret;
}

static int verify_program(struct verification *r, const struct bpf_image *image, u32 i)
{
	struct verdict v;
	int ret = verdict_of(image, &r->object_options, i, r->log_level, &v);

	if (!ret) {
		if (r->json)
			json_verdict(r->json, image->path, &v, r->object_options.explanation);
		else
			print_verdict(r, image->path, &v);
		*(v.err ? &r->refused : &r->accepted) += 1;
	}
	verdict_done(&v);
	return ret;
}

static int verify_image(struct verification *r, const struct bpf_image *image)
{
	struct bpf_object *o;
	struct bpf_program *p;
	u32 i = 0;
	int ret = image_open(image, &r->object_options, &o);

	if (ret)
		return ret;
	bpf_object__for_each_program(p, o)
	{
		if (is_wanted(r, bpf_program__name(p)))
			ret = verify_program(r, image, i) ?: ret;
		i++;
	}
	bpf_object__close(o);
	return ret;
}

static int verify_images(struct verification *r)
{
	int ret = DONE;

	if (!r->json && r->nr_images)
		print_heading(r);
	for (u32 i = 0; i < r->nr_images; i++)
		if (verify_image(r, &r->images[i]))
			ret = FAILED;
	if (!r->json && r->accepted + r->refused > 1)
		printf("%u programs: %u accepted, %u refused\n", r->accepted + r->refused,
		       r->accepted, r->refused);
	return r->refused ? FAILED : ret;
}

static int verify_all(struct verification *r, char **paths, int n)
{
	int ret;

	if (r->json)
		json_array(r->json);
	ret = read_images(r, paths, n);
	ret = verify_images(r) ?: ret;
	if (r->json) {
		json_end_array(r->json);
		puts(buf_str(r->json->out));
	}
	for (u32 i = 0; i < r->nr_images; i++)
		image_done(&r->images[i]);
	free(r->images);
	return fflush(stdout) ? complain("cannot write the report: %s", strerror(errno)) : ret;
}

static int check_usage(const struct verify_options *o, int nr_paths)
{
	if (!nr_paths)
		return misuse(&verify_usage, "which objects?");
	if (o->type && prog_type_by_name(o->type) == BPF_PROG_TYPE_UNSPEC)
		return misuse(&verify_usage, "--type: there is no program type '%s'", o->type);
	return DONE;
}

int cmd_verify(int argc, char **argv)
{
	struct verify_options opt = { 0 };
	struct verification r = { .opt = &opt, .name = 7, .type = 4 }; /* as wide as the headings */
	struct session session = { 0 };
	struct buf out = { 0 };
	struct json json;
	struct skep_options instance = { 0 };
	int first = parse_options(&verify_usage, argc, argv, &opt), ret;

	if (first < 0)
		return first == -2 ? DONE : MISUSED;
	ret = check_usage(&opt, argc - first);
	if (ret)
		return ret;
	r.log_level = opt.log_level ? (u32)opt.log_level : opt.verbose ? DEFAULT_LOG_LEVEL : 0;
	r.object_options = (struct object_options){ .type = opt.type,
						    .clang_options = opt.clang.v,
						    .nr_clang_options = opt.clang.n,
						    .explanation = &session.explanation };
	json_init(&json, &out, true);
	r.json = opt.json ? &json : NULL;
	ret = kernel_option(opt.kernel, &instance) ?: session_start(&session, &instance) ?: verify_all(&r, argv + first, argc - first);
	session_end(&session);
	messages_reset();
	buf_done(&out);
	free(opt.clang.v);
	return ret;
}
