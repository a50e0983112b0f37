/* See judge.h. Three sides: skep's interpreter with checked runs, its native code, the kernel. */
#include "oracle/judge.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "oracle/shrink.h"

const char *const class_text[NR_CLASSES] = {
	[AGREE_ACCEPT] = "accepted by both",
	[AGREE_REJECT] = "refused by both",
	[EXPLAINED_ALARM] = "refused by the kernel only, explained",
	[EXPLAINED_REFUSAL] = "refused by skep only, explained",
	[ALARM] = "nothing is accepted that the kernel refuses",
	[REFUSAL] = "nothing is refused that the kernel accepts",
	[RESULT] = "what both accept computes the same, interpreted, natively and in the kernel",
	[VIOLATION] = "no checked run leaves what the verifier claims",
	[CRASH] = "no program crashes, hangs or makes a sanitizer speak",
};

/* Reasons of the one that refuses, alone; docs/verifier-differences.md says why. */
static const char *const kernel_alone[] = {
	"No program to jit at insn",
	"verifier bug:",
	NULL,
};
static const char *const skep_alone[] = {
	"combined stack size of",
	"invalid size of register fill",
	"type=map_value_or_null expected=fp, pkt,",
	"potential write to dynptr at",
	NULL,
};

static bool is_known(const char *const *list, const char *reason)
{
	for (; *list; list++)
		if (strstr(reason, *list))
			return true;
	return false;
}

static enum class classify(const struct verdict *skep, const struct verdict *kernel) {
	if (skep->fd >= 0 && kernel->fd < 0) return is_known(kernel_alone, kernel->reason)
		? EXPLAINED_ALARM
		: ALARM;
	if (skep->fd < 0 && kernel->fd >= 0) return is_known(skep_alone, skep->reason)
		? EXPLAINED_REFUSAL
		: REFUSAL;
	return skep->fd < 0 ? AGREE_REJECT : AGREE_ACCEPT;
}

/* --- sides --- */

static void note_violation(void *arg, const char *text)
{
	struct judge *j = arg;

	snprintf(j->violation, sizeof(j->violation), "%s", text);
}

int judge_start(struct judge *j)
{
	struct skep_options checked = { .engine = SKEP_ENGINE_INTERP,
					.check = 1,
					.violation = note_violation,
					.violation_arg = j };
	struct skep_options native = { .engine = SKEP_ENGINE_AUTO };

	return side_init(&j->checked, &checked) ?: side_init(&j->jit, &native)
						?: side_init(&j->kernel, NULL);
}

void judge_end(struct judge *j)
{
	if (j->checked.skep)
		j->sum->checked += skep_checked(j->checked.skep, NULL);
	side_done(&j->checked);
	side_done(&j->jit);
	side_done(&j->kernel);
}

static void drop(struct verdict *v)
{
	if (v->fd >= 0)
		close(v->fd);
	v->fd = -1;
}

static enum class decide(struct judge *j, u32 level) {
	side_load(&j->checked, &j->g, level, &j->ours);
	side_load(&j->kernel, &j->g, level, &j->theirs);
	if (j->theirs.fd == -ENOSPC) side_load(&j->kernel, &j->g, 0, &j->theirs);
	if (j->ours.fd == -ENOSPC) side_load(&j->checked, &j->g, 0, &j->ours);
	return classify(&j->ours, &j->theirs);
}

static const char *difference(const struct result *x, const struct result *y)
{
	return x->err != y->err				   ? "error"
	       : x->ret != y->ret			   ? "value returned"
	       : x->len != y->len			   ? "length"
	       : memcmp(x->data, y->data, sizeof(x->data)) ? "packet"
	       : memcmp(x->maps, y->maps, sizeof(x->maps)) ? "maps"
							   : NULL;
}

/* Runs j->g where it was accepted. Returns whether the results differ; if told, says how. */
static bool results_differ(struct judge *j, bool tell)
{
	static struct result ours, native, theirs;
	bool differ = false;

	side_load(&j->jit, &j->g, 0, &j->native);
	for (u32 no = 0; no < RUNS && !differ; no++) {
		const char *a, *b = NULL;

		side_run(&j->checked, &j->g, j->ours.fd, no, &ours);
		side_run(&j->jit, &j->g, j->native.fd, no, &native);
		j->sum->runs++;
		a = difference(&ours, &native);
		if (j->theirs.fd >= 0) {
			side_run(&j->kernel, &j->g, j->theirs.fd, no, &theirs);
			b = difference(&ours, &theirs);
		}
		differ = !j->g.wild && (a || b);
		if (differ && tell)
			printf("#   run %u: interpreter %x, native %x, kernel %x; native differs "
			       "in %s, the "
			       "kernel in %s\n",
			       no, ours.ret, native.ret, theirs.ret, a ?: "nothing",
			       b ?: "nothing");
	}
	drop(&j->native);
	return differ;
}

/* What the kernel is known to overlook (docs/verifier-differences.md), replaced by what does the same to registers:
 * that bpf_snprintf writes to the stack, and that an atomic operation fetched from it. False: nothing of it is there. */
static bool without_oversights(struct generated *g)
{
	u32 changed = 0;

	for (u32 i = 0; i < g->len; i++) {
		struct bpf_insn *insn = &g->insns[i], was = *insn;

		if (was.code == (BPF_JMP | BPF_CALL) && !was.src_reg &&
		    was.imm == BPF_FUNC_snprintf)
			insn->imm = BPF_FUNC_get_prandom_u32;
		else if ((was.code & ~BPF_DW) == (BPF_STX | BPF_ATOMIC) && was.imm & BPF_FETCH)
			*insn = (struct bpf_insn){
				.code = BPF_LDX | BPF_MEM | BPF_SIZE(was.code),
				.dst_reg = was.imm == BPF_CMPXCHG ? BPF_REG_0 : was.src_reg,
				.src_reg = was.dst_reg,
				.off = was.off,
			};
		else
			continue;
		changed++;
	}
	return changed > 0;
}

/* Do both decide alike about the program without what the kernel overlooks? Leaves the program as it was. */
static bool is_oversight(struct judge *j)
{
	static struct generated whole;
	static struct verdict ours, theirs;
	bool explained;

	if (strstr(j->theirs.reason, "format string")) /* what the call itself is refused for */
		return false;
	whole = j->g;
	ours = j->ours;
	theirs = j->theirs;
	if (!without_oversights(&j->g))
		return false;
	explained = decide(j, 4) <= AGREE_REJECT;
	drop(&j->ours);
	drop(&j->theirs);
	j->g = whole;
	j->ours = ours;
	j->theirs = theirs;
	return explained;
}

enum class judge(struct judge *j) {
	enum class c = decide(j, 4);

	j->violation[0] = 0;
	if (c == AGREE_ACCEPT){ j->sum->same_processed += j->ours.processed == j->theirs.processed;
				j->sum->insns += j->ours.processed; }
if (c == ALARM && is_oversight(j)) c = EXPLAINED_ALARM;
if (c == REFUSAL && is_oversight(j))
	c = EXPLAINED_REFUSAL;
if ((c == AGREE_ACCEPT || c == EXPLAINED_ALARM) && results_differ(j, false))
	c = RESULT;
if (j->violation[0])
	c = VIOLATION;
drop(&j->ours);
drop(&j->theirs);
return c;
}

void judge_explain(struct judge *j, u64 seed, enum class c)
{
	printf("# seed %llu, not so: %s\n", (unsigned long long)seed, class_text[c]);
	if (c != RESULT) /* in other programs less may show addresses instead */
		shrink(j, c);
	printf("#   type %u; skep %d: %s\n#   kernel %d: %s\n", j->g.type, j->ours.err,
	       j->ours.reason, j->theirs.err, j->theirs.reason);
	print_program(&j->g);
	if (c == VIOLATION)
		printf("#   violation: %s", j->violation);
	if (c == RESULT && decide(j, 4) == AGREE_ACCEPT)
		results_differ(j, true);
	drop(&j->ours);
	drop(&j->theirs);
	fflush(stdout);
}

void judge_logs(struct judge *j)
{
	decide(j, 2);
	printf("--- skep\n%s--- kernel\n%s", j->ours.log, j->theirs.log);
	drop(&j->ours);
	drop(&j->theirs);
}
