/* Maps as JSON, in the shape of `bpftool map dump`. */
#ifndef SKEP_CLI_DUMP_H
#define SKEP_CLI_DUMP_H

#include <bpf/libbpf.h>

#include "base/json.h"

struct map_dump {
	char name[64];
	const char *type; /* "hash" */
	u32 max_entries;
	bool readable; /* false: ring buffers and others whose elements cannot be listed */
};

/* What kind of map it is. 0 or a negative errno. */
int map_describe(const struct bpf_map *m, struct map_dump *d);

/* One array of {"key":…,"value":…}, or {"key":…,"values":[{"cpu":0,"value":…}…]} for per-CPU maps,
 * through the map's BTF; data sections have no key. Without BTF bytes are ["0x01",…]. Written through
 * flush(arg) whenever j->out has grown, which must empty it; NULL: kept. Returns the number of elements
 * or a negative errno. */
s64 map_dump(const struct bpf_map *m, struct json *j, void (*flush)(void *arg), void *arg);

#endif
