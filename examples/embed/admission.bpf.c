/* An extension of embed.c: each user may have as many requests as the application says, small ones go
 * first. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "admission.h"

static unsigned int (*quota)(unsigned int user) = (void *)ADMISSION_QUOTA;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} requests SEC(".maps");

SEC("admission")
int admit(struct admission *ctx)
{
	__u64 one = 1, *n;
	__u32 user = ctx->user;

	if (ctx->size < 100)
		ctx->priority = 1;
	n = bpf_map_lookup_elem(&requests, &user);
	if (!n)
		return bpf_map_update_elem(&requests, &user, &one, BPF_ANY) ? REFUSE : ADMIT;
	return __sync_fetch_and_add(n, 1) < quota(user) ? ADMIT : REFUSE;
}

char LICENSE[] SEC("license") = "GPL";
