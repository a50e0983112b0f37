/* usage: texts FILE.c…: compiled programs' instructions as we print them and as Linux does. TAP.
 *
 * Each file is compiled by clang for -mcpu=v1, v2 and v3 and loaded into the kernel through libbpf.
 * Every instruction line of the verifier's log at level 2, and every line that `bpftool prog dump
 * xlated` prints, must be disasm()'s; only what depends on addresses in the kernel is left out. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "insn/disasm.h"
#include "oracle/kernel.h"

#define LOG_SIZE (16 << 20)

static int number, lines, bad_lines;
static char *log_text;

/* Does the text depend on where something lies in the kernel's memory, or on its kallsyms? */
static bool shows_address(const struct bpf_insn *i, bool xlated)
{
	return (insn_is_ld_imm64(i) && i->src_reg) ||
	       (insn_is_call(i) && (xlated || i->src_reg == 2));
}

/* An address of this CPU's data, which the kernel's rewriting brings in; bpftool may be older. */
static bool newer_than_bpftool(const struct bpf_insn *i, bool xlated)
{
	return xlated && i->code == (BPF_ALU64 | BPF_MOV | BPF_X) && i->off == -1;
}

/* Where the state begins that the log appends after an instruction; it may be empty. */
static const char *find_state(const char *text, size_t len)
{
	for (size_t i = 0; i + 1 < len; i++)
		if (text[i] == ' ' && text[i + 1] == ';' &&
		    (i + 2 == len || isspace((unsigned char)text[i + 2])))
			return text + i;
	return NULL;
}

static void compare_line(const char *text, size_t len, const struct bpf_insn *i)
{
	struct buf ours = { 0 };
	const char *state = find_state(text, len);

	if (state)
		len = (size_t)(state - text);
	while (len && isspace((unsigned char)text[len - 1]))
		len--;
	disasm(&ours, i, NULL);
	lines++;
	if (ours.len != len || strncmp(buf_str(&ours), text, len)) {
		bad_lines++;
		printf("# theirs %.*s\n# ours   %s\n", (int)len, text, buf_str(&ours));
	}
	buf_done(&ours);
}

/* "N: (xx) text": the number and where the text begins, or false */
static bool insn_line(const char *line, unsigned long *n, const char **text)
{
	char *end;

	while (*line == ' ')
		line++;
	*n = strtoul(line, &end, 10);
	if (end == line || strncmp(end, ": (", 3))
		return false;
	*text = end + 2;
	return isxdigit((unsigned char)end[3]) && isxdigit((unsigned char)end[4]) && end[5] == ')';
}

static void compare_text(const char *text, const struct bpf_insn *insns, u32 n, bool xlated)
{
	for (const char *p = text; *p; p += strcspn(p, "\n"), p += *p == '\n') {
		unsigned long k;
		const char *body;

		if (!insn_line(p, &k, &body))
			continue;
		if (k >= n)
			bad_lines++;
		else if (!shows_address(&insns[k], xlated) &&
			 !newer_than_bpftool(&insns[k], xlated))
			compare_line(body, strcspn(body, "\n"), &insns[k]);
	}
}

static void compare_xlated(int fd)
{
	static struct bpf_insn insns[65536];
	struct bpf_prog_info info = { .xlated_prog_insns = (u64)(uintptr_t)insns,
				      .xlated_prog_len = sizeof(insns) };
	u32 size = sizeof(info), used = 0;
	char command[64];
	FILE *f;

	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		return;
	snprintf(command, sizeof(command), "bpftool prog dump xlated id %u 2>/dev/null", info.id);
	f = popen(command, "re");
	while (f && used < LOG_SIZE - 1 && !feof(f))
		used += (u32)fread(log_text + used, 1, LOG_SIZE - 1 - used, f);
	log_text[used] = '\0';
	if (f)
		pclose(f);
	compare_text(log_text, insns, info.xlated_prog_len / sizeof(insns[0]), true);
}

static void check_program(const char *object, const char *name)
{
	struct bpf_object *o = bpf_object__open(object);
	struct bpf_program *p, *it;

	if (!o)
		return;
	p = bpf_object__find_program_by_name(o, name);
	bpf_object__for_each_program(it, o) bpf_program__set_autoload(it, it == p);
	bpf_program__set_log_level(p, 2);
	bpf_program__set_log_buf(p, log_text, LOG_SIZE);
	log_text[0] = '\0';
	bpf_object__load(o); /* a refusal has its log too */
	compare_text(log_text, bpf_program__insns(p), (u32)bpf_program__insn_cnt(p), false);
	if (bpf_program__fd(p) >= 0)
		compare_xlated(bpf_program__fd(p));
	bpf_object__close(o);
}

static void check_object(const char *object)
{
	struct bpf_object *o = bpf_object__open(object);
	struct bpf_program *p;

	if (!o) {
		bad_lines++;
		return;
	}
	bpf_object__for_each_program(p, o) check_program(object, bpf_program__name(p));
	bpf_object__close(o);
}

static void check_source(const char *source, const char *cpu)
{
	char object[] = "/tmp/texts.XXXXXX", command[1024];
	int fd = mkstemp(object), err;

	snprintf(command, sizeof(command),
		 "clang -target bpf -mcpu=%s -O2 -g -I/usr/include/$(uname -m)-linux-gnu -c %s -o "
		 "%s",
		 cpu, source, object);
	lines = bad_lines = 0;
	err = system(command);
	if (!err)
		check_object(object);
	unlink(object);
	close(fd);
	printf("%s %d - %s for %s: %d lines as Linux prints them\n",
	       err || bad_lines || !lines ? "not ok" : "ok", ++number, source, cpu, lines);
	fflush(stdout);
}

static int quiet(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	return 0;
}

int main(int argc, char **argv)
{
	static const char *const cpus[] = { "v1", "v2", "v3" };

	log_text = malloc(LOG_SIZE);
	if (!log_text || argc < 2)
		return 2;
	if (kernel_missing()) {
		printf("1..0 # SKIP %s\n", kernel_missing());
		return 0;
	}
	libbpf_set_print(quiet);
	for (int i = 1; i < argc; i++)
		for (u32 k = 0; k < ARRAY_SIZE(cpus); k++)
			check_source(argv[i], cpus[k]);
	printf("1..%d\n", number);
	free(log_text);
	return 0;
}
