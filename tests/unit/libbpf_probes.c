/* libbpf's feature probes, answered by an instance: what is claimed, the kernel has too; and all that
 * this release promises is claimed. */
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "base/types.h"
#include "oracle/kernel.h"
#include "skep/libbpf.h"
#include "test.h"

#define MAX_HELPER 211 /* Linux's numbered helpers; the list is frozen */

static const u32 prog_types[] = { BPF_PROG_TYPE_XDP, BPF_PROG_TYPE_SCHED_CLS,
				  BPF_PROG_TYPE_SOCKET_FILTER, BPF_PROG_TYPE_RAW_TRACEPOINT };
static const u32 map_types[] = { BPF_MAP_TYPE_ARRAY,	   BPF_MAP_TYPE_HASH,
				 BPF_MAP_TYPE_LRU_HASH,	   BPF_MAP_TYPE_PERCPU_ARRAY,
				 BPF_MAP_TYPE_PERCPU_HASH, BPF_MAP_TYPE_PERF_EVENT_ARRAY,
				 BPF_MAP_TYPE_PROG_ARRAY,  BPF_MAP_TYPE_RINGBUF };

static struct skep *skep;
static struct skep_client *client;

static void start(void)
{
	if (skep_new(NULL, &skep) < 0 || skep_client_new(skep, &client) < 0)
		abort();
}

static void end(void)
{
	skep_libbpf_use(NULL);
	skep_client_free(client);
	skep_free(skep);
}

static int probe_prog(bool ours, u32 type)
{
	skep_libbpf_use(ours ? client : NULL);
	return libbpf_probe_bpf_prog_type(type, NULL);
}

static int probe_map(bool ours, u32 type)
{
	skep_libbpf_use(ours ? client : NULL);
	return libbpf_probe_bpf_map_type(type, NULL);
}

static int probe_helper(bool ours, u32 type, u32 id)
{
	skep_libbpf_use(ours ? client : NULL);
	return libbpf_probe_bpf_helper(type, id, NULL);
}

TEST("program and map types promised are found")
{
	start();
	for (u32 i = 0; i < ARRAY_SIZE(prog_types); i++)
		EXPECT(probe_prog(true, prog_types[i]) == 1, "program type %u", prog_types[i]);
	for (u32 i = 0; i < ARRAY_SIZE(map_types); i++)
		EXPECT(probe_map(true, map_types[i]) == 1, "map type %u", map_types[i]);
	end();
}

/* Infrared is not in every kernel; this machine's answers EPERM to all that is attached to functions. */
static bool ours_alone(u32 t)
{
	return t == BPF_PROG_TYPE_LIRC_MODE2 || t == BPF_PROG_TYPE_TRACING ||
	       t == BPF_PROG_TYPE_LSM;
}

TEST("no type is claimed that the kernel lacks")
{
	if (kernel_missing())
		SKIP(kernel_missing());
	start();
	for (u32 t = 1; t <= BPF_PROG_TYPE_SYSCALL; t++)
		if (!ours_alone(t) && probe_prog(true, t) == 1)
			EXPECT(probe_prog(false, t) == 1, "program type %u", t);
	for (u32 t = 1; t <= BPF_MAP_TYPE_BLOOM_FILTER; t++)
		if (probe_map(true, t) == 1)
			EXPECT(probe_map(false, t) == 1, "map type %u", t);
	end();
}

TEST("helpers claimed are the kernel's, per program type")
{
	u32 claimed = 0;

	if (kernel_missing())
		SKIP(kernel_missing());
	start();
	for (u32 i = 0; i < ARRAY_SIZE(prog_types); i++)
		for (u32 id = 1; id <= MAX_HELPER; id++) {
			if (probe_helper(true, prog_types[i], id) != 1)
				continue;
			claimed++;
			EXPECT(probe_helper(false, prog_types[i], id) == 1,
			       "helper %u for program type %u", id, prog_types[i]);
		}
	EXPECT(claimed > 150, "%u", claimed);
	printf("# %u helpers claimed\n", claimed);
	end();
}
