/* What a refusal's message means: values in words, and the fact that was missing. A row per message. */
#include <stdlib.h>
#include <string.h>

#include "insn/disasm.h"
#include "verifier/env.h"
#include "verifier/explain.h"

/* --- values in words --- */

static void put_range(struct buf *b, const struct scalar *s)
{
	if (scalar_is_const(s))
		buf_printf(b, "%lld", (long long)s->bits.value);
	else if (s->smin == INT64_MIN && s->smax == INT64_MAX)
		buf_puts(b, "any number");
	else if (s->smin >= 0)
		buf_printf(b, "a number from %llu to %llu", (unsigned long long)s->umin,
			   (unsigned long long)s->umax);
	else
		buf_printf(b, "a number from %lld to %lld", (long long)s->smin, (long long)s->smax);
}

static void put_offset(struct buf *b, const struct value *val)
{
	if (scalar_is_const(&val->var)) {
		buf_printf(b, "%lld", (long long)val->var.bits.value + val->fixed);
		return;
	}
	buf_printf(b, "%d plus ", val->fixed);
	put_range(b, &val->var);
}

static void put_meaning(struct buf *b, const struct value *val)
{
	const char *maybe = val->flags & VF_OR_NULL ? ", or NULL" : "";

	switch (val->kind) {
	case V_NONE: buf_puts(b, "it has no value on this path"); break;
	case V_SCALAR: put_range(b, &val->var); break;
	case V_PKT:
		buf_puts(b, "into the packet, at offset ");
		put_offset(b, val);
		buf_printf(b, "; %u bytes of it are proven to be there", val->range);
		break;
	case V_MAP_VALUE:
		buf_printf(b, "into a value of map %s, which has %u bytes%s, at offset ",
			   val->map->name, val->map->value_size, maybe);
		put_offset(b, val);
		break;
	case V_STACK:
		buf_puts(b, "into the stack, at fp");
		put_offset(b, val);
		break;
	case V_CTX: buf_puts(b, "the context"); break;
	case V_MEM:
	case V_ALLOC:
		buf_printf(b, "memory of %u bytes%s, at offset ", val->mem_size, maybe);
		put_offset(b, val);
		break;
	default: break;
	}
}

char *explain_value(struct verifier *v, const struct value *val)
{
	struct buf b = { 0 };
	char *s;

	put_meaning(&b, val);
	s = b.len && !b.failed ? strdup(b.data) : NULL;
	buf_done(&b);
	return s;
}

/* --- what is missing --- */

/* The number behind a word of the message. */
static long long number(const char *reason, const char *word)
{
	const char *p = strstr(reason, word);

	return p ? strtoll(p + strlen(word), NULL, 10) : 0;
}

static u32 register_of(const char *reason)
{
	const char *p = strchr(reason, 'R');

	return p && p[1] >= '0' && p[1] <= '9' ? MIN((u32)strtoul(p + 1, NULL, 10), BPF_REG_10) : 0;
}

static void put_place(struct verifier *v, struct buf *b, u32 insn)
{
	struct place p;

	explain_place(v, insn, &p);
	buf_printf(b, "instruction %u", insn);
	if (p.source)
		buf_printf(b, " (%s:%u: %s)", p.file ?: "", p.line, p.source);
	free(p.text);
	free(p.file);
	free(p.source);
}

static bool is_write(const struct verifier *v)
{
	u8 class = BPF_CLASS(v->insns[v->insn].code);

	return class == BPF_ST || class == BPF_STX;
}

static void packet(struct verifier *v, struct buf *b, const char *reason)
{
	long long off = number(reason, "off="), size = number(reason, "size=");

	buf_printf(b,
		   "%lld byte%s at offset %lld %s %s, but only %lld are proven to be inside the "
		   "packet: a comparison "
		   "with data_end that shows that it has at least %lld bytes",
		   size, size == 1 ? "" : "s", off, size == 1 ? "is" : "are",
		   is_write(v) ? "written" : "read", number(reason, "r="), off + size);
}

static bool last_call(const struct verifier *v, u32 *insn)
{
	for (u32 n = v->cur->nr_steps; n-- > 0;) {
		const struct step *s = &v->cur->steps[n];

		for (u32 left = s->insn - step_first(s) + 1; left--;) {
			*insn = step_first(s) + left;
			if (insn_is_call(&v->insns[*insn]))
				return true;
		}
	}
	return false;
}

static void null_check(struct verifier *v, struct buf *b, const char *reason)
{
	u32 r = register_of(reason);
	const struct value *val = reg(v, r);
	u32 call;

	buf_printf(b, "R%u may be NULL here: a comparison with 0 on this path", r);
	/* where did it come from? The last call that the path made before. */
	if (val->kind != V_NONE && last_call(v, &call)) {
		buf_puts(b, ", after ");
		put_place(v, b, call);
	}
}

static void not_pointer(struct verifier *v, struct buf *b, const char *reason)
{
	buf_printf(b,
		   "R%u is a number, not a pointer: what was read from memory or computed cannot "
		   "be followed; use "
		   "bpf_probe_read_kernel(), or keep the pointer itself",
		   register_of(reason));
}

static void unreadable(struct verifier *v, struct buf *b, const char *reason)
{
	buf_printf(b,
		   "a value in R%u on every path to here: it was never written, or a call has "
		   "destroyed it (r1 to r5 "
		   "do not survive calls)",
		   register_of(reason));
}

static void region(struct verifier *v, struct buf *b, const char *reason)
{
	u32 r = register_of(reason);
	const struct value *val = reg(v, r);
	u32 size = val->kind == V_MAP_VALUE			? val->map->value_size
		   : val->kind == V_MEM || val->kind == V_ALLOC ? val->mem_size
								: 0;

	buf_printf(b, "bounds of what was added to R%u: it may be ", r);
	put_range(b, &val->var);
	if (size)
		buf_printf(b, ", and the memory has %u bytes", size);
	buf_puts(b, ". Compare the index with a constant (as unsigned number), or mask it, before "
		    "it is added");
}

static void fixed_region(struct verifier *v, struct buf *b, const char *reason)
{
	buf_printf(b, "%lld bytes at offset %lld lie inside: the memory has %lld bytes",
		   number(reason, "size="), number(reason, "off="),
		   number(reason, "value_size=") ?: number(reason, "mem_size="));
}

static void unwritten(struct verifier *v, struct buf *b, const char *reason)
{
	buf_puts(b, "a write to these bytes of the stack on this path, before they are read");
}

static void endless(struct verifier *v, struct buf *b, const char *reason)
{
	buf_puts(b, "something that changes from round to round: the loop came back to the same "
		    "state. Count with a variable "
		    "that is compared with a constant, or use bpf_loop()");
}

static void too_large(struct verifier *v, struct buf *b, const char *reason)
{
	buf_puts(b, "an end within 1,000,000 instructions, counted over all paths: fewer rounds, "
		    "fewer branches in loops, "
		    "or bpf_loop(), whose body is walked once");
}

static void leak(struct verifier *v, struct buf *b, const char *reason)
{
	for (u32 n = 0; n < v->cur->nr_refs; n++) {
		if (v->cur->refs[n].kind != REF_PTR)
			continue;
		buf_puts(b, "the release of what was acquired at ");
		put_place(v, b, v->cur->refs[n].insn);
		buf_puts(b, ", on this path");
		return;
	}
}

static void return_value(struct verifier *v, struct buf *b, const char *reason)
{
	const char *range = strstr(reason, "should have been in ");

	buf_printf(b, "a return value %s%s", range ? "in " : "that this program type allows",
		   range ? range + strlen("should have been in ") : "");
}

static void helper(struct verifier *v, struct buf *b, const char *reason)
{
	buf_printf(b, "another helper, or another program type: %s programs may not call this one",
		   v->p->type->name);
}

static const struct {
	const char *part; /* of the message */
	void (*say)(struct verifier *v, struct buf *b, const char *reason);
} rows[] = {
	{ "invalid access to packet", packet },
	{ "_or_null'", null_check },
	{ "invalid mem access 'scalar'", not_pointer },
	{ "!read_ok", unreadable },
	{ "min value is negative", region },
	{ "min value is outside", region },
	{ "max value is outside", region },
	{ "unbounded memory access", region },
	{ "unbounded min value", region },
	{ "invalid access to map value", fixed_region },
	{ "invalid access to memory", fixed_region },
	{ "invalid read from stack", unwritten },
	{ "infinite loop detected", endless },
	{ "BPF program is too large", too_large },
	{ "jumps is too complex", too_large },
	{ "reference leak", leak },
	{ "At program exit the register", return_value },
	{ "program of this type cannot use helper", helper },
};

char *explain_missing(struct verifier *v, const char *reason)
{
	struct buf b = { 0 };
	char *s = NULL;

	for (u32 n = 0; n < ARRAY_SIZE(rows) && !b.len; n++)
		if (strstr(reason, rows[n].part))
			rows[n].say(v, &b, reason);
	if (b.len && !b.failed)
		s = strdup(b.data);
	buf_done(&b);
	return s;
}
