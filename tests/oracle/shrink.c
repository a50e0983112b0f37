/* See shrink.h. */
#include "oracle/shrink.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "insn/disasm.h"
#include "insn/insn.h"

/* The message without its numbers: the same kind of refusal. */
static void kind_of(const char *reason, char out[256])
{
	u32 n = 0;

	for (; *reason && n < 255; reason++)
		if (*reason < '0' || *reason > '9')
			out[n++] = *reason;
	out[n] = 0;
}

/* What is wrong about the program, numbers left out. */
static void fault_of(const struct judge *j, enum class c, char out[256])
{
	const char *why = strstr(j->violation, ", which");

	if (c == VIOLATION)
		kind_of(why ?: j->violation, out);
	else
		kind_of(c == ALARM ? j->theirs.reason : j->ours.reason, out);
}

static bool still(struct judge *j, enum class c, const char *kind)
{
	char now[256];

	if (judge(j) != c)
		return false;
	fault_of(j, c, now);
	return !strcmp(now, kind);
}

/* Jumps to the next instruction in place of all that the difference does not need. */
void shrink(struct judge *j, enum class c)
{
	static const struct bpf_insn nothing = { .code = BPF_JMP | BPF_JA };
	static struct bpf_insn saved[GENERATE_MAX_INSNS];
	bool progress = true;
	char kind[256];

	fault_of(j, c, kind);
	for (u32 round = 0; progress && round < 3; round++) {
		progress = false;
		for (u32 n = 16; n; n /= 2)
			for (u32 i = 0; i + n <= j->g.len; i += n) {
				bool any = false;

				if (i && insn_is_ld_imm64(&j->g.insns[i - 1]))
					continue;
				if (insn_is_ld_imm64(&j->g.insns[i + n - 1]))
					continue;
				memcpy(saved, j->g.insns, sizeof(saved));
				for (u32 k = i; k < i + n; k++) {
					any |= memcmp(&j->g.insns[k], &nothing, sizeof(nothing));
					j->g.insns[k] = nothing;
				}
				if (any && still(j, c, kind))
					progress = true;
				else
					memcpy(j->g.insns, saved, sizeof(saved));
			}
	}
	judge(j);
}

void print_program(const struct generated *g)
{
	for (u32 i = 0; i < g->len; i++) {
		struct buf t = { 0 };

		if (g->insns[i].code == (BPF_JMP | BPF_JA) && !g->insns[i].off)
			continue;
		disasm(&t, &g->insns[i], NULL);
		printf("#   %3u: %s\n", i, buf_str(&t));
		buf_done(&t);
		if (insn_is_ld_imm64(&g->insns[i]))
			i++;
	}
}
