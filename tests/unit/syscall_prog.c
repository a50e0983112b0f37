/* PROG_LOAD and what can be asked of a program, compared with the kernel. What the verifier decides
 * and prints is tested elsewhere; here are attributes, logs as buffers, tags, info. */
#include "both.h"

#include "insn/insn.h"

static const struct bpf_insn good[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K },
					{ .code = BPF_JMP | BPF_EXIT } };
static const struct bpf_insn bad[] = { { .code = BPF_JMP | BPF_EXIT } }; /* R0 !read_ok */

static struct attr_prog_load load_attr(const struct bpf_insn *insns, u32 n)
{
	return (struct attr_prog_load){ .prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
					.insn_cnt = n,
					.insns = (u64)insns,
					.license = (u64) "GPL" };
}

static long load(struct side *s, struct attr_prog_load *a)
{
	return side_bpf(s, BPF_PROG_LOAD, a, sizeof(*a));
}

static void say_load(struct side *s, const char *what, struct attr_prog_load *a)
{
	long fd = load(s, a);

	SAY(s, "%s: %ld\n", what, MIN(fd, 0));
	if (fd >= 0)
		close((int)fd);
}

#define LOAD_WITH(...)                                                                             \
	do {                                                                                       \
		struct attr_prog_load a = load_attr(good, ARRAY_SIZE(good));                       \
		__VA_ARGS__;                                                                       \
		say_load(s, #__VA_ARGS__, &a);                                                     \
	} while (0)

static void attributes(struct side *s)
{
	static int fds[2] = { 999, 0 };
	static char log[64];

	LOAD_WITH(a.prog_type = 0);
	LOAD_WITH(a.prog_type = 77);
	LOAD_WITH(a.prog_type = ~0u);
	LOAD_WITH(a.insn_cnt = 0);
	LOAD_WITH(a.insn_cnt = 1000001);
	LOAD_WITH(a.insn_cnt = ~0u);
	LOAD_WITH(a.insns = 0);
	LOAD_WITH(a.license = 0);
	LOAD_WITH(a.license = 8);
	LOAD_WITH(a.license = (u64) "");
	LOAD_WITH(a.kern_version = 77);
	LOAD_WITH(a.prog_flags = 0x200);
	LOAD_WITH(a.prog_flags = 0x80000000);
	LOAD_WITH(a.prog_flags = BPF_F_STRICT_ALIGNMENT);
	LOAD_WITH(a.prog_flags = BPF_F_ANY_ALIGNMENT);
	LOAD_WITH(a.prog_flags = BPF_F_SLEEPABLE);
	LOAD_WITH(a.prog_flags =
			  ABI_F_TEST_RND_HI32 | ABI_F_TEST_STATE_FREQ | ABI_F_TEST_REG_INVAR);
	LOAD_WITH(a.prog_flags = ABI_F_TOKEN_FD, a.prog_token_fd = 999);
	LOAD_WITH(a.prog_token_fd = 5);
	LOAD_WITH(memcpy(a.prog_name, "a-b", 3));
	LOAD_WITH(memcpy(a.prog_name, "a_b.c", 5));
	LOAD_WITH(memcpy(a.prog_name, "sixteen_letters_", 16));
	LOAD_WITH(a.prog_ifindex = 1);
	LOAD_WITH(a.prog_ifindex = 99999);
	LOAD_WITH(a.expected_attach_type = 1);
	LOAD_WITH(a.prog_btf_fd = 999);
	LOAD_WITH(a.func_info_cnt = 1, a.func_info_rec_size = 8);
	LOAD_WITH(a.prog_btf_fd = 999, a.func_info_cnt = 1, a.func_info_rec_size = 8);
	LOAD_WITH(a.prog_btf_fd = 999, a.line_info_cnt = 1, a.line_info_rec_size = 16);
	LOAD_WITH(a.attach_btf_id = 1);
	LOAD_WITH(a.attach_prog_fd = 999);
	LOAD_WITH(a.core_relo_cnt = 1);
	LOAD_WITH(a.core_relo_rec_size = 4);
	LOAD_WITH(a.fd_array = 8);
	LOAD_WITH(a.fd_array_cnt = 1);
	LOAD_WITH(a.fd_array = (u64)fds, a.fd_array_cnt = 2);
	LOAD_WITH(a.signature = 8);
	LOAD_WITH(a.signature_size = 4);
	LOAD_WITH(a.keyring_id = 4);
	LOAD_WITH(a.prog_type = BPF_PROG_TYPE_XDP, a.expected_attach_type = BPF_XDP_DEVMAP);
	LOAD_WITH(a.prog_type = BPF_PROG_TYPE_XDP, a.expected_attach_type = 1);
	LOAD_WITH(a.prog_type = BPF_PROG_TYPE_XDP, a.expected_attach_type = BPF_XDP);
	LOAD_WITH(a.prog_type = BPF_PROG_TYPE_XDP, a.prog_flags = BPF_F_XDP_HAS_FRAGS);
	LOAD_WITH(a.prog_flags = BPF_F_XDP_HAS_FRAGS);
	LOAD_WITH(a.log_level = 1);
	LOAD_WITH(a.log_size = 10);
	LOAD_WITH(a.log_buf = (u64)log);
	LOAD_WITH(a.log_level = 1, a.log_size = 10);
	LOAD_WITH(a.log_level = 1, a.log_buf = (u64)log);
	LOAD_WITH(a.log_size = 64, a.log_buf = (u64)log);
	LOAD_WITH(a.log_level = 16, a.log_size = 64, a.log_buf = (u64)log);
	LOAD_WITH(a.log_level = 1, a.log_size = 0x40000000, a.log_buf = (u64)log);
	LOAD_WITH(a.log_level = 1, a.log_size = 64, a.log_buf = 8);
	LOAD_WITH(a.log_level = 1, a.log_size = 1, a.log_buf = (u64)log);
	LOAD_WITH(a.insns = (u64)bad, a.insn_cnt = 1);
	LOAD_WITH(a.insns = (u64)bad, a.insn_cnt = 1, a.log_level = 1, a.log_size = 64,
		  a.log_buf = 8);
	LOAD_WITH(a.insns = (u64)bad, a.insn_cnt = 1, a.log_level = 1, a.log_size = 4,
		  a.log_buf = (u64)log);
}

TEST("PROG_LOAD checks attributes as Linux does")
{
	run_both(attributes);
}

static void attr_sizes(struct side *s)
{
	for (u32 size = 0; size <= 168; size += 4) {
		struct attr_prog_load a = load_attr(good, ARRAY_SIZE(good));
		long fd = side_bpf(s, BPF_PROG_LOAD, &a, size);

		SAY(s, "size %u: %ld\n", size, MIN(fd, 0));
		if (fd >= 0)
			close((int)fd);
	}
}

TEST("PROG_LOAD takes the attributes of old and new clients")
{
	run_both(attr_sizes);
}

TEST("log_true_size is not written behind the attributes of old clients")
{
	struct skep *skep;
	struct side s = { .client = side_open(&skep) };
	struct attr_prog_load a = load_attr(bad, 1);
	char log[256];

	a.log_level = 8;
	a.log_buf = (u64)log;
	a.log_size = sizeof(log);
	EXPECT_EQ(side_bpf(&s, BPF_PROG_LOAD, &a, offsetof(struct attr_prog_load, log_true_size)),
		  -EACCES);
	EXPECT_EQ(a.log_true_size, 0);
	EXPECT_EQ(load(&s, &a), -EACCES);
	EXPECT(a.log_true_size > 1);
	skep_client_free(s.client);
	skep_free(skep);
}

/* --- info --- */

static long info_of(struct side *s, int fd, struct abi_prog_info *info, u32 *len)
{
	struct attr_info a = { (u32)fd, *len, (u64)info };
	long ret = side_bpf(s, BPF_OBJ_GET_INFO_BY_FD, &a, sizeof(a));

	*len = a.info_len;
	return ret;
}

static void say_tag(struct side *s, const struct bpf_insn *insns, u32 n)
{
	struct attr_prog_load a = load_attr(insns, n);
	struct abi_prog_info info = { 0 };
	u32 len = sizeof(info);
	int fd = (int)load(s, &a);

	SAY(s, "info %ld tag ", info_of(s, fd, &info, &len));
	for (u32 i = 0; i < 8; i++)
		SAY(s, "%02x", info.tag[i]);
	SAY(s, "\n");
	close(fd);
}

#define LD_MAP(reg, src, fd, off)                                                                  \
	{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = (reg), .src_reg = (src), .imm = (fd) },    \
	{                                                                                          \
		.imm = (off)                                                                       \
	}

static void tags(struct side *s)
{
	int map = side_map(s, BPF_MAP_TYPE_ARRAY, 4, 16, 1, 0);
	struct bpf_insn r0_is_2[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 2 },
				      { .code = BPF_JMP | BPF_EXIT } };
	struct bpf_insn with_map[] = { LD_MAP(1, BPF_PSEUDO_MAP_FD, map, 0), good[0], good[1] };
	struct bpf_insn value[] = { LD_MAP(1, BPF_PSEUDO_MAP_VALUE, map, 8), good[0], good[1] };
	struct bpf_insn number[] = { LD_MAP(1, 0, 77, 88), good[0], good[1] };

	say_tag(s, good, ARRAY_SIZE(good));
	say_tag(s, r0_is_2, ARRAY_SIZE(r0_is_2));
	say_tag(s, with_map, ARRAY_SIZE(with_map));
	say_tag(s, value, ARRAY_SIZE(value));
	say_tag(s, number, ARRAY_SIZE(number));
	close(map);
}

TEST("tags are the kernel's")
{
	run_both(tags);
}

/* What does not depend on the machine: sizes that the client asks for, and what is echoed. */
static void info_fields(struct side *s)
{
	struct attr_prog_load a = load_attr(good, ARRAY_SIZE(good));
	u32 lens[] = { 0, 1, 40, 80, 104, 192, 216, 224, 231, 232, 240, 4096, 4097 };
	union {
		struct abi_prog_info info;
		u8 bytes[8192];
	} u;
	int fd;

	memcpy(a.prog_name, "my_prog", 8);
	a.license = (u64) "Proprietary";
	fd = (int)load(s, &a);
	for (u32 i = 0; i < ARRAY_SIZE(lens); i++) {
		u32 len = lens[i];

		memset(&u, 0, sizeof(u));
		SAY(s,
		    "len %u: %ld, back %u, name '%.15s' type %u xlated %u gpl %u uid %u maps %u\n",
		    lens[i], info_of(s, fd, &u.info, &len), len, u.info.name, u.info.type,
		    u.info.xlated_prog_len, u.info.gpl_compatible, u.info.created_by_uid,
		    u.info.nr_map_ids);
		SAY(s, "rec sizes %u %u %u verified %u tags %u\n", u.info.func_info_rec_size,
		    u.info.line_info_rec_size, u.info.jited_line_info_rec_size,
		    u.info.verified_insns, u.info.nr_prog_tags);
	}
	memset(&u, 0, sizeof(u));
	u.bytes[232] = 1;
	SAY_CALL(s, info_of(s, fd, &u.info, &(u32){ 240 }));
	u.bytes[232] = 0;
	SAY_CALL(s, info_of(s, 999, &u.info, &(u32){ 232 }));
	SAY_CALL(s, info_of(s, fd, BAD_PTR, &(u32){ 232 }));
	SAY_CALL(s, info_of(s, fd, NULL, &(u32){ 0 }));
	SAY_CALL(s, (u.info.func_info_rec_size = 4, info_of(s, fd, &u.info, &(u32){ 232 })));
	memset(&u, 0, sizeof(u));
	SAY_CALL(s, (u.info.nr_line_info = 1, info_of(s, fd, &u.info, &(u32){ 232 })));
	memset(&u, 0, sizeof(u));
	SAY_CALL(s, (u.info.xlated_prog_len = 16, info_of(s, fd, &u.info, &(u32){ 232 })));
	memset(&u, 0, sizeof(u));
	SAY_CALL(s, (u.info.nr_prog_tags = 1, info_of(s, fd, &u.info, &(u32){ 232 })));
	close(fd);
}

TEST("program info: lengths in and out, records, what the client may ask")
{
	run_both(info_fields);
}

static void xlated(struct side *s)
{
	int map = side_map(s, BPF_MAP_TYPE_ARRAY, 4, 16, 1, 0), fd;
	struct bpf_insn insns[] = { LD_MAP(1, BPF_PSEUDO_MAP_FD, map, 0),
				    LD_MAP(2, BPF_PSEUDO_MAP_VALUE, map, 8), LD_MAP(3, 0, 77, 88),
				    good[0], good[1] };
	struct attr_prog_load a = load_attr(insns, ARRAY_SIZE(insns));
	struct abi_map_info mi = { 0 };
	struct attr_info mia = { (u32)map, sizeof(mi), (u64)&mi };
	struct bpf_insn out[16];
	struct abi_prog_info info = { .xlated_prog_len = sizeof(out),
				      .xlated_prog_insns = (u64)out };
	u32 len = sizeof(info), ids[4] = { 0 };

	side_bpf(s, BPF_OBJ_GET_INFO_BY_FD, &mia, sizeof(mia));
	info.nr_map_ids = 4;
	info.map_ids = (u64)ids;
	fd = (int)load(s, &a);
	SAY(s, "%ld: %u bytes, %u maps, the map %d\n", info_of(s, fd, &info, &len),
	    info.xlated_prog_len, info.nr_map_ids, ids[0] == mi.id);
	for (u32 i = 0; i < info.xlated_prog_len / 8; i++)
		SAY(s, "%02x %x %x %d %d\n", out[i].code, out[i].dst_reg, out[i].src_reg,
		    out[i].off, (u32)out[i].imm == mi.id ? -1 : out[i].imm);
	close(fd);
	close(map);
}

TEST("translated instructions name maps by id")
{
	run_both(xlated);
}

static u32 nr_maps(struct side *s, int prog)
{
	struct abi_prog_info info = { 0 };
	u32 len = sizeof(info);

	info_of(s, prog, &info, &len);
	return info.nr_map_ids;
}

static long bind(struct side *s, int prog, int map, u32 flags)
{
	struct attr_bind_map a = { (u32)prog, (u32)map, flags };

	return side_bpf(s, BPF_PROG_BIND_MAP, &a, sizeof(a));
}

static void binding(struct side *s)
{
	struct attr_prog_load a = load_attr(good, ARRAY_SIZE(good));
	int prog = (int)load(s, &a), map = side_map(s, BPF_MAP_TYPE_HASH, 4, 4, 1, 0);
	int two = side_map(s, BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0), both[] = { map, two, map };

	SAY_CALL(s, bind(s, prog, map, 0));
	SAY_CALL(s, nr_maps(s, prog));
	SAY_CALL(s, bind(s, prog, map, 0));
	SAY_CALL(s, bind(s, prog, two, 0));
	SAY_CALL(s, nr_maps(s, prog));
	SAY_CALL(s, bind(s, prog, prog, 0));
	SAY_CALL(s, bind(s, map, map, 0));
	SAY_CALL(s, bind(s, 999, map, 0));
	SAY_CALL(s, bind(s, prog, 999, 0));
	SAY_CALL(s, bind(s, prog, map, 1));
	close(prog);
	a = load_attr(good, ARRAY_SIZE(good));
	a.fd_array = (u64)both;
	a.fd_array_cnt = 3;
	prog = (int)load(s, &a);
	SAY(s, "fd_array: %d, %u maps\n", MIN(prog, 0), nr_maps(s, prog));
	close(prog);
	both[1] = open("/", O_RDONLY);
	say_load(s, "fd_array with a directory", &a);
	close(both[1]);
	close(map);
	close(two);
}

TEST("maps are bound to programs by BIND_MAP and by fd_array")
{
	run_both(binding);
}

TEST("a program keeps its maps; ids are found again; all goes with the last descriptor")
{
	struct skep *skep;
	struct side s = { .client = side_open(&skep) };
	int map = side_map(&s, BPF_MAP_TYPE_ARRAY, 4, 16, 1, 0), prog;
	struct bpf_insn insns[] = { LD_MAP(1, BPF_PSEUDO_MAP_FD, map, 0), good[0], good[1] };
	struct attr_prog_load a = load_attr(insns, ARRAY_SIZE(insns));
	struct attr_get_id id = { { 1 }, 0, 0, 0 };
	u32 key = 0;
	u64 value[2];

	prog = (int)load(&s, &a);
	REQUIRE(prog >= 0);
	close(map);
	map = (int)side_bpf(&s, BPF_MAP_GET_FD_BY_ID, &id, 12);
	EXPECT_EQ(side_elem(&s, BPF_MAP_LOOKUP_ELEM, map, &key, value, 0), 0);
	close(map);
	map = (int)side_bpf(&s, BPF_PROG_GET_FD_BY_ID, &id, 4);
	EXPECT(map >= 0);
	close(map);
	close(prog);
	EXPECT_EQ(side_bpf(&s, BPF_PROG_GET_FD_BY_ID, &id, 4), -ENOENT);
	EXPECT_EQ(side_bpf(&s, BPF_MAP_GET_FD_BY_ID, &id, 12), -ENOENT);
	skep_client_free(s.client);
	skep_free(skep);
}
