/* Whose descriptors are of BPF objects, and of which: what bpftool asks to show "pids". */
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#define KERNEL __attribute__((preserve_access_index))

struct seq_file;
struct bpf_iter_meta {
	struct seq_file *seq;
} KERNEL;
struct task_struct {
	int tgid;
	struct task_struct *group_leader;
	char comm[16];
} KERNEL;
struct file {
	const void *f_op;
	void *private_data;
} KERNEL;
struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
} KERNEL;
struct bpf_map {
	__u32 id;
} KERNEL;
struct bpf_prog_aux {
	__u32 id;
} KERNEL;
struct bpf_prog {
	struct bpf_prog_aux *aux;
} KERNEL;
struct bpf_link {
	__u32 id;
} KERNEL;
struct btf {
	__u32 id;
} KERNEL;

extern const void bpf_link_fops __ksym, bpf_map_fops __ksym, bpf_prog_fops __ksym, btf_fops __ksym;

SEC("iter/task_file")
int owners(struct bpf_iter__task_file *ctx)
{
	struct file *file = ctx->file;
	struct task_struct *task = ctx->task;
	const char *kind;
	char comm[16];
	__u32 id;

	if (!file || !task)
		return 0;
	if (file->f_op == &bpf_map_fops) {
		id = BPF_CORE_READ((struct bpf_map *)file->private_data, id);
		kind = "map";
	} else if (file->f_op == &bpf_prog_fops) {
		id = BPF_CORE_READ((struct bpf_prog *)file->private_data, aux, id);
		kind = "prog";
	} else if (file->f_op == &bpf_link_fops) {
		id = BPF_CORE_READ((struct bpf_link *)file->private_data, id);
		kind = "link";
	} else if (file->f_op == &btf_fops) {
		id = BPF_CORE_READ((struct btf *)file->private_data, id);
		kind = "btf";
	} else {
		return 0;
	}
	bpf_probe_read_kernel_str(comm, sizeof(comm), task->group_leader->comm);
	BPF_SEQ_PRINTF(ctx->meta->seq, "%s %u: %s %d, file %u\n", kind, id, comm, task->tgid,
		       ctx->fd);
	return 0;
}

char _license[] SEC("license") = "GPL";
