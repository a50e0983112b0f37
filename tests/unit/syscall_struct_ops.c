/* Structures of functions, compared with the kernel's: creation, which programs fit which member, what may be stored,
 * what is read back. Nothing is registered on the kernel: that would be for the whole system. */
#include "storage.h"

#include <dirent.h>

#include "unit/asm.h"

struct types { /* of the host's BTF */
	struct btf *b;
	int value, ops; /* struct bpf_struct_ops_NAME, struct NAME */
	u32 value_size, data_off;
};

static bool find_types(struct types *t, const char *name)
{
	char value[64];

	snprintf(value, sizeof(value), "bpf_struct_ops_%s", name);
	t->b = btf__load_vmlinux_btf();
	if (!t->b)
		return false;
	t->value = btf__find_by_name_kind(t->b, value, BTF_KIND_STRUCT);
	t->ops = btf__find_by_name_kind(t->b, name, BTF_KIND_STRUCT);
	if (t->value < 0 || t->ops < 0) {
		btf__free(t->b);
		return false;
	}
	t->value_size = btf__type_by_id(t->b, (u32)t->value)->size;
	t->data_off = btf_members(btf__type_by_id(t->b, (u32)t->value))[1].offset / 8;
	return true;
}

static const struct btf_member *member(const struct types *t, const char *name, u32 *n)
{
	const struct btf_type *ops = btf__type_by_id(t->b, (u32)t->ops);

	for (*n = 0; *n < btf_vlen(ops); ++*n)
		if (!strcmp(btf__name_by_offset(t->b, btf_members(ops)[*n].name_off), name))
			return &btf_members(ops)[*n];
	abort();
}

static char *at_member(const struct types *t, void *value, const char *name)
{
	u32 n;

	return (char *)value + t->data_off + member(t, name, &n)->offset / 8;
}

static int create(struct side *s, const struct types *t, u32 flags)
{
	struct attr_map_create a = { BPF_MAP_TYPE_STRUCT_OPS, 4, t->value_size, 1, flags };
	int fd, btf = side_btf(s);

	a.btf_fd = (u32)btf;
	a.btf_vmlinux_value_type_id = (u32)t->value;
	fd = (int)side_bpf(s, BPF_MAP_CREATE, &a, sizeof(a));
	close(btf);
	return fd;
}

static long load(struct side *s, const struct types *t, u32 n, u32 flags)
{
	struct bpf_insn insns[] = { MOV_K(BPF_REG_0, 0), EXIT() };
	struct attr_prog_load a = { .prog_type = BPF_PROG_TYPE_STRUCT_OPS,
				    .insn_cnt = ARRAY_SIZE(insns),
				    .insns = (u64)insns,
				    .license = (u64) "GPL",
				    .prog_flags = flags,
				    .expected_attach_type = n,
				    .attach_btf_id = (u32)t->ops };

	return side_bpf(s, BPF_PROG_LOAD, &a, sizeof(a));
}

static void say_fd(struct side *s, const char *what, long fd)
{
	SAY(s, "%s: %ld\n", what, fd < 0 ? fd : 0);
	if (fd >= 0)
		close((int)fd);
}

static const char *const kinds[] = { "tcp_congestion_ops", "bpf_dummy_ops", "desc", "value" };

static void creation(struct side *s)
{
	int btf = side_btf(s);

	for (u32 k = 0; k < ARRAY_SIZE(kinds); k++) {
		struct types t;

		if (!find_types(&t, kinds[k]) && k < 2)
			return;
		for (u32 flag = 0; flag < 16; flag++) /* bit 15 names the BTF of a module */
			for (u32 i = 0; i < 7; i++) {
				struct attr_map_create a = { BPF_MAP_TYPE_STRUCT_OPS,
							     i == 1 ? 8 : 4,
							     t.value_size + 8 * (i == 2),
							     i == 3   ? 2
							     : i == 4 ? 0
								      : 1,
							     flag == 15 ? 0 : 1u << flag };

				a.btf_fd = i == 5 ? 9999 : (u32)btf;
				a.btf_vmlinux_value_type_id = (u32)(i == 6 ? t.ops : t.value);
				SAY(s, "%s flag %u variant %u ", kinds[k], flag, i);
				say_fd(s, "create", side_bpf(s, BPF_MAP_CREATE, &a, sizeof(a)));
			}
		if (k < 2)
			btf__free(t.b);
	}
	close(btf);
}

TEST("structures of functions are created as on Linux")
{
	run_both(creation);
}

static void members(struct side *s)
{
	for (u32 k = 0; k < 2; k++) {
		struct types t;

		if (!find_types(&t, kinds[k]))
			return;
		for (u32 n = 0; n < 20; n++) {
			SAY(s, "%s member %u ", kinds[k], n);
			say_fd(s, "awake", load(s, &t, n, 0));
			say_fd(s, "sleepable", load(s, &t, n, BPF_F_SLEEPABLE));
		}
		btf__free(t.b);
	}
}

TEST("programs may be the members that they may be on Linux")
{
	run_both(members);
}

static const char *const functions[] = { "ssthresh", "cong_avoid", "undo_cwnd" };

/* A congestion control that is complete; -1: the programs' descriptors are left out. */
static void fill(struct side *s, const struct types *t, char *value, long progs[3])
{
	memset(value, 0, t->value_size);
	strcpy(at_member(t, value, "name"), "skep_test");
	for (u32 i = 0; i < ARRAY_SIZE(functions); i++) {
		u32 n;
		u64 fd;

		member(t, functions[i], &n);
		progs[i] = load(s, t, n, 0);
		fd = (u64)progs[i];
		memcpy(at_member(t, value, functions[i]), &fd, sizeof(fd));
	}
}

static long put(struct side *s, int map, u32 key, void *value, u64 flags)
{
	return side_elem(s, BPF_MAP_UPDATE_ELEM, map, &key, value, flags);
}

static void say_value(struct side *s, const struct types *t, int map)
{
	char *value = calloc(1, t->value_size);
	u32 key = 0, other = 1, next = 7;
	u64 id;

	SAY(s, "read %ld, another key %ld, ",
	    side_elem(s, BPF_MAP_LOOKUP_ELEM, map, &key, value, 0),
	    side_elem(s, BPF_MAP_LOOKUP_ELEM, map, &other, value, 0));
	SAY(s, "state %u, refs %u, name %s,", ((u32 *)(void *)value)[1], ((u32 *)(void *)value)[0],
	    at_member(t, value, "name"));
	for (u32 i = 0; i < ARRAY_SIZE(functions); i++) {
		memcpy(&id, at_member(t, value, functions[i]), sizeof(id));
		SAY(s, " %s", id ? "a program" : "none");
	}
	SAY(s, ", next of none %ld, ", side_elem(s, BPF_MAP_GET_NEXT_KEY, map, NULL, &next, 0));
	SAY(s, "%u, of it %ld, of another %ld\n", next,
	    side_elem(s, BPF_MAP_GET_NEXT_KEY, map, &key, &next, 0),
	    side_elem(s, BPF_MAP_GET_NEXT_KEY, map, &other, &next, 0));
	free(value);
}

/* With BPF_F_LINK nothing is registered before there is a link. */
static void storing(struct side *s)
{
	struct types t;
	long progs[3];
	char *value;
	int map;
	u32 key = 0, n;
	u64 fd;

	if (!find_types(&t, "tcp_congestion_ops"))
		return;
	value = calloc(1, t.value_size);
	fill(s, &t, value, progs);
	map = create(s, &t, ABI_F_LINK);
	say_value(s, &t, map);
	SAY_CALL(s, put(s, map, 1, value, 0));
	SAY_CALL(s, put(s, map, 0, value, BPF_NOEXIST));
	SAY_CALL(s, put(s, map, 0, value, BPF_EXIST));
	close(map);
#define BROKEN(what, ...)                                                                          \
	do {                                                                                       \
		char *copy = malloc(t.value_size);                                                 \
		memcpy(copy, value, t.value_size);                                                 \
		__VA_ARGS__;                                                                       \
		map = create(s, &t, ABI_F_LINK);                                                   \
		SAY(s, "%s: %ld\n", what, put(s, map, 0, copy, 0));                                \
		say_value(s, &t, map);                                                             \
		close(map);                                                                        \
		free(copy);                                                                        \
	} while (0)
	BROKEN("a state", copy[4] = 3);
	BROKEN("a count", copy[0] = 1);
	BROKEN("behind the state", copy[8] = 1);
	BROKEN("no name", *at_member(&t, copy, "name") = 0);
	BROKEN("a name with a space", *at_member(&t, copy, "name") = ' ');
	BROKEN("a name without an end", memset(at_member(&t, copy, "name"), 'a', 16));
	for (u32 bit = 0; bit < 32; bit++) {
		u32 flags = 1u << bit;

		BROKEN("a flag", memcpy(at_member(&t, copy, "flags"), &flags, 4));
	}
	BROKEN("a key", *at_member(&t, copy, "key") = 1);
	BROKEN("a list", *at_member(&t, copy, "list") = 1);
	BROKEN("no ssthresh", memset(at_member(&t, copy, "ssthresh"), 0, 8));
	BROKEN("no undo_cwnd", memset(at_member(&t, copy, "undo_cwnd"), 0, 8));
	BROKEN("no cong_avoid", memset(at_member(&t, copy, "cong_avoid"), 0, 8));
	BROKEN("another member's program",
	       memcpy(at_member(&t, copy, "undo_cwnd"), at_member(&t, copy, "ssthresh"), 8));
	BROKEN("no descriptor", fd = 9999, memcpy(at_member(&t, copy, "ssthresh"), &fd, 8));
	BROKEN("no program", fd = 0xffffffff, memcpy(at_member(&t, copy, "ssthresh"), &fd, 8));
	map = create(s, &t, ABI_F_LINK);
	SAY_CALL(s, put(s, map, 0, value, 0));
	for (u32 i = 0; i < ARRAY_SIZE(functions); i++)
		close((int)progs[i]);
	say_value(s, &t, map);
	SAY_CALL(s, put(s, map, 0, value, 0));
	SAY_CALL(s, side_elem(s, BPF_MAP_DELETE_ELEM, map, &key, NULL, 0));
	SAY_CALL(s, side_elem(s, BPF_MAP_LOOKUP_AND_DELETE_ELEM, map, &key, value, 0));
	close(map);
	map = create(s, &t,
		     0); /* without links: an update would register it. A wrong one does not */
	SAY_CALL(s, side_elem(s, BPF_MAP_DELETE_ELEM, map, &key, NULL, 0));
	memset(value, 0, t.value_size);
	SAY_CALL(s, put(s, map, 0, value, 0));
	say_value(s, &t, map);
	close(map);
	free(value);
	(void)n;
	btf__free(t.b);
}

TEST("what is stored is checked and read back as on Linux")
{
	run_both(storing);
}

static void dummies(struct side *s)
{
	struct types t;
	char *value;
	int map;

	if (!find_types(&t, "bpf_dummy_ops"))
		return;
	value = calloc(1, t.value_size);
	for (u32 link = 0; link < 2; link++) {
		map = create(s, &t, link ? ABI_F_LINK : 0);
		SAY_CALL(s, put(s, map, 0, value, 0));
		close(map);
	}
	free(value);
	btf__free(t.b);
}

TEST("the kernel's test structure cannot be stored")
{
	run_both(dummies);
}

/* --- skep alone: registering --- */

static void close_all(const long *fd, u32 n)
{
	for (u32 i = 0; i < n; i++)
		close((int)fd[i]);
}

static long make_link(struct side *s, int map)
{
	struct attr_link_create a = { .map_fd = (u32)map, .attach_type = ABI_ATTACH_STRUCT_OPS };

	return side_bpf(s, BPF_LINK_CREATE, &a, sizeof(a));
}

static u32 map_id(struct side *s, int map)
{
	struct abi_map_info info = { 0 };
	struct attr_info a = { (u32)map, sizeof(info), (u64)&info };

	return side_bpf(s, BPF_OBJ_GET_INFO_BY_FD, &a, sizeof(a)) ? 0 : info.id;
}

static u32 linked_map(struct side *s, long link)
{
	struct abi_link_info info = { 0 };
	struct attr_info a = { (u32)link, sizeof(info), (u64)&info };

	EXPECT_EQ(side_bpf(s, BPF_OBJ_GET_INFO_BY_FD, &a, sizeof(a)), 0);
	EXPECT_EQ(info.type, BPF_LINK_TYPE_STRUCT_OPS);
	EXPECT_EQ(info.prog_id, 0);
	return info.struct_ops.map_id;
}

static bool name_is_taken(struct side *s, const struct types *t)
{
	char *value = calloc(1, t->value_size);
	long progs[3], err;
	int map = create(s, t, 0);
	u32 key = 0;

	fill(s, t, value, progs);
	err = put(s, map, 0, value, 0);
	EXPECT(!err || err == -EEXIST, "update: %ld", err);
	if (!err)
		EXPECT_EQ(side_elem(s, BPF_MAP_DELETE_ELEM, map, &key, NULL, 0), 0);
	close_all(progs, 3);
	close(map);
	free(value);
	return err;
}

static long update_link(struct side *s, long link, int map, u32 flags, int old)
{
	struct attr_link_update a = { .link_fd = (u32)link, .flags = flags };

	a.new_map_fd = (u32)map;
	a.old_map_fd = (u32)old;
	return side_bpf(s, BPF_LINK_UPDATE, &a, sizeof(a));
}

static void use_links(struct side *s, const struct types *t)
{
	char *value = calloc(1, t->value_size);
	int map = create(s, t, ABI_F_LINK), other = create(s, t, ABI_F_LINK),
	    plain = create(s, t, 0);
	struct attr_link_detach d;
	long progs[3], link;

	fill(s, t, value, progs);
	EXPECT_EQ(make_link(s, map), -EINVAL); /* it is empty */
	EXPECT_EQ(make_link(s, plain), -EINVAL);
	EXPECT_EQ(put(s, map, 0, value, 0), 0);
	EXPECT(!name_is_taken(s, t));
	link = make_link(s, map);
	EXPECT(link >= 0, "link: %ld", link);
	EXPECT(name_is_taken(s, t));
	EXPECT_EQ(linked_map(s, link), map_id(s, map));
	EXPECT_EQ(make_link(s, map), -EEXIST);
	EXPECT_EQ(update_link(s, link, other, 0, 0), -EINVAL); /* it is empty */
	EXPECT_EQ(put(s, other, 0, value, 0), 0);
	EXPECT_EQ(update_link(s, link, other, BPF_F_REPLACE, other), -EPERM);
	EXPECT_EQ(update_link(s, link, other, BPF_F_REPLACE, map), 0);
	EXPECT_EQ(linked_map(s, link), map_id(s, other));
	d.link_fd = (u32)link;
	EXPECT_EQ(side_bpf(s, BPF_LINK_DETACH, &d, sizeof(d)), 0);
	EXPECT_EQ(linked_map(s, link), 0);
	EXPECT(!name_is_taken(s, t));
	EXPECT_EQ(update_link(s, link, map, 0, 0), -ENOLINK);
	close((int)link);
	link = make_link(s, map);
	EXPECT(link >= 0, "link: %ld", link);
	close(map);
	EXPECT(name_is_taken(s, t));
	close((int)link);
	usleep(1000);
	EXPECT(!name_is_taken(s, t));
	close_all(progs, 3);
	close(other);
	close(plain);
	free(value);
}

TEST("a structure is registered once per name: by its link, or by its update until it is deleted")
{
	struct skep *skep;
	struct side s = { .client = side_open(&skep) };
	struct types t;

	if (find_types(&t, "tcp_congestion_ops")) {
		use_links(&s, &t);
		btf__free(t.b);
	}
	skep_client_free(s.client);
	skep_free(skep);
}

TEST("what is registered at the end goes with the instance")
{
	struct skep *skep;
	struct side s = { .client = side_open(&skep) };
	struct types t;
	long progs[3];
	char *value;
	int map;

	if (find_types(&t, "tcp_congestion_ops")) {
		value = calloc(1, t.value_size);
		map = create(&s, &t, 0);
		fill(&s, &t, value, progs);
		EXPECT_EQ(put(&s, map, 0, value, 0), 0);
		close(map);
		close_all(progs, 3);
		free(value);
		EXPECT(name_is_taken(&s, &t));
		btf__free(t.b);
	}
	skep_client_free(s.client);
	skep_free(skep);
}
