/* See dump.h. Reads maps as any client of bpf(2) would. */
#include "cli/dump.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "btf/print.h"

#define FLUSH_AT (64 << 10)

struct dumper {
	int fd;
	struct bpf_map_info info;
	struct btf *btf; /* NULL: none */
	struct json *j;
	u32 nr_cpus, stride; /* per-CPU maps: values stride bytes apart; else 1, 0 */
	u8 *key, *next, *value;
};

static bool is_per_cpu(u32 type)
{
	switch (type) {
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE: return true;
	}
	return false;
}

/* Maps without keys, or whose values the system call does not give. */
static bool is_readable(u32 type)
{
	switch (type) {
	case BPF_MAP_TYPE_RINGBUF:
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
	case BPF_MAP_TYPE_QUEUE:
	case BPF_MAP_TYPE_STACK:
	case BPF_MAP_TYPE_BLOOM_FILTER: return false;
	}
	return true;
}

int map_describe(const struct bpf_map *m, struct map_dump *d)
{
	const char *type = libbpf_bpf_map_type_str(bpf_map__type(m));

	snprintf(d->name, sizeof(d->name), "%s", bpf_map__name(m));
	d->type = type ? type : "unknown type";
	d->max_entries = bpf_map__max_entries(m);
	d->readable = is_readable(bpf_map__type(m));
	return bpf_map__fd(m) < 0 ? bpf_map__fd(m) : 0;
}

/* The BTF that the map was created with: libbpf may have changed the object's own for this kernel. */
static int load_btf(struct dumper *d)
{
	struct btf *lib;
	const void *raw;
	u32 size;
	int err;

	if (!d->info.btf_id || !d->info.btf_value_type_id)
		return 0;
	lib = btf__load_from_kernel_by_id(d->info.btf_id);
	if (!lib)
		return -errno;
	raw = btf__raw_data(lib, &size);
	err = raw ? btf_new(raw, size, NULL, &d->btf) : -ENOMEM;
	btf__free(lib);
	return err;
}

static int dumper_init(struct dumper *d, const struct bpf_map *m, struct json *j)
{
	u32 len = sizeof(d->info);
	int cpus;

	*d = (struct dumper){ .fd = bpf_map__fd(m), .j = j, .nr_cpus = 1 };
	if (bpf_obj_get_info_by_fd(d->fd, &d->info, &len))
		return -errno;
	if (is_per_cpu(d->info.type)) {
		cpus = libbpf_num_possible_cpus();
		if (cpus < 0)
			return cpus;
		d->nr_cpus = (u32)cpus;
		d->stride = ALIGN_UP(d->info.value_size, 8);
	}
	d->key = malloc(d->info.key_size + 1);
	d->next = malloc(d->info.key_size + 1);
	d->value = malloc(d->stride ? (size_t)d->stride * d->nr_cpus : d->info.value_size + 1);
	if (!d->key || !d->next || !d->value)
		return -ENOMEM;
	return load_btf(d);
}

static void dumper_done(struct dumper *d)
{
	free(d->key);
	free(d->next);
	free(d->value);
	btf_unref(d->btf);
}

static void print_typed(struct dumper *d, u32 type_id, const void *data, u32 size)
{
	if (d->btf && type_id)
		btf_print_value(d->btf, type_id, data, size, d->j);
	else
		btf_print_bytes(data, size, d->j);
}

static void print_values(struct dumper *d)
{
	json_key(d->j, "values");
	json_array(d->j);
	for (u32 cpu = 0; cpu < d->nr_cpus; cpu++) {
		json_object(d->j);
		json_key(d->j, "cpu");
		json_u64(d->j, cpu);
		json_key(d->j, "value");
		print_typed(d, d->info.btf_value_type_id, d->value + (size_t)cpu * d->stride,
			    d->info.value_size);
		json_end_object(d->j);
	}
	json_end_array(d->j);
}

static void print_element(struct dumper *d)
{
	bool section = d->btf && !d->info.btf_key_type_id;

	json_object(d->j);
	if (!section) {
		json_key(d->j, "key");
		print_typed(d, d->info.btf_key_type_id, d->next, d->info.key_size);
	}
	if (d->stride) {
		print_values(d);
	} else {
		json_key(d->j, "value");
		print_typed(d, d->info.btf_value_type_id, d->value, d->info.value_size);
	}
	json_end_object(d->j);
}

/* Elements that vanish while we walk are left out, as are empty slots of arrays of objects. */
static s64 print_elements(struct dumper *d, void (*flush)(void *arg), void *arg)
{
	bool first = true;
	s64 n = 0;

	while (!bpf_map_get_next_key(d->fd, first ? NULL : d->key, d->next)) {
		if (!bpf_map_lookup_elem(d->fd, d->next, d->value)) {
			print_element(d);
			n++;
		}
		memcpy(d->key, d->next, d->info.key_size);
		first = false;
		if (flush && d->j->out->len > FLUSH_AT)
			flush(arg);
	}
	return n;
}

s64 map_dump(const struct bpf_map *m, struct json *j, void (*flush)(void *arg), void *arg)
{
	struct dumper d;
	s64 n = dumper_init(&d, m, j);

	if (n >= 0) {
		json_array(j);
		if (is_readable(d.info.type))
			n = print_elements(&d, flush, arg);
		json_end_array(j);
	}
	dumper_done(&d);
	return n;
}
