/* See kernel.h. */
#include "oracle/kernel.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

long kernel_bpf(int cmd, void *attr, u32 size)
{
	long ret = syscall(SYS_bpf, cmd, attr, size);

	return ret < 0 ? -errno : ret;
}

int kernel_load(u32 type, const struct bpf_insn *insns, u32 n, u32 log_level, char *log,
		u32 log_size)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = type;
	attr.insns = (u64)(uintptr_t)insns;
	attr.insn_cnt = n;
	attr.license = (u64)(uintptr_t) "GPL";
	if (log) {
		log[0] = '\0';
		attr.log_level = log_level;
		attr.log_buf = (u64)(uintptr_t)log;
		attr.log_size = log_size;
	}
	return (int)kernel_bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
}

const char *kernel_missing(void)
{
	static const struct bpf_insn nothing[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = kernel_load(BPF_PROG_TYPE_SOCKET_FILTER, nothing, 2, 0, NULL, 0);

	if (fd < 0)
		return fd == -EPERM ? "bpf(2) is not permitted here" : "no bpf(2) here";
	close(fd);
	return NULL;
}
