/* skep prog disasm: the native code of an object's programs, beside their instructions and source lines. */
#include <bpf/libbpf.h>
#include <capstone/capstone.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "btf/btf.h"
#include "cli/cli.h"
#include "cli/object.h"
#include "cli/session.h"
#include "exec/prog.h"
#include "insn/disasm.h"

struct prog_options {
	const char *type, *prog;
	struct string_list clang;
	bool intel, bytes;
};

#define FIELD(f) (u16) offsetof(struct prog_options, f)

static const struct option_spec options[] = {
	{ "prog", 'p', OPTION_STRING, FIELD(prog), -1, 0, 0, "NAME",
	  "only this program (default: all)" },
	{ "intel", 0, OPTION_FLAG, FIELD(intel), -1, 0, 0, NULL, "Intel's syntax for x86-64" },
	{ "bytes", 0, OPTION_FLAG, FIELD(bytes), -1, 0, 0, NULL, "the code's bytes, too" },
	{ "type", 't', OPTION_STRING, FIELD(type), -1, 0, 0, "TYPE",
	  "program type where the section does not say it: xdp, sched_cls …" },
	{ "clang-option", 0, OPTION_LIST, FIELD(clang), -1, 0, 0, "OPTION",
	  "for compiling a .c file" },
};

const struct usage prog_usage = {
	.command = "prog",
	.synopsis = "disasm [options] FILE.bpf.c|FILE.o",
	.text = "disasm: loads an object and shows what the JIT made of its programs: each source "
		"line, the BPF\n"
		"instructions that the verifier left of it, and below each the machine's.",
	.options = options,
	.nr_options = ARRAY_SIZE(options),
};

struct disassembly {
	const struct prog_options *opt;
	const struct skep_prog *p;
	csh cs;
	u32 line; /* next record of line_info */
};

/* --- machine code --- */

static void print_bytes(const cs_insn *i)
{
	for (u32 n = 0; n < 10; n++)
		if (n < i->size)
			printf("%02x ", i->bytes[n]);
		else
			printf("   ");
}

/* [from, to) of the image. What the disassembler does not know is shown as bytes. */
static void print_code(const struct disassembly *d, u32 from, u32 to)
{
	const u8 *code = d->p->native->image + from;
	size_t left = to - from;
	u64 at = from;
	cs_insn *i = cs_malloc(d->cs);

	while (left) {
		if (!cs_disasm_iter(d->cs, &code, &left, &at, i)) {
			printf("%10llx:  .byte 0x%02x\n", (unsigned long long)at++, *code++);
			left--;
			continue;
		}
		printf("%10llx:  ", (unsigned long long)i->address);
		if (d->opt->bytes)
			print_bytes(i);
		printf("%s %s\n", i->mnemonic, i->op_str);
	}
	cs_free(i, 1);
}

/* --- instructions and lines --- */

static void print_lines(struct disassembly *d, u32 insn)
{
	const struct bpf_line_info *li = d->p->line_info;

	for (; d->line < d->p->nr_line_info && li[d->line].insn_off <= insn; d->line++) {
		const char *text = btf_string(d->p->btf, li[d->line].line_off);

		printf("; %s @ %s:%u\n", text + strspn(text, " \t"),
		       btf_string(d->p->btf, li[d->line].file_name_off),
		       li[d->line].line_col >> 10);
	}
}

static u32 code_end(const struct skep_prog *p, u32 sub, u32 insn)
{
	const struct subprog *s = &p->subs[sub];
	u32 next = insn + 1 + insn_is_ld_imm64(&p->insns[insn]);

	if (next < s->start + s->len)
		return p->native->at[next];
	return sub + 1 < p->nr_subs ? p->native->func_at[sub + 1] : p->native->size;
}

static void print_insn(struct disassembly *d, u32 sub, u32 n)
{
	const struct skep_prog *p = d->p;
	struct buf text = { 0 };

	print_lines(d, n);
	disasm(&text, &p->insns[n], NULL);
	printf("%4u: %s\n", n, buf_str(&text));
	buf_done(&text);
	print_code(d, p->native->at[n], code_end(p, sub, n));
}

static const char *function_name(const struct skep_prog *p, u32 sub)
{
	if (p->btf && sub < p->nr_func_info)
		return btf_type_name(p->btf, p->func_info[sub].type_id);
	return sub ? "function" : p->name;
}

static void print_function(struct disassembly *d, u32 sub)
{
	const struct skep_prog *p = d->p;
	const struct subprog *s = &p->subs[sub];
	u32 begin = sub ? p->native->func_at[sub] : 0;

	printf("\n%s:\n", function_name(p, sub));
	if (begin < p->native->at[s->start])
		print_code(d, begin, p->native->at[s->start]); /* entry, prologue */
	for (u32 n = s->start; n < s->start + s->len; n++) {
		print_insn(d, sub, n);
		n += insn_is_ld_imm64(&p->insns[n]);
	}
}

static int print_program(struct disassembly *d)
{
	const struct skep_prog *p = d->p;

	if (!p->native)
		return complain("%s: there is no native code on this machine", p->name);
	printf("%s (%s): %u instructions, %u bytes of native code\n", p->name, p->type->name,
	       p->len, p->native->size);
	for (u32 sub = 0; sub < p->nr_subs; sub++)
		print_function(d, sub);
	printf("\n");
	return DONE;
}

/* --- the object --- */

static int open_disassembler(struct disassembly *d)
{
#ifdef __aarch64__
	cs_err err = cs_open(CS_ARCH_ARM64, CS_MODE_LITTLE_ENDIAN, &d->cs);
#else
	cs_err err = cs_open(CS_ARCH_X86, CS_MODE_64, &d->cs);
#endif

	if (err)
		return complain("disassembler: %s", cs_strerror(err));
	if (!d->opt->intel)
		cs_option(d->cs, CS_OPT_SYNTAX, CS_OPT_SYNTAX_ATT);
	return DONE;
}

static int print_one(struct disassembly *d, struct session *s, const struct bpf_program *bp)
{
	struct skep_prog *p;
	int ret;

	if (skep_prog_from_fd(s->client, bpf_program__fd(bp), &p))
		return complain("%s: %s", bpf_program__name(bp), last_error());
	d->p = p;
	d->line = 0;
	ret = print_program(d);
	skep_prog_put(p);
	return ret;
}

static int print_object(struct disassembly *d, struct session *s, struct bpf_object *o,
			const char *path)
{
	struct bpf_program *p;
	bool any = false;
	int ret = DONE;

	bpf_object__for_each_program(p, o)
	{
		if (bpf_program__fd(p) < 0 ||
		    (d->opt->prog && strcmp(bpf_program__name(p), d->opt->prog)))
			continue;
		any = true;
		ret = ret ?: print_one(d, s, p);
	}
	return any ? ret : complain("%s: there is no program %s in it", path, d->opt->prog ?: "");
}

static int run(struct disassembly *d, const char *path)
{
	struct object_options object_options = { .type = d->opt->type,
						 .clang_options = d->opt->clang.v,
						 .nr_clang_options = d->opt->clang.n };
	struct session session = { 0 };
	struct bpf_image image;
	struct bpf_object *o = NULL;
	int ret = image_read(&image, path, &object_options);

	if (ret)
		return ret;
	ret = open_disassembler(d) ?: session_start(&session, NULL) ?: image_open(&image, &object_options, &o) ?:
	      image_load(&image, &object_options, o) ?: print_object(d, &session, o, path);
	if (o)
		bpf_object__close(o);
	session_end(&session);
	image_done(&image);
	messages_reset();
	if (d->cs)
		cs_close(&d->cs);
	return ret;
}

int cmd_prog(int argc, char **argv)
{
	struct prog_options opt = { 0 };
	struct disassembly d = { .opt = &opt };
	bool is_disasm = argc > 1 && !strcmp(argv[1], "disasm");
	int first, ret;

	first = parse_options(&prog_usage, argc - is_disasm, argv + is_disasm, &opt);
	if (first < 0)
		return first == -2 ? DONE : MISUSED;
	if (!is_disasm)
		return misuse(&prog_usage,
			      argc > 1 ? "there is no 'prog %s'" : "what of a program?",
			      argc > 1 ? argv[1] : "");
	if (argc - 1 - first != 1)
		return misuse(&prog_usage,
			      argc - 1 == first ? "which object?" : "one object, please");
	ret = run(&d, argv[1 + first]);
	free(opt.clang.v);
	return ret;
}
