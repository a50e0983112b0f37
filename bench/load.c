/* From nothing to a program that could run, in process: an instance and a client, the object opened, loaded
 * (verified and compiled), all freed again; and the same with an instance that is there already. CPU time.
 *
 *   bench-load OBJECT [rounds] */
#include <bpf/libbpf.h>
#include <stdio.h>

#include "skep/libbpf.h"
#include "timing.h"

#define PER_SAMPLE 20

enum phase { CREATE, OPEN, LOAD, CLOSE, PHASES };

static int quiet(enum libbpf_print_level level, const char *fmt, va_list args)
{
	return 0;
}

static void *read_file(const char *path, size_t *size)
{
	FILE *f = fopen(path, "re");
	char *data = malloc(1 << 20);

	*size = f && data ? fread(data, 1, 1 << 20, f) : 0;
	if (f)
		fclose(f);
	return data;
}

static u64 lap(u64 *since)
{
	u64 now = cpu_ns(), ns = now - *since;

	*since = now;
	return ns;
}

static bool once(const void *elf, size_t size, struct skep *there, u64 ns[PHASES])
{
	struct skep_client *client = NULL;
	struct bpf_object *o = NULL;
	struct skep *s = there;
	u64 since = cpu_ns();
	bool ok;

	ok = (there || !skep_new(NULL, &s)) && !skep_client_new(s, &client);
	skep_libbpf_use_thread(client);
	ns[CREATE] += lap(&since);
	o = ok ? bpf_object__open_mem(elf, size, NULL) : NULL;
	ns[OPEN] += lap(&since);
	ok = o && !bpf_object__load(o);
	ns[LOAD] += lap(&since);
	bpf_object__close(o);
	skep_libbpf_use_thread(NULL);
	skep_client_free(client);
	if (!there)
		skep_free(s);
	ns[CLOSE] += lap(&since);
	return ok;
}

static int bench(const char *what, const void *elf, size_t size, struct skep *there, u32 rounds)
{
	struct samples s[PHASES] = { 0 };

	for (u32 r = 0; r < rounds; r++) {
		u64 ns[PHASES] = { 0 };

		for (u32 n = 0; n < PER_SAMPLE; n++)
			if (!once(elf, size, there, ns))
				return fprintf(stderr, "%s\n", skep_last_error()), 1;
		for (u32 p = 0; p < PHASES; p++)
			s[p].ns[s[p].n++] = (double)ns[p] / PER_SAMPLE / 1000;
	}
	printf("%-28s %8.1f %8.1f %8.1f %8.1f\n", what, median(&s[CREATE]), median(&s[OPEN]),
	       median(&s[LOAD]), median(&s[CLOSE]));
	return 0;
}

int main(int argc, char **argv)
{
	u32 rounds = argc > 2 ? (u32)atoi(argv[2]) : 15;
	struct skep *s = NULL;
	size_t size = 0;
	void *elf = argc > 1 ? read_file(argv[1], &size) : NULL;
	int ret;

	if (!size || !rounds || rounds > MAX_ROUNDS || skep_new(NULL, &s)) {
		fprintf(stderr, "usage: %s OBJECT [rounds]\n", argv[0]);
		return 2;
	}
	libbpf_set_print(quiet);
	printf("us (medians)                   create     open     load    close\n");
	ret = bench("in a new instance", elf, size, NULL, rounds) ||
	      bench("in one that is there", elf, size, s, rounds);
	skep_free(s);
	free(elf);
	return ret;
}
