/* CO-RE and kconfig: sizes and offsets of the running kernel's types, its version and configuration,
 * filled in by libbpf when the object is loaded. */
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct task_struct {
	int pid;
	int tgid;
} __attribute__((preserve_access_index));

struct no_such_struct___v2 {
	int field;
} __attribute__((preserve_access_index));

extern int LINUX_KERNEL_VERSION __kconfig;
extern int CONFIG_HZ __kconfig __weak;

__u64 task_size = 0, pid_offset = 0, tgid_distance = 0;
int version = 0, hz = 0, exists = 1;

SEC("raw_tp/")
int core(void *ctx)
{
	task_size = bpf_core_type_size(struct task_struct);
	pid_offset = bpf_core_field_offset(struct task_struct, pid);
	tgid_distance = bpf_core_field_offset(struct task_struct, tgid) - pid_offset;
	exists = bpf_core_type_exists(struct no_such_struct___v2);
	version = LINUX_KERNEL_VERSION;
	hz = CONFIG_HZ;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
