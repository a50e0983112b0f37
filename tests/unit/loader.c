/* Syscall programs that call bpf(2), close descriptors, look up types and symbols and read their caller's memory, on skep, in
 * process, and on the kernel. */
#include "both.h"

#include "insns.h"

#define ATTR 96 /* bytes at r10 - ATTR: the program's attributes */

/* Of the program: what it is to do, and what came of it. */
struct context {
	u64 cmd, size;
	s64 result, extra;
	u8 attr[ATTR];
	u64 user, user_size; /* of the client's memory */
};

static int load(struct side *s, const struct bpf_insn *insns, u32 n)
{
	static char log[65536];
	struct attr_prog_load a = { .prog_type = BPF_PROG_TYPE_SYSCALL,
				    .insn_cnt = n,
				    .insns = (u64)insns,
				    .license = (u64) "GPL",
				    .prog_flags = BPF_F_SLEEPABLE,
				    .log_buf = (u64)log,
				    .log_size = sizeof(log),
				    .log_level = 1 };
	int fd = (int)side_bpf(s, BPF_PROG_LOAD, &a, sizeof(a));

	if (fd < 0)
		printf("# %s\n", log);
	return fd;
}

static long run(struct side *s, int fd, struct context *c)
{
	struct attr_test t = { .prog_fd = (u32)fd, .ctx_in = (u64)c, .ctx_size_in = sizeof(*c) };

	return side_bpf(s, BPF_PROG_TEST_RUN, &t, sizeof(t));
}

/* Copy the attributes to the stack, call, copy them back: the stack survives the call, and what the kernel wrote is there. */
static int load_caller(struct side *s)
{
	struct bpf_insn v[96];
	u32 n = 0;

	v[n++] = MOV_REG(6, 1);
	for (s16 at = 0; at < ATTR; at += 8) {
		v[n++] = LOAD(BPF_DW, 2, 6, (s16)offsetof(struct context, attr) + at);
		v[n++] = STORE(BPF_DW, 10, 2, (s16)(at - ATTR));
	}
	v[n++] = LOAD(BPF_DW, 1, 6, offsetof(struct context, cmd));
	v[n++] = MOV_REG(2, 10);
	v[n++] = ALU_IMM(BPF_ADD, 2, -ATTR);
	v[n++] = LOAD(BPF_DW, 3, 6, offsetof(struct context, size));
	v[n++] = JUMP_IMM(BPF_JGT, 3, ATTR, ATTR / 8 * 2 + 3);
	v[n++] = JUMP_IMM(BPF_JEQ, 3, 0, ATTR / 8 * 2 + 2);
	v[n++] = CALL_HELPER(BPF_FUNC_sys_bpf);
	v[n++] = STORE(BPF_DW, 6, 0, offsetof(struct context, result));
	for (s16 at = 0; at < ATTR; at += 8) {
		v[n++] = LOAD(BPF_DW, 2, 10, (s16)(at - ATTR));
		v[n++] = STORE(BPF_DW, 6, 2, (s16)offsetof(struct context, attr) + at);
	}
	v[n++] = MOV_IMM(0, 0);
	v[n++] = EXIT_INSN();
	return load(s, v, n);
}

static s64 call(struct side *s, int prog, u64 cmd, const void *attr, u64 size)
{
	struct context c = { .cmd = cmd, .size = size };
	long err;

	memcpy(c.attr, attr, MIN(size, sizeof(c.attr)));
	err = run(s, prog, &c);
	return err ? err : c.result;
}

static void commands(struct side *s)
{
	int prog = load_caller(s);
	struct attr_map_create map = { BPF_MAP_TYPE_ARRAY, 4, 8, 2 };
	u64 nothing[12] = { 0 };
	int fd, key = 1;
	u64 value = 0;

	SAY(s, "load %d\n", MIN(prog, 0));
	for (u64 cmd = 0; cmd < 48; cmd++)
		if (cmd != BPF_BTF_LOAD)
			SAY(s, "command %u: %ld\n", (u32)cmd,
			    (long)call(s, prog, cmd, nothing, 72));
	SAY_CALL(s, call(s, prog, (u64)-1, nothing, 72));
	SAY_CALL(s, call(s, prog, BPF_MAP_CREATE, &map, 3));
	map.map_flags = 1 << 30;
	SAY_CALL(s, call(s, prog, BPF_MAP_CREATE, &map, 72));
	map.map_flags = 0;
	fd = (int)call(s, prog, BPF_MAP_CREATE, &map, 72);
	SAY(s, "map: another descriptor %d\n", fd > prog);
	SAY_CALL(s, side_elem(s, BPF_MAP_LOOKUP_ELEM, fd, &key, &value, 0));
	/* Keys and values are the program's: addresses of ours mean nothing, whatever is there. */
	value = 7;
	SAY_CALL(s, call(s, prog, BPF_MAP_UPDATE_ELEM,
			 &(struct attr_map_elem){ (u32)fd, (u64)&key, { (u64)&value }, 0 }, 32));
	SAY_CALL(s,
		 call(s, prog, BPF_MAP_FREEZE, &(struct attr_map_elem){ (u32)fd, 0, { 0 }, 0 }, 4));
	SAY_CALL(s, side_elem(s, BPF_MAP_UPDATE_ELEM, fd, &key, &value, 0));
	close(fd);
	close(prog);
}

TEST("syscall programs may call some commands, with attributes of theirs")
{
	run_both(commands);
}

/* A key, a value and attributes that point to them, all on the program's stack. */
static void elements(struct side *s)
{
	struct bpf_insn v[] = {
		MOV_REG(6, 1),
		STORE_IMM(BPF_DW, 10, -8, 77),
		STORE_IMM(BPF_DW, 10, -16, 1),
		LOAD(BPF_DW, 2, 6, offsetof(struct context, extra)),
		STORE(BPF_DW, 10, 2, -48),
		MOV_REG(2, 10),
		ALU_IMM(BPF_ADD, 2, -16),
		STORE(BPF_DW, 10, 2, -40),
		ALU_IMM(BPF_ADD, 2, 8),
		STORE(BPF_DW, 10, 2, -32),
		STORE_IMM(BPF_DW, 10, -24, 0),
		MOV_IMM(1, BPF_MAP_UPDATE_ELEM),
		MOV_REG(2, 10),
		ALU_IMM(BPF_ADD, 2, -48),
		MOV_IMM(3, 32),
		CALL_HELPER(BPF_FUNC_sys_bpf),
		STORE(BPF_DW, 6, 0, offsetof(struct context, result)),
		LOAD(BPF_DW, 1, 10, -48),
		CALL_HELPER(BPF_FUNC_sys_close),
		STORE(BPF_DW, 6, 0, offsetof(struct context, extra)),
		MOV_IMM(1, 999),
		CALL_HELPER(BPF_FUNC_sys_close),
		EXIT_INSN(),
	};
	int prog = load(s, v, ARRAY_SIZE(v)), fd = side_map(s, BPF_MAP_TYPE_ARRAY, 4, 8, 2, 0);
	int kept = fcntl(fd, F_DUPFD_CLOEXEC, 0), key = 1;
	struct context c = { .extra = fd };
	u64 value = 0;
	long err;

	err = run(s, prog, &c);
	SAY(s, "run %ld: %ld, close %ld\n", err, (long)c.result, (long)c.extra);
	SAY(s, "closed: %d\n", fcntl(fd, F_GETFD) < 0);
	SAY_CALL(s, side_elem(s, BPF_MAP_LOOKUP_ELEM, kept, &key, &value, 0));
	SAY(s, "value %lu\n", (unsigned long)value);
	close(kept);
	close(prog);
}

TEST("keys and values on a program's stack; descriptors are closed")
{
	run_both(elements);
}

/* The name lies in the context's attributes, and is copied to the stack. */
static s64 look_up(struct side *s, u32 helper, const char *name, u32 size, u32 third, u32 fourth,
		   u64 *found)
{
	bool symbol = helper == BPF_FUNC_kallsyms_lookup_name;
	struct bpf_insn v[] = {
		MOV_REG(6, 1),
		LOAD(BPF_DW, 2, 6, offsetof(struct context, attr)),
		STORE(BPF_DW, 10, 2, -24),
		LOAD(BPF_DW, 2, 6, offsetof(struct context, attr) + 8),
		STORE(BPF_DW, 10, 2, -16),
		STORE_IMM(BPF_DW, 10, -8, 5),
		MOV_REG(1, 10),
		ALU_IMM(BPF_ADD, 1, -24),
		MOV_IMM(2, (s32)size),
		MOV_IMM(3, (s32)third),
		MOV_REG(4, 10),
		symbol ? ALU_IMM(BPF_ADD, 4, -8) : MOV_IMM(4, (s32)fourth),
		CALL_HELPER((s32)helper),
		STORE(BPF_DW, 6, 0, offsetof(struct context, result)),
		LOAD(BPF_DW, 2, 10, -8),
		STORE(BPF_DW, 6, 2, offsetof(struct context, extra)),
		MOV_IMM(0, 0),
		EXIT_INSN(),
	};
	struct context c = { 0 };
	int prog = load(s, v, ARRAY_SIZE(v));
	long err;

	memcpy(c.attr, name, MIN(strlen(name) + 1, 16));
	err = run(s, prog, &c);
	close(prog);
	*found = (u64)c.extra;
	return err ? err : c.result;
}

static void look_ups(struct side *s)
{
	u64 found;

#define TYPE(...)                                                                                  \
	SAY(s, "type " #__VA_ARGS__ ": %ld\n",                                                     \
	    (long)look_up(s, BPF_FUNC_btf_find_by_name_kind, __VA_ARGS__, &found))
	TYPE("task_struct", 12, 4, 0);
	TYPE("task_struct", 12, 5, 0);
	TYPE("task_struct", 11, 4, 0);
	TYPE("task_struct", 12, 4, 1);
	TYPE("task_struct", 12, 999, 0);
	TYPE("pid_t", 6, 8, 0);
	TYPE("no_such_thing", 14, 4, 0);
	TYPE("", 1, 4, 0);
#define SYMBOL(...)                                                                                \
	SAY(s, "symbol " #__VA_ARGS__ ": %ld",                                                     \
	    (long)look_up(s, BPF_FUNC_kallsyms_lookup_name, __VA_ARGS__, 0, &found));              \
	SAY(s, " %lx\n", (unsigned long)found)
	SYMBOL("bpf_prog_put", 13, 0);
	SYMBOL("bpf_prog_put", 12, 0);
	SYMBOL("bpf_prog_put", 13, 1);
	SYMBOL("no_such_thing", 14, 0);
}

TEST("types and symbols by their names")
{
	if (kernel_missing())
		SKIP("it is the kernel's types and symbols that are looked up");
	run_both(look_ups);
}

/* What the client's context points to may be read; where anything else lies in the client, in process, may not. */
static s64 copy(struct side *s, const void *from, u64 *got, bool told)
{
	struct bpf_insn v[] = {
		MOV_REG(6, 1),
		LOAD(BPF_DW, 3, 6, offsetof(struct context, user)),
		LOAD(BPF_DW, 2, 6, offsetof(struct context, cmd)),
		ALU_REG(BPF_ADD, 3, 2),
		MOV_REG(1, 10),
		ALU_IMM(BPF_ADD, 1, -8),
		MOV_IMM(2, 8),
		CALL_HELPER(BPF_FUNC_copy_from_user),
		STORE(BPF_DW, 6, 0, offsetof(struct context, result)),
		LOAD(BPF_DW, 2, 10, -8),
		STORE(BPF_DW, 6, 2, offsetof(struct context, extra)),
		MOV_IMM(0, 0),
		EXIT_INSN(),
	};
	struct context c = { .user = (u64)from - !told, .cmd = !told };
	int prog = load(s, v, ARRAY_SIZE(v));
	long err = run(s, prog, &c);

	close(prog);
	*got = (u64)c.extra;
	return err ? err : c.result;
}

static void copies(struct side *s)
{
	static const u64 secret = 0x1234;
	u64 got;

	SAY_CALL(s, copy(s, &secret, &got, true));
	SAY(s, "%lx\n", (unsigned long)got);
	SAY_CALL(s, copy(s, (void *)16, &got, true));
	SAY(s, "%lx\n", (unsigned long)got);
}

TEST("the client's memory: what its context points to, and nothing else")
{
	static const u64 secret = 0x1234;
	struct skep *skep;
	struct side s = { .client = side_open(&skep) };
	u64 got = 1;

	run_both(copies);
	EXPECT_EQ(copy(&s, &secret, &got, false), -EFAULT);
	EXPECT_EQ(got, 0);
	buf_done(&s.said);
	skep_client_free(s.client);
	skep_free(skep);
}

/* Have a bad program loaded, whose log goes to `log`; told: the context holds that address. */
static long load_bad(struct side *s, void *log, u32 size, bool told)
{
	struct bpf_insn v[64];
	u32 n = 0;
	struct context c = { .user = (u64)log - !told, .user_size = size, .cmd = !told };
	int prog;
	long err;

	v[n++] = MOV_REG(6, 1);
	for (s16 at = 0; at < ATTR; at += 8)
		v[n++] = STORE_IMM(BPF_DW, 10, (s16)(at - ATTR), 0);
	v[n++] = STORE_IMM(BPF_DW, 10, -8, BPF_JMP | BPF_EXIT); /* the program */
	v[n++] = STORE_IMM(BPF_DW, 10, -16, 0x4c5047);		/* "GPL" */
	v[n++] = STORE_IMM(BPF_W, 10, -ATTR, BPF_PROG_TYPE_SOCKET_FILTER);
	v[n++] = STORE_IMM(BPF_W, 10, -ATTR + 4, 1);
	v[n++] = MOV_REG(2, 10);
	v[n++] = ALU_IMM(BPF_ADD, 2, -8);
	v[n++] = STORE(BPF_DW, 10, 2, -ATTR + 8);
	v[n++] = ALU_IMM(BPF_ADD, 2, -8);
	v[n++] = STORE(BPF_DW, 10, 2, -ATTR + 16);
	v[n++] = STORE_IMM(BPF_W, 10, -ATTR + 24, 1);
	v[n++] = LOAD(BPF_DW, 2, 6, offsetof(struct context, user_size));
	v[n++] = STORE(BPF_W, 10, 2, -ATTR + 28);
	v[n++] = LOAD(BPF_DW, 2, 6, offsetof(struct context, user));
	v[n++] = LOAD(BPF_DW, 3, 6, offsetof(struct context, cmd));
	v[n++] = ALU_REG(BPF_ADD, 2, 3);
	v[n++] = STORE(BPF_DW, 10, 2, -ATTR + 32);
	v[n++] = MOV_IMM(1, BPF_PROG_LOAD);
	v[n++] = MOV_REG(2, 10);
	v[n++] = ALU_IMM(BPF_ADD, 2, -ATTR);
	v[n++] = MOV_IMM(3, 72);
	v[n++] = CALL_HELPER(BPF_FUNC_sys_bpf);
	v[n++] = STORE(BPF_DW, 6, 0, offsetof(struct context, result));
	v[n++] = MOV_IMM(0, 0);
	v[n++] = EXIT_INSN();
	prog = load(s, v, n);
	err = run(s, prog, &c);
	close(prog);
	return err ? err : c.result;
}

static void logs(struct side *s)
{
	char log[512] = "";

	SAY(s, "%ld\n%s\n", load_bad(s, log, sizeof(log), true), log);
	SAY_CALL(s, load_bad(s, BAD_PTR, 64, true));
}

TEST("logs go to where the client's context says, and nowhere else")
{
	char log[512] = "untouched";
	struct skep *skep;
	struct side s = { .client = side_open(&skep) };

	run_both(logs);
	EXPECT_EQ(load_bad(&s, log, sizeof(log), false), -EFAULT);
	EXPECT_STR(log, "untouched");
	skep_client_free(s.client);
	skep_free(skep);
}

/* Tail-called programs may not: while bpf(2) works nothing would keep them, and the map may lose them. */
TEST("a program that was tail-called calls no bpf(2)")
{
	struct skep *skep;
	struct side s = { .client = side_open(&skep) };
	int callee = load_caller(&s), map = side_map(&s, BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 1, 0);
	int key = 0, prog, made;
	struct bpf_insn v[] = {
		INSN(BPF_LD | BPF_IMM | BPF_DW, 2, BPF_PSEUDO_MAP_FD, 0, map),
		INSN(0, 0, 0, 0, 0),
		MOV_IMM(3, 0),
		CALL_HELPER(BPF_FUNC_tail_call),
		MOV_IMM(0, 77),
		EXIT_INSN(),
	};
	struct attr_map_create a = { BPF_MAP_TYPE_ARRAY, 4, 8, 2 };

	prog = load(&s, v, ARRAY_SIZE(v));
	EXPECT_EQ(side_elem(&s, BPF_MAP_UPDATE_ELEM, map, &key, &callee, 0), 0);
	EXPECT_EQ(call(&s, prog, BPF_MAP_CREATE, &a, 72), -EBUSY);
	made = (int)call(&s, callee, BPF_MAP_CREATE, &a, 72);
	EXPECT(made >= 0);
	close(made);
	close(map);
	close(prog);
	close(callee);
	buf_done(&s.said);
	skep_client_free(s.client);
	skep_free(skep);
}
