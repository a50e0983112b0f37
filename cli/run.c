/* skep run: load an object into an instance of its own and run one of its programs. */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aot/aot.h"
#include "base/err.h"
#include "cli/cli.h"
#include "cli/object.h"
#include "cli/report.h"
#include "cli/runner.h"
#include "exec/prog.h"

#define MAX_INPUT     (1 << 20) /* of --data and --ctx */
#define CLOCK_STEP_NS 1000	/* how far a fixed clock advances at every reading */

struct run_options {
	const char *prog, *type, *pcap, *write, *data, *ctx, *kernel;
	struct string_list tail, clang;
	u64 repeat, log_level, seed, clock;
	bool seed_given, clock_given;
	bool dump_maps, json, trace, perf_map, gdb, blind, check;
	int engine; /* index in ENGINES */
};

#define ENGINES "auto|interp|jit" /* order of enum skep_engine */

#define FIELD(f) (u16) offsetof(struct run_options, f)
#define FLAG(name, f, text)                                                                        \
	{                                                                                          \
		name, 0, OPTION_FLAG, FIELD(f), -1, 0, 0, NULL, text                               \
	}
#define TEXT(name, c, f, arg, text)                                                                \
	{                                                                                          \
		name, c, OPTION_STRING, FIELD(f), -1, 0, 0, arg, text                              \
	}
#define LIST(name, f, arg, text)                                                                   \
	{                                                                                          \
		name, 0, OPTION_LIST, FIELD(f), -1, 0, 0, arg, text                                \
	}
#define NUMBER(name, f, min, max, arg, text)                                                       \
	{                                                                                          \
		name, 0, OPTION_U64, FIELD(f), -1, min, max, arg, text                             \
	}
#define GIVEN(name, f, text)                                                                       \
	{                                                                                          \
		name, 0, OPTION_U64, FIELD(f), (s32)offsetof(struct run_options, f##_given), 0, 0, \
			"N", text                                                                  \
	}

static const struct option_spec options[] = {
	TEXT("prog", 'p', prog, "NAME",
	     "the program to run: function or section (default: the first "
	     "that can run)"),
	TEXT("pcap", 'r', pcap, "FILE",
	     "run it on each packet of a pcap or pcapng file; - is standard "
	     "input"),
	TEXT("write", 'w', write, "FILE",
	     "write the packets that pass or are sent back as pcap; - is "
	     "standard output"),
	TEXT("data", 0, data, "FILE",
	     "run it on one packet: the bytes of FILE, from the Ethernet "
	     "header on"),
	TEXT("ctx", 0, ctx, "FILE",
	     "the context: struct xdp_md, __sk_buff, or tracepoint arguments "
	     "(u64 each)"),
	NUMBER("repeat", repeat, 1, 0, "N", "runs on each packet or context (default 1)"),
	{ "engine", 0, OPTION_CHOICE, FIELD(engine), -1, 0, 0, ENGINES,
	  "how it is executed (default "
	  "auto)" },
	FLAG("perf-map", perf_map, "name native code for perf(1), in /tmp/perf-PID.map"),
	FLAG("gdb", gdb, "name native code for gdb(1), so that backtraces go through it"),
	FLAG("blind", blind, "keep constants of programs out of native code"),
	FLAG("check", check,
	     "compare each register and stack slot, before every instruction, with what the "
	     "verifier "
	     "claimed (slow)"),
	FLAG("dump-maps", dump_maps, "print all maps at the end"),
	FLAG("trace", trace, "show bpf_printk() output as it happens, not at the end"),
	FLAG("json", json, "the report as JSON"),
	NUMBER("log-level", log_level, 0, 7, "N",
	       "print the verifier's log: 1 the path, 2 all states, "
	       "4 statistics"),
	TEXT("kernel", 0, kernel, "VERSION", KERNEL_HELP),
	GIVEN("seed", seed, "fix the random numbers and the process number that programs get"),
	GIVEN("clock", clock,
	      "fix the time: start at N ns, advance 1 us at each reading; how long runs took is "
	      "left out"),
	TEXT("type", 't', type, "TYPE",
	     "program type where the section does not say it: xdp, "
	     "sched_cls …"),
	LIST("tail", tail, "MAP:INDEX=PROG", "put a program into a program array, for tail calls"),
	LIST("clang-option", clang, "OPTION", "for compiling a .c file, such as -DDEBUG"),
};

const struct usage run_usage = {
	.command = "run",
	.synopsis = "[options] FILE.bpf.c|FILE.o",
	.text = "Loads an object (C source is compiled with clang) as Linux would, runs a program "
		"of it and\n"
		"reports what it printed, how often it ran and what it returned. XDP, tc and "
		"socket filter\n"
		"programs run on packets, others on a context.",
	.options = options,
	.nr_options = ARRAY_SIZE(options),
};

struct run { /* all that a run holds */
	const struct run_options *opt;
	struct object_options object_options;
	struct session session;
	struct bpf_image image;
	struct bpf_object *object;
	struct bpf_program *program;
	struct run_input in;
	struct buf data, ctx;
	struct run_result result;
};

/* --- which program --- */

static bool is_supported(enum bpf_prog_type type)
{
	return runs_on_packets(type) || type == BPF_PROG_TYPE_RAW_TRACEPOINT;
}

static struct bpf_program *find_program(struct bpf_object *o, const char *name)
{
	struct bpf_program *p, *by_section = NULL;

	bpf_object__for_each_program(p, o)
	{
		if (!strcmp(bpf_program__name(p), name))
			return p;
		if (!by_section && !strcmp(bpf_program__section_name(p), name))
			by_section = p;
	}
	return by_section;
}

static struct bpf_program *first_runnable(struct bpf_object *o)
{
	struct bpf_program *p;

	bpf_object__for_each_program(p, o)
	{
		if (is_supported(bpf_program__type(p)))
			return p;
	}
	return bpf_object__next_program(o, NULL);
}

static void list_programs(struct bpf_object *o, struct buf *b)
{
	struct bpf_program *p;

	bpf_object__for_each_program(p, o)
		buf_printf(b, "%s%s", b->len ? ", " : "", bpf_program__name(p));
}

static int choose_program(struct run *r)
{
	struct bpf_program *p;
	struct buf names = { 0 };

	if (!r->opt->prog) {
		r->program = first_runnable(r->object);
	} else {
		r->program = find_program(r->object, r->opt->prog);
		if (!r->program) {
			list_programs(r->object, &names);
			complain("%s: there is no program %s in it, only %s", r->image.path,
				 r->opt->prog, buf_str(&names));
			buf_done(&names);
			return FAILED;
		}
	}
	/* programs for hooks that we do not have need not keep this one from running */
	bpf_object__for_each_program(p, r->object) if (p != r->program &&
						       !is_supported(bpf_program__type(p)))
		bpf_program__set_autoload(p, false);
	bpf_program__set_autoload(r->program, true); /* "?section" says no */
	return DONE;
}

/* --- tail calls --- */

static int put_tail(struct run *r, const char *spec)
{
	const char *colon = strchr(spec, ':'), *equals = colon ? strchr(colon, '=') : NULL;
	struct bpf_program *p;
	struct bpf_map *m;
	char name[64], *end;
	int fd;
	u32 index;

	if (!equals)
		return misuse(&run_usage, "--tail wants MAP:INDEX=PROG, not '%s'", spec);
	index = (u32)strtoul(colon + 1, &end, 0);
	if (end != equals || end == colon + 1)
		return misuse(&run_usage, "--tail %s: the index is no number", spec);
	snprintf(name, sizeof(name), "%.*s", (int)(colon - spec), spec);
	m = bpf_object__find_map_by_name(r->object, name);
	if (!m)
		return complain("%s: there is no map %s", r->image.path, name);
	p = find_program(r->object, equals + 1);
	if (!p)
		return complain("%s: there is no program %s", r->image.path, equals + 1);
	fd = bpf_program__fd(p);
	if (bpf_map_update_elem(bpf_map__fd(m), &index, &fd, BPF_ANY))
		return complain("--tail %s: %s", spec, strerror(errno));
	return DONE;
}

/* --- input --- */

static int read_input(const char *path, struct buf *b)
{
	char chunk[65536];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;

	if (fd >= 0) {
		while (b->len <= MAX_INPUT && (n = read(fd, chunk, sizeof(chunk))) > 0)
			buf_put(b, chunk, (size_t)n);
		if (n < 0)
			complain("%s: %s", path, strerror(errno));
		close(fd);
	} else {
		complain("%s: %s", path, strerror(errno));
	}
	if (n < 0 || buf_error(b))
		return FAILED;
	if (b->len > MAX_INPUT)
		return complain("%s: is larger than %d bytes", path, MAX_INPUT);
	return DONE;
}

static int open_files(struct run *r)
{
	const struct run_options *o = r->opt;
	int ret = DONE;

	if (o->pcap && capture_open(o->pcap, &r->in.capture))
		return complain("%s", last_error());
	if (o->data)
		ret = read_input(o->data, &r->data);
	if (!ret && o->ctx)
		ret = read_input(o->ctx, &r->ctx);
	if (ret)
		return ret;
	if (o->write && capture_create(o->write, r->in.capture && capture_is_nano(r->in.capture),
				       r->in.capture, &r->in.out))
		return complain("%s", last_error());
	r->in.data = o->data ? (const void *)buf_str(&r->data) : NULL;
	r->in.data_size = (u32)r->data.len;
	r->in.ctx = o->ctx ? (const void *)buf_str(&r->ctx) : NULL;
	r->in.ctx_size = (u32)r->ctx.len;
	return DONE;
}

/* Raw tracepoints have at most 12 arguments; those that nobody gives are 0. */
static int default_ctx(struct run *r)
{
	static const u64 no_args[12];

	if (bpf_program__type(r->program) != BPF_PROG_TYPE_RAW_TRACEPOINT)
		return DONE;
	buf_put(&r->ctx, no_args, sizeof(no_args) - MIN(r->ctx.len, sizeof(no_args)));
	r->in.ctx = r->ctx.data;
	r->in.ctx_size = (u32)r->ctx.len;
	return buf_error(&r->ctx) ? complain("no memory") : DONE;
}

static bool is_in_program_array(struct bpf_object *o, u32 prog_id)
{
	struct bpf_map *m;

	bpf_object__for_each_map(m, o)
	{
		for (u32 i = 0, id;
		     bpf_map__type(m) == BPF_MAP_TYPE_PROG_ARRAY && i < bpf_map__max_entries(m);
		     i++)
			if (!bpf_map_lookup_elem(bpf_map__fd(m), &i, &id) && id == prog_id)
				return true;
	}
	return false;
}

/* Of several programs nobody named one: the first that others do not call by way of a program array is
 * where packets come in. */
static void prefer_entry(struct run *r)
{
	struct bpf_program *p;

	if (r->opt->prog)
		return;
	bpf_object__for_each_program(p, r->object)
	{
		struct bpf_prog_info info = { 0 };
		u32 len = sizeof(info);

		if (bpf_program__type(p) != bpf_program__type(r->program) ||
		    bpf_program__fd(p) < 0 ||
		    bpf_obj_get_info_by_fd(bpf_program__fd(p), &info, &len) ||
		    is_in_program_array(r->object, info.id))
			continue;
		r->program = p;
		return;
	}
}

static int check_input(struct run *r)
{
	const struct run_options *o = r->opt;
	enum bpf_prog_type type = bpf_program__type(r->program);
	const char *name = bpf_program__name(r->program);

	if (!runs_on_packets(type)) {
		if (o->pcap || o->data)
			return misuse(&run_usage,
				      "%s is of type %s, it does not run on packets (--ctx FILE "
				      "gives it a context)",
				      name, prog_type_name(type));
		return DONE;
	}
	if (!o->pcap && !o->data)
		return misuse(&run_usage,
			      "%s (%s) runs on packets: which? Give --pcap FILE or --data FILE",
			      name, prog_type_name(type));
	return DONE;
}

static int check_options(const struct run_options *o)
{
	if (o->pcap && o->data)
		return misuse(&run_usage, "--pcap and --data exclude each other");
	if (o->check && o->engine == SKEP_ENGINE_JIT)
		return misuse(&run_usage,
			      "--check needs the interpreter, native code cannot be watched");
	if (o->pcap && o->ctx)
		return misuse(&run_usage, "--ctx goes with --data, not with --pcap");
	if (o->type && prog_type_by_name(o->type) == BPF_PROG_TYPE_UNSPEC)
		return misuse(&run_usage, "--type: there is no program type '%s'", o->type);
	return DONE;
}

/* --- the whole --- */

static void print_trace_line(void *arg, const char *line, size_t len)
{
	fwrite(line, 1, len, arg);
	fflush(arg);
}

static void print_violation(void *arg, const char *text)
{
	(void)arg;
	fprintf(stderr, "skep: the program does what the verifier says it cannot:\n%s", text);
}

/* Standard output belongs to the packets if they go there. */
static FILE *report_stream(const struct run_options *o)
{
	return o->write && !strcmp(o->write, "-") ? stderr : stdout;
}

static int start(struct run *r)
{
	const struct run_options *o = r->opt;
	struct skep_options opt = {
		.engine = (enum skep_engine)o->engine,
		.perf_map = o->perf_map,
		.gdb = o->gdb,
		.blind = o->blind,
		.check = o->check,
		.violation = print_violation,
		.fixed_clock = o->clock_given,
		.clock_ns = o->clock,
		.clock_step_ns = CLOCK_STEP_NS,
		.fixed_seed = o->seed_given,
		.seed = o->seed,
		.trace = o->trace ? print_trace_line : NULL,
		.trace_arg = o->json ? stderr : report_stream(o),
	};

	if (!exec_has(opt.engine))
		return complain("there is no JIT for this machine: use --engine interp or auto");
	return kernel_option(o->kernel, &opt) ?: session_start(&r->session, &opt);
}

/* Native code that came with the object is used, or it is an error: nobody shall measure the wrong thing. */
static int add_native(struct run *r)
{
	if (!r->image.native.len || r->opt->engine != SKEP_ENGINE_AUTO)
		return DONE;
	if (skep_add_native(r->session.skep, r->image.native.data, r->image.native.len))
		return complain("%s: %s", r->image.path, last_error());
	return DONE;
}

static int check_native(struct run *r)
{
	struct skep_prog *p;
	bool used;

	if (!r->image.native.len || r->opt->engine != SKEP_ENGINE_AUTO)
		return DONE;
	if (skep_prog_from_fd(r->session.client, bpf_program__fd(r->program), &p))
		return complain("%s: %s", r->image.path, last_error());
	used = p->engine == &engine_aot;
	skep_prog_put(p);
	return used ? DONE
		    : complain("%s: its native code was not made from what program %s is after "
			       "verification "
			       "here: make it anew with skep aot, or choose another --engine",
			       r->image.path, bpf_program__name(r->program));
}

static int load(struct run *r, const char *path)
{
	int ret = image_read(&r->image, path, &r->object_options);

	ret = ret ?: start(r);
	ret = ret ?: add_native(r);
	ret = ret ?: image_open(&r->image, &r->object_options, &r->object);
	ret = ret ?: choose_program(r);
	ret = ret ?: check_type(&r->image, r->program);
	ret = ret ?: check_input(r);
	ret = ret ?: open_files(r);
	ret = ret ?: default_ctx(r);
	ret = ret ?: image_load(&r->image, &r->object_options, r->object);
	ret = ret ?: check_native(r);
	for (u32 i = 0; !ret && i < r->opt->tail.n; i++)
		ret = put_tail(r, r->opt->tail.v[i]);
	if (!ret)
		prefer_entry(r);
	return ret;
}

/* On standard error, where violations are told: reports stay what they are without --check. */
static int report_checks(const struct run *r)
{
	uint64_t violations, insns = skep_checked(r->session.skep, &violations);

	fprintf(stderr, "skep: %llu instructions checked, %llu violations\n",
		(unsigned long long)insns, (unsigned long long)violations);
	return violations ? FAILED : DONE;
}

static int execute(struct run *r)
{
	struct report report = {
		.out = report_stream(r->opt),
		.file = r->image.path,
		.object = r->object,
		.program = r->program,
		.result = &r->result,
		.skep = r->session.skep,
		.dump_maps = r->opt->dump_maps,
		.repeatable = r->opt->clock_given,
		.written_to = r->opt->write,
	};
	int ret;

	r->in.repeat = r->opt->repeat;
	run_program(&r->session, bpf_program__fd(r->program), &r->in, &r->result);
	ret = r->opt->json ? report_json(&report) : report_text(&report);
	if (capture_finish(
		    r->in.out)) /* the packets are not all there: say so even if the rest is fine */
		ret = complain("%s", last_error());
	r->in.out = NULL;
	if (r->opt->check && !ret)
		ret = report_checks(r);
	return r->result.failed ? FAILED : ret;
}

static void end(struct run *r)
{
	if (capture_finish(r->in.out))
		complain("%s", last_error());
	capture_close(r->in.capture);
	if (r->object)
		bpf_object__close(r->object);
	session_end(&r->session);
	image_done(&r->image);
	messages_reset();
	buf_done(&r->data);
	buf_done(&r->ctx);
}

int cmd_run(int argc, char **argv)
{
	struct run_options opt = { .repeat = 1 };
	struct run r = { .opt = &opt };
	int first = parse_options(&run_usage, argc, argv, &opt), ret;

	if (first < 0)
		return first == -2 ? DONE : MISUSED;
	if (argc - first != 1)
		return misuse(&run_usage, argc == first ? "which object?" : "one object, please");
	ret = check_options(&opt);
	if (ret)
		return ret;
	r.object_options = (struct object_options){ .type = opt.type,
						    .clang_options = opt.clang.v,
						    .nr_clang_options = opt.clang.n,
						    .log_level = (u32)opt.log_level,
						    .explanation = &r.session.explanation };
	ret = load(&r, argv[first]) ?: execute(&r);
	end(&r);
	free(opt.tail.v);
	free(opt.clang.v);
	return ret;
}
