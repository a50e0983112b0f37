/* What programs read of the current task through bpf_get_current_task_btf(), here and on the kernel. */
#include "both.h"

#include <bpf/btf.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct btf *vmlinux;

/* Byte offset of a member, also of an anonymous structure's; negative without. */
static int offset_in(u32 id, const char *name)
{
	const struct btf_type *t = btf__type_by_id(vmlinux, id);
	const struct btf_member *m = btf_members(t);

	for (u32 n = 0; n < btf_vlen(t); n++, m++) {
		const char *is = btf__name_by_offset(vmlinux, m->name_off);
		int at = (int)(btf_member_bit_offset(t, n) / 8), in;

		if (!strcmp(is, name))
			return at;
		in = *is ? -1 : offset_in(m->type, name);
		if (in >= 0)
			return at + in;
	}
	return -1;
}

static s16 member(const char *of, const char *name)
{
	int id = btf__find_by_name_kind(vmlinux, of, BTF_KIND_STRUCT);
	int off = id < 0 ? -1 : offset_in((u32)id, name);

	if (off < 0)
		test_fail(__FILE__, __LINE__, "no member %s in %s", name, of);
	return (s16)off;
}

#define LOAD(size, dst, src, at)                                                                   \
	{                                                                                          \
		.code = BPF_LDX | BPF_MEM | (size), .dst_reg = (dst), .src_reg = (src),            \
		.off = (at)                                                                        \
	}
#define CALL(id)                                                                                   \
	{                                                                                          \
		.code = BPF_JMP | BPF_CALL, .imm = (id)                                            \
	}
#define LEAVE                                                                                      \
	{                                                                                          \
		.code = BPF_JMP | BPF_EXIT                                                         \
	}

static u32 run(struct side *s, const struct bpf_insn *insns, u32 n)
{
	struct attr_prog_load a = { .prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT,
				    .insn_cnt = n,
				    .insns = (u64)insns,
				    .license = (u64) "GPL" };
	int fd = (int)side_bpf(s, BPF_PROG_LOAD, &a, sizeof(a));
	struct attr_test t = { .prog_fd = (u32)fd };
	long err = fd < 0 ? fd : side_bpf(s, BPF_PROG_TEST_RUN, &t, sizeof(t));

	if (err < 0)
		SAY(s, "error %ld ", err);
	close(fd);
	return t.retval;
}

/* A number in the task, or behind a pointer in it. */
static u32 direct(struct side *s, const char *name, u32 size)
{
	struct bpf_insn insns[] = { CALL(BPF_FUNC_get_current_task_btf),
				    LOAD((u8)size, 0, 0, member("task_struct", name)), LEAVE };

	return run(s, insns, ARRAY_SIZE(insns));
}

static u32 behind(struct side *s, const char *pointer, const char *of, const char *name)
{
	struct bpf_insn insns[] = { CALL(BPF_FUNC_get_current_task_btf),
				    LOAD(BPF_DW, 1, 0, member("task_struct", pointer)),
				    LOAD(BPF_W, 0, 1, member(of, name)), LEAVE };

	return run(s, insns, ARRAY_SIZE(insns));
}

static void fields(struct side *s)
{
	SAY(s, "pid %d tgid %d\n", direct(s, "pid", BPF_W) == (u32)syscall(SYS_gettid),
	    direct(s, "tgid", BPF_W) == (u32)getpid());
	SAY(s, "comm %x\n", direct(s, "comm", BPF_W));
	SAY(s, "leader %d parent %d\n",
	    behind(s, "group_leader", "task_struct", "pid") == (u32)getpid(),
	    behind(s, "real_parent", "task_struct", "tgid") == (u32)getppid());
	SAY(s, "uid %u euid %u gid %u\n", behind(s, "cred", "cred", "uid"),
	    behind(s, "cred", "cred", "euid"), behind(s, "real_cred", "cred", "gid"));
}

TEST("the current task's fields are the kernel's")
{
	vmlinux = btf__load_vmlinux_btf();
	if (!vmlinux)
		SKIP("no BTF of the kernel");
	run_both(fields);
	btf__free(vmlinux);
}
