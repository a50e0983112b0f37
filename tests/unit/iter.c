/* Iterators: what their links take, and what reading their sessions gives, on skep and on the kernel. */
#include "both.h"

#include <stdlib.h>
#include <string.h>

#include "btf/btf.h"
#include "insns.h"
#include "iter/iter.h"
#include "object/instance.h"
#include "syscall/client.h"

static struct btf *vmlinux;

static int func_id(const char *name)
{
	if (!vmlinux && btf_new_kernel("/sys/kernel/btf/vmlinux", &vmlinux) < 0)
		return -ENOENT;
	return btf_find(vmlinux, name, BTF_KIND_FUNC);
}

static int load_flags(struct side *s, const char *target, const struct bpf_insn *insns, u32 n,
		      u32 flags)
{
	char name[64];
	struct attr_prog_load a = { .prog_type = BPF_PROG_TYPE_TRACING,
				    .expected_attach_type = BPF_TRACE_ITER,
				    .insn_cnt = n,
				    .insns = (u64)insns,
				    .prog_flags = flags,
				    .license = (u64) "GPL" };

	snprintf(name, sizeof(name), "bpf_iter_%s", target);
	a.attach_btf_id = (u32)func_id(name);
	return (int)side_bpf(s, BPF_PROG_LOAD, &a, sizeof(a));
}
#define LOAD_ITER(s, target, insns) load_flags(s, target, insns, ARRAY_SIZE(insns), 0)

static int link_prog(struct side *s, int prog, const void *info, u32 len)
{
	struct attr_link_create a = { .prog_fd = (u32)prog,
				      .attach_type = BPF_TRACE_ITER,
				      .iter_info = (u64)info,
				      .iter_info_len = len };

	return (int)side_bpf(s, BPF_LINK_CREATE, &a, sizeof(a));
}

static int link_map(struct side *s, int prog, int map)
{
	union abi_iter_info info = { .map_fd = (u32)map };

	return link_prog(s, prog, &info, sizeof(info));
}

static int session(struct side *s, int link)
{
	struct attr_iter_create a = { .link_fd = (u32)link };

	return (int)side_bpf(s, BPF_ITER_CREATE, &a, sizeof(a));
}

/* read(2); ours is what the interposer and `skep exec` make of one. */
static long side_read(struct side *s, int fd, void *buf, size_t size)
{
	struct object *o;
	long n;

	if (!s->client) {
		n = read(fd, buf, size);
		return n < 0 ? -errno : n;
	}
	if (client_object(s->client, fd, OBJECT_ITER, NULL, &o) < 0)
		return -EBADF;
	n = iter_read((struct iter *)o, buf, size);
	object_unref(o);
	return n;
}

static void say_bytes(struct side *s, long n, const u8 *buf)
{
	SAY(s, "read %ld:", n);
	for (long i = 0; i < MIN(n, 64l); i++)
		SAY(s, " %02x", buf[i]);
	SAY(s, "\n");
}

/* All of a session, in reads of that size. */
static void say_session(struct side *s, int link, size_t size)
{
	static u8 buf[1 << 17];
	int fd = session(s, link);
	long n = 1;

	for (u32 i = 0; fd >= 0 && n > 0 && i < 200; i++) {
		n = side_read(s, fd, buf, size);
		say_bytes(s, n, buf);
	}
	say_bytes(s, side_read(s, fd, buf, size), buf); /* behind the end */
	close(fd);
}

/* r6 = seq, r7 = key, r8 = value, r9 = seq_num */
#define ELEM_ARGS                                                                                  \
	LOAD(BPF_DW, 6, 1, 0), LOAD(BPF_DW, 7, 1, 16), LOAD(BPF_DW, 8, 1, 24),                     \
		LOAD(BPF_DW, 9, 6, 16), LOAD(BPF_DW, 6, 6, 0)
#define WRITE(reg, size)                                                                           \
	MOV_REG(1, 6), MOV_REG(2, reg), MOV_IMM(3, size), CALL_HELPER(BPF_FUNC_seq_write)

/* Writes key and value, adds one to the value; in the end, the number of elements. */
static const struct bpf_insn dump_elems[] = {
	ELEM_ARGS,
	JUMP_IMM(BPF_JEQ, 7, 0, 13),
	JUMP_IMM(BPF_JEQ, 8, 0, 12),
	WRITE(7, 4),
	WRITE(8, 8),
	LOAD(BPF_DW, 1, 8, 0),
	ALU_IMM(BPF_ADD, 1, 1),
	STORE(BPF_DW, 8, 1, 0),
	JUMP_IMM(BPF_JA, 0, 0, 8),
	STORE(BPF_DW, 10, 9, -8),
	MOV_REG(2, 10),
	ALU_IMM(BPF_ADD, 2, -8),
	MOV_REG(1, 6),
	MOV_IMM(3, 8),
	CALL_HELPER(BPF_FUNC_seq_write),
	MOV_IMM(0, 0),
	EXIT_INSN(),
	MOV_IMM(0, 0),
	EXIT_INSN(),
};

static void fill(struct side *s, int map, u32 n, u32 cpus)
{
	u64 value[256] = { 0 };

	for (u32 i = 0; i < n; i++) {
		for (u32 c = 0; c < MIN(cpus, 256u); c++)
			value[c] = 0x1110 * i + c;
		side_elem(s, BPF_MAP_UPDATE_ELEM, map, &i, value, 0);
	}
}

static void elements(struct side *s)
{
	static const u32 types[] = { BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_LRU_HASH,
				     BPF_MAP_TYPE_PERCPU_ARRAY, BPF_MAP_TYPE_PERCPU_HASH };
	int prog = LOAD_ITER(s, "bpf_map_elem", dump_elems);

	SAY(s, "loaded: %d\n", prog > 0);
	for (u32 t = 0; t < ARRAY_SIZE(types); t++) {
		bool array =
			types[t] == BPF_MAP_TYPE_ARRAY || types[t] == BPF_MAP_TYPE_PERCPU_ARRAY;
		int map = side_map(s, types[t], 4, 8, array ? 5 : 1, 0), link;

		fill(s, map, array ? 5 : 1, runtime_possible_cpus());
		link = link_map(s, prog, map);
		SAY(s, "type %u\n", types[t]);
		say_session(s, link, 7);
		say_session(s, link, 12);
		say_session(s, link, 4096); /* what the others wrote is there */
		close(link);
		close(map);
	}
	close(prog);
}

TEST("elements of maps: keys, values that the program changes, reads of any size, the last call")
{
	run_both(elements);
}

static const struct bpf_insn write_value[] = {
	ELEM_ARGS, JUMP_IMM(BPF_JEQ, 8, 0, 4), WRITE(8, 20000), MOV_IMM(0, 0), EXIT_INSN(),
};

static const struct bpf_insn write_all[] = {
	ELEM_ARGS, JUMP_IMM(BPF_JEQ, 8, 0, 4), WRITE(8, 32768), MOV_IMM(0, 0), EXIT_INSN(),
};

static const struct bpf_insn again[] = {
	MOV_IMM(0, 1),
	EXIT_INSN(),
};

static const struct bpf_insn quiet[] = {
	MOV_IMM(0, 0),
	EXIT_INSN(),
};

static void limits(struct side *s)
{
	int map = side_map(s, BPF_MAP_TYPE_ARRAY, 4, 32768, 3, 0), link;
	int progs[] = { LOAD_ITER(s, "bpf_map_elem", write_value),
			LOAD_ITER(s, "bpf_map_elem", write_all),
			LOAD_ITER(s, "bpf_map_elem", again), LOAD_ITER(s, "bpf_map_elem", quiet) };

	for (u32 i = 0; i < ARRAY_SIZE(progs); i++) {
		link = link_map(s, progs[i], map);
		SAY(s, "program %u, link: %d\n", i, link > 0);
		say_session(s, link, 1 << 17);
		close(link);
		close(progs[i]);
	}
	close(map);
}

TEST("what does not fit is shown by the next read, or is an error; programs may ask to be called "
     "again")
{
	run_both(limits);
}

static void links(struct side *s)
{
	int elem = LOAD_ITER(s, "bpf_map_elem", dump_elems), task = LOAD_ITER(s, "task", quiet),
	    maps = LOAD_ITER(s, "bpf_map", quiet), other = LOAD_ITER(s, "bpf_map", again);
	int map = side_map(s, BPF_MAP_TYPE_HASH, 4, 8, 1, 0), fd;
	struct attr_link_create bare = { .prog_fd = (u32)maps, .attach_type = BPF_TRACE_ITER };
	union abi_iter_info info = { .map_fd = (u32)map };
	static const u32 types[][3] = {
		{ BPF_MAP_TYPE_HASH, 3, 8 },	   { BPF_MAP_TYPE_HASH, 4, 7 },
		{ BPF_MAP_TYPE_ARRAY, 4, 4 },	   { BPF_MAP_TYPE_PERCPU_HASH, 4, 1 },
		{ BPF_MAP_TYPE_QUEUE, 0, 8 },	   { BPF_MAP_TYPE_LPM_TRIE, 8, 8 },
		{ BPF_MAP_TYPE_PROG_ARRAY, 4, 4 }, { BPF_MAP_TYPE_STACK_TRACE, 4, 8 },
	};

#define TRY_LINK(prog, ptr, len)                                                                   \
	do {                                                                                       \
		fd = link_prog(s, prog, ptr, len);                                                 \
		SAY(s, #prog ", " #ptr ", " #len ": %d\n", fd < 0 ? fd : 1);                       \
		if (fd >= 0)                                                                       \
			close(fd);                                                                 \
	} while (0)
#define WITH(field, value, prog)                                                                   \
	do {                                                                                       \
		memset(&info, 0, sizeof(info));                                                    \
		info.field = (u32)(value);                                                         \
		SAY(s, #field " = " #value ": ");                                                  \
		TRY_LINK(prog, &info, sizeof(info));                                               \
	} while (0)
	TRY_LINK(elem, NULL, 0);
	TRY_LINK(elem, &info, 0);
	TRY_LINK(elem, NULL, 4);
	TRY_LINK(elem, &info, 4);
	TRY_LINK(elem, &info, 1);
	TRY_LINK(elem, BAD_PTR, 4);
	WITH(map_fd, 999, elem);
	WITH(map_fd, elem, elem);
	WITH(map_fd, map, maps);
	WITH(task.tid, getpid(), task);
	WITH(task.pid, getpid(), task);
	WITH(task.pid_fd, 999, task);
	WITH(task.pid_fd, map, task);
	WITH(task.tid, 999999, task);
	memset(&info, 1, sizeof(info));
	TRY_LINK(task, &info, sizeof(info));
	for (u32 i = 0; i < ARRAY_SIZE(types); i++) {
		u32 flags = types[i][0] == BPF_MAP_TYPE_LPM_TRIE ? BPF_F_NO_PREALLOC : 0;
		int m = side_map(s, types[i][0], types[i][1], types[i][2], 1, flags);

		memset(&info, 0, sizeof(info));
		info.map_fd = (u32)m;
		SAY(s, "type %u of %u and %u: ", types[i][0], types[i][1], types[i][2]);
		TRY_LINK(elem, &info, sizeof(info));
		close(m);
	}
#define BARE(field, value)                                                                         \
	do {                                                                                       \
		struct attr_link_create a = bare;                                                  \
		a.field = (u32)(value);                                                            \
		fd = (int)side_bpf(s, BPF_LINK_CREATE, &a, sizeof(a));                             \
		SAY(s, #field " = " #value ": %d\n", fd < 0 ? fd : 1);                             \
		if (fd >= 0)                                                                       \
			close(fd);                                                                 \
	} while (0)
	BARE(flags, 0);
	BARE(flags, 1);
	BARE(target_fd, map);
	BARE(attach_type, BPF_TRACE_FENTRY);
	BARE(attach_type, BPF_TRACE_RAW_TP);
	BARE(attach_type, BPF_LSM_MAC);
	BARE(prog_fd, map);
	BARE(prog_fd, 999);
	{
		int l = link_prog(s, maps, NULL, 0);
		struct attr_iter_create flags = { (u32)l, 1 }, no_link = { (u32)map, 0 },
					nothing = { 999, 0 };
		struct attr_link_update
			up = { (u32)l, { (u32)other } },
			type = { (u32)l, { (u32)task } },
			wrong = { (u32)l, { (u32)maps }, BPF_F_REPLACE, { (u32)maps } },
			right = { (u32)l, { (u32)maps }, BPF_F_REPLACE, { (u32)other } };
		struct attr_link_detach det = { (u32)l };

		SAY_CALL(s, side_bpf(s, BPF_ITER_CREATE, &flags, sizeof(flags)));
		SAY_CALL(s, side_bpf(s, BPF_ITER_CREATE, &no_link, sizeof(no_link)));
		SAY_CALL(s, side_bpf(s, BPF_ITER_CREATE, &nothing, sizeof(nothing)));
		SAY_CALL(s, side_bpf(s, BPF_LINK_UPDATE, &up, sizeof(up)));
		SAY_CALL(s, side_bpf(s, BPF_LINK_UPDATE, &type, sizeof(type)));
		SAY_CALL(s, side_bpf(s, BPF_LINK_UPDATE, &wrong, sizeof(wrong)));
		SAY_CALL(s, side_bpf(s, BPF_LINK_UPDATE, &right, sizeof(right)));
		SAY_CALL(s, side_bpf(s, BPF_LINK_DETACH, &det, sizeof(det)));
		close(l);
	}
	close(elem);
	close(task);
	close(maps);
	close(other);
	close(map);
}

TEST("links: what iter_info may say, by target; updates; errnos")
{
	run_both(links);
}

static void sleepable(struct side *s)
{
	static const char *const targets[] = { "task",	  "task_file", "task_vma",
					       "bpf_map", "bpf_prog",  "bpf_link" };

	for (u32 i = 0; i < ARRAY_SIZE(targets); i++) {
		int prog = load_flags(s, targets[i], quiet, ARRAY_SIZE(quiet), BPF_F_SLEEPABLE);
		int link = link_prog(s, prog, NULL, 0);

		SAY(s, "sleepable %s: %d\n", targets[i], link < 0 ? link : 1);
		close(link);
		close(prog);
	}
}

TEST("sleepable programs go where no lock is held")
{
	run_both(sleepable);
}

static void info(struct side *s)
{
	int prog = LOAD_ITER(s, "task", quiet);
	union abi_iter_info of = { .task = { .tid = (u32)getpid() } };
	int link = link_prog(s, prog, &of, sizeof(of));
	struct abi_link_info out = { 0 };
	char name[16] = "";
	struct attr_info a = { (u32)link, sizeof(out), (u64)&out };

	out.iter.target_name = (u64)name;
	out.iter.target_name_len = 3;
	SAY_CALL(s, side_bpf(s, BPF_OBJ_GET_INFO_BY_FD, &a, sizeof(a)));
	SAY(s, "%s\n", name);
	memset(&out, 0, sizeof(out));
	out.iter.target_name = (u64)name;
	out.iter.target_name_len = sizeof(name);
	SAY_CALL(s, side_bpf(s, BPF_OBJ_GET_INFO_BY_FD, &a, sizeof(a)));
	SAY(s, "%u %s %u %d %u\n", out.type, name, out.iter.target_name_len,
	    out.iter.task.tid == (u32)getpid(), out.iter.task.pid);
	close(link);
	close(prog);
}

TEST("a link says what it goes over")
{
	run_both(info);
}

/* Writes the task's tgid. */
static const struct bpf_insn dump_task[] = {
	LOAD(BPF_DW, 6, 1, 0),	 LOAD(BPF_DW, 7, 1, 8),
	LOAD(BPF_DW, 6, 6, 0),	 JUMP_IMM(BPF_JEQ, 7, 0, 7),
	LOAD(BPF_W, 1, 7, 0), /* its offset is filled in */
	STORE(BPF_W, 10, 1, -4), MOV_REG(2, 10),
	ALU_IMM(BPF_ADD, 2, -4), MOV_REG(1, 6),
	MOV_IMM(3, 4),		 CALL_HELPER(BPF_FUNC_seq_write),
	MOV_IMM(0, 0),		 EXIT_INSN(),
};

static u32 task_offset(const char *member)
{
	const struct btf_type *t =
		btf_type(vmlinux, (u32)btf_find(vmlinux, "task_struct", BTF_KIND_STRUCT));

	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++)
		if (!strcmp(btf_string(vmlinux, btf_members_of(t)[i].name_off), member))
			return btf_member_bit_off(t, i) / 8;
	return 0;
}

static void tasks(struct side *s)
{
	static const char *const members[] = { "tgid", "pid", "comm", "start_time", "flags" };
	struct bpf_insn insns[ARRAY_SIZE(dump_task)];
	union abi_iter_info of = { .task = { .pid = (u32)getpid() } };

	func_id("bpf_iter_task");
	for (u32 i = 0; i < ARRAY_SIZE(members); i++) {
		int prog, link;

		memcpy(insns, dump_task, sizeof(insns));
		insns[4].off = (s16)task_offset(members[i]);
		prog = LOAD_ITER(s, "task", insns);
		link = link_prog(s, prog, &of, sizeof(of));
		SAY(s, "%s\n", members[i]);
		if (strcmp(members[i], "start_time") && strcmp(members[i], "flags"))
			say_session(s, link, 64);
		close(link);
		close(prog);
	}
}

TEST("tasks: members that programs read are those of this process")
{
	run_both(tasks);
}
