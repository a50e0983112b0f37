/* What the verifier says: messages, instructions, and the state after each of them.
 *
 * Linux prints an instruction before executing it and appends the changed state to the same line
 * afterwards, unless something else was printed meanwhile; then the state gets a line of its own.
 * line_end remembers where the instruction's line ended to tell the two apart. */
#include "verifier/env.h"

#include <stdlib.h>
#include <string.h>

#include "btf/btf.h"
#include "insn/disasm.h"

#define STATE_COLUMN 40 /* states start at this column … */
#define STATE_GAP    8	/* … or at the next multiple of this, if the instruction is long */

void say(struct verifier *v, const char *fmt, ...)
{
	va_list ap;

	if (!v->log->level)
		return;
	va_start(ap, fmt);
	vlog_vprintf(v->log, fmt, ap);
	va_end(ap);
}

/* A refusal may say several things about one instruction. */
static void note_reason(struct verifier *v)
{
	if (v->reasons_at != v->processed)
		buf_reset(&v->reasons);
	v->reasons_at = v->processed;
	buf_printf(&v->reasons, "%s%s", v->reasons.len ? "\n" : "", buf_str(&v->text));
}

/* The reason of a refusal: a line of the log and the text of the error. */
int reject(struct verifier *v, int err, const char *fmt, ...)
{
	va_list ap;

	buf_reset(&v->text);
	va_start(ap, fmt);
	buf_vprintf(&v->text, fmt, ap);
	va_end(ap);
	fail(err, "%s", buf_str(&v->text));
	note_reason(v);
	if (v->log->level)
		vlog_printf(v->log, "%s\n", buf_str(&v->text));
	return err;
}

void touch_reg(struct verifier *v, u32 r)
{
	v->touched_regs |= 1u << r;
}

void touch_slot(struct verifier *v, u32 frame, u32 slot)
{
	if (frame == v->cur->depth && slot < 64)
		v->touched_slots |= 1ull << slot;
}

void touch_all(struct verifier *v)
{
	v->touched_regs = ~0u;
	v->touched_slots = ~0ull;
}

static const struct bpf_line_info *line_info_of(const struct verifier *v, u32 insn)
{
	const struct bpf_line_info *li = v->p->line_info;
	u32 lo = 0, hi = v->p->nr_line_info;

	if (!hi || insn < li[0].insn_off)
		return NULL;
	while (hi - lo > 1) {
		u32 mid = (lo + hi) / 2;

		if (li[mid].insn_off <= insn)
			lo = mid;
		else
			hi = mid;
	}
	return &li[lo];
}

static bool same_line(const struct bpf_line_info *a, const struct bpf_line_info *b)
{
	return a->file_name_off == b->file_name_off &&
	       BPF_LINE_INFO_LINE_NUM(a->line_col) == BPF_LINE_INFO_LINE_NUM(b->line_col);
}

/* "; int x = y; @ file.c:12", once until another line is reached. */
void say_line_info(struct verifier *v, u32 insn, const char *prefix)
{
	const struct bpf_line_info *li = line_info_of(v, insn);
	const char *text, *file, *slash;

	if (!li || !v->p->btf || (v->last_line && same_line(v->last_line, li)))
		return;
	v->last_line = li;
	text = btf_string(v->p->btf, li->line_off);
	text += strspn(text, " \t\n\v\f\r");
	file = btf_string(v->p->btf, li->file_name_off);
	slash = strrchr(file, '/');
	say(v, "%s%s @ %s:%u\n", prefix, text, slash ? slash + 1 : file,
	    BPF_LINE_INFO_LINE_NUM(li->line_col));
}

/* "bpf_rcu_read_lock#1234", the number being the BTF's. */
static const char *call_name(void *arg, const struct bpf_insn *i)
{
	struct verifier *v = arg;
	const char *name = v->kernel && i->imm ? btf_type_name(v->kernel, (u32)i->imm) : "";

	if (!*name)
		return NULL;
	buf_reset(&v->name);
	buf_printf(&v->name, "%s#%d", name, i->imm);
	return buf_str(&v->name);
}

void insn_text(struct verifier *v, struct buf *out, u32 insn)
{
	struct disasm_names names = { .call = call_name, .arg = v };

	disasm(out, &v->insns[insn], insn_is_kfunc_call(&v->insns[insn]) ? &names : NULL);
}

void say_insn_text(struct verifier *v, u32 insn)
{
	struct buf b = { 0 };

	insn_text(v, &b, insn);
	say(v, "%u: %s\n", insn, buf_str(&b));
	buf_done(&b);
}

void say_insn(struct verifier *v, u32 insn)
{
	u64 start;

	say_line_info(v, insn, "; ");
	start = v->log->total;
	say_insn_text(v, insn);
	v->line_len = (u32)(v->log->total - start);
	v->line_end = v->log->total;
}

void say_frame(struct verifier *v, const struct state *s, u32 no, bool all)
{
	struct buf b = { 0 };

	text_frame(&b, s, no, all, v->touched_regs, v->touched_slots);
	say(v, "%s\n", buf_str(&b));
	buf_done(&b);
	if (!all) {
		v->touched_regs = 0;
		v->touched_slots = 0;
	}
}

/* Spaces between an instruction's text and its state, so that states line up. */
static u32 gap_after(u32 len)
{
	u32 at = ALIGN_UP(MAX(len + STATE_GAP / 2, STATE_COLUMN), STATE_GAP);

	return at - len - 1;
}

void say_state_of(struct verifier *v, const struct state *s)
{
	if (v->line_end && v->line_end == v->log->total) {
		vlog_reset(v->log, v->line_end - 1); /* the newline */
		say(v, "%*c;", (int)gap_after(v->line_len), ' ');
	} else {
		say(v, "%u:", v->insn);
	}
	say_frame(v, s, s->depth, false);
}

void say_state_after(struct verifier *v)
{
	if (v->touched_regs || v->touched_slots)
		say_state_of(v, v->cur);
}

/* The result lives until the next call. */
const char *tnum_text(struct verifier *v, struct tnum t)
{
	buf_reset(&v->name);
	if (t.mask)
		buf_printf(&v->name, "(0x%llx; 0x%llx)", (unsigned long long)t.value,
			   (unsigned long long)t.mask);
	else /* Linux prints what fits 16 bits in decimal */
		buf_printf(&v->name, t.value <= 0xffff ? "%llu" : "%#llx",
			   (unsigned long long)t.value);
	return buf_str(&v->name);
}
