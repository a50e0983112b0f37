/* See object.h. */
#include "cli/explain.h"
#include "cli/object.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/err.h"
#include "cli/cli.h"

#define LOG_SIZE 0xffffffu /* what libbpf asks for: the most that any Linux accepts */

/* libbpf's print function has no argument: where its messages go can only be static. */
static _Thread_local struct buf said;

static int collect(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	if (level == LIBBPF_WARN)
		buf_vprintf(&said, fmt, ap);
	return 0;
}

void messages_reset(void)
{
	buf_done(&said);
	libbpf_set_print(collect);
}

const char *messages(void)
{
	return buf_str(&said);
}

/* --- program types --- */

const char *prog_type_name(enum bpf_prog_type type)
{
	const char *name = libbpf_bpf_prog_type_str(type);

	return name ? name : "unknown";
}

enum bpf_prog_type prog_type_by_name(const char *name)
{
	for (u32 t = 0; libbpf_bpf_prog_type_str(t); t++)
		if (!strcmp(libbpf_bpf_prog_type_str(t), name))
			return t;
	return BPF_PROG_TYPE_UNSPEC;
}

/* Names of sections as samples and tools used them before libbpf 1.0 became strict; the first prefix
 * that matches counts. "prog" is where `ip link set … xdp` looks if nobody says otherwise. */
static const struct old_section {
	const char *prefix;
	enum bpf_prog_type type;
} old_sections[] = {
	{ "prog", BPF_PROG_TYPE_XDP },
	{ "xdp", BPF_PROG_TYPE_XDP },
	{ "socket", BPF_PROG_TYPE_SOCKET_FILTER },
	{ "filter", BPF_PROG_TYPE_SOCKET_FILTER },
	{ "classifier", BPF_PROG_TYPE_SCHED_CLS },
	{ "tc", BPF_PROG_TYPE_SCHED_CLS },
	{ "cls", BPF_PROG_TYPE_SCHED_CLS },
	{ "ingress", BPF_PROG_TYPE_SCHED_CLS },
	{ "egress", BPF_PROG_TYPE_SCHED_CLS },
	{ "action", BPF_PROG_TYPE_SCHED_ACT },
	{ "raw_tp", BPF_PROG_TYPE_RAW_TRACEPOINT },
	{ "raw_tracepoint", BPF_PROG_TYPE_RAW_TRACEPOINT },
};

static enum bpf_prog_type guess_type(const char *section)
{
	for (size_t i = 0; i < ARRAY_SIZE(old_sections); i++)
		if (!strncmp(section, old_sections[i].prefix, strlen(old_sections[i].prefix)))
			return old_sections[i].type;
	return BPF_PROG_TYPE_UNSPEC;
}

static void settle_types(struct bpf_object *o, const struct object_options *opt)
{
	struct bpf_program *p;

	bpf_object__for_each_program(p, o)
	{
		enum bpf_prog_type type;

		if (bpf_program__type(p) != BPF_PROG_TYPE_UNSPEC)
			continue;
		type = opt->type ? prog_type_by_name(opt->type)
				 : guess_type(bpf_program__section_name(p));
		if (type != BPF_PROG_TYPE_UNSPEC)
			bpf_program__set_type(p, type);
	}
}

/* --- opening --- */

static bool is_noise(const char *line, size_t len)
{
	/* the second: program arrays take no BTF, and libbpf tries in vain (in the kernel as well) */
	static const char *const noise[] = { "failed to load object", "Retrying without BTF",
					     "failed to load: -", "-- BEGIN PROG LOAD LOG",
					     "-- END PROG LOAD LOG" };

	for (size_t i = 0; i < ARRAY_SIZE(noise); i++)
		if (memmem(line, len, noise[i], strlen(noise[i])))
			return true;
	return !len;
}

/* What libbpf has said, line by line, with the file's name instead of libbpf's. */
static void pass_on(const struct bpf_image *image)
{
	const char *line = messages();

	while (*line) {
		size_t len = strcspn(line, "\n");
		size_t skip = !strncmp(line, "libbpf: ", 8) ? 8 : 0;

		if (!is_noise(line, len))
			complain("%s: %.*s", image->path, (int)(len - skip), line + skip);
		line += len + (line[len] == '\n');
	}
}

int image_open(const struct bpf_image *image, const struct object_options *opt,
	       struct bpf_object **out)
{
	LIBBPF_OPTS(bpf_object_open_opts, o, .object_name = image->name);
	struct bpf_object *obj;

	messages_reset();
	obj = bpf_object__open_mem(image->elf.data, image->elf.len, &o);
	if (!obj) {
		int err = errno;

		pass_on(image);
		if (strstr(messages(), "BTF is required"))
			return complain(
				"%s: its maps are described by BTF: compile it with clang -g",
				image->path);
		return complain("%s: not an object that libbpf can open%s%s", image->path,
				*messages() ? "" : ": ", *messages() ? "" : strerror(err));
	}
	if (!bpf_object__next_program(obj, NULL)) {
		bpf_object__close(obj);
		return complain("%s: there is no program in it", image->path);
	}
	settle_types(obj, opt);
	*out = obj;
	return DONE;
}

/* --- loading --- */

char *program_log_new(struct bpf_program *p, u32 level)
{
	char *log = mmap(NULL, LOG_SIZE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (log == MAP_FAILED)
		return NULL;
	bpf_program__set_log_buf(p, log, LOG_SIZE);
	bpf_program__set_log_level(p, level);
	return log;
}

void program_log_free(struct bpf_program *p)
{
	size_t size;
	const char *log = bpf_program__log_buf(p, &size);

	if (!log)
		return;
	bpf_program__set_log_buf(p, NULL, 0);
	munmap((void *)log, size);
}

/* After a refusal libbpf has closed all programs: the one with this message is the one. */
static struct bpf_program *refused_program(struct bpf_object *o)
{
	struct bpf_program *p;

	bpf_object__for_each_program(p, o)
	{
		char text[256];

		snprintf(text, sizeof(text), "prog '%s': BPF program load failed",
			 bpf_program__name(p));
		if (strstr(messages(), text))
			return p;
	}
	return NULL;
}

static void explain_refusal(const struct bpf_image *image, const struct object_options *opt,
			    struct bpf_object *o, int err)
{
	struct bpf_program *p = refused_program(o);
	size_t size;
	const char *log = p ? bpf_program__log_buf(p, &size) : NULL;

	if (!p && strstr(messages(), "Error loading vmlinux BTF")) {
		complain("%s: asks for the running kernel's types (CO-RE), which this machine does "
			 "not "
			 "offer: there is no BTF at /sys/kernel/btf/vmlinux or beside a kernel in "
			 "/boot",
			 image->path);
		return;
	}
	if (!p) {
		/* not even libbpf's first probe: what it says about limits is not the reason */
		if (!strstr(messages(), "bpf_object__probe_loading"))
			pass_on(image);
		complain("%s: cannot be loaded: %s", image->path,
			 *last_error() ? last_error() : strerror(-err));
		return;
	}
	complain("%s: program %s (section %s, type %s) is refused: %s", image->path,
		 bpf_program__name(p), bpf_program__section_name(p),
		 prog_type_name(bpf_program__type(p)), strerror(-err));
	if (log && *log)
		fputs(log, stderr);
	else
		pass_on(image);
	if (opt->explanation)
		print_explanation(stderr, opt->explanation);
}

int check_type(const struct bpf_image *image, const struct bpf_program *p)
{
	if (bpf_program__type(p) != BPF_PROG_TYPE_UNSPEC)
		return DONE;
	return complain(
		"%s: program %s: its section '%s' does not say what type of program it is; say it "
		"with --type (xdp, sched_cls, socket_filter, raw_tracepoint …)",
		image->path, bpf_program__name(p), bpf_program__section_name(p));
}

static int check_types(const struct bpf_image *image, struct bpf_object *o)
{
	struct bpf_program *p;

	bpf_object__for_each_program(p, o)
	{
		if (bpf_program__autoload(p) && check_type(image, p))
			return FAILED;
	}
	return DONE;
}

static void show_logs(struct bpf_object *o)
{
	struct bpf_program *p;
	size_t size;

	bpf_object__for_each_program(p, o)
	{
		const char *log = bpf_program__log_buf(p, &size);

		if (log && *log)
			fprintf(stderr, "%s:\n%s", bpf_program__name(p), log);
	}
}

int image_load(const struct bpf_image *image, const struct object_options *opt,
	       struct bpf_object *o)
{
	struct bpf_program *p;
	int ret = check_types(image, o), err;

	if (ret)
		return ret;
	bpf_object__for_each_program(p, o)
	{
		if (bpf_program__autoload(p) && !program_log_new(p, opt->log_level))
			ret = complain("no memory");
	}
	messages_reset();
	clear_last_error();
	err = ret ? 0 : bpf_object__load(o);
	if (err) {
		explain_refusal(image, opt, o, err);
		ret = FAILED;
	} else if (!ret) {
		pass_on(image);
		if (opt->log_level)
			show_logs(o);
	}
	bpf_object__for_each_program(p, o) program_log_free(p);
	return ret;
}
