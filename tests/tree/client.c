/* An embedder's first program, C99 and C++: an instance, a map, an error in words. tests/tree/install
 * builds it against what `make install` installs. */
#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <skep/packet.h>
#include <skep/prog_type.h>

static long make_map(struct skep_client *c, uint32_t type)
{
	union bpf_attr a;

	memset(&a, 0, sizeof(a));
	a.map_type = type;
	a.key_size = 4;
	a.value_size = 8;
	a.max_entries = 4;
	return skep_bpf(c, BPF_MAP_CREATE, (uint64_t)(uintptr_t)&a, sizeof(a));
}

int main(void)
{
	struct skep_client *c;
	struct skep *s;
	long fd;

	if (skep_new(NULL, &s) || skep_client_new(s, &c))
		return 1;
	fd = make_map(c, BPF_MAP_TYPE_ARRAY);
	if (fd < 0 || close((int)fd))
		return 2;
	if (make_map(c, 77) != -EINVAL || !*skep_last_error())
		return 3;
	skep_client_free(c);
	skep_free(s);
	puts("fine");
	return 0;
}
