/* skep aot: verified programs as native code in an object file. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aot/aot.h"
#include "base/err.h"
#include "cli/cli.h"
#include "cli/compile.h"
#include "cli/object.h"
#include "cli/session.h"

struct aot_options {
	const char *out, *type, *cc;
	struct string_list clang, cflags;
	bool emit_c;
};

#define FIELD(f) (u16) offsetof(struct aot_options, f)

static const struct option_spec options[] = {
	{ "output", 'o', OPTION_STRING, FIELD(out), -1, 0, 0, "FILE",
	  "where to write (default: FILE.native.o, or FILE.native.c)" },
	{ "emit-c", 0, OPTION_FLAG, FIELD(emit_c), -1, 0, 0, NULL,
	  "write the C source and stop there" },
	{ "cc", 0, OPTION_STRING, FIELD(cc), -1, 0, 0, "COMMAND",
	  "the C compiler (default: clang)" },
	{ "cflag", 0, OPTION_LIST, FIELD(cflags), -1, 0, 0, "OPTION",
	  "for that compiler, such as -march=native" },
	{ "type", 't', OPTION_STRING, FIELD(type), -1, 0, 0, "TYPE",
	  "program type where the section does not say it: xdp, sched_cls …" },
	{ "clang-option", 0, OPTION_LIST, FIELD(clang), -1, 0, 0, "OPTION",
	  "for compiling a .c file to BPF, such as -DDEBUG" },
};

const struct usage aot_usage = {
	.command = "aot",
	.synopsis = "[options] FILE.bpf.c|FILE.o",
	.text = "Verifies an object's programs and compiles what they became ahead of time, "
		"through C, to\n"
		"a relocatable object of this machine. It contains the BPF object, too: `skep run` "
		"takes it\n"
		"in place of that, and uses the native code of each program that is still the same "
		"after\n"
		"verification. Applications give it to skep_add_native().",
	.options = options,
	.nr_options = ARRAY_SIZE(options),
};

/* The programs of a loaded object, with references. */
static int take_programs(const struct session *s, const struct bpf_object *o,
			 struct skep_prog ***progs, u32 *n)
{
	struct bpf_program *p;
	u32 room = 0;

	bpf_object__for_each_program(p, o) room++;
	*progs = calloc(room ?: 1, sizeof(**progs));
	if (!*progs)
		return complain("no memory");
	bpf_object__for_each_program(p, o)
	{
		if (bpf_program__fd(p) < 0)
			continue;
		if (skep_prog_from_fd(s->client, bpf_program__fd(p), &(*progs)[*n]))
			return complain("%s: %s", bpf_program__name(p), last_error());
		++*n;
	}
	return *n ? DONE : complain("there is no program in it");
}

static int write_file(const char *path, const void *data, size_t len)
{
	FILE *f = fopen(path, "we");
	bool ok = f && fwrite(data, 1, len, f) == len;

	if (f && fclose(f))
		ok = false;
	return ok ? DONE : complain("%s: %s", path, strerror(errno));
}

/* C needs the BPF object in a file, and the compiler the C. */
static int compile_source(const struct aot_options *opt, const struct bpf_image *image,
			  const struct buf *source, const char *dir, const char *bpf,
			  const char *out)
{
	char c[64];
	int ret;

	snprintf(c, sizeof(c), "%s/skep.c", dir);
	ret = write_file(bpf, buf_str(&image->elf), image->elf.len) ?:
	      write_file(c, buf_str(source), source->len) ?:
	      compile_native(opt->cc ?: "clang", opt->cflags.v, opt->cflags.n, c, out);
	unlink(c);
	unlink(bpf);
	return ret;
}

static int emit(const struct aot_options *opt, const struct bpf_image *image,
		struct skep_prog *const *progs, u32 n, const char *out)
{
	char dir[] = "/tmp/skep-aot-XXXXXX", bpf[64];
	struct buf source = { 0 };
	int ret = DONE;

	if (!opt->emit_c && !mkdtemp(dir))
		return complain("%s: %s", dir, strerror(errno));
	snprintf(bpf, sizeof(bpf), "%s/skep.bpf.o", dir);
	if (aot_emit(&source, progs, n, opt->emit_c ? NULL : bpf))
		ret = complain("%s: %s", image->path, last_error());
	else if (opt->emit_c)
		ret = write_file(out, buf_str(&source), source.len);
	else
		ret = compile_source(opt, image, &source, dir, bpf, out);
	if (!opt->emit_c)
		rmdir(dir);
	buf_done(&source);
	return ret;
}

/* "dir/hello.bpf.o" becomes "hello.native.o" in the working directory. */
static void default_output(const struct aot_options *opt, const struct bpf_image *image,
			   char out[80])
{
	snprintf(out, 80, "%s.native.%c", image->name, opt->emit_c ? 'c' : 'o');
}

static int compile_object(const struct aot_options *opt, const struct bpf_image *image,
			  const struct session *s, struct bpf_object *o)
{
	struct skep_prog **progs = NULL;
	char name[80];
	u32 n = 0;
	int ret = take_programs(s, o, &progs, &n);

	default_output(opt, image, name);
	ret = ret ?: emit(opt, image, progs, n, opt->out ?: name);
	while (n)
		skep_prog_put(progs[--n]);
	free(progs);
	return ret;
}

static int run(const struct aot_options *opt, const char *path)
{
	struct object_options object_options = { .type = opt->type,
						 .clang_options = opt->clang.v,
						 .nr_clang_options = opt->clang.n };
	struct skep_options instance = { .engine = SKEP_ENGINE_INTERP }; /* nothing is run */
	struct session session = { 0 };
	struct bpf_image image;
	struct bpf_object *o = NULL;
	int ret = image_read(&image, path, &object_options);

	if (ret)
		return ret;
	ret = session_start(&session, &instance) ?: image_open(&image, &object_options, &o) ?:
	      image_load(&image, &object_options, o) ?: compile_object(opt, &image, &session, o);
	if (o)
		bpf_object__close(o);
	session_end(&session);
	image_done(&image);
	messages_reset();
	return ret;
}

int cmd_aot(int argc, char **argv)
{
	struct aot_options opt = { 0 };
	int first = parse_options(&aot_usage, argc, argv, &opt), ret;

	if (first < 0)
		return first == -2 ? DONE : MISUSED;
	if (argc - first != 1)
		return misuse(&aot_usage, argc == first ? "which object?" : "one object, please");
	if (opt.type && prog_type_by_name(opt.type) == BPF_PROG_TYPE_UNSPEC)
		return misuse(&aot_usage, "--type: there is no program type '%s'", opt.type);
	ret = run(&opt, argv[first]);
	free(opt.clang.v);
	free(opt.cflags.v);
	return ret;
}
