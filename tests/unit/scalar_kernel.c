/* Are our numbers as precise as Linux's, and do we print them alike? Random programs bring two registers into random ranges; the
 * kernel's log says which, and what one more instruction makes of them. We compute the same from the
 * same ranges: every difference in either direction is a failure.
 *
 * TRIALS and SEED in the environment make it longer or different. */
#include <linux/bpf.h>

#include "insn/insn.h"
#include "oracle/kernel.h"
#include "test.h"
#include "verifier/log.h"

#include <inttypes.h>
#include <unistd.h>

#define BPF_FUNC_ktime 5
#define MAX_PROG       200
#define SHAPES	       6 /* instructions that shape each register, at most */
#define LOG_SIZE       (1 << 20)

/* --- random numbers --- */

static u64 rng_state;

static u64 rnd(void) /* splitmix64 */
{
	u64 z = (rng_state += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

static u32 below(u32 n)
{
	return (u32)(rnd() >> 33) % n;
}

/* Numbers near the places where something wraps are worth most. */
static u64 interesting(void)
{
	static const u64 places[] = {
		0,	    1ull << 31,	 1ull << 32,  3ull << 31,
		1ull << 63, ~0ull << 31, ~0ull << 32, (1ull << 63) + (1ull << 31),
		1ull << 15, 1ull << 7,	 ~0ull << 15
	};

	switch (below(4)) {
	case 0: return places[below(ARRAY_SIZE(places))] + below(9) - 4;
	case 1: return rnd() >> below(64);
	case 2: return ~(rnd() >> below(64));
	default: return (u64)((s64)rnd() >> below(64)) << below(64);
	}
}

/* --- programs --- */

struct prog {
	struct bpf_insn insn[MAX_PROG];
	u32 n;
	u32 to_exit[MAX_PROG], nr_to_exit; /* jumps to the end */
};

static void emit(struct prog *p, u8 code, u8 dst, u8 src, s16 off, s32 imm)
{
	p->insn[p->n++] = (struct bpf_insn){ code, dst, src, off, imm };
}

static void emit_const(struct prog *p, u8 dst, u64 x)
{
	emit(p, BPF_LD | BPF_IMM | BPF_DW, dst, 0, 0, (s32)x);
	emit(p, 0, 0, 0, 0, (s32)(x >> 32));
}

static const u8 jumps[] = { BPF_JEQ, BPF_JNE,  BPF_JSET, BPF_JGT,  BPF_JGE, BPF_JLT,
			    BPF_JLE, BPF_JSGT, BPF_JSGE, BPF_JSLT, BPF_JSLE };
static const u8 alus[] = { BPF_ADD, BPF_SUB, BPF_MUL,  BPF_AND, BPF_OR,	 BPF_XOR,
			   BPF_LSH, BPF_RSH, BPF_ARSH, BPF_DIV, BPF_MOD, BPF_NEG };

static void shape_jump(struct prog *p, u8 r)
{
	emit_const(p, 8, interesting());
	p->to_exit[p->nr_to_exit++] = p->n;
	emit(p, (below(3) ? BPF_JMP : BPF_JMP32) | BPF_X | jumps[below(ARRAY_SIZE(jumps))], r, 8, 0,
	     0);
}

static void shape_range(struct prog *p, u8 r)
{
	u8 class = below(2) ? BPF_JMP : BPF_JMP32;
	bool is_signed = below(2);
	u64 lo = interesting(), width = interesting() >> below(64);

	emit_const(p, 8, lo);
	p->to_exit[p->nr_to_exit++] = p->n;
	emit(p, class | BPF_X | (is_signed ? BPF_JSLT : BPF_JLT), r, 8, 0, 0);
	emit_const(p, 8, lo + width);
	p->to_exit[p->nr_to_exit++] = p->n;
	emit(p, class | BPF_X | (is_signed ? BPF_JSGT : BPF_JGT), r, 8, 0, 0);
}

static void shape_alu(struct prog *p, u8 r)
{
	static const u8 ops[] = { BPF_AND, BPF_OR, BPF_AND, BPF_ADD, BPF_XOR };

	emit_const(p, 8, interesting());
	emit(p, (below(3) ? BPF_ALU64 : BPF_ALU) | BPF_X | ops[below(ARRAY_SIZE(ops))], r, 8, 0, 0);
}

static void shape(struct prog *p, u8 r)
{
	u32 n = below(SHAPES);

	if (below(8) == 0) {
		emit_const(p, r, interesting());
		return;
	}
	while (n--) {
		switch (below(6)) {
		case 0: shape_jump(p, r); break;
		case 1:
		case 2: shape_range(p, r); break;
		case 3: /* sign extension */
			emit(p, BPF_ALU64 | BPF_MOV | BPF_X, r, r, (s16)(8 << below(3)), 0);
			break;
		default: shape_alu(p, r); break;
		}
	}
}

static void emit_op(struct prog *p, u32 kind)
{
	static const s16 sext_bits[] = { 8, 16, 32 };
	u8 class = below(2) ? BPF_ALU64 : BPF_ALU, op = alus[below(ARRAY_SIZE(alus))];

	switch (kind) {
	case 0: /* one of the binary operations, or negation */
		if (op == BPF_NEG)
			emit(p, class | BPF_NEG, 6, 0, 0, 0);
		else
			emit(p, class | op | BPF_X, 6, 7,
			     (op == BPF_DIV || op == BPF_MOD) && below(2), 0);
		break;
	case 1: /* a constant: shifts mostly */
		op = below(2) ? op : (u8[]){ BPF_LSH, BPF_RSH, BPF_ARSH }[below(3)];
		if (op == BPF_NEG)
			op = BPF_ADD;
		emit(p, class | op | BPF_K, 6, 0, 0,
		     op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH
			     ? (s32)below(class == BPF_ALU ? 32 : 64)
			     : (s32)interesting() | (op == BPF_DIV || op == BPF_MOD));
		break;
	case 2:
		emit(p, class | BPF_MOV | BPF_X, 6, 6, sext_bits[below(class == BPF_ALU ? 2 : 3)],
		     0);
		break;
	case 3: emit(p, BPF_ALU | BPF_MOV | BPF_X, 6, 6, 0, 0); break;
	case 4:
		emit(p, class | BPF_END | (class == BPF_ALU && below(2) ? BPF_TO_BE : 0), 6, 0, 0,
		     16 << below(3));
		break;
	case 5:
		emit(p, (below(2) ? BPF_JMP : BPF_JMP32) | jumps[below(ARRAY_SIZE(jumps))] | BPF_X,
		     6, 7, 1, 0);
		break;
	default:
		emit(p, (below(2) ? BPF_JMP : BPF_JMP32) | jumps[below(ARRAY_SIZE(jumps))] | BPF_K,
		     6, 0, 1, (s32)interesting());
		break;
	}
}

/* Returns the index of the instruction under test. */
static u32 make_prog(struct prog *p)
{
	u32 op;

	p->n = p->nr_to_exit = 0;
	emit(p, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_ktime);
	emit(p, BPF_ALU64 | BPF_MOV | BPF_X, 6, 0, 0, 0);
	emit(p, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_ktime);
	emit(p, BPF_ALU64 | BPF_MOV | BPF_X, 7, 0, 0, 0);
	emit(p, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0);
	shape(p, 6);
	shape(p, 7);
	op = p->n;
	emit_op(p, below(7));
	emit(p, BPF_ALU64 | BPF_MOV | BPF_K, 8, 0, 0, 1);
	emit(p, BPF_ALU64 | BPF_MOV | BPF_X, 1, 6, 0, 0); /* op + 2: both are live here */
	emit(p, BPF_ALU64 | BPF_MOV | BPF_X, 1, 7, 0, 0);
	for (u32 i = 0; i < p->nr_to_exit; i++)
		p->insn[p->to_exit[i]].off = (s16)(p->n - p->to_exit[i] - 1);
	emit(p, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0);
	emit(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	return op;
}

/* --- the kernel's text back into numbers --- */

static void set_field(struct scalar *s, const char *name, size_t len, u64 x)
{
#define FIELD(text, member, type)                                                                  \
	if (len == sizeof(text) - 1 && !memcmp(name, text, len))                                   \
		s->member = (type)x;
	FIELD("smin", smin, s64)
	FIELD("smax", smax, s64)
	FIELD("umin", umin, u64)
	FIELD("umax", umax, u64)
	FIELD("smin32", s32_min, s32)
	FIELD("smax32", s32_max, s32)
	FIELD("umin32", u32_min, u32)
	FIELD("umax32", u32_max, u32)
#undef FIELD
}

static u64 parse_number(const char *t, char **end)
{
	return *t == '-' ? (u64)strtoll(t, end, 0) : strtoull(t, end, 0);
}

/* "smin=smin32=0,umax=5,var_off=(0x0; 0x7))": names share the number that follows. */
static bool parse_fields(const char *t, struct scalar *s)
{
	const char *first = t;
	char *end;

	for (; *t && *t != ')'; t++) {
		if (!strncmp(t, "var_off=(", 9)) {
			s->bits.value = strtoull(t + 9, &end, 0);
			s->bits.mask = strtoull(end + 2, &end, 0);
			t = end;
			continue;
		}
		if (*t != '=' || !strchr("-0123456789", t[1]))
			continue;
		u64 x = parse_number(t + 1, &end);

		while (first <= t) {
			size_t len = strcspn(first, "=");

			set_field(s, first, len, x);
			first += len + 1;
		}
		t = end + strcspn(end, ",)"); /* id=1+8 */
		if (*t == ')')
			break;
		first = t + 1;
	}
	return *t == ')';
}

/* Would we print it as the kernel did? t: the text up to "," or ")" or a blank. */
static void check_text(const char *t, const struct scalar *s)
{
	struct value v = { .kind = V_SCALAR, .var = *s };
	size_t len = *t == 's' ? strcspn(t, ")") + 1 : strcspn(t, " \n");
	const char *id = strstr(t, "(id=");
	struct state none = { 0 };
	struct buf b = { 0 };
	char *end;

	if (*t == 's' && *strpbrk(t, ")") && strstr(t, "var_off=(") &&
	    strstr(t, "var_off=(") < t + len)
		len += 1; /* the bracket of var_off came first */
	if (id && id < t + len) {
		v.id = (u32)strtoul(id + 4, &end, 10);
		if (*end == '+' || *end == '-') {
			v.id |= SCALAR_ID_ADD;
			v.fixed = (s32)strtol(end, NULL, 10);
		}
	}
	text_value(&b, &none, &v);
	EXPECT(b.len == len && !memcmp(b.data, t, len), "ours %s kernel %.*s", buf_str(&b),
	       (int)len, t);
	buf_done(&b);
}

/* The value of register r in a line of state; false if it is not there. */
static bool parse_reg(const char *line, u32 r, struct scalar *s)
{
	const char *eol = strchrnul(line, '\n'), *t;
	char name[8], *end;

	snprintf(name, sizeof(name), " R%u=", r);
	t = strstr(line, name);
	if (!t || t > eol)
		return false;
	t += strlen(name);
	t += *t == 'P';
	*s = scalar_unknown();
	if (!strncmp(t, "scalar(", 7)) {
		if (!parse_fields(t + 7, s))
			return false;
	} else if (strchr("-0123456789", *t)) {
		*s = scalar_const(parse_number(t, &end));
	} else {
		return false;
	}
	check_text(t, s);
	return true;
}

/* The line of instruction i; NULL if it was not executed on the first path. */
static const char *insn_line(const char *log, u32 i)
{
	char head[16];
	const char *t;

	snprintf(head, sizeof(head), "\n%u: (", i);
	t = strstr(log, head);
	return t ? t + 1 : NULL;
}

/* --- one trial --- */

struct observed {
	struct scalar d, s;	      /* before */
	struct scalar d_fall, s_fall; /* after, the next instruction */
	struct scalar d_jump, s_jump; /* after a jump */
	bool falls, jumps;
	bool contradiction; /* Linux found one on the edges */
};

static bool parse_before(const char *log, u32 op, struct observed *o)
{
	const char *end = insn_line(log, op), *t = strstr(log, "0: R1=ctx");
	const char *other_path = strstr(log, "\nfrom "), *bug = strstr(log, "verifier bug");
	bool d = false, s = false;

	if (!end || !t || (other_path && other_path < end))
		return false; /* the shaping jumps left no way to it */
	if (bug && bug < end)
		return false; /* Linux followed an impossible edge, with values that contradict themselves */
	for (; t < end; t = strchrnul(t, '\n') + 1) {
		if (!strncmp(t, "mark_precise", 12))
			continue; /* shows older states */
		d |= parse_reg(t, 6, &o->d);
		s |= parse_reg(t, 7, &o->s);
	}
	return d && s;
}

static bool observe(const char *log, u32 op, struct observed *o)
{
	char from[40];
	const char *t;

	if (!parse_before(log, op, o))
		return false;
	o->d_fall = o->d;
	o->s_fall = o->s;
	t = insn_line(log, op);
	parse_reg(t, 6, &o->d_fall);
	parse_reg(t, 7, &o->s_fall);
	o->contradiction = strstr(log, "verifier bug");
	o->falls = insn_line(log, op + 1) != NULL;
	snprintf(from, sizeof(from), "\nfrom %u to %u:", op, op + 2);
	t = strstr(log, from);
	o->jumps = t || !o->falls;
	o->d_jump = o->d_fall;
	o->s_jump = o->s_fall;
	return !t || (parse_reg(t + 1, 6, &o->d_jump) && parse_reg(t + 1, 7, &o->s_jump));
}

static const char *show(const struct scalar *s)
{
	static char text[8][300];
	static u32 n;
	char *t = text[n++ % 8];

	snprintf(t, 300,
		 "s[%" PRIx64 " %" PRIx64 "] u[%" PRIx64 " %" PRIx64
		 "] s32[%x %x] u32[%x %x] (%" PRIx64 "; %" PRIx64 ")",
		 (u64)s->smin, (u64)s->smax, s->umin, s->umax, (u32)s->s32_min, (u32)s->s32_max,
		 s->u32_min, s->u32_max, s->bits.value, s->bits.mask);
	return t;
}

static void compare(const char *what, const struct bpf_insn *i, const struct observed *o,
		    const struct scalar *ours, const struct scalar *kernel)
{
	EXPECT(scalar_equal(ours, kernel),
	       "%s of code %02x off %d imm %d\n#  dst %s\n#  src %s\n#  ours   %s\n#  kernel %s",
	       what, i->code, i->off, i->imm, show(&o->d), show(&o->s), show(ours), show(kernel));
}

static void check_alu(const struct bpf_insn *i, const struct observed *o)
{
	struct scalar r, src = BPF_SRC(i->code) == BPF_X ? o->s : scalar_const((u64)(s64)i->imm);
	bool is64 = BPF_CLASS(i->code) == BPF_ALU64;

	if (BPF_OP(i->code) == BPF_END)
		r = scalar_bswap(i->code, o->d, (u32)i->imm);
	else if (BPF_OP(i->code) != BPF_MOV)
		r = scalar_alu(i->code, i->off, o->d, src);
	else if (!i->off)
		r = scalar_zext(o->d, 4);
	else
		r = is64 ? scalar_sext(o->d, (u32)i->off / 8)
			 : scalar_sext32(o->d, (u32)i->off / 8);
	compare("result", i, o, &r, &o->d_fall);
}

static void check_edge(const struct bpf_insn *i, const struct observed *o, bool taken)
{
	bool reg = BPF_SRC(i->code) == BPF_X;
	struct scalar d = o->d, s = reg ? o->s : scalar_const((u64)(s64)i->imm);

	/* Where no number is left, what Linux is left with depends on the order of its deductions. */
	if (!scalar_refine(i->code, taken, &d, &s) || o->contradiction)
		return;
	compare(taken ? "dst, taken," : "dst, not taken,", i, o, &d,
		taken ? &o->d_jump : &o->d_fall);
	if (reg)
		compare(taken ? "src, taken," : "src, not taken,", i, o, &s,
			taken ? &o->s_jump : &o->s_fall);
}

static void check_jump(const struct bpf_insn *i, const struct observed *o)
{
	struct scalar s = BPF_SRC(i->code) == BPF_X ? o->s : scalar_const((u64)(s64)i->imm);
	int kernel = o->falls && o->jumps ? -1 : o->jumps;
	int ours = scalar_branch(i->code, &o->d, &s);

	EXPECT(ours == kernel,
	       "decision of code %02x imm %d: ours %d kernel %d\n#  dst %s\n#  src %s", i->code,
	       i->imm, ours, kernel, show(&o->d), show(&o->s));
	if (ours < 0 && kernel < 0) {
		check_edge(i, o, false);
		check_edge(i, o, true);
	}
}

static u32 trial(char *log)
{
	struct observed o;
	struct prog p;
	u32 op = make_prog(&p);
	int fd = kernel_load(BPF_PROG_TYPE_SOCKET_FILTER, p.insn, p.n, 2, log, LOG_SIZE);

	if (fd >= 0)
		close(fd);
	if (fd < 0) {
		EXPECT(fd >= 0, "the kernel refused: %d %s", fd, log);
		return 0;
	}
	if (!observe(log, op, &o))
		return 0;
	int before = test_failures;

	if (BPF_CLASS(p.insn[op].code) == BPF_ALU || BPF_CLASS(p.insn[op].code) == BPF_ALU64)
		check_alu(&p.insn[op], &o);
	else
		check_jump(&p.insn[op], &o);
	if (test_failures > before && getenv("DEBUG"))
		printf("%s\n", strstr(log, "0: R1"));
	return 1;
}

static u64 from_env(const char *name, u64 otherwise)
{
	const char *t = getenv(name);

	return t ? strtoull(t, NULL, 0) : otherwise;
}

TEST("ranges after an instruction are those that Linux prints")
{
	u64 trials = from_env("TRIALS", 8000), done = 0;
	const char *missing = kernel_missing();
	char *log;

	if (missing)
		SKIP(missing);
	log = malloc(LOG_SIZE);
	REQUIRE(log);
	rng_state = from_env("SEED", 1);
	for (u64 n = 0; n < trials; n++)
		done += trial(log);
	free(log);
	EXPECT(done > trials / 3, "only %" PRIu64 " of %" PRIu64 " programs got to the instruction",
	       done, trials);
}
