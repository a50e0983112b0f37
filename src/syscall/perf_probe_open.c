/* perf_event_open(2) of events that run programs: what attr means. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "syscall/perf_probe.h"

#define MIN_PERIOD_NS 100000ull /* faster than that, Linux throttles as well */

/* The host's number of a kind of event; -1: it has none. */
static int pmu_type(const char *name)
{
	char path[96], text[16] = "";
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/event_source/devices/%s/type", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(fd);
	return text[0] ? (int)strtol(text, NULL, 10) : -1;
}

static int make(struct skep_client *c, enum probe_kind kind, int cpu, struct perf_probe **out)
{
	*out = perf_probe_new(c->skep, kind, cpu < 0 ? 0 : (u32)cpu);
	if (!*out)
		return -ENOMEM;
	(*out)->any_cpu = cpu < 0;
	return 0;
}

/* "system:name": programs and tools know the name alone. */
static int open_tracepoint(struct skep_client *c, const struct perf_event_attr *attr, int cpu,
			   struct perf_probe **out)
{
	char name[256];
	const char *colon;

	if (!c->skep->event_name)
		return -ENOENT;
	if (c->skep->event_name(c->skep->event_name_arg, attr->config, name, sizeof(name)) < 0)
		return fail(-EINVAL, "there is no trace event %llu",
			    (unsigned long long)attr->config);
	TRY(make(c, PROBE_TRACEPOINT, cpu, out));
	colon = strchr(name, ':');
	snprintf((*out)->name, sizeof((*out)->name), "%s", colon ? colon + 1 : name);
	return 0;
}

static int read_name(struct skep_client *c, u64 addr, char *name, size_t size)
{
	s64 n = client_strncpy(c, name, addr, size);

	if (n < 0)
		return -EFAULT;
	return !n || n == (s64)size ? -EINVAL : 0;
}

/* Names that mean the same to us as to the client. */
static int check_file(const char *path)
{
	struct stat st;

	if (path[0] != '/' || !strncmp(path, "/proc/self/", 11))
		return 0;
	if (stat(path, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) ? 0 : -EINVAL;
}

static int open_probe(struct skep_client *c, const struct perf_event_attr *attr, int cpu,
		      enum probe_kind kind, struct perf_probe **out)
{
	char name[256] = "";

	if (attr->config1 || kind == PROBE_UPROBE)
		TRY(read_name(c, attr->config1, name, sizeof(name)));
	if (kind == PROBE_UPROBE)
		TRY(check_file(name));
	TRY(make(c, kind, cpu, out));
	memcpy((*out)->name, name, sizeof(name));
	(*out)->offset = attr->config2;
	(*out)->ref_ctr = attr->config >> 32;
	(*out)->ret = attr->config & 1; /* format/retprobe: config:0 */
	return 0;
}

/* A clock that nobody can read samples of is there to run a program; others are the kernel's. */
static bool is_clock_for_programs(const struct perf_event_attr *attr)
{
	return attr->type == PERF_TYPE_SOFTWARE &&
	       (attr->config == PERF_COUNT_SW_CPU_CLOCK ||
		attr->config == PERF_COUNT_SW_TASK_CLOCK) &&
	       attr->sample_period && !attr->sample_type;
}

static int open_clock(struct skep_client *c, const struct perf_event_attr *attr, int cpu,
		      struct perf_probe **out)
{
	u64 ns = attr->freq ? 1000000000 / attr->sample_freq : attr->sample_period;

	TRY(make(c, PROBE_CLOCK, cpu, out));
	(*out)->period_ns = MAX(ns, MIN_PERIOD_NS);
	return 0;
}

int perf_probe_open(struct skep_client *c, const struct perf_event_attr *attr, int cpu,
		    struct perf_probe **out)
{
	int err = -ENOENT;

	if (attr->type == PERF_TYPE_TRACEPOINT)
		err = open_tracepoint(c, attr, cpu, out);
	else if (is_clock_for_programs(attr))
		err = open_clock(c, attr, cpu, out);
	else if (attr->type >= PERF_TYPE_MAX && (int)attr->type == pmu_type("uprobe"))
		err = open_probe(c, attr, cpu, PROBE_UPROBE, out);
	else if (attr->type >= PERF_TYPE_MAX && (int)attr->type == pmu_type("kprobe"))
		err = open_probe(c, attr, cpu, PROBE_KPROBE, out);
	if (err)
		return err;
	(*out)->config = attr->config;
	(*out)->enabled = !attr->disabled;
	return 0;
}
