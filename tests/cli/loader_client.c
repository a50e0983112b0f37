/* An application with a light skeleton: its programs and maps are made by a BPF program, which calls bpf(2). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loader.lskel.h"

static char text[65536];

static void show_open(const struct loader *s)
{
	char path[64], target[64];
	int n;

	for (int fd = 3; fd < 256; fd++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		n = (int)readlink(path, target, sizeof(target) - 1);
		if (n <= 0)
			continue;
		target[n] = '\0';
		if (!strncmp(target, "anon_inode:bpf-", 15))
			printf("%d: %s\n", fd, target);
	}
	printf("map %d, program %d\n", s->maps.seen.map_fd, s->progs.count.prog_fd);
}

int main(void)
{
	struct loader *s = loader__open();
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	int err;

	s->rodata->step = 5;
	s->ctx.log_level = 4;
	s->ctx.log_buf = (long)text;
	s->ctx.log_size = sizeof(text);
	err = loader__load(s);
	printf("load: %d\n", err);
	if (err) {
		fputs(text, stderr);
		return 1;
	}
	show_open(s);
	printf("log: %d\n", strstr(text, "processed ") != NULL);
	err = bpf_prog_test_run_opts(s->progs.count.prog_fd, &opts);
	printf("run: %d, returns %u, total %d\n", err, opts.retval, s->bss->total);
	for (int key = 1; key <= 4; key++) {
		long value = -1;

		err = bpf_map_lookup_elem(s->maps.seen.map_fd, &key, &value);
		printf("%d: %d %ld\n", key, err, value);
	}
	loader__destroy(s);
	return 0;
}
