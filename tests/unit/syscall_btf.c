/* BTF_LOAD, BTF objects, and the func_info and line_info of PROG_LOAD, compared with the kernel: also
 * the messages, which are an interface. */
#include "both.h"

#include <linux/btf.h>

#include "btf/btf.h"

/* [1] int, [2] func_proto () → int, [3] func main, [4] func sub, [5] struct */
#define STRINGS "\0int\0main\0sub\0line one\0file.c"
enum { STR_INT = 1, STR_MAIN = 5, STR_SUB = 10, STR_LINE = 14, STR_FILE = 23 };

struct blob {
	struct btf_header h;
	struct btf_type integer;
	u32 integer_bits;
	struct btf_type proto, main, sub;
	char strings[sizeof(STRINGS)];
};

#define INFO(kind, vlen) ((u32)(kind) << 24 | (vlen))

static struct blob blob(void)
{
	struct blob b = {
		.h = { BTF_MAGIC, BTF_VERSION, 0, sizeof(struct btf_header) },
		.integer = { STR_INT, INFO(BTF_KIND_INT, 0), { 4 } },
		.integer_bits = BTF_INT_SIGNED << 24 | 32,
		.proto = { 0, INFO(BTF_KIND_FUNC_PROTO, 0), { 1 } },
		.main = { STR_MAIN, INFO(BTF_KIND_FUNC, 1), { 2 } },
		.sub = { STR_SUB, INFO(BTF_KIND_FUNC, 0), { 2 } },
		.strings = STRINGS,
	};

	b.h.type_len = offsetof(struct blob, strings) - sizeof(b.h);
	b.h.str_off = b.h.type_len;
	b.h.str_len = sizeof(STRINGS);
	return b;
}

static long load_raw(struct side *s, const void *data, u32 size)
{
	struct attr_btf_load a = { .btf = (u64)data, .btf_size = size };

	return side_bpf(s, BPF_BTF_LOAD, &a, sizeof(a));
}

static int load_btf(struct side *s)
{
	struct blob b = blob();

	return (int)load_raw(s, &b, offsetof(struct blob, strings) + sizeof(STRINGS));
}

static void say_close(struct side *s, const char *what, long fd)
{
	SAY(s, "%s: %ld\n", what, MIN(fd, 0));
	if (fd >= 0)
		close((int)fd);
}

static void load_attributes(struct side *s)
{
	struct blob b = blob();
	u32 size = offsetof(struct blob, strings) + sizeof(STRINGS);
	static char log[4096];
	struct attr_btf_load ok = { .btf = (u64)&b, .btf_size = size }, a;

#define BTF_WITH(...)                                                                              \
	do {                                                                                       \
		a = ok;                                                                            \
		__VA_ARGS__;                                                                       \
		say_close(s, #__VA_ARGS__, side_bpf(s, BPF_BTF_LOAD, &a, sizeof(a)));              \
	} while (0)
	BTF_WITH(a.btf_size = size);
	BTF_WITH(a.btf_size = 0);
	BTF_WITH(a.btf_size = 10);
	BTF_WITH(a.btf_size = size - 1);
	BTF_WITH(a.btf_size = (16 << 20) + 1);
	BTF_WITH(a.btf = 0);
	BTF_WITH(a.btf = 8);
	BTF_WITH(a.btf_log_level = 1);
	BTF_WITH(a.btf_log_size = 64);
	BTF_WITH(a.btf_log_level = 1, a.btf_log_size = 64);
	BTF_WITH(a.btf_log_level = 1, a.btf_log_buf = (u64)log);
	BTF_WITH(a.btf_log_level = 77, a.btf_log_buf = (u64)log, a.btf_log_size = sizeof(log));
	BTF_WITH(a.btf_flags = 1);
	BTF_WITH(a.btf_flags = ABI_F_TOKEN_FD, a.btf_token_fd = 999);
	BTF_WITH(a.btf_token_fd = 5);
	for (u32 n = 0; n <= 40; n += 4) {
		a = ok;
		SAY(s, "attr size %u", n);
		say_close(s, "", side_bpf(s, BPF_BTF_LOAD, &a, n));
	}
	b.main.type = 77;
	BTF_WITH(a.btf_log_level = 0);
}

TEST("BTF_LOAD checks attributes as Linux does")
{
	run_both(load_attributes);
}

static void btf_infos(struct side *s)
{
	u32 lens[] = { 0, 8, 16, 31, 32, 40, 4096, 4097 };
	u8 raw[1024] = { 0 };
	char name[16] = "xxxxxxxxxxxxxxx";
	int fd = load_btf(s);
	union {
		struct abi_btf_info i;
		u8 bytes[8192];
	} u;
	struct attr_info a;

#define BTF_INFO(...)                                                                              \
	do {                                                                                       \
		memset(&u, 0, sizeof(u));                                                          \
		a = (struct attr_info){ (u32)fd, sizeof(u.i), (u64)&u };                           \
		__VA_ARGS__;                                                                       \
		SAY(s, #__VA_ARGS__ ": %ld", side_bpf(s, BPF_OBJ_GET_INFO_BY_FD, &a, sizeof(a)));  \
		SAY(s, " len %u size %u name %u kernel %u\n", a.info_len, u.i.btf_size,            \
		    u.i.name_len, u.i.kernel_btf);                                                 \
	} while (0)
	for (u32 i = 0; i < ARRAY_SIZE(lens); i++)
		BTF_INFO(a.info_len = lens[i]);
	BTF_INFO(u.i.btf = (u64)raw, u.i.btf_size = sizeof(raw));
	SAY(s, "same bytes: %d\n", !memcmp(raw, &(struct blob){ blob().h }.h, 8));
	BTF_INFO(u.i.btf = (u64)raw, u.i.btf_size = 4);
	BTF_INFO(u.i.btf = 8, u.i.btf_size = 4);
	BTF_INFO(u.i.name = (u64)name);
	BTF_INFO(u.i.name_len = 4);
	BTF_INFO(u.i.name = (u64)name, u.i.name_len = sizeof(name));
	SAY(s, "name '%s'\n", name);
	BTF_INFO(u.bytes[32] = 1, a.info_len = 40);
	close(fd);
}

TEST("BTF info: sizes, the data again, names")
{
	run_both(btf_infos);
}

TEST("the host's BTF is object 1, the same bytes as the file")
{
	struct skep *skep;
	struct side s = { .client = side_open(&skep) };
	struct attr_get_id id = { { 0 }, 0, 0, 0 };
	struct abi_btf_info info = { 0 };
	struct attr_info a = { 0, sizeof(info), (u64)&info };
	static u8 got[64], want[64];
	char name[16];
	int fd, file = open("/sys/kernel/btf/vmlinux", O_RDONLY);

	if (file >= 0) {
		EXPECT_EQ(side_bpf(&s, BPF_BTF_GET_NEXT_ID, &id, 8), 0);
		EXPECT_EQ(id.next_id, 1);
		id = (struct attr_get_id){ { 1 }, 0, 0, 0 };
		fd = (int)side_bpf(&s, BPF_BTF_GET_FD_BY_ID, &id, 4);
		REQUIRE(fd >= 0, "%d", fd);
		info = (struct abi_btf_info){
			(u64)got, sizeof(got), 0, (u64)name, sizeof(name), 0
		};
		a.bpf_fd = (u32)fd;
		EXPECT_EQ(side_bpf(&s, BPF_OBJ_GET_INFO_BY_FD, &a, sizeof(a)), 0);
		EXPECT_EQ(read(file, want, sizeof(want)), sizeof(want));
		EXPECT(!memcmp(got, want, sizeof(got)));
		EXPECT_STR(name, "vmlinux");
		EXPECT_EQ(info.kernel_btf, 1);
		EXPECT_EQ(info.id, 1);
		close(fd);
		EXPECT_EQ(side_bpf(&s, BPF_BTF_GET_FD_BY_ID, &id, 4) >= 0, 1); /* never goes away */
		close(file);
	}
	fd = load_btf(&s);
	id = (struct attr_get_id){ { 1 }, 0, 0, 0 };
	EXPECT_EQ(side_bpf(&s, BPF_BTF_GET_NEXT_ID, &id, 8), 0);
	EXPECT_EQ(id.next_id, 2);
	close(fd);
	EXPECT_EQ(side_bpf(&s, BPF_BTF_GET_NEXT_ID, &id, 8), -ENOENT);
	skep_client_free(s.client);
	skep_free(skep);
	if (file < 0)
		SKIP("the host has no BTF");
}

/* --- func_info and line_info --- */

/* call sub; exit; sub: r0 = 0; exit */
static const struct bpf_insn program[] = {
	{ .code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_CALL, .imm = 1 },
	{ .code = BPF_JMP | BPF_EXIT },
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
	{ .code = BPF_JMP | BPF_EXIT },
};

struct long_func { /* as from a client that knows more than we do */
	struct bpf_func_info f;
	u32 more;
};

struct infos {
	struct bpf_func_info f[3];
	struct long_func lf[2];
	struct bpf_line_info l[4];
	struct attr_prog_load a;
};

static void infos_init(struct infos *i, int btf)
{
	*i = (struct infos){
		.f = { { 0, 3 }, { 2, 4 }, { 3, 4 } },
		.lf = { { { 0, 3 }, 0 }, { { 2, 4 }, 0 } },
		.l = { { 0, STR_FILE, STR_LINE, 1 << 10 | 1 },
		       { 2, STR_FILE, STR_LINE, 2 << 10 | 1 },
		       { 3, STR_FILE, STR_LINE, 3 << 10 | 1 } },
		.a = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		       .insn_cnt = ARRAY_SIZE(program),
		       .insns = (u64)program,
		       .license = (u64) "GPL",
		       .log_level = 8,
		       .prog_btf_fd = (u32)btf,
		       .func_info_rec_size = sizeof(struct bpf_func_info),
		       .func_info = (u64)i->f,
		       .func_info_cnt = 2,
		       .line_info_rec_size = sizeof(struct bpf_line_info),
		       .line_info = (u64)i->l,
		       .line_info_cnt = 3 },
	};
}

/* The result, and of the log what is about BTF: the rest is the verifier's. */
static int say_infos(struct side *s, const char *what, struct infos *i)
{
	char log[4096] = "";
	long fd;

	i->a.log_buf = (u64)log;
	i->a.log_size = sizeof(log);
	fd = side_bpf(s, BPF_PROG_LOAD, &i->a, sizeof(i->a));
	SAY(s, "%s: %ld rec %u %u\n%s\n", what, MIN(fd, 0), i->a.func_info_rec_size,
	    i->a.line_info_rec_size, fd < 0 ? log : "");
	return (int)fd;
}

static void infos(struct side *s)
{
	int btf = load_btf(s), fd;
	struct infos i;

#define INFOS(...)                                                                                 \
	do {                                                                                       \
		infos_init(&i, btf);                                                               \
		__VA_ARGS__;                                                                       \
		fd = say_infos(s, #__VA_ARGS__, &i);                                               \
		if (fd >= 0)                                                                       \
			close(fd);                                                                 \
	} while (0)
	INFOS(i.a.func_info_cnt = 2);
	INFOS(i.a.func_info_cnt = 0);
	INFOS(i.a.line_info_cnt = 0);
	INFOS(i.a.func_info_cnt = 0, i.a.line_info_cnt = 0);
	INFOS(i.a.prog_btf_fd = 999);
	INFOS(i.a.func_info_cnt = 1);
	INFOS(i.a.func_info_cnt = 3);
	INFOS(i.a.func_info_cnt = 5);
	INFOS(i.a.func_info = 8);
	INFOS(i.a.func_info_rec_size = 0);
	INFOS(i.a.func_info_rec_size = 4);
	INFOS(i.a.func_info_rec_size = 10);
	INFOS(i.a.func_info_rec_size = 256);
	INFOS(i.a.func_info_rec_size = 12, i.a.func_info = (u64)i.lf);
	INFOS(i.a.func_info_rec_size = 12, i.a.func_info = (u64)i.lf, i.lf[1].more = 1);
	INFOS(i.f[0].insn_off = 1);
	INFOS(i.f[1].insn_off = 0);
	INFOS(i.f[1].insn_off = 1);
	INFOS(i.f[1].insn_off = 77);
	INFOS(i.f[0].type_id = 0);
	INFOS(i.f[0].type_id = 1);
	INFOS(i.f[0].type_id = 77);
	INFOS(i.a.line_info = 8);
	INFOS(i.a.line_info_rec_size = 0);
	INFOS(i.a.line_info_rec_size = 8);
	INFOS(i.a.line_info_rec_size = 18);
	INFOS(i.a.line_info_rec_size = 256);
	INFOS(i.a.line_info_cnt = 1);
	INFOS(i.a.line_info_cnt = 4);
	INFOS(i.a.line_info_cnt = 0x7fffffff);
	INFOS(i.l[0].insn_off = 1);
	INFOS(i.l[1].insn_off = 0);
	INFOS(i.l[1].insn_off = 1);
	INFOS(i.l[2].insn_off = 4);
	INFOS(i.l[2].insn_off = 2);
	INFOS(i.l[1].line_off = 0x10000);
	INFOS(i.l[1].file_name_off = 0x10000);
	INFOS(i.l[1].insn_off = 3, i.a.line_info_cnt = 2);
	close(btf);
}

TEST("func_info and line_info: verdicts and messages as Linux's")
{
	run_both(infos);
}

static void read_back(struct side *s)
{
	int btf = load_btf(s), fd;
	struct bpf_func_info f[3] = { 0 };
	struct bpf_line_info l[3] = { 0 };
	struct abi_prog_info info = { .nr_func_info = 3,
				      .func_info_rec_size = sizeof(f[0]),
				      .func_info = (u64)f,
				      .nr_line_info = 2,
				      .line_info_rec_size = sizeof(l[0]),
				      .line_info = (u64)l };
	struct attr_info a = { 0, sizeof(info), (u64)&info };
	struct infos i;

	infos_init(&i, btf);
	fd = say_infos(s, "load", &i);
	a.bpf_fd = (u32)fd;
	SAY(s, "info %ld: %u funcs, %u lines, btf %d\n",
	    side_bpf(s, BPF_OBJ_GET_INFO_BY_FD, &a, sizeof(a)), info.nr_func_info,
	    info.nr_line_info, info.btf_id != 0);
	for (u32 k = 0; k < 3; k++)
		SAY(s, "func %u %u line %u %u %u %u\n", f[k].insn_off, f[k].type_id, l[k].insn_off,
		    l[k].file_name_off, l[k].line_off, l[k].line_col);
	close(fd);
	close(btf);
}

TEST("func_info and line_info come back with the program's info")
{
	run_both(read_back);
}
