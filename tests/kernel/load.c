/* usage: load [-u] OBJECT…
 *
 * Loads each program of BPF objects alone and prints one line about it, fields separated by tabs:
 *
 *   p FILE PROGRAM TYPE RESULT INSNS STATES USEC MESSAGE TAGS
 *   u FILE PROGRAM TAGS          (-u: only programs with tags for clients without capabilities)
 *
 * RESULT is ok, an errno's name with a verifier's log, or the same in parentheses where there was none: then
 * it is no verdict, something before the verifier refused. MESSAGE is the last line of the log that is no
 * statistics. TAGS says whether what the selftests write beside a program (BTF declaration tags
 * "comment:test_…") came true: "-" there are none, "ok", or the first that did not. Tags about native code and
 * about rewritten instructions are not looked at: they describe one kernel's.
 *
 * Built against the libbpf of the selftests (tests/kernel/build); it asks whoever answers bpf(2): the
 * machine's kernel, or skep when run by `skep exec`. */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <limits.h>
#include <linux/capability.h>
#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOG_SIZE      (2 << 20)	 /* what the selftests' own loader uses */
#define ANY_VALUE     0xcafe4all /* tags' word for "some pointer" */
#define TEST_DATA_LEN 64
#define MAX_MESSAGES  64

static char log_buf[LOG_SIZE];

/* --- tags --- */

struct side { /* what is expected of one kind of client */
	bool tagged, failure, run, own_verdict, own_run;
	int retval;
	const char *msg[MAX_MESSAGES];
	int msgs;
};

struct spec {
	struct side priv, unpriv;
	int log_level;
	unsigned int flags;
	bool auxiliary, auxiliary_unpriv;
	bool other_arch, this_arch;
	const char *btf_path;
};

/* "prefixN=text": text, or NULL; N only keeps equal tags apart */
static const char *numbered(const char *tag, const char *prefix)
{
	const char *p;

	if (strncmp(tag, prefix, strlen(prefix)))
		return NULL;
	p = strchr(tag + strlen(prefix), '=');
	return p ? p + 1 : NULL;
}

static const char *after(const char *tag, const char *prefix)
{
	return strncmp(tag, prefix, strlen(prefix)) ? NULL : tag + strlen(prefix);
}

static int retval_of(const char *s)
{
	if (!strcmp(s, "INT_MIN"))
		return INT_MIN;
	if (!strcmp(s, "POINTER_VALUE"))
		return (int)ANY_VALUE;
	if (!strcmp(s, "TEST_DATA_LEN"))
		return TEST_DATA_LEN;
	return (int)strtol(s, NULL, strncmp(s, "0x", 2) ? 10 : 16);
}

static unsigned int flag_of(const char *s)
{
	static const struct {
		const char *name;
		unsigned int flag;
	} names[] = {
		{ "BPF_F_STRICT_ALIGNMENT", BPF_F_STRICT_ALIGNMENT },
		{ "BPF_F_ANY_ALIGNMENT", BPF_F_ANY_ALIGNMENT },
		{ "BPF_F_TEST_RND_HI32", BPF_F_TEST_RND_HI32 },
		{ "BPF_F_TEST_STATE_FREQ", BPF_F_TEST_STATE_FREQ },
		{ "BPF_F_SLEEPABLE", BPF_F_SLEEPABLE },
		{ "BPF_F_XDP_HAS_FRAGS", BPF_F_XDP_HAS_FRAGS },
		{ "BPF_F_TEST_REG_INVARIANTS", BPF_F_TEST_REG_INVARIANTS },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(s, names[i].name))
			return names[i].flag;
	return (unsigned int)strtoul(s, NULL, 0);
}

static void expect_message(struct side *s, const char *msg)
{
	s->tagged = true;
	if (s->msgs < MAX_MESSAGES)
		s->msg[s->msgs++] = msg;
}

static void expect_verdict(struct side *s, bool failure)
{
	s->tagged = s->own_verdict = true;
	s->failure = failure;
}

static void expect_retval(struct side *s, const char *text)
{
	s->tagged = s->run = s->own_run = true;
	s->retval = retval_of(text);
}

static void read_tag(struct spec *s, const char *tag)
{
	const char *v;

	if (!(tag = after(tag, "comment:test_")))
		return;
	if (!strcmp(tag, "expect_failure"))
		expect_verdict(&s->priv, true);
	else if (!strcmp(tag, "expect_success"))
		expect_verdict(&s->priv, false);
	else if (!strcmp(tag, "expect_failure_unpriv"))
		expect_verdict(&s->unpriv, true);
	else if (!strcmp(tag, "expect_success_unpriv"))
		expect_verdict(&s->unpriv, false);
	else if ((v = numbered(tag, "expect_msg=")))
		expect_message(&s->priv, v);
	else if ((v = numbered(tag, "expect_msg_unpriv=")))
		expect_message(&s->unpriv, v);
	else if ((v = after(tag, "retval=")))
		expect_retval(&s->priv, v);
	else if ((v = after(tag, "retval_unpriv=")))
		expect_retval(&s->unpriv, v);
	else if ((v = after(tag, "log_level=")))
		s->log_level = atoi(v);
	else if ((v = after(tag, "prog_flags=")))
		s->flags = *v == '!' ? s->flags & ~flag_of(v + 1) : s->flags | flag_of(v);
	else if (!strcmp(tag, "auxiliary"))
		s->auxiliary = true;
	else if (!strcmp(tag, "auxiliary_unpriv"))
		s->auxiliary_unpriv = true;
	else if ((v = after(tag, "btf_path=")))
		s->btf_path = v;
	else if ((v = after(tag, "arch=")))
#if defined(__x86_64__)
		*(strcmp(v, "X86_64") ? &s->other_arch : &s->this_arch) = true;
#else
		*(strcmp(v, "ARM64") ? &s->other_arch : &s->this_arch) = true;
#endif
}

/* What is not said about clients without capabilities is as for those with. */
static void read_spec(struct spec *s, const struct btf *btf, const char *prog)
{
	int func = btf ? btf__find_by_name_kind(btf, prog, BTF_KIND_FUNC) : -1;

	memset(s, 0, sizeof(*s));
	for (unsigned int i = 1; func >= 0 && i < btf__type_cnt(btf); i++) {
		const struct btf_type *t = btf__type_by_id(btf, i);

		if (btf_is_decl_tag(t) && t->type == (unsigned int)func &&
		    btf_decl_tag(t)->component_idx == -1)
			read_tag(s, btf__str_by_offset(btf, t->name_off));
	}
	if (!s->unpriv.own_verdict)
		s->unpriv.failure = s->priv.failure;
	if (!s->unpriv.own_run) {
		s->unpriv.run = s->priv.run;
		s->unpriv.retval = s->priv.retval;
	}
	if (!s->unpriv.msgs) {
		memcpy(s->unpriv.msg, s->priv.msg, sizeof(s->priv.msg));
		s->unpriv.msgs = s->priv.msgs;
	}
	if (s->other_arch && !s->this_arch)
		s->priv.tagged = s->unpriv.tagged = false;
}

/* Text, but for extended regular expressions between {{ and }}: as one regular expression. */
static void pattern(char *out, size_t size, const char *msg)
{
	bool regex = false;
	char *end = out + size - 3;

	while (*msg && out < end) {
		if (!strncmp(msg, regex ? "}}" : "{{", 2)) {
			regex = !regex;
			msg += 2;
			continue;
		}
		if (!regex && strchr(".[]\\()*+?{}|^$", *msg))
			*out++ = '\\';
		*out++ = *msg++;
	}
	*out = 0;
}

/* Where the message ends in the log, NULL if it is not there */
static const char *find_message(const char *log, const char *msg)
{
	char text[4096];
	regmatch_t m;
	regex_t re;
	bool found;

	if (!strstr(msg, "{{")) {
		const char *at = strstr(log, msg);

		return at ? at + strlen(msg) : NULL;
	}
	pattern(text, sizeof(text), msg);
	if (regcomp(&re, text, REG_EXTENDED | REG_NEWLINE))
		return NULL;
	found = !regexec(&re, log, 1, &m, 0);
	regfree(&re);
	return found ? log + m.rm_eo : NULL;
}

/* --- loading --- */

static bool has_size_of_its_own(enum bpf_map_type type)
{
	switch (type) {
	case BPF_MAP_TYPE_SK_STORAGE:
	case BPF_MAP_TYPE_TASK_STORAGE:
	case BPF_MAP_TYPE_INODE_STORAGE:
	case BPF_MAP_TYPE_CGROUP_STORAGE:
	case BPF_MAP_TYPE_CGRP_STORAGE:
	case BPF_MAP_TYPE_STRUCT_OPS: return true;
	default: return false;
	}
}

/* Map types that clients without capabilities can make; the others are left out for them. */
static bool for_everyone(const struct bpf_map *map)
{
	switch (bpf_map__type(map)) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_HASH_OF_MAPS: return !(bpf_map__map_flags(map) & BPF_F_ZERO_SEED);
	case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE:
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_RINGBUF:
	case BPF_MAP_TYPE_PROG_ARRAY:
	case BPF_MAP_TYPE_CGROUP_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_USER_RINGBUF:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
	case BPF_MAP_TYPE_CGROUP_STORAGE:
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY: return true;
	default: return false;
	}
}

/* Opens an object of which only `name` will be loaded (with its auxiliary programs if `spec` is given). */
static struct bpf_object *open_one(const char *file, const char *name, const struct spec *spec,
				   bool unpriv, struct bpf_program **ret)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = spec ? spec->btf_path : NULL);
	struct bpf_object *obj = bpf_object__open_file(file, &opts);
	struct bpf_program *p;
	struct bpf_map *map;

	if (!obj)
		return NULL;
	*ret = NULL;
	bpf_object__for_each_program(p, obj)
	{
		struct spec other = { 0 };
		bool it = !strcmp(bpf_program__name(p), name);

		if (!it && spec)
			read_spec(&other, bpf_object__btf(obj), bpf_program__name(p));
		if (it)
			*ret = p;
		bpf_program__set_autoload(
			p, it || (unpriv ? other.auxiliary_unpriv : other.auxiliary));
	}
	bpf_object__for_each_map(map, obj)
	{
		bpf_map__set_pin_path(map, NULL);
		if (spec && unpriv)
			bpf_map__set_autocreate(map, for_everyone(map));
		if (!spec && !bpf_map__max_entries(map) && !has_size_of_its_own(bpf_map__type(map)))
			bpf_map__set_max_entries(map, 1);
	}
	log_buf[0] = 0;
	bpf_program__set_log_buf(*ret, log_buf, sizeof(log_buf));
	bpf_program__set_log_level(*ret, spec ? (unsigned int)spec->log_level : 4);
	if (spec)
		bpf_program__set_flags(*ret, bpf_program__flags(*ret) | spec->flags);
	return obj;
}

/* A line of the log that says nothing about why a program was refused: statistics, source lines, instructions */
static bool aside(const char *line)
{
	static const char *const begins[] = { "processed ", "verification time ", "stack depth ",
					      "mark_precise:", "; " };

	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
		if (!strncmp(line, begins[i], strlen(begins[i])))
			return true;
	return line[strspn(line, "0123456789")] == ':' && line[0] != ':';
}

/* What a field of the table may hold: one line, no tabs, not too long */
static void print_field(const char *s)
{
	for (int i = 0; *s && *s != '\n' && i < 160; s++, i++)
		putchar((unsigned char)*s < ' ' ? ' ' : *s);
}

static void print_message(void)
{
	const char *last = "", *line = log_buf;

	while (*line) {
		const char *end = strchrnul(line, '\n');

		if (end > line && !aside(line))
			last = line;
		line = *end ? end + 1 : end;
	}
	print_field(last);
}

static void load_alone(const char *file, const char *name)
{
	unsigned int insns = 0, states = 0, peak, per_insn, usec = 0;
	struct bpf_program *p;
	struct bpf_object *obj = open_one(file, name, NULL, false, &p);
	const char *err, *at;
	int type, ret;

	if (!obj || !p) {
		printf("-\t(%s)\t0\t0\t0\t\t", strerrorname_np(errno));
		return;
	}
	type = bpf_program__type(p);
	ret = bpf_object__load(obj);
	err = ret ? strerrorname_np(-ret) : "ok";
	at = strstr(log_buf, "processed ");
	while (at && sscanf(at,
			    "processed %u insns (limit %*u) max_states_per_insn %u total_states %u "
			    "peak_states %u",
			    &insns, &per_insn, &states, &peak) != 4)
		at = strstr(at + 1, "processed ");
	if ((at = strstr(log_buf, "verification time ")))
		sscanf(at, "verification time %u", &usec);
	printf("%s\t", libbpf_bpf_prog_type_str(type) ?: "-");
	printf(ret && !*log_buf ? "(%s)\t" : "%s\t", err ?: "524");
	printf("%u\t%u\t%u\t", insns, states, usec);
	if (ret)
		print_message();
	putchar('\t');
	bpf_object__close(obj);
}

static const unsigned long long some_caps =
	1ULL << CAP_SYS_ADMIN | 1ULL << CAP_NET_ADMIN | 1ULL << CAP_PERFMON | 1ULL << CAP_BPF;

static void set_caps(bool on)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct caps[2];

	if (syscall(SYS_capget, &head, caps))
		return;
	for (int i = 0; i < 2; i++) {
		unsigned int mask = (unsigned int)(some_caps >> 32 * i);

		caps[i].effective = on ? caps[i].effective | (mask & caps[i].permitted)
				       : caps[i].effective & ~mask;
	}
	syscall(SYS_capset, &head, caps);
}

static void check_run(const struct bpf_program *p, const struct side *want)
{
	unsigned char in[TEST_DATA_LEN] = { 0 }, out[TEST_DATA_LEN * 4];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in, .data_size_in = sizeof(in),
		    .data_out = out, .data_size_out = sizeof(out), .repeat = 1);

	if (bpf_program__type(p) == BPF_PROG_TYPE_SYSCALL) {
		memset(&opts, 0, sizeof(opts));
		opts.sz = sizeof(opts);
	}
	if (bpf_prog_test_run_opts(bpf_program__fd(p), &opts))
		printf("run: %s", strerrorname_np(errno) ?: "ENOTSUPP");
	else if (want->retval != (int)ANY_VALUE && (int)opts.retval != want->retval)
		printf("returned %d, not %d", (int)opts.retval, want->retval);
	else
		printf("ok");
}

static void check_loaded(int ret, const struct bpf_program *p, const struct side *want)
{
	const char *log = log_buf;

	if (!!ret != want->failure) {
		printf(ret ? "refused (%s): " : "accepted", strerrorname_np(-ret) ?: "524");
		if (ret)
			print_message();
		return;
	}
	for (int i = 0; i < want->msgs; i++)
		if (!(log = find_message(log, want->msg[i]))) {
			printf("log lacks: ");
			print_field(want->msg[i]);
			return;
		}
	if (want->run && !want->failure)
		check_run(p, want);
	else
		printf("ok");
}

static void check_tags(const char *file, const char *name, const struct spec *spec, bool unpriv)
{
	const struct side *want = unpriv ? &spec->unpriv : &spec->priv;
	struct bpf_program *p;
	struct bpf_object *obj;
	int ret;

	if (!want->tagged || spec->auxiliary || spec->auxiliary_unpriv) {
		printf("-");
		return;
	}
	if (unpriv)
		set_caps(false);
	obj = open_one(file, name, spec, unpriv, &p);
	ret = obj ? bpf_object__load(obj) : -errno;
	if (unpriv)
		set_caps(true);
	if (obj)
		check_loaded(ret, p, want);
	else
		printf("not opened");
	bpf_object__close(obj);
}

static void one(const char *file, const char *base, const char *name, const struct btf *btf,
		bool unpriv)
{
	struct spec spec;

	read_spec(&spec, btf, name);
	if (unpriv) {
		if (!spec.unpriv.tagged)
			return;
		printf("u\t%s\t%s\t", base, name);
	} else {
		printf("p\t%s\t%s\t", base, name);
		load_alone(file, name);
	}
	check_tags(file, name, &spec, unpriv);
	putchar('\n');
	fflush(stdout);
}

static int quiet(enum libbpf_print_level level, const char *fmt, va_list args)
{
	return 0;
}

int main(int argc, char **argv)
{
	bool unpriv = argc > 1 && !strcmp(argv[1], "-u");

	libbpf_set_print(quiet);
	for (int i = 1 + unpriv; i < argc; i++) {
		const char *slash = strrchr(argv[i], '/'), *base = slash ? slash + 1 : argv[i];
		struct bpf_object *obj = bpf_object__open(argv[i]);
		struct bpf_program *p;

		if (!obj) {
			printf("x\t%s\t%s\n", base, strerrorname_np(errno));
			continue;
		}
		bpf_object__for_each_program(p, obj)
			one(argv[i], base, bpf_program__name(p), bpf_object__btf(obj), unpriv);
		bpf_object__close(obj);
	}
	return 0;
}
