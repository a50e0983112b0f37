/* A list of objects that the program allocates: of each packet its length is put in front, and what is more than four goes.
 * What is left at the end is the instance's to free. */
#define bpf_list_head uapi_list_head /* newer headers have these two, Debian 12's do not */
#define bpf_list_node uapi_list_node
#include <linux/bpf.h>
#undef bpf_list_head
#undef bpf_list_node
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#define contains(what) __attribute__((btf_decl_tag("contains:" what)))

struct bpf_list_head {
	__u64 : 64;
	__u64 : 64;
} __attribute__((aligned(8)));

struct bpf_list_node {
	__u64 : 64;
	__u64 : 64;
	__u64 : 64;
} __attribute__((aligned(8)));

struct seen {
	struct bpf_list_node node;
	__u64 length;
};

void *bpf_obj_new_impl(__u64 type_id, void *meta) __ksym;
void bpf_obj_drop_impl(void *object, void *meta) __ksym;
int bpf_list_push_front_impl(struct bpf_list_head *head, struct bpf_list_node *node, void *meta,
			     __u64 off) __ksym;
struct bpf_list_node *bpf_list_pop_back(struct bpf_list_head *head) __ksym;

struct bpf_spin_lock lock SEC(".data.recent");
struct bpf_list_head recent SEC(".data.recent") contains("seen:node");
__u64 kept, dropped;

SEC("xdp")
int remember(struct xdp_md *ctx)
{
	struct seen *s = bpf_obj_new_impl(bpf_core_type_id_local(struct seen), 0);
	struct bpf_list_node *last = 0;

	if (!s)
		return XDP_ABORTED;
	s->length = ctx->data_end - ctx->data;
	bpf_spin_lock(&lock);
	bpf_list_push_front_impl(&recent, &s->node, 0, 0);
	if (kept == 4)
		last = bpf_list_pop_back(&recent);
	bpf_spin_unlock(&lock);
	if (last) {
		dropped += container_of(last, struct seen, node)->length;
		bpf_obj_drop_impl(container_of(last, struct seen, node), 0);
	} else {
		kept++;
	}
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
