/* An application as libbpf's users write them: a skeleton that `bpftool gen skeleton` made, global data through
 * mmap, a ring buffer and a perf buffer. Prints the same on the kernel and under skep exec. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "skeleton.skel.h"

struct event {
	__u32 number, factor;
	char text[16];
};

static int on_record(void *ctx, void *data, size_t size)
{
	const struct event *e = data;

	printf("%s: event %u, factor %u, %s, %zu bytes\n", (char *)ctx, e->number, e->factor,
	       e->text, size);
	return 0;
}

static int samples;

static void on_sample(void *ctx, int cpu, void *data, __u32 size)
{
	on_record(ctx, data, sizeof(struct event)); /* the size is rounded up */
	samples++;
}

static void on_lost(void *ctx, int cpu, __u64 n)
{
	printf("%llu lost\n", (unsigned long long)n);
}

static int run(struct bpf_program *p)
{
	static unsigned char packet[64];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet));

	return bpf_prog_test_run_opts(bpf_program__fd(p), &opts) ?: (int)opts.retval;
}

static void use_ring(struct skeleton *s)
{
	struct ring_buffer *r =
		ring_buffer__new(bpf_map__fd(s->maps.ring), on_record, "ring", NULL);

	if (!r)
		exit(3);
	for (__u32 i = 0; i < 3; i++) {
		s->data->factor = 10 * i;
		snprintf(s->data->text, sizeof(s->data->text), "round %u", i);
		printf("returns %d\n", run(s->progs.to_ring));
		printf("%u calls\n", s->bss->calls);
		printf("%d event\n", ring_buffer__poll(r, 1000));
	}
	printf("sums %llu %llu\n", (unsigned long long)s->bss->sums[1],
	       (unsigned long long)s->bss->sums[599]);
	printf("empty: %d\n", ring_buffer__poll(r, 10));
	ring_buffer__free(r);
}

static void use_perf(struct skeleton *s)
{
	struct perf_buffer *p =
		perf_buffer__new(bpf_map__fd(s->maps.perf), 1, on_sample, on_lost, "perf", NULL);
	int err = 1;

	if (!p)
		exit(3);
	s->bss->calls = 40;
	for (int i = 0; i < 3; i++)
		printf("returns %d\n", run(s->progs.to_perf));
	while (samples < 3 && err > 0)
		err = perf_buffer__poll(p, 1000);
	printf("%d samples, %u calls\n", samples, s->bss->calls);
	perf_buffer__free(p);
}

/* What is mapped read-only stays so; frozen, it cannot be written by bpf(2) either. */
static void use_rodata(struct skeleton *s)
{
	size_t size = bpf_map__value_size(s->maps.rodata);
	char value[4096] = { 0 };
	__u32 zero = 0;
	void *p;

	printf("first %u, unused %d, custom %d\n", s->rodata->first, s->rodata_more->unused,
	       s->data_custom->custom);
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(s->maps.rodata), 0);
	printf("writable mapping: %s\n", p == MAP_FAILED ? strerror(errno) : "yes");
	printf("update: %s\n", bpf_map_update_elem(bpf_map__fd(s->maps.rodata), &zero, value, 0)
				       ? strerror(errno)
				       : "done");
}

int main(void)
{
	struct skeleton *s = skeleton__open();

	if (!s)
		return 1;
	s->rodata->first = 100;
	s->data->factor = 7;
	if (skeleton__load(s))
		return 2;
	printf("before: %u calls, factor %u, text %s\n", s->bss->calls, s->data->factor,
	       s->data->text);
	use_ring(s);
	use_perf(s);
	use_rodata(s);
	skeleton__destroy(s);
	return 0;
}
