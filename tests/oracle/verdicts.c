/* usage: verdicts [-n PROGRAMS] [-s SEED] [-t SECONDS] [-v]
 *
 * Random programs (generate.h) for skep and the machine's kernel, the same bytes for both: they must
 * decide alike, but for the differences that known[] explains, and what both accept must return the same
 * and leave the same in packet and maps. Programs run in a child, so that a crash (or a sanitizer's
 * report) or a run without end is found and counted. -v prints explained differences, too.
 *
 * The output is TAP; "alarm" is a program that skep accepts and the kernel refuses. */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "insn/disasm.h"
#include "insn/insn.h"
#include "oracle/generate.h"
#include "oracle/kernel.h"
#include "skep/skep.h"
#include "unit/insns.h"

#define LOG_SIZE    (64 << 10)
#define FRESH_AFTER 500 /* programs; then new maps and a new instance */
#define RUN_SECONDS 20	/* no program takes that long */
#define RUNS	    3
#define CTX_WORDS   12 /* of raw tracepoints */
#define CPU_VALUES  (32 * 256)

#define MAX_TYPE (BPF_PROG_TYPE_RAW_TRACEPOINT + 1)

/* --- who decides: the kernel or an instance --- */

struct side {
	struct skep *skep; /* NULL: the kernel */
	struct skep_client *client;
	int maps[GMAP_COUNT], btf;
	int progs[MAX_TYPE]; /* a program array belongs to the type that used it first */
};

static long side_bpf(const struct side *s, int cmd, union bpf_attr *attr)
{
	if (s->client)
		return skep_bpf(s->client, cmd, (u64)(uintptr_t)attr, sizeof(*attr));
	return kernel_bpf(cmd, attr, sizeof(*attr));
}

static u64 address(const void *p)
{
	return (u64)(uintptr_t)p;
}

static int load_btf(const struct side *s, struct btf *b)
{
	union bpf_attr attr = { 0 };
	u32 size;

	attr.btf = address(btf__raw_data(b, &size));
	attr.btf_size = size;
	return (int)side_bpf(s, BPF_BTF_LOAD, &attr);
}

/* Ids 1 int, 2 struct bpf_spin_lock, 3 int (*)(void), 4 a value with a lock, then a function each. */
enum { ID_INT = 1, ID_LOCK, ID_PROTO, ID_VALUE, ID_FUNC };

static int make_btf(struct side *s)
{
	struct btf *b = btf__new_empty();

	btf__add_int(b, "int", 4, BTF_INT_SIGNED);
	btf__add_struct(b, "bpf_spin_lock", 4);
	btf__add_field(b, "val", ID_INT, 0, 0);
	btf__add_func_proto(b, ID_INT);
	btf__add_struct(b, "value", 32);
	btf__add_field(b, "lock", ID_LOCK, 0, 0);
	for (u32 k = 0; k < GENERATE_MAX_FUNCS; k++) {
		char name[8];

		snprintf(name, sizeof(name), "f%u", k);
		btf__add_func(b, name, k ? BTF_FUNC_STATIC : BTF_FUNC_GLOBAL, ID_PROTO);
	}
	s->btf = load_btf(s, b);
	btf__free(b);
	return s->btf < 0 ? s->btf : 0;
}

static int make_map(const struct side *s, u32 k)
{
	const struct generate_map_attr *m = &generate_maps[k];
	union bpf_attr attr = { 0 };

	attr.map_type = m->type;
	attr.key_size = m->key_size;
	attr.value_size = m->value_size;
	attr.max_entries = m->entries;
	attr.map_flags = m->flags;
	if (m->lock) {
		attr.btf_fd = (u32)s->btf;
		attr.btf_key_type_id = ID_INT;
		attr.btf_value_type_id = ID_VALUE;
	}
	return (int)side_bpf(s, BPF_MAP_CREATE, &attr);
}

static void put(const struct side *s, u32 map, u32 key, const void *value)
{
	union bpf_attr attr = { 0 };

	attr.map_fd = (u32)s->maps[map];
	attr.key = address(&key);
	attr.value = address(value);
	side_bpf(s, BPF_MAP_UPDATE_ELEM, &attr);
}

static void delete (const struct side *s, u32 map, u32 key)
{
	union bpf_attr attr = { 0 };

	attr.map_fd = (u32)s->maps[map];
	attr.key = address(&key);
	side_bpf(s, BPF_MAP_DELETE_ELEM, &attr);
}

static bool first_key(const struct side *s, u32 map, u32 *key)
{
	union bpf_attr attr = { 0 };

	attr.map_fd = (u32)s->maps[map];
	attr.next_key = address(key);
	return side_bpf(s, BPF_MAP_GET_NEXT_KEY, &attr) == 0;
}

/* The same contents before each run. */
static void reset_maps(const struct side *s)
{
	static const u8 value[32] = { 0, 0, 0, 0, 3, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 255, 255 };
	u8 values[CPU_VALUES]; /* the same for every CPU */
	u32 key;

	for (u32 k = 0; k < sizeof(values); k++)
		values[k] = value[k % sizeof(value)];
	for (u32 k = 0; k < 2; k++) {
		put(s, GMAP_ARRAY, k, values + 4 * k);
		put(s, GMAP_LOCKED, k, values);
		put(s, GMAP_PERCPU, k, values);
	}
	for (u32 k = 0; k < 8 && first_key(s, GMAP_HASH, &key); k++)
		delete (s, GMAP_HASH, key);
	put(s, GMAP_HASH, 1, values + 4);
}

static int freeze(const struct side *s)
{
	union bpf_attr attr = { 0 };
	char text[32] = "n=%d";

	text[8] = '%'; /* a format that is none */
	text[16] = 5;
	put(s, GMAP_FROZEN, 0, text);
	attr.map_fd = (u32)s->maps[GMAP_FROZEN];
	return (int)side_bpf(s, BPF_MAP_FREEZE, &attr);
}

static void side_done(struct side *s)
{
	for (u32 k = 0; k < GMAP_COUNT; k++)
		if (s->maps[k] > 0)
			close(s->maps[k]);
	for (u32 k = 0; k < MAX_TYPE; k++)
		if (s->progs[k] > 0)
			close(s->progs[k]);
	if (s->btf > 0)
		close(s->btf);
	if (s->client)
		skep_client_free(s->client);
	skep_free(s->skep);
	*s = (struct side){ 0 };
}

/* A program array for that type, with a program at index 0. */
static int fill_progs(struct side *s, u32 type)
{
	static const struct bpf_insn three[] = { MOV_IMM(0, 3), EXIT_INSN() };
	union bpf_attr load = { 0 }, update = { 0 };
	u32 index = 0, fd;

	s->progs[type] = make_map(s, GMAP_PROGS);
	load.prog_type = type;
	load.insns = address(three);
	load.insn_cnt = ARRAY_SIZE(three);
	load.license = address("GPL");
	fd = (u32)side_bpf(s, BPF_PROG_LOAD, &load);
	if ((int)fd < 0) /* a type that is not generated */
		return MIN(s->progs[type], 0);
	update.map_fd = (u32)s->progs[type];
	update.key = address(&index);
	update.value = address(&fd);
	side_bpf(s, BPF_MAP_UPDATE_ELEM, &update);
	close((int)fd);
	return MIN(s->progs[type], 0);
}

static int side_init(struct side *s, bool kernel)
{
	int err = 0;

	*s = (struct side){ 0 };
	if (!kernel)
		err = skep_new(NULL, &s->skep) ?: skep_client_new(s->skep, &s->client);
	if (!err)
		err = make_btf(s);
	for (u32 k = 0; !err && k < GMAP_COUNT; k++) {
		s->maps[k] = make_map(s, k);
		err = MIN(s->maps[k], 0);
	}
	for (u32 k = 0; !err && k < MAX_TYPE; k++)
		err = fill_progs(s, k);
	return err ? err : freeze(s);
}

/* --- loading --- */

struct verdict {
	int fd, err; /* err: 0 or a negative errno */
	u32 processed;
	char reason[256]; /* the last line before the statistics */
	char log[LOG_SIZE];
};

static void find_reason(struct verdict *v)
{
	char *end = strstr(v->log, "processed "), *p;
	u32 n = 0;

	if (!end)
		end = v->log + strlen(v->log);
	else
		v->processed = (u32)atoi(end + 10);
	while (end > v->log && end[-1] == '\n')
		end--;
	for (p = end; p > v->log && p[-1] != '\n';)
		p--;
	while (p + n < end && n < sizeof(v->reason) - 1)
		n++;
	memcpy(v->reason, p, n);
	v->reason[n] = 0;
	/* With statistics only, lines on time and stack stand last. */
	if (!strncmp(v->reason, "stack depth ", 12) ||
	    !strncmp(v->reason, "verification time ", 18)) {
		char *t = strstr(v->log, "verification time ");

		*t = 0;
		end = t;
		while (end > v->log && end[-1] == '\n')
			*--end = 0;
		p = strrchr(v->log, '\n');
		snprintf(v->reason, sizeof(v->reason), "%s", p ? p + 1 : v->log);
	}
}

/* What names a map by its index gets its descriptor. */
static void name_maps(const struct side *s, const struct generated *g, struct bpf_insn *out)
{
	memcpy(out, g->insns, g->len * sizeof(*out));
	for (u32 i = 0; i < g->len; i++) {
		if (!insn_is_ld_imm64(&out[i]))
			continue;
		if (out[i].src_reg == BPF_PSEUDO_MAP_FD && out[i].imm == GMAP_PROGS)
			out[i].imm = s->progs[g->type];
		else if (out[i].src_reg == BPF_PSEUDO_MAP_FD ||
			 out[i].src_reg == BPF_PSEUDO_MAP_VALUE)
			out[i].imm = s->maps[out[i].imm];
		i++;
	}
}

static void load(const struct side *s, const struct generated *g, u32 level, struct verdict *v)
{
	static struct bpf_insn insns[GENERATE_MAX_INSNS];
	struct bpf_func_info info[GENERATE_MAX_FUNCS];
	union bpf_attr attr = { 0 };

	name_maps(s, g, insns);
	attr.prog_type = g->type;
	attr.insns = address(insns);
	attr.insn_cnt = g->len;
	attr.license = address("GPL");
	attr.log_level = level;
	attr.log_buf = address(v->log);
	attr.log_size = LOG_SIZE;
	if (g->nr_funcs > 1) {
		for (u32 k = 0; k < g->nr_funcs; k++)
			info[k] = (struct bpf_func_info){ g->func[k], ID_FUNC + k };
		attr.prog_btf_fd = (u32)s->btf;
		attr.func_info = address(info);
		attr.func_info_cnt = g->nr_funcs;
		attr.func_info_rec_size = sizeof(info[0]);
	}
	v->log[0] = v->reason[0] = 0;
	v->processed = 0;
	v->fd = (int)side_bpf(s, BPF_PROG_LOAD, &attr);
	v->err = MIN(v->fd, 0);
	v->log[LOG_SIZE - 1] = 0;
	find_reason(v);
}

static void drop(struct verdict *v)
{
	if (v->fd >= 0)
		close(v->fd);
	v->fd = -1;
}

/* --- running --- */

struct result {
	int err;
	u32 ret, len;
	u8 data[512];
	u8 maps[2 * 32 + 4 * 32 + 2 * 32];
};

static void fetch(const struct side *s, u32 map, u32 key, u8 *value)
{
	union bpf_attr attr = { 0 };

	attr.map_fd = (u32)s->maps[map];
	attr.key = address(&key);
	attr.value = address(value);
	side_bpf(s, BPF_MAP_LOOKUP_ELEM, &attr);
}

static void run(const struct side *s, const struct generated *g, int fd, u32 no, struct result *r)
{
	static const u8 fills[RUNS] = { 0, 0xff, 7 };
	union bpf_attr attr = { 0 };
	u64 words[CTX_WORDS];
	u8 in[GENERATE_PACKET];

	memset(r, 0, sizeof(*r));
	memset(in, fills[no], sizeof(in));
	memset(words, fills[no], sizeof(words));
	for (u32 i = 0; no == 2 && i < sizeof(in); i++)
		in[i] = (u8)i;
	in[12] = 0x88; /* an Ethernet type of no protocol */
	in[13] = 0xb5;
	reset_maps(s);
	attr.test.prog_fd = (u32)fd;
	if (g->type == BPF_PROG_TYPE_RAW_TRACEPOINT) {
		attr.test.ctx_in = address(words);
		attr.test.ctx_size_in = sizeof(words);
	} else {
		attr.test.data_in = address(in);
		attr.test.data_size_in = sizeof(in);
		attr.test.data_out = address(r->data);
		attr.test.data_size_out = sizeof(r->data);
		attr.test.repeat = 1;
	}
	r->err = (int)side_bpf(s, BPF_PROG_TEST_RUN, &attr);
	r->ret = attr.test.retval;
	r->len = g->type == BPF_PROG_TYPE_RAW_TRACEPOINT ? 0 : attr.test.data_size_out;
	for (u32 k = 0; k < 2; k++) {
		fetch(s, GMAP_ARRAY, k, r->maps + 32 * k);
		fetch(s, GMAP_LOCKED, k, r->maps + 192 + 32 * k);
	}
	for (u32 k = 0; k < 4; k++)
		fetch(s, GMAP_HASH, k, r->maps + 64 + 32 * k);
}

/* --- differences that are known --- */

enum class {
	AGREE_ACCEPT,
	AGREE_REJECT,
	EXPLAINED_ALARM,
	EXPLAINED_REFUSAL,
	ALARM,
	REFUSAL,
	RESULT,
	CRASH,
	NR_CLASSES
};

static const char *const class_text[] = {
	[AGREE_ACCEPT] = "accepted by both",
	[AGREE_REJECT] = "refused by both",
	[EXPLAINED_ALARM] = "refused by the kernel only, explained",
	[EXPLAINED_REFUSAL] = "refused by skep only, explained",
	[ALARM] = "nothing is accepted that the kernel refuses",
	[REFUSAL] = "nothing is refused that the kernel accepts",
	[RESULT] = "what both accept computes the same",
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

/* --- one program --- */

struct shared { /* with the child */
	u64 seed;
	u64 count[NR_CLASSES], same_processed, runs, programs, insns;
};

struct bench {
	struct side skep, kernel;
	struct verdict ours, theirs;
	struct generated g;
	struct shared *sum;
	bool verbose, narrate;
};

static enum class decide(struct bench *b, u32 level) {
	load(&b->skep, &b->g, level, &b->ours); load(&b->kernel, &b->g, level, &b->theirs);
	if (b->theirs.fd == -ENOSPC) load(&b->kernel, &b->g, 0, &b->theirs);
	if (b->ours.fd == -ENOSPC) load(&b->skep, &b->g, 0, &b->ours);
	return classify(&b->ours, &b->theirs);
}

static bool results_differ(struct bench *b, struct result *x, struct result *y)
{
	for (u32 no = 0; no < RUNS; no++) {
		run(&b->skep, &b->g, b->ours.fd, no, x);
		run(&b->kernel, &b->g, b->theirs.fd, no, y);
		b->sum->runs++;
		if (!b->g.wild && memcmp(x, y, sizeof(*x)))
			return true;
	}
	return false;
}

static enum class judge(struct bench *b) {
	struct result x, y; enum class c = decide(b, 4);

	if (c == AGREE_ACCEPT){ b->sum->same_processed += b->ours.processed == b->theirs.processed;
				b->sum->insns += b->ours.processed;
				if (results_differ(b, &x, &y)) c = RESULT; }
drop(&b->ours);
drop(&b->theirs);
return c;
}

/* The message without its numbers: the same kind of refusal. */
static void kind_of(const char *reason, char out[256])
{
	u32 n = 0;

	for (; *reason && n < 255; reason++)
		if (*reason < '0' || *reason > '9')
			out[n++] = *reason;
	out[n] = 0;
}

static bool still(struct bench *b, enum class c, const char *kind)
{
	char now[256];

	if (judge(b) != c)
		return false;
	kind_of(c == ALARM ? b->theirs.reason : b->ours.reason, now);
	return !strcmp(now, kind);
}

/* Jumps to the next instruction in place of all that the difference does not need. */
static void shrink(struct bench *b, enum class c)
{
	static const struct bpf_insn nothing = { .code = BPF_JMP | BPF_JA };
	static struct bpf_insn saved[GENERATE_MAX_INSNS];
	bool progress = true;
	char kind[256];

	kind_of(c == ALARM ? b->theirs.reason : b->ours.reason, kind);
	for (u32 round = 0; progress && round < 3; round++) {
		progress = false;
		for (u32 n = 16; n; n /= 2)
			for (u32 i = 0; i + n <= b->g.len; i += n) {
				bool any = false;

				if (i && insn_is_ld_imm64(&b->g.insns[i - 1]))
					continue;
				if (insn_is_ld_imm64(&b->g.insns[i + n - 1]))
					continue;
				memcpy(saved, b->g.insns, sizeof(saved));
				for (u32 k = i; k < i + n; k++) {
					any |= memcmp(&b->g.insns[k], &nothing, sizeof(nothing));
					b->g.insns[k] = nothing;
				}
				if (any && still(b, c, kind))
					progress = true;
				else
					memcpy(b->g.insns, saved, sizeof(saved));
			}
	}
	judge(b);
}

static void print_program(const struct generated *g)
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

static void explain(struct bench *b, u64 seed, enum class c)
{
	struct result x, y;

	printf("# seed %llu, not so: %s\n", (unsigned long long)seed, class_text[c]);
	if (c == ALARM || c == REFUSAL) /* in other programs less may show addresses instead */
		shrink(b, c);
	printf("#   type %u; skep %d: %s\n#   kernel %d: %s\n", b->g.type, b->ours.err,
	       b->ours.reason, b->theirs.err, b->theirs.reason);
	print_program(&b->g);
	if (c == RESULT && decide(b, 4) == AGREE_ACCEPT && results_differ(b, &x, &y))
		printf("#   skep %d ret %x len %u, kernel %d ret %x len %u%s%s\n", x.err, x.ret,
		       x.len, y.err, y.ret, y.len,
		       memcmp(x.data, y.data, sizeof(x.data)) ? ", data" : "",
		       memcmp(x.maps, y.maps, sizeof(x.maps)) ? ", maps" : "");
	drop(&b->ours);
	drop(&b->theirs);
	fflush(stdout);
}

static void try_program(struct bench *b, u64 seed)
{
	enum class c;

	b->sum->seed = seed;
	alarm(RUN_SECONDS);
	generate(seed, &b->g);
	c = judge(b);
	b->sum->programs++;
	b->sum->count[c]++;
	if ((c >= ALARM && b->sum->count[c] <= 10) || (b->verbose && c > AGREE_REJECT)) {
		alarm(10 * RUN_SECONDS);
		explain(b, seed, c);
	}
}

/* --- all of them --- */

static int child(struct shared *sum, u64 seed, u64 end, time_t stop, bool verbose)
{
	static struct bench b;

	b.sum = sum;
	b.verbose = verbose;
	for (u64 n = 0; seed + n < end && time(NULL) < stop; n++) {
		if (n % FRESH_AFTER == 0) {
			side_done(&b.skep);
			side_done(&b.kernel);
			if (side_init(&b.skep, false) || side_init(&b.kernel, true))
				return 2;
		}
		try_program(&b, seed + n);
	}
	side_done(&b.skep);
	side_done(&b.kernel);
	return 0;
}

/* Children until all programs were tried: each ends with a crash or with the last program. */
static int try_all(struct shared *sum, u64 seed, u64 count, time_t stop, bool verbose)
{
	u64 at = seed;

	for (;;) {
		int status;
		pid_t pid = fork();

		if (!pid)
			exit(child(sum, at, seed + count, stop, verbose));
		if (pid < 0 || waitpid(pid, &status, 0) != pid)
			return 1;
		if (status == 0)
			return 0;
		if (WIFEXITED(status) && WEXITSTATUS(status) == 2)
			return 1;
		sum->count[CRASH]++;
		printf("# seed %llu: the child ended with status %x\n",
		       (unsigned long long)sum->seed, (u32)status);
		fflush(stdout);
		at = sum->seed + 1;
	}
}

static void report(const struct shared *sum)
{
	printf("# %llu programs, %llu runs, %llu instructions processed\n",
	       (unsigned long long)sum->programs, (unsigned long long)sum->runs,
	       (unsigned long long)sum->insns);
	for (u32 c = AGREE_ACCEPT; c < ALARM; c++)
		printf("# %llu %s\n", (unsigned long long)sum->count[c], class_text[c]);
	printf("# %llu of those that both accept took the same number of steps\n",
	       (unsigned long long)sum->same_processed);
	for (u32 c = ALARM; c < NR_CLASSES; c++)
		printf("%sok %u - %s (%llu are otherwise)\n", sum->count[c] ? "not " : "",
		       c - ALARM + 1, class_text[c], (unsigned long long)sum->count[c]);
	printf("1..%u\n", NR_CLASSES - ALARM);
}

int main(int argc, char **argv)
{
	struct shared *sum =
		mmap(NULL, sizeof(*sum), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	u64 seed = 0, count = 3000;
	time_t stop = time(NULL) + 12;
	bool verbose = false;
	int opt;

	while ((opt = getopt(argc, argv, "n:s:t:v")) > 0) {
		switch (opt) {
		case 'n': count = strtoull(optarg, NULL, 0); break;
		case 's': seed = strtoull(optarg, NULL, 0); break;
		case 't': stop = time(NULL) + atoi(optarg); break;
		case 'v': verbose = true; break;
		default: return 2;
		}
	}
	if (sum == MAP_FAILED)
		return 1;
	if (kernel_missing()) {
		printf("1..0 # SKIP %s\n", kernel_missing());
		return 0;
	}
	if (try_all(sum, seed, count, stop, verbose))
		return 1;
	report(sum);
	return 0;
}
