/* See actions.h. */
#include "cli/actions.h"

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <stdlib.h>

struct action {
	const char *name;
	u32 value;
	bool keeps;
};

static const struct action xdp_actions[] = {
	{ "XDP_ABORTED", XDP_ABORTED, false },	 { "XDP_DROP", XDP_DROP, false },
	{ "XDP_PASS", XDP_PASS, true },		 { "XDP_TX", XDP_TX, true },
	{ "XDP_REDIRECT", XDP_REDIRECT, false },
};

static const struct action tc_actions[] = {
	{ "TC_ACT_UNSPEC", (u32)TC_ACT_UNSPEC, true },
	{ "TC_ACT_OK", TC_ACT_OK, true },
	{ "TC_ACT_RECLASSIFY", TC_ACT_RECLASSIFY, true },
	{ "TC_ACT_SHOT", TC_ACT_SHOT, false },
	{ "TC_ACT_PIPE", TC_ACT_PIPE, true },
	{ "TC_ACT_STOLEN", TC_ACT_STOLEN, false },
	{ "TC_ACT_QUEUED", TC_ACT_QUEUED, false },
	{ "TC_ACT_REPEAT", TC_ACT_REPEAT, true },
	{ "TC_ACT_REDIRECT", TC_ACT_REDIRECT, false },
	{ "TC_ACT_TRAP", TC_ACT_TRAP, false },
};

static const struct action *find(u32 prog_type, u32 value)
{
	const struct action *a = NULL;
	size_t n = 0;

	switch (prog_type) {
	case BPF_PROG_TYPE_XDP:
		a = xdp_actions;
		n = ARRAY_SIZE(xdp_actions);
		break;
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
		a = tc_actions;
		n = ARRAY_SIZE(tc_actions);
		break;
	}
	for (; n; a++, n--)
		if (a->value == value)
			return a;
	return NULL;
}

const char *action_name(u32 prog_type, u32 value)
{
	const struct action *a = find(prog_type, value);

	if (prog_type == BPF_PROG_TYPE_SOCKET_FILTER)
		return value ? "kept" : "dropped";
	return a ? a->name : NULL;
}

bool action_keeps(u32 prog_type, u32 value)
{
	const struct action *a = find(prog_type, value);

	if (prog_type == BPF_PROG_TYPE_SOCKET_FILTER)
		return value;
	return a && a->keeps;
}

void tally_add(struct tally *t, u32 value)
{
	for (u32 i = 0; i < t->n; i++)
		if (t->v[i].value == value) {
			t->v[i].n++;
			return;
		}
	if (t->n == TALLY_MAX) {
		t->others++;
		return;
	}
	t->v[t->n].value = value;
	t->v[t->n++].n = 1;
}

static int by_count(const void *a, const void *b)
{
	const struct tally_entry *x = a, *y = b;

	return x->n < y->n ? 1 : x->n > y->n ? -1 : (x->value > y->value) - (x->value < y->value);
}

void tally_sort(struct tally *t)
{
	qsort(t->v, t->n, sizeof(t->v[0]), by_count);
}

static void other_values(const struct tally *t, u32 prog_type, bool named, struct buf *out)
{
	const char *sep = named ? "  " : "";

	for (u32 i = 0; i < t->n; i++) {
		if (action_name(prog_type, t->v[i].value))
			continue;
		buf_printf(out, "%sreturned %d", sep, (s32)t->v[i].value);
		if (t->v[i].n != 1 || named)
			buf_printf(out, " (%llu times)", (unsigned long long)t->v[i].n);
		sep = "  ";
	}
	if (t->others)
		buf_printf(out, "%sother values %llu", sep, (unsigned long long)t->others);
}

void tally_text(const struct tally *t, u32 prog_type, struct buf *out)
{
	bool named = false;

	for (u32 i = 0; i < t->n; i++) {
		const char *name = action_name(prog_type, t->v[i].value);

		if (!name)
			continue;
		buf_printf(out, "%s%s %llu", named ? "  " : "", name,
			   (unsigned long long)t->v[i].n);
		named = true;
	}
	other_values(t, prog_type, named, out);
}
