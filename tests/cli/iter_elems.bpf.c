/* The elements of a map, as text; each value grows by one. A value of 13 wants more room than there is. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define KERNEL __attribute__((preserve_access_index))

struct seq_file;
struct bpf_iter_meta {
	struct seq_file *seq;
	__u64 seq_num;
} KERNEL;
struct bpf_map {
	__u32 id, max_entries;
	char name[16];
} KERNEL;
struct bpf_iter__bpf_map_elem {
	struct bpf_iter_meta *meta;
	struct bpf_map *map;
	void *key, *value;
} KERNEL;

static char line[4096]; /* nine do not fit */

SEC("iter/bpf_map_elem")
int elems(struct bpf_iter__bpf_map_elem *ctx)
{
	struct seq_file *seq = ctx->meta->seq;
	__u32 *key = ctx->key;
	__u64 *value = ctx->value;

	if (!key || !value) {
		BPF_SEQ_PRINTF(seq, "end of %s: %u\n", ctx->map->name, ctx->map->max_entries);
		return 0;
	}
	BPF_SEQ_PRINTF(seq, "%llu: %u %llu\n", ctx->meta->seq_num, *key, *value);
	if (*value == 13)
		for (int i = 0; i < 9; i++)
			bpf_seq_write(seq, line, sizeof(line));
	*value += 1;
	return 0;
}

char _license[] SEC("license") = "GPL";
