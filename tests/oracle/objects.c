/* usage: objects PCAP FILE.o…: compiled programs on real packets, in skep and in the kernel.
 *
 * Each object is loaded by libbpf into both; each of its programs gets every packet of the capture by
 * BPF_PROG_TEST_RUN. Verdict of loading, return value, packet and context afterwards, and at the end
 * the contents of all maps and ring buffers must agree. TAP.
 *
 * Reaches: the ELF path, relocations, global data, verifier, interpreter, helpers, maps, test runs. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "hook/capture.h"
#include "oracle/engine.h"
#include "oracle/kernel.h"
#include "skep/libbpf.h"

#define MAX_PACKETS 400
#define ROOM	    8192

struct packet {
	u8 data[2048];
	u32 len;
};

enum { KERNEL, SKEP, SIDES };
static const char *const side_name[] = { "kernel", "skep" };

static struct skep_client *client;
static struct packet packets[MAX_PACKETS];
static u32 nr_packets;
static bool failed;

static void use(int side)
{
	skep_libbpf_use(side == SKEP ? client : NULL);
}

static void PRINTF(1, 2) complain(const char *fmt, ...)
{
	va_list ap;

	failed = true;
	printf("# ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
}

static int quiet(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	(void)level;
	(void)fmt;
	(void)ap;
	return 0;
}

/* --- loading --- */

static struct bpf_object *load(int side, const char *file, int *err)
{
	struct bpf_object *o;
	struct bpf_program *p;

	use(side);
	o = bpf_object__open(file);
	if (!o) {
		*err = -errno;
		return NULL;
	}
	bpf_object__for_each_program(p, o) if (bpf_program__type(p) == BPF_PROG_TYPE_UNSPEC)
		bpf_program__set_type(p, BPF_PROG_TYPE_XDP);
	*err = bpf_object__load(o);
	if (!*err)
		return o;
	bpf_object__close(o);
	return NULL;
}

/* --- what is said about programs --- */

static bool program_info(int side, const struct bpf_program *p, struct bpf_prog_info *info)
{
	u32 len = sizeof(*info);

	memset(info, 0, sizeof(*info));
	use(side);
	if (bpf_obj_get_info_by_fd(bpf_program__fd(p), info, &len)) {
		complain("%s: no info in %s: %s", bpf_program__name(p), side_name[side],
			 strerror(errno));
		return false;
	}
	return true;
}

#define COMPARE(field)                                                                             \
	do {                                                                                       \
		if (k.field != s.field)                                                            \
			complain("%s: " #field " is %llu in the kernel, %llu in skep", k.name,     \
				 (unsigned long long)k.field, (unsigned long long)s.field);        \
	} while (0)

/* Tag, names and counts are the kernel's; sizes after rewriting are each one's own, but there. */
static void compare_info(const struct bpf_program *kernel, const struct bpf_program *skep)
{
	struct bpf_prog_info k, s;

	if (!program_info(KERNEL, kernel, &k) || !program_info(SKEP, skep, &s))
		return;
	if (memcmp(k.tag, s.tag, sizeof(k.tag)))
		complain("%s: the tag differs", k.name);
	if (strcmp(k.name, s.name))
		complain("named %s in the kernel, %s in skep", k.name, s.name);
	COMPARE(type);
	COMPARE(created_by_uid);
	COMPARE(nr_map_ids);
	COMPARE(gpl_compatible);
	COMPARE(nr_func_info);
	/* not its number: of lines whose instructions are rewritten away, each keeps its own choice */
	COMPARE(line_info_rec_size);
	COMPARE(nr_prog_tags);
	if (!s.id || !s.load_time || !s.xlated_prog_len || !s.btf_id != !k.btf_id)
		complain("%s: id %u, load time %llu, xlated %u bytes, BTF %u", s.name, s.id,
			 (unsigned long long)s.load_time, s.xlated_prog_len, s.btf_id);
}

/* --- running --- */

struct outcome {
	int err;
	u32 retval, size, ctx_size;
	u8 data[ROOM], ctx[256];
};

static bool takes_packets(enum bpf_prog_type t)
{
	return t == BPF_PROG_TYPE_XDP || t == BPF_PROG_TYPE_SCHED_CLS ||
	       t == BPF_PROG_TYPE_SOCKET_FILTER;
}

static void run(int side, struct bpf_program *p, const struct packet *pkt, struct outcome *out)
{
	u64 args[12] = { 1, 231, 3 };
	LIBBPF_OPTS(bpf_test_run_opts, t, .repeat = 1);
	enum bpf_prog_type type = bpf_program__type(p);

	memset(out, 0, sizeof(*out));
	if (takes_packets(type)) {
		t.data_in = pkt->data;
		t.data_size_in = pkt->len;
		t.data_out = out->data;
		t.data_size_out = ROOM;
	} else {
		t.ctx_in = args;
		t.ctx_size_in = sizeof(args);
		t.repeat = 0;
	}
	if (type == BPF_PROG_TYPE_SCHED_CLS || type == BPF_PROG_TYPE_SOCKET_FILTER) {
		t.ctx_out = out->ctx;
		t.ctx_size_out = sizeof(struct __sk_buff);
	}
	use(side);
	out->err = bpf_prog_test_run_opts(bpf_program__fd(p), &t);
	out->retval = t.retval;
	out->size = t.data_size_out;
	out->ctx_size = t.ctx_size_out;
}

static void compare_run(struct bpf_program *k, struct bpf_program *s, u32 n)
{
	static struct outcome out[SIDES];
	const char *name = bpf_program__name(k);
	u32 bytes;

	run(KERNEL, k, &packets[n], &out[KERNEL]);
	run(SKEP, s, &packets[n], &out[SKEP]);
	if (out[KERNEL].err != out[SKEP].err)
		complain("%s, packet %u: kernel %d, skep %d", name, n, out[KERNEL].err,
			 out[SKEP].err);
	else if (out[KERNEL].retval != out[SKEP].retval)
		complain("%s, packet %u: kernel returns %d, skep %d", name, n,
			 (int)out[KERNEL].retval, (int)out[SKEP].retval);
	if (out[KERNEL].size != out[SKEP].size)
		complain("%s, packet %u: kernel leaves %u bytes, skep %u", name, n,
			 out[KERNEL].size, out[SKEP].size);
	bytes = MIN(out[KERNEL].size, ROOM);
	for (u32 i = 0; i < bytes; i++)
		if (out[KERNEL].data[i] != out[SKEP].data[i]) {
			complain("%s, packet %u: byte %u is %02x in the kernel, %02x in skep", name,
				 n, i, out[KERNEL].data[i], out[SKEP].data[i]);
			break;
		}
	for (u32 i = 0; i < sizeof(out[0].ctx); i += 4)
		if (memcmp(out[KERNEL].ctx + i, out[SKEP].ctx + i, 4)) {
			complain("%s, packet %u: context at %u differs: kernel %08x, skep %08x",
				 name, n, i, *(u32 *)(out[KERNEL].ctx + i),
				 *(u32 *)(out[SKEP].ctx + i));
			break;
		}
}

static void compare_programs(struct bpf_object *k, struct bpf_object *s)
{
	struct bpf_program *p, *q = NULL;

	bpf_object__for_each_program(p, k)
	{
		q = bpf_object__next_program(s, q);
		compare_info(p, q);
		for (u32 n = 0; n < nr_packets && !failed; n++) {
			compare_run(p, q, n);
			if (!takes_packets(bpf_program__type(p)))
				break;
		}
	}
}

/* --- maps --- */

static bool is_per_cpu(enum bpf_map_type t)
{
	return t == BPF_MAP_TYPE_PERCPU_ARRAY || t == BPF_MAP_TYPE_PERCPU_HASH ||
	       t == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

/* Which CPU ran what is chance: compare the sums. */
static void add_cpus(u8 *value, u32 size, u32 cpus)
{
	u32 words = ALIGN_UP(size, 8u) / 8;
	u64 *w = (u64 *)(void *)value;

	for (u32 c = 1; c < cpus; c++)
		for (u32 i = 0; i < words; i++)
			w[i] += w[c * words + i];
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The elements as sorted lines of hexadecimal: order is no part of what maps promise. */
static void dump_map(int side, struct bpf_map *m, struct buf *out)
{
	static u8 key[256], next[256], value[1 << 16] __attribute__((aligned(8)));
	u32 ks = bpf_map__key_size(m), vs = bpf_map__value_size(m), nr = 0;
	bool per_cpu = is_per_cpu(bpf_map__type(m));
	int fd = bpf_map__fd(m);
	char **lines = NULL;
	void *prev = NULL;

	use(side);
	while (!bpf_map_get_next_key(fd, prev, next)) {
		struct buf b = { 0 };

		memcpy(key, next, ks);
		prev = key;
		if (bpf_map_lookup_elem(fd, key, value))
			continue;
		if (per_cpu)
			add_cpus(value, vs, (u32)libbpf_num_possible_cpus());
		for (u32 i = 0; i < ks; i++)
			buf_printf(&b, "%02x", key[i]);
		buf_puts(&b, ": ");
		for (u32 i = 0; i < vs; i++)
			buf_printf(&b, "%02x", value[i]);
		lines = realloc(lines, (nr + 1) * sizeof(*lines));
		lines[nr++] = b.data;
	}
	if (nr)
		qsort(lines, nr, sizeof(*lines), compare_lines);
	for (u32 i = 0; i < nr; i++) {
		buf_printf(out, "%s\n", lines[i]);
		free(lines[i]);
	}
	free(lines);
}

/* Queues and stacks: by taking all there is. */
static void drain_queue(int side, struct bpf_map *m, struct buf *out)
{
	static u8 value[1 << 16];

	use(side);
	while (!bpf_map_lookup_and_delete_elem(bpf_map__fd(m), NULL, value)) {
		for (u32 i = 0; i < bpf_map__value_size(m); i++)
			buf_printf(out, "%02x", value[i]);
		buf_puts(out, "\n");
	}
}

static int take_record(void *arg, void *data, size_t size)
{
	struct buf *b = arg;

	for (size_t i = 0; i < size; i++)
		buf_printf(b, "%02x", ((u8 *)data)[i]);
	buf_puts(b, "\n");
	return 0;
}

static void drain_ring(int side, struct bpf_map *m, struct buf *out)
{
	struct ring_buffer *rb;

	use(side);
	rb = ring_buffer__new(bpf_map__fd(m), take_record, out, NULL);
	if (!rb) {
		complain("%s: no ring_buffer in %s: %s", bpf_map__name(m), side_name[side],
			 strerror(errno));
		return;
	}
	ring_buffer__poll(rb, 0);
	ring_buffer__free(rb);
}

static void dump(int side, struct bpf_map *m, struct buf *out)
{
	switch (bpf_map__type(m)) {
	case BPF_MAP_TYPE_PROG_ARRAY: /* ids differ */
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY: break;
	case BPF_MAP_TYPE_QUEUE:
	case BPF_MAP_TYPE_STACK: drain_queue(side, m, out); break;
	case BPF_MAP_TYPE_RINGBUF: drain_ring(side, m, out); break;
	default: dump_map(side, m, out);
	}
}

static void compare_maps(struct bpf_object *k, struct bpf_object *s)
{
	struct bpf_map *m, *n = NULL;

	bpf_object__for_each_map(m, k)
	{
		struct buf text[SIDES] = { 0 };

		n = bpf_object__next_map(s, n);
		dump(KERNEL, m, &text[KERNEL]);
		dump(SKEP, n, &text[SKEP]);
		if (strcmp(buf_str(&text[KERNEL]), buf_str(&text[SKEP])))
			complain("map %s: kernel\n%.2000smap %s: skep\n%.2000s", bpf_map__name(m),
				 buf_str(&text[KERNEL]), bpf_map__name(m), buf_str(&text[SKEP]));
		buf_done(&text[KERNEL]);
		buf_done(&text[SKEP]);
	}
}

/* --- */

static void compare_object(const char *file)
{
	struct bpf_object *o[SIDES];
	int err[SIDES];

	for (int side = 0; side < SIDES; side++)
		o[side] = load(side, file, &err[side]);
	if (err[KERNEL] != err[SKEP])
		complain("loading: kernel %d, skep %d (%s)", err[KERNEL], err[SKEP],
			 skep_last_error());
	if (o[KERNEL] && o[SKEP]) {
		compare_programs(o[KERNEL], o[SKEP]);
		if (!strstr(file, "rate-limit")) /* its map holds times */
			compare_maps(o[KERNEL], o[SKEP]);
	}
	for (int side = 0; side < SIDES; side++) {
		use(side);
		if (o[side])
			bpf_object__close(o[side]);
	}
}

static int read_packets(const char *file)
{
	struct capture_packet p;
	struct capture *c;

	if (capture_open(file, &c))
		return -1;
	while (nr_packets < MAX_PACKETS && capture_next(c, &p) == 1) {
		packets[nr_packets].len = MIN(p.len, (u32)sizeof(packets[0].data));
		memcpy(packets[nr_packets].data, p.data, packets[nr_packets].len);
		nr_packets++;
	}
	capture_close(c);
	return 0;
}

/* Both sides on one CPU throughout: what a program keeps per CPU and overwrites does not add up. */
static void stay_on_one_cpu(void)
{
	cpu_set_t one;
	int cpu = sched_getcpu();

	CPU_ZERO(&one);
	CPU_SET(cpu < 0 ? 0 : cpu, &one);
	sched_setaffinity(0, sizeof(one), &one);
}

int main(int argc, char **argv)
{
	const char *missing = kernel_missing();
	struct skep_options opt = { .engine = test_engine() };
	struct skep *s;
	int bad = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (missing) {
		printf("1..0 # SKIP %s\n", missing);
		return 0;
	}
	if (argc < 3 || read_packets(argv[1]) || skep_new(&opt, &s) || skep_client_new(s, &client))
		return 2;
	libbpf_set_print(quiet);
	stay_on_one_cpu();
	for (int i = 2; i < argc; i++) {
		const char *name = strrchr(argv[i], '/') ? strrchr(argv[i], '/') + 1 : argv[i];

		failed = false;
		compare_object(argv[i]);
		bad += failed;
		printf("%sok %d - %s: %u packets as in the kernel\n", failed ? "not " : "", i - 1,
		       name, nr_packets);
	}
	printf("1..%d\n", argc - 2);
	skep_libbpf_use(NULL);
	skep_client_free(client);
	skep_free(s);
	return bad ? 1 : 0;
}
