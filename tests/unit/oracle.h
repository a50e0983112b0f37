/* The machine's own kernel as the oracle: load and run the same bytes there. Where bpf(2) is
 * refused, oracle_refusal() says why and tests skip. Nothing is attached, pinned or left loaded. */
#ifndef SKEP_TEST_ORACLE_H
#define SKEP_TEST_ORACLE_H

#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define INSN(c, d, s, o, i)                                                                        \
	((struct bpf_insn){ .code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) })
#define MOV_IMM(d, i)		 INSN(BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, i)
#define MOV_REG(d, s)		 INSN(BPF_ALU64 | BPF_MOV | BPF_X, d, s, 0, 0)
#define ALU_IMM(op, d, i)	 INSN(BPF_ALU64 | (op) | BPF_K, d, 0, 0, i)
#define ALU_REG(op, d, s)	 INSN(BPF_ALU64 | (op) | BPF_X, d, s, 0, 0)
#define LOAD(size, d, s, o)	 INSN(BPF_LDX | BPF_MEM | (size), d, s, o, 0)
#define STORE(size, d, s, o)	 INSN(BPF_STX | BPF_MEM | (size), d, s, o, 0)
#define STORE_IMM(size, d, o, i) INSN(BPF_ST | BPF_MEM | (size), d, 0, o, i)
#define JUMP_IMM(op, d, i, o)	 INSN(BPF_JMP | (op) | BPF_K, d, 0, o, i)
#define JUMP_REG(op, d, s, o)	 INSN(BPF_JMP | (op) | BPF_X, d, s, o, 0)
#define CALL_HELPER(id)		 INSN(BPF_JMP | BPF_CALL, 0, 0, 0, id)
#define EXIT_INSN()		 INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

__attribute__((unused)) static long oracle_bpf(int cmd, union bpf_attr *attr)
{
	long ret = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

	return ret < 0 ? -errno : ret;
}

/* An fd, or a negative errno; log may be NULL. */
__attribute__((unused)) static int oracle_load(uint32_t type, uint32_t attach_type,
					       const struct bpf_insn *insns, uint32_t len,
					       char *log, uint32_t log_size)
{
	union bpf_attr attr = { .prog_type = type,
				.expected_attach_type = attach_type,
				.insns = (uintptr_t)insns,
				.insn_cnt = len,
				.license = (uintptr_t) "GPL" };

	if (log) {
		log[0] = '\0';
		attr.log_buf = (uintptr_t)log;
		attr.log_size = log_size;
		attr.log_level = 1;
	}
	return (int)oracle_bpf(BPF_PROG_LOAD, &attr);
}

/* NULL if the kernel loads programs for us, else the reason. */
__attribute__((unused)) static const char *oracle_refusal(void)
{
	struct bpf_insn prog[] = { MOV_IMM(0, 0), EXIT_INSN() };
	int fd = oracle_load(BPF_PROG_TYPE_XDP, 0, prog, 2, NULL, 0);

	if (fd < 0)
		return "the kernel does not load programs for us";
	close(fd);
	return NULL;
}

#endif
