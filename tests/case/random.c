/* usage: random [-n PROGRAMS] [-s SEED] [-t SECONDS] [-m] [-v]
 *
 * Random programs for skep and the kernel: both must decide alike, and what both accept must return the
 * same and leave the same in maps and packets. Programs are made with a rough idea of what each
 * register holds, so that about half are accepted and the others are refused for reasons beyond
 * their first instructions. A program that is decided differently is printed as a case file.
 *
 *	-m  the last line of the log (the reason) must be the same, too
 *	-v  print every difference; otherwise the first ten
 *
 * The output is TAP with three points: nothing accepted that the kernel refuses (soundness), nothing
 * refused that it accepts, and equal results. */
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "case/execute.h"
#include "case/logtext.h"
#include "oracle/kernel.h"

/* MIXED: a pointer on some way to here */
enum kind {
	NOTHING,
	NUMBER,
	SMALL,
	CONTEXT,
	STACK,
	VALUE,
	VALUE_OR_NULL,
	PACKET,
	PACKET_END,
	MIXED
};

struct generator {
	u64 seed;
	struct buf text;
	enum kind reg[11];
	enum kind slot[8]; /* at fp-8*(i+1) */
	u32 labels, depth;
	bool xdp;
	bool wild; /* a pointer may be taken for a number: results show addresses */
};

static u32 below(struct generator *g, u32 n) /* a random number less than n */
{
	g->seed ^= g->seed << 13;
	g->seed ^= g->seed >> 7;
	g->seed ^= g->seed << 17;
	return (u32)(g->seed >> 20) % n;
}

static bool one_in(struct generator *g, u32 n)
{
	return below(g, n) == 0;
}

/* A register that holds kind, -1 if none does. r10 counts as STACK. */
static int find_reg(struct generator *g, enum kind kind)
{
	u32 start = below(g, 11);

	for (u32 i = 0; i < 11; i++)
		if (g->reg[(start + i) % 11] == kind)
			return (int)((start + i) % 11);
	return -1;
}

static s32 constant(struct generator *g)
{
	static const s32 interesting[] = { 0,
					   1,
					   -1,
					   2,
					   3,
					   4,
					   7,
					   8,
					   15,
					   16,
					   31,
					   32,
					   63,
					   64,
					   127,
					   128,
					   255,
					   256,
					   -8,
					   0x7fff,
					   0xffff,
					   0x7fffffff,
					   (s32)0x80000000,
					   -2,
					   1000 };

	return one_in(g, 4) ? (s32)below(g, 1u << 31)
			    : interesting[below(g, ARRAY_SIZE(interesting))];
}

/* A register with a number; seldom with anything else, so that there is something to refuse. */
static int any_number(struct generator *g)
{
	int r = find_reg(g, one_in(g, 2) ? NUMBER : SMALL);

	if (r < 0)
		r = find_reg(g, NUMBER);
	if (r < 0) {
		buf_printf(&g->text, "r7 = %d\n", constant(g));
		g->reg[7] = NUMBER;
		r = 7;
	}
	if (one_in(g, 80)) {
		r = (int)below(g, 11);
		g->wild |= g->reg[r] > SMALL;
	}
	return r;
}

static u32 target_reg(struct generator *g) /* not r6 (context) nor r10, as a rule */
{
	u32 r = below(g, 9);

	return r == 6 && !one_in(g, 50) ? 7 : r;
}

static void set_number(struct generator *g)
{
	u32 r = target_reg(g);

	buf_printf(&g->text, "%c%u = %d\n", one_in(g, 3) ? 'w' : 'r', r, constant(g));
	g->reg[r] = NUMBER;
}

static void load_context(struct generator *g)
{
	u32 r = target_reg(g);

	if (g->reg[6] != CONTEXT)
		return;
	if (g->xdp) {
		bool end = one_in(g, 2);

		buf_printf(&g->text, "r%u = *(u32 *)(r6 +%d)\n", r, end ? 4 : 0);
		g->reg[r] = end ? PACKET_END : PACKET;
	} else {
		buf_printf(&g->text, "r%u = *(u32 *)(r6 +%d)\n", r,
			   one_in(g, 2) ? 0 : 48 + 4 * (int)below(g, 5));
		g->reg[r] = NUMBER;
	}
}

static void narrow(struct generator *g) /* make a number small */
{
	static const char *const how[] = { "&= 3",   "&= 7", "&= 15", "&= 12",
					   ">>= 28", "%= 9", "&= 8" };
	int r = find_reg(g, NUMBER);

	if (r < 0)
		return;
	buf_printf(&g->text, "%c%d %s\n", one_in(g, 2) ? 'w' : 'r', r,
		   how[below(g, ARRAY_SIZE(how))]);
	g->reg[r] = SMALL;
}

static void arithmetic(struct generator *g)
{
	static const char *const ops[] = { "+=",  "-=", "*=", "/=",   "|=",  "&=",  "<<=",
					   ">>=", "%=", "^=", "s>>=", "s/=", "s%=", "=" };
	static const char *const shifts[] = { "<<=", ">>=", "s>>=" };
	char kind = one_in(g, 2) ? 'w' : 'r';
	int d = any_number(g), s = any_number(g);

	if (one_in(g, 4))
		buf_printf(&g->text, "%c%d %s %u\n", kind, d, shifts[below(g, 3)],
			   below(g, kind == 'w' ? 32 : 64));
	else if (one_in(g, 2))
		buf_printf(&g->text, "%c%d %s %c%d\n", kind, d, ops[below(g, ARRAY_SIZE(ops))],
			   kind, s);
	else
		buf_printf(&g->text, "%c%d %s %d\n", kind, d, ops[below(g, 6)], constant(g) | 1);
	if (g->reg[d] == SMALL)
		g->reg[d] = NUMBER;
}

static void unary(struct generator *g)
{
	static const char *const forms[] = { "r%d = -r%d",	  "w%d = -w%d",
					     "r%d = be16 r%d",	  "r%d = le32 r%d",
					     "r%d = bswap64 r%d", "r%d = (s8)r%d",
					     "w%d = (s16)w%d",	  "r%d = (s32)r%d",
					     "r%d = be32 r%d",	  "w%d = w%d" };
	int r = any_number(g);

	buf_printf(&g->text, forms[below(g, ARRAY_SIZE(forms))], r, r);
	buf_puts(&g->text, "\n");
	if (r >= 0 && g->reg[r] == SMALL)
		g->reg[r] = NUMBER;
}

static void copy(struct generator *g)
{
	u32 d = target_reg(g), s = below(g, 11);

	if (g->reg[s] == NOTHING && !one_in(g, 30))
		return;
	buf_printf(&g->text, "r%u = r%u\n", d, s);
	g->reg[d] = g->reg[s];
}

static void spill(struct generator *g)
{
	static const char *const sizes[] = { "u64", "u64", "u64", "u32", "u16", "u8" };
	u32 n = below(g, 8), r = below(g, 11);
	bool imm;

	if (g->reg[r] == NOTHING)
		return;
	imm = one_in(g, 4);
	if (imm)
		buf_printf(&g->text, "*(u64 *)(r10 -%u) = %d\n", 8 * n + 8, constant(g));
	else
		buf_printf(&g->text, "*(%s *)(r10 -%u) = r%u\n",
			   g->reg[r] > SMALL ? "u64" : sizes[below(g, ARRAY_SIZE(sizes))],
			   8 * n + 8, r);
	g->slot[n] = imm ? NUMBER : g->reg[r];
}

static void fill(struct generator *g)
{
	static const char *const sizes[] = { "u64", "u64", "u32", "u16", "u8", "s8", "s32" };
	u32 n = below(g, 8), d = target_reg(g);
	bool pointer = g->slot[n] > SMALL;

	if (g->slot[n] == NOTHING && !one_in(g, 20))
		return;
	buf_printf(&g->text, "r%u = *(%s *)(r10 -%u)\n", d,
		   pointer ? "u64" : sizes[below(g, ARRAY_SIZE(sizes))], 8 * n + 8);
	g->reg[d] = pointer ? g->slot[n] : NUMBER;
}

static void look_up(struct generator *g)
{
	bool hash = one_in(g, 2);

	buf_printf(&g->text,
		   "*(u64 *)(r10 -72) = %u\nr2 = r10\nr2 += -72\nr1 = map %c\ncall "
		   "bpf_map_lookup_elem\n",
		   below(g, 4), hash ? 'h' : 'a');
	for (u32 r = 1; r < 6; r++)
		g->reg[r] = NOTHING;
	g->reg[0] = VALUE_OR_NULL;
	if (one_in(g, 8))
		return;
	buf_puts(&g->text, "if r0 == 0 goto out\n");
	g->reg[0] = VALUE;
	if (one_in(g, 2)) {
		buf_puts(&g->text, "r8 = r0\n");
		g->reg[8] = VALUE;
	}
}

static void value_address(struct generator *g)
{
	u32 d = target_reg(g);

	buf_printf(&g->text, "r%u = map d[0]+%u\n", d, below(g, 4) * 4);
	g->reg[d] = VALUE;
}

static void move_pointer(struct generator *g)
{
	static const enum kind kinds[] = { VALUE, STACK, PACKET };
	int p = find_reg(g, kinds[below(g, 3)]), n = find_reg(g, SMALL);
	u32 d = target_reg(g);

	if (p < 0)
		return;
	if (p == 10) {
		buf_printf(&g->text, "r%u = r10\n", d);
		g->reg[d] = STACK;
		p = (int)d;
		buf_printf(&g->text, "r%d += -%u\n", p, 8 * (1 + below(g, 8)));
	}
	if (n >= 0 && n != p && one_in(g, 2))
		buf_printf(&g->text, "r%d %s r%d\n", p, one_in(g, 6) ? "-=" : "+=", n);
	else
		buf_printf(&g->text, "r%d += %d\n", p,
			   one_in(g, 6) ? constant(g) : (s32)below(g, 9));
}

static void check_packet(struct generator *g)
{
	static const char *const ops[] = { ">", ">", ">", ">=", "<", "<=" };
	int p = find_reg(g, PACKET), end = find_reg(g, PACKET_END);
	u32 d = target_reg(g);

	if (p < 0 || end < 0 || (int)d == p || (int)d == end)
		return;
	buf_printf(&g->text, "r%u = r%d\nr%u += %u\nif r%u %s r%d goto out\n", d, p, d,
		   below(g, 20), d, ops[below(g, ARRAY_SIZE(ops))], end);
	g->reg[d] = PACKET;
}

static void access_memory(struct generator *g)
{
	static const enum kind kinds[] = { VALUE, STACK, PACKET };
	static const char *const sizes[] = { "u8", "u16", "u32", "u64", "s8", "s16", "s32" };
	int p = find_reg(g, kinds[below(g, 3)]);
	u32 d = target_reg(g), off = below(g, 3) * 4;
	const char *size = sizes[below(g, ARRAY_SIZE(sizes))];
	int n = find_reg(g, NUMBER);

	if (p < 0 || p == 10)
		return;
	if (one_in(g, 2)) {
		buf_printf(&g->text, "r%u = *(%s *)(r%d +%u)\n", d, size, p, off);
		g->wild |= g->reg[p] == STACK; /* perhaps what was never written */
		g->reg[d] = NUMBER;
	} else if (one_in(g, 2) || n < 0) {
		buf_printf(&g->text, "*(u%s *)(r%d +%u) = %d\n", size + 1, p, off, constant(g));
	} else {
		buf_printf(&g->text, "*(u%s *)(r%d +%u) = r%d\n", size + 1, p, off, n);
	}
}

static void atomic(struct generator *g)
{
	static const char *const forms[] = { "lock *(u64 *)(r%d +0) += r%d\n",
					     "lock *(u32 *)(r%d +4) ^= r%d\n",
					     "lock *(u64 *)(r%d +8) |= r%d\n" };
	int p = find_reg(g, VALUE), n = any_number(g);

	if (p < 0 || n < 0)
		return;
	if (one_in(g, 2))
		buf_printf(&g->text, "r%d = atomic64_fetch_add((u64 *)(r%d +0), r%d)\n", n, p, n);
	else
		buf_printf(&g->text, forms[below(g, ARRAY_SIZE(forms))], p, n);
	if (g->reg[n] == SMALL)
		g->reg[n] = NUMBER;
}

static void call_helper(struct generator *g) /* whose result is the same on both sides */
{
	buf_puts(&g->text, "call bpf_get_numa_node_id\n");
	for (u32 r = 1; r < 6; r++)
		g->reg[r] = NOTHING;
	g->reg[0] = NUMBER;
}

static void statements(struct generator *g, u32 n);

/* Statements that may be skipped or repeated. What is a pointer on one way only is MIXED behind. */
static void block(struct generator *g, u32 n, bool repeated)
{
	struct generator before = *g;

	g->depth++;
	statements(g, n);
	g->depth--;
	for (u32 r = 0; r < 11; r++)
		if (g->reg[r] != before.reg[r] && MAX(g->reg[r], before.reg[r]) > SMALL) {
			g->reg[r] = MIXED;
			g->wild |= repeated;
		}
	for (u32 k = 0; k < 8; k++)
		if (g->slot[k] != before.slot[k] && MAX(g->slot[k], before.slot[k]) > SMALL) {
			g->slot[k] = MIXED;
			g->wild |= repeated;
		}
}

static const char *comparison(struct generator *g)
{
	static const char *const ops[] = { "==", "!=",	">",  ">=",  "<", "<=",
					   "s>", "s>=", "s<", "s<=", "&" };

	return ops[below(g, ARRAY_SIZE(ops))];
}

static void branch(struct generator *g)
{
	char kind = one_in(g, 3) ? 'w' : 'r';
	int a = any_number(g), b = any_number(g);
	u32 label = g->labels++;

	if (g->depth > 3)
		return;
	if (one_in(g, 2))
		buf_printf(&g->text, "if %c%d %s %d goto L%u\n", kind, a, comparison(g),
			   constant(g), label);
	else
		buf_printf(&g->text, "if %c%d %s %c%d goto L%u\n", kind, a, comparison(g), kind, b,
			   label);
	block(g, 1 + below(g, 4), false);
	buf_printf(&g->text, "L%u:\n", label);
}

static void loop(struct generator *g)
{
	u32 label = g->labels++;

	if (g->depth || g->reg[9] != NOTHING)
		return;
	buf_printf(&g->text, "r9 = 0\nL%u:\n", label);
	g->reg[9] = SMALL;
	block(g, 1 + below(g, 3), true);
	buf_printf(&g->text, "r9 += 1\nif r9 < %u goto L%u\n", 1 + below(g, 12), label);
}

static void statements(struct generator *g, u32 n)
{
	static void (*const makers[])(struct generator *) = {
		set_number,    set_number,    load_context, load_context,  narrow,
		narrow,	       arithmetic,    arithmetic,   arithmetic,	   unary,
		copy,	       spill,	      spill,	    fill,	   fill,
		look_up,       move_pointer,  move_pointer, check_packet,  check_packet,
		access_memory, access_memory, atomic,	    branch,	   branch,
		branch,	       call_helper,   loop,	    value_address,
	};

	while (n--)
		makers[below(g, ARRAY_SIZE(makers))](g);
}

static void finish(struct generator *g)
{
	int r = any_number(g);

	/* the result shows what was computed; the kernel's return value has 32 bits */
	buf_printf(&g->text, "if r%d == 77 goto out\nr0 = r%d\nexit\nout: r0 = 1\nexit\n", r, r);
}

/* Usually, since what was never written is not the same on both sides. */
static void clear_stack(struct generator *g)
{
	g->wild = one_in(g, 4);
	for (u32 n = 0; !g->wild && n < 9; n++) {
		buf_printf(&g->text, "*(u64 *)(r10 -%u) = 0\n", 8 * n + 8);
		if (n < 8)
			g->slot[n] = NUMBER;
	}
}

static void make_program(struct generator *g, struct test_case_file *t)
{
	static const u8 packet[64] = { 0x02, 0, 0,    0,    0, 1, 0x02, 0, 0,	0,
				       0,    2, 0x88, 0xb5, 7, 1, 2,	3, 255, 128 };

	memset(g->reg, 0, sizeof(g->reg));
	memset(g->slot, 0, sizeof(g->slot));
	g->labels = g->depth = 0;
	g->xdp = one_in(g, 2);
	g->reg[1] = g->reg[6] = CONTEXT;
	g->reg[10] = STACK;
	buf_reset(&g->text);
	buf_puts(&g->text, "r6 = r1\n");
	clear_stack(g);
	statements(g, 6 + below(g, 20));
	finish(g);
#define NO_FIELDS { -1, -1, -1, -1 }
	*t = (struct test_case_file){
		.prog_type = g->xdp ? BPF_PROG_TYPE_XDP : BPF_PROG_TYPE_SOCKET_FILTER,
		.license = "GPL",
		.maps = { { "a", BPF_MAP_TYPE_ARRAY, 4, 16, 2, 0, 0, NO_FIELDS, false },
			  { "h", BPF_MAP_TYPE_HASH, 8, 16, 4, 0, 0, NO_FIELDS, false },
			  { "d", BPF_MAP_TYPE_ARRAY, 4, 16, 1, 0, 0, NO_FIELDS, false } },
		.nr_maps = 3,
		.nr_runs = 1,
		.runs[0].data = { (u8 *)packet, sizeof(packet), true },
		.text = g->text,
	};
}

/* --- comparing --- */

enum difference { SAME, UNSOUND, INCOMPLETE, RESULT, REASON, NR_DIFFERENCES };

static const char *const sentences[] = {
	[UNSOUND] = "nothing is accepted that the kernel refuses",
	[INCOMPLETE] = "nothing is refused that the kernel accepts",
	[RESULT] = "results, packets and maps are the same",
	[REASON] = "errno and reason are the same",
};

/* The line before "processed N insns", where the reason stands. */
static const char *reason(const char *log, int *len)
{
	const char *end = strstr(log, "\nprocessed "), *p = end;

	if (!end) {
		*len = 0;
		return log;
	}
	while (p > log && p[-1] != '\n')
		p--;
	*len = (int)(end - p);
	return p;
}

static bool same_reason(const struct outcome *a, const struct outcome *b)
{
	int la, lb;
	const char *ra = reason(a->log, &la), *rb = reason(b->log, &lb);

	return a->verdict == b->verdict && la == lb && !memcmp(ra, rb, (size_t)la);
}

static bool same_results(const struct outcome *a, const struct outcome *b)
{
	return a->runs[0].err == b->runs[0].err && a->runs[0].ret == b->runs[0].ret &&
	       a->runs[0].out.len == b->runs[0].out.len &&
	       !memcmp(a->runs[0].out.data, b->runs[0].out.data, a->runs[0].out.len) &&
	       !strcmp(buf_str(&a->maps), buf_str(&b->maps));
}

static enum difference compare(const struct outcome *skep, const struct outcome *kernel, bool wild)
{
	if (kernel->verdict && kernel->verdict != -ENOSPC && !skep->verdict)
		return UNSOUND;
	if (!kernel->verdict && skep->verdict)
		return INCOMPLETE;
	if (!kernel->verdict)
		return wild || same_results(skep, kernel) ? SAME : RESULT;
	return same_reason(skep, kernel) ? SAME : REASON;
}

static void show(const struct test_case_file *t, enum difference d, const struct outcome *skep,
		 const struct outcome *kernel)
{
	int la, lb;
	const char *ra = reason(skep->log, &la), *rb = reason(kernel->log, &lb);
	char *copy = strdup(buf_str(&t->text)), *rest = copy, *line;

	printf("# not so: %s\n#   skep   %d ret %x: %.*s\n#   kernel %d ret %x: %.*s\n",
	       sentences[d], skep->verdict, skep->runs[0].ret, la, ra, kernel->verdict,
	       kernel->runs[0].ret, lb, rb);
	printf("# type     %s\n# map      a array key=4 value=16 entries=2\n# map      h hash "
	       "key=8 value=16 entries=4\n# prog\n",
	       t->prog_type == BPF_PROG_TYPE_XDP ? "xdp" : "socket_filter");
	while ((line = strsep(&rest, "\n")))
		if (*line)
			printf("#          %s\n", line);
	free(copy);
}

struct totals {
	u32 programs, accepted, differences[NR_DIFFERENCES], shown;
};

static void try_program(struct generator *g, bool reasons, bool verbose, struct totals *sum)
{
	struct target skep, kernel;
	struct test_case_file t;
	struct outcome a = { 0 }, b = { 0 };
	enum difference d;

	make_program(g, &t);
	target_kernel(&kernel);
	if (target_skep(&skep, false))
		return;
	if (case_execute(&t, &kernel, 2, &b) || case_execute(&t, &skep, 2, &a)) {
		printf("# %s%s\n", a.error, b.error);
	} else {
		d = compare(&a, &b, g->wild);
		sum->programs++;
		sum->accepted += !b.verdict;
		sum->differences[d]++;
		if (d != SAME && (d != REASON || reasons) && (verbose || sum->shown++ < 10))
			show(&t, d, &a, &b);
	}
	outcome_done(&a);
	outcome_done(&b);
	target_done(&skep);
}

int main(int argc, char **argv)
{
	struct generator g = { .seed = 0x1234567 };
	bool reasons = false, verbose = false;
	u32 programs = 2000, points;
	time_t stop = time(NULL) + 60;
	struct totals sum = { 0 };
	int opt;

	while ((opt = getopt(argc, argv, "n:s:t:mv")) > 0) {
		switch (opt) {
		case 'n': programs = (u32)atoi(optarg); break;
		case 's': g.seed = strtoull(optarg, NULL, 0) * 0x9e3779b97f4a7c15ull | 1; break;
		case 't': stop = time(NULL) + atoi(optarg); break;
		case 'm': reasons = true; break;
		case 'v': verbose = true; break;
		default: return 2;
		}
	}
	if (kernel_missing()) {
		printf("1..0 # SKIP %s\n", kernel_missing());
		return 0;
	}
	while (programs-- && time(NULL) < stop)
		try_program(&g, reasons, verbose, &sum);
	points = reasons ? REASON : RESULT;
	printf("# %u programs, %u accepted by the kernel\n", sum.programs, sum.accepted);
	for (u32 d = UNSOUND; d <= points; d++)
		printf("%s %u - %s (%u differ)\n",
		       sum.differences[d] || !sum.programs ? "not ok" : "ok", d, sentences[d],
		       sum.differences[d]);
	printf("1..%u\n", points);
	buf_done(&g.text);
	return 0;
}
