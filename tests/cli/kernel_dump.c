/* usage: kernel-dump OBJECT
 *
 * Load an object into this machine's kernel, run its first program once on 64 zero bytes, and print
 * each map's name and what `bpftool -j map dump` says of it. Exit code 77: the kernel does not answer.
 * Nothing is attached or pinned; all is gone with the process. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static int quiet(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	return 0;
}

static int dump(const struct bpf_map *m)
{
	struct bpf_map_info info = { 0 };
	unsigned int len = sizeof(info);
	char cmd[64];

	if (bpf_obj_get_info_by_fd(bpf_map__fd(m), &info, &len))
		return 1;
	printf("%s\n", bpf_map__name(m));
	fflush(stdout);
	snprintf(cmd, sizeof(cmd), "bpftool -j map dump id %u", info.id);
	return system(cmd) < 0;
}

int main(int argc, char **argv)
{
	char packet[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = packet, .data_size_in = sizeof(packet));
	struct bpf_object *o;
	struct bpf_map *m;
	int bad = 0;

	libbpf_set_print(quiet);
	o = argc == 2 ? bpf_object__open(argv[1]) : NULL;
	if (!o)
		return 1;
	if (bpf_object__load(o))
		return errno == EPERM || errno == ENOSYS ? 77 : 1;
	if (bpf_prog_test_run_opts(bpf_program__fd(bpf_object__next_program(o, NULL)), &run))
		return 1;
	bpf_object__for_each_map(m, o) bad |= dump(m);
	bpf_object__close(o);
	return bad;
}
