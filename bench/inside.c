/* Maps from inside programs (programs/maps.bpf.c), in skep and in the kernel, and through bpf(2).
 *
 *   bench-inside MAPS.bpf.o [rounds [JSON-FILE]]
 *
 * Each program runs one operation 1,000 times; what the same loop takes without it is subtracted. Both sides
 * load the same object and are asked by BPF_PROG_TEST_RUN, in turns. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "oracle/kernel.h"
#include "skep/libbpf.h"
#include "timing.h"

#define OPERATIONS 1000 /* of one run */
#define REPEAT	   200
#define MAX_CASES  32

enum { KERNEL, SKEP, SIDES };

struct side {
	struct bpf_object *object;
	struct skep_client *client; /* NULL: the kernel */
};

struct result {
	const char *name;
	struct samples ns[SIDES], two[SIDES]; /* per operation; of each of two threads at once */
};

/* --- both sides, loaded and filled --- */

static int map_fd(const struct side *s, const char *name)
{
	return bpf_object__find_map_fd_by_name(s->object, name);
}

static void fill(const struct side *s, const char *name, u32 n)
{
	int fd = map_fd(s, name);
	u64 value = 1;

	for (u32 key = 0; key < n; key++)
		if (bpf_map_update_elem(fd, &key, &value, BPF_ANY))
			fprintf(stderr, "%s: cannot be filled\n", name);
}

static void fill_routes(const struct side *s)
{
	int fd = map_fd(s, "routes");
	u64 value = 1;

	for (u32 i = 0; i < 4000; i++) {
		struct {
			u32 len, address;
		} p = { 8 + i % 25, i * 2654435761u & 0xffffff };

		bpf_map_update_elem(fd, &p, &value, BPF_ANY);
	}
}

static bool load(struct side *s, const char *path)
{
	skep_libbpf_use_thread(s->client);
	s->object = bpf_object__open(path);
	if (!s->object || bpf_object__load(s->object))
		return false;
	fill(s, "array", 65536);
	fill(s, "hot", 64);
	fill(s, "many", 65536);
	fill(s, "more", 1 << 20);
	fill(s, "lru", 60000);
	fill_routes(s);
	return true;
}

/* --- a sample --- */

/* Whoever reads the ring: all that was written is read. */
static int skip_record(void *ctx, void *data, size_t size)
{
	return 0;
}

static void drain(const struct side *s)
{
	/* the calling thread's client is s's: run() has named it */
	struct ring_buffer *r = ring_buffer__new(map_fd(s, "ring"), skip_record, NULL, NULL);

	if (r)
		ring_buffer__consume(r);
	ring_buffer__free(r);
}

static double run(const struct side *s, const char *name)
{
	struct bpf_program *p = bpf_object__find_program_by_name(s->object, name);
	u8 packet[64] = { 0 };
	int repeat = strcmp(name, "ringbuf") ? REPEAT : 10; /* what the ring has room for */
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet),
		    .repeat = repeat);
	double ns;
	u64 start;
	int err;

	skep_libbpf_use_thread(s->client);
	start = cpu_ns();
	err = bpf_prog_test_run_opts(bpf_program__fd(p), &opts);
	ns = (double)(cpu_ns() - start);
	if (err || opts.retval != 2)
		fprintf(stderr, "%s: %s\n", name, err ? strerror(-err) : "did not return XDP_PASS");
	/* The kernel's call costs some 16 ms beside the runs, which its own figure leaves out, as it does the time
	 * in which other processes ran. */
	return (s->client ? ns / repeat : opts.duration) / OPERATIONS;
}

struct job {
	const struct side *s;
	const char *name;
	double ns;
	int cpu;
};

static void *run_thread(void *arg)
{
	struct job *j = arg;
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(j->cpu, &cpus);
	pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus);
	j->ns = run(j->s, j->name);
	return NULL;
}

static double run_two(const struct side *s, const char *name)
{
	struct job jobs[2] = { { s, name, 0, 0 }, { s, name, 0, 1 } };
	pthread_t threads[2];

	for (u32 i = 0; i < 2; i++)
		if (pthread_create(&threads[i], NULL, run_thread, &jobs[i]))
			return 0;
	for (u32 i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	return (jobs[0].ns + jobs[1].ns) / 2;
}

static void sample(const struct side *sides, struct result *r, bool two)
{
	for (u32 i = 0; i < SIDES; i++) {
		if (!sides[i].object)
			continue;
		r->ns[i].ns[r->ns[i].n++] = run(&sides[i], r->name);
		if (!strcmp(r->name, "ringbuf"))
			drain(&sides[i]);
		else if (two)
			r->two[i].ns[r->two[i].n++] = run_two(&sides[i], r->name);
	}
}

/* --- bpf(2) --- */

static void look_up(const struct side *s, const char *name, struct samples *out)
{
	int fd = map_fd(s, name);
	u64 value, start;

	skep_libbpf_use_thread(s->client);
	start = cpu_ns();
	for (u32 i = 0; i < 20000; i++) {
		u32 key = i & 63;

		if (bpf_map_lookup_elem(fd, &key, &value)) {
			fprintf(stderr, "%s: look-up failed\n", name);
			break;
		}
	}
	out->ns[out->n++] = (double)(cpu_ns() - start) / 20000;
}

/* --- report --- */

static double net(const struct result *r, const struct result *loop, u32 side)
{
	double ns = median(&r->ns[side]) - (loop ? median(&loop->ns[side]) : 0);

	return r->ns[side].n ? MAX(ns, 0.0) : 0;
}

static void print_case(const struct result *r, const struct result *loop, struct json *j)
{
	double skep = net(r, loop, SKEP), kernel = net(r, loop, KERNEL);
	double one = median(&r->ns[SKEP]), two = median(&r->two[SKEP]);

	printf("%-20s %8.1f %8.1f", r->name, skep, kernel);
	if (kernel > 0)
		printf(" %8.2f", skep / kernel);
	else
		printf(" %8s", "-");
	if (two > 0)
		printf(" %8.2f", 2 * one / two);
	printf("\n");
	json_object(j);
	json_key(j, "case");
	json_text(j, r->name);
	json_key(j, "skep_ns");
	json_double(j, skep);
	json_key(j, "kernel_ns");
	json_double(j, kernel);
	if (two > 0) {
		json_key(j, "two_threads_scale");
		json_double(j, 2 * one / two);
	}
	json_end_object(j);
}

static void report(const struct result *results, u32 n, struct json *j)
{
	printf("ns per operation, net of the loop (medians); throughput of two threads to one\n");
	printf("%-20s %8s %8s %8s %8s\n", "", "skep", "kernel", "ratio", "scale");
	for (u32 i = 0; i < n; i++) {
		bool is_program = results[i].ns[SKEP].n && i;

		print_case(&results[i],
			   is_program && strncmp(results[i].name, "bpf(2)", 6) ? results : NULL, j);
	}
}

static int bench(struct side *sides, u32 rounds, const char *path)
{
	static struct result results[MAX_CASES];
	struct bpf_program *p;
	struct buf out = { 0 };
	struct json j;
	u32 n = 0, programs;
	FILE *f;

	bpf_object__for_each_program(p, sides[SKEP].object) results[n++].name =
		bpf_program__name(p);
	programs = n;
	results[n++].name = "bpf(2) array look-up";
	results[n++].name = "bpf(2) hash look-up";
	for (u32 round = 0; round < rounds; round++) {
		for (u32 i = 0; i < programs; i++)
			sample(sides, &results[i], sysconf(_SC_NPROCESSORS_ONLN) > 1);
		for (u32 i = 0; i < SIDES; i++) {
			if (!sides[i].object)
				continue;
			look_up(&sides[i], "array", &results[programs].ns[i]);
			look_up(&sides[i], "many", &results[programs + 1].ns[i]);
		}
	}
	json_init(&j, &out, true);
	json_array(&j);
	report(results, n, &j);
	json_end_array(&j);
	f = path ? fopen(path, "we") : NULL;
	if (f) {
		fprintf(f, "%s\n", buf_str(&out));
		fclose(f);
	}
	buf_done(&out);
	return 0;
}

static int quiet(enum libbpf_print_level level, const char *fmt, va_list args)
{
	return 0;
}

int main(int argc, char **argv)
{
	u32 rounds = argc > 2 ? (u32)atoi(argv[2]) : 7;
	struct side sides[SIDES] = { 0 };
	struct skep *s;

	if (argc < 2 || !rounds || rounds > MAX_ROUNDS) {
		fprintf(stderr, "usage: %s MAPS.bpf.o [rounds [JSON-FILE]]\n", argv[0]);
		return 2;
	}
	libbpf_set_print(quiet);
	if (!kernel_missing() && !load(&sides[KERNEL], argv[1]))
		sides[KERNEL].object = NULL;
	if (skep_new(NULL, &s) || skep_client_new(s, &sides[SKEP].client) ||
	    !load(&sides[SKEP], argv[1])) {
		fprintf(stderr, "%s: %s\n", argv[1], skep_last_error());
		return 1;
	}
	bench(sides, rounds, argc > 3 ? argv[3] : NULL);
	skep_libbpf_use_thread(sides[SKEP].client);
	bpf_object__close(sides[SKEP].object);
	skep_libbpf_use_thread(NULL);
	if (sides[KERNEL].object)
		bpf_object__close(sides[KERNEL].object);
	skep_client_free(sides[SKEP].client);
	skep_free(s);
	return 0;
}
