/* For tests/cli/loader.py: a program that nobody relocates but the kernel, with a map and global data. */
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

/* Of the kernel's structure, at other places, and a member that it has not. */
struct task_struct {
	int tgid, pid;
} __attribute__((preserve_access_index));
struct task_struct___old {
	int no_such_member;
} __attribute__((preserve_access_index));

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, int);
	__type(value, long);
} seen SEC(".maps");

const volatile int step = 3;
int total;

static void keep(int key, long value)
{
	bpf_map_update_elem(&seen, &key, &value, 0);
}

SEC("raw_tp/sys_enter")
int count(void *ctx)
{
	struct task_struct *t = (void *)bpf_get_current_task();
	struct task_struct___old *o = (void *)t;

	keep(1, bpf_core_type_size(struct task_struct));
	keep(2, bpf_core_field_offset(t->pid));
	keep(3, bpf_core_field_exists(o->no_such_member) ? 1 : 2);
	keep(4, BPF_CORE_READ(t, pid) == (int)bpf_get_current_pid_tgid());
	total += step;
	return total;
}

char LICENSE[] SEC("license") = "GPL";
