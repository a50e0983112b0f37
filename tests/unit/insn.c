/* Encoding checks and texts of instructions, against the kernel's own: every opcode with every kind
 * of reserved field, then random instructions, each put into a program in which it is reached. */
#include <unistd.h>

#include "insn/disasm.h"
#include "oracle/kernel.h"
#include "test.h"

#define LOG_SIZE (1 << 16)
#define AT	 12 /* where the instruction under test stands */

static char log_text[LOG_SIZE];

/* Every register is readable and, by jumps on an unknown number, everything behind is reachable. */
static u32 make_program(struct bpf_insn *p, const struct bpf_insn *i)
{
	u32 n = 0;

	p[n++] = (struct bpf_insn){ .code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = 7, .src_reg = 1 };
	p[n++] = (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_X,
				    .dst_reg = 6,
				    .src_reg = 1 };
	for (u8 r = 0; r < 9; r++)
		if (r != 1 && r != 6 && r != 7)
			p[n++] = (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_K,
						    .dst_reg = r,
						    .imm = r };
	p[n++] = (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 9, .imm = 9 };
	for (s16 k = 0; k < 3; k++, n++)
		p[n] = (struct bpf_insn){ .code = BPF_JMP | BPF_JEQ | BPF_K,
					  .dst_reg = 7,
					  .imm = k,
					  .off = (s16)(AT + 1 + insn_is_ld_imm64(i) + k - (s16)n) };
	p[n++] = i[0];
	if (insn_is_ld_imm64(i))
		p[n++] = i[1];
	for (u32 k = 0; k < 3; k++)
		p[n++] = (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_K };
	p[n++] = (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT };
	return n;
}

/* The line "12: text" with numbering and state taken off, and the line after it. */
static bool find_line(char *text, size_t size, char *next, size_t next_size)
{
	char *p = strstr(log_text, "\n12: ("), *end, *state;
	int n;

	if (!p)
		p = strstr(log_text, "\n12: BUG");
	if (!p)
		return false;
	p += 5;
	end = strchr(p, '\n');
	n = (int)(end - p);
	state = memmem(p, (size_t)n, " ; ", 3);
	if (state)
		n = (int)(state - p);
	while (n > 0 && p[n - 1] == ' ')
		n--;
	snprintf(text, size, "%.*s", n, p);
	snprintf(next, next_size, "%.*s", (int)strcspn(end + 1, "\n"), end + 1);
	return true;
}

static bool is_encoding_message(const char *s)
{
	return strstr(s, "uses reserved fields") || strstr(s, "unknown opcode") ||
	       strstr(s, "invalid may_goto imm") || strstr(s, "invalid atomic op") ||
	       strstr(s, "uses invalid atomic") || strstr(s, "between address space") ||
	       strstr(s, "bpf_ld_imm64 insn");
}

static int reached, front;

static void compare(const struct bpf_insn *i)
{
	struct bpf_insn prog[32];
	char why[INSN_REASON_MAX], text[128], next[256];
	const char *expect;
	struct buf ours = { 0 };
	u32 n = make_program(prog, i);
	int fd = kernel_load(BPF_PROG_TYPE_SOCKET_FILTER, prog, n, 2, log_text, LOG_SIZE);

	if (fd >= 0)
		close(fd);
	expect = insn_check_code(i, 2, why);
	if (!find_line(text, sizeof(text), next, sizeof(next))) {
		char *last = strrchr(log_text, '@'); /* "func#0 @0" comes first */

		last = last ? strchr(last, '\n') + 1 : log_text;
		last[strcspn(last, "\n")] = '\0';
		if (strncmp(last, "jump out of range", 17) && (expect || is_encoding_message(last)))
			EXPECT_STR(last, expect ? expect : "(accepted)");
		front++;
		return;
	}
	reached++;
	EXPECT(!expect, "%02x: %s, but the kernel walks", i->code, expect);
	disasm(&ours, i, NULL);
	EXPECT_STR(text, buf_str(&ours));
	expect = insn_check_fields(i, why);
	if (BPF_CLASS(i->code) != BPF_JMP ||
	    i->dst_reg < 11) /* then the register is refused first */
		if (expect || is_encoding_message(next))
			EXPECT(!strcmp(next, expect ? expect : "(accepted)"),
			       "%s: kernel \"%s\", we \"%s\"", text, next, expect ? expect : "");
	expect = insn_check_operand(i, why);
	if (!strcmp(next, "div by zero") || !strncmp(next, "invalid shift", 13))
		EXPECT_STR(next, expect ? expect : "(accepted)");
	buf_done(&ours);
}

TEST("every opcode with every reserved field gets the kernel's text and message")
{
	static const s16 offs[] = { 0, 1, 2, -1, 8, 16, 32, 64, -8 };
	static const s32 imms[] = { 0,	  1,	-1,   7,    16,	   32,	  64,	 0x41,
				    0x51, 0xa1, 0xe1, 0xf1, 0x100, 0x110, 0x120, 0x10000 };

	if (kernel_missing())
		SKIP(kernel_missing());
	for (u32 code = 0; code < 256; code++)
		for (u32 o = 0; o < ARRAY_SIZE(offs); o++)
			for (u32 m = 0; m < ARRAY_SIZE(imms); m++)
				for (u8 regs = 0; regs < 4; regs++) {
					struct bpf_insn i[2] = { { .code = (u8)code,
								   .dst_reg = regs & 1 ? 10 : 0,
								   .src_reg = regs & 2 ? 3 : 0,
								   .off = offs[o],
								   .imm = imms[m] } };

					if (insn_is_call(i) && i->src_reg == BPF_PSEUDO_KFUNC_CALL)
						continue;
					if (insn_is_ld_imm64(i) && i->src_reg == BPF_PSEUDO_BTF_ID)
						continue; /* shown with the kernel's own address */
					/* what the opcode alone decides is asked once per field */
					if (!insn_is_atomic(i) && o && m)
						continue;
					compare(i);
				}
	printf("# %d reached, %d refused up front\n", reached, front);
}

TEST("random instructions get the kernel's text and message")
{
	u64 x = 88172645463325252ull;

	if (kernel_missing())
		SKIP(kernel_missing());
	for (int k = 0; k < 20000; k++) {
		struct bpf_insn i[2] = { 0 };

		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		i->code = (u8)x;
		i->dst_reg = (x >> 8 & 15) % 11;
		i->src_reg = x >> 12 & 1 ? 0 : (x >> 16 & 15) % 11;
		i->off = x >> 20 & 1 ? 0 : (s16)(x >> 24 & 7) - 4;
		i->imm = x >> 28 & 1 ? 0 : (s32)(x >> 32);
		if (insn_is_ld_imm64(i)) {
			i->src_reg = 0;
			i[1].imm = (s32)(x >> 13);
		}
		if (insn_is_call(i))
			i->src_reg = 0, i->imm = i->imm & 255;
		compare(i);
	}
	printf("# %d reached, %d refused up front\n", reached, front);
}

static const char *name_it(void *arg, const struct bpf_insn *i)
{
	return arg;
}

static const char *name_imm(void *arg, const struct bpf_insn *i, u64 imm)
{
	return imm == 7 ? arg : NULL;
}

TEST("names given by the caller stand for calls and 64-bit constants")
{
	struct bpf_insn call = { .code = BPF_JMP | BPF_CALL, .src_reg = 2, .imm = 5 };
	struct bpf_insn imm[2] = { { .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 1, .imm = 7 } };
	struct disasm_names names = { .call = name_it, .imm64 = name_imm, .arg = "map[id:3]" };
	struct buf b = { 0 };

	disasm(&b, &call, &names);
	EXPECT_STR(buf_str(&b), "(85) call map[id:3]");
	buf_reset(&b);
	disasm(&b, imm, &names);
	EXPECT_STR(buf_str(&b), "(18) r1 = map[id:3]");
	buf_reset(&b);
	imm->imm = 8;
	disasm(&b, imm, &names);
	EXPECT_STR(buf_str(&b), "(18) r1 = 0x8");
	buf_done(&b);
}

TEST("a double-word instruction cut off by the program's end is refused")
{
	struct bpf_insn imm = { .code = BPF_LD | BPF_IMM | BPF_DW };
	char why[INSN_REASON_MAX];

	EXPECT_STR(insn_check_code(&imm, 1, why) ?: "", "invalid bpf_ld_imm64 insn");
}
