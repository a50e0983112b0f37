/* What programs read through pointers to maps (`map->max_entries`): the same on skep and on the kernel, for members that
 * do not change. Types of maps that share a structure in the kernel are loaded through as that structure. */
#include "both.h"

#include <string.h>

#include "btf/btf.h"
#include "insns.h"

static struct btf *vmlinux;

/* Offset of a member of struct `of`; -1: the kernel has no such structure or member. */
static int offset_in(const char *of, const char *member)
{
	const struct btf_type *t;
	int id;

	if (!vmlinux && btf_new_kernel("/sys/kernel/btf/vmlinux", &vmlinux) < 0)
		return -1;
	id = btf_find(vmlinux, of, BTF_KIND_STRUCT);
	if (id < 0)
		return -1;
	t = btf_type(vmlinux, (u32)id);
	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++)
		if (!strcmp(btf_string(vmlinux, btf_members_of(t)[i].name_off), member))
			return (int)(btf_member_bit_off(t, i) / 8);
	return -1;
}

static void say_run(struct side *s, const struct bpf_insn *insns, u32 n)
{
	u8 data[64] = { 0 };
	struct attr_prog_load load = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
				       .insn_cnt = n,
				       .insns = (u64)insns,
				       .license = (u64) "GPL" };
	int prog = (int)side_bpf(s, BPF_PROG_LOAD, &load, sizeof(load));
	struct attr_test run = { .prog_fd = (u32)prog,
				 .data_in = (u64)data,
				 .data_size_in = sizeof(data) };

	if (prog < 0) {
		SAY(s, "loading: %d\n", prog);
		return;
	}
	SAY(s, "run: %ld", side_bpf(s, BPF_PROG_TEST_RUN, &run, sizeof(run)));
	SAY(s, " returns %#x\n", run.retval);
	close(prog);
}

#define MAP_FD(d, fd)                                                                              \
	INSN(BPF_LD | BPF_IMM | BPF_DW, d, BPF_PSEUDO_MAP_FD, 0, fd), INSN(0, 0, 0, 0, 0)

static void say_member(struct side *s, int map, const char *of, const char *member)
{
	int off = offset_in(of, member);
	struct bpf_insn insns[] = { MAP_FD(1, map), LOAD(BPF_W, 0, 1, (s16)off), EXIT_INSN() };

	if (off < 0)
		return;
	SAY(s, "%s.%s: ", of, member);
	say_run(s, insns, ARRAY_SIZE(insns));
}

static int make_map(struct side *s, u32 type, u32 key, u32 value, u32 flags)
{
	struct attr_map_create a = { .map_type = type,
				     .key_size = key,
				     .value_size = value,
				     .max_entries = 4096,
				     .map_flags = flags,
				     .map_name = "some_map" };
	int fd = (int)side_bpf(s, BPF_MAP_CREATE, &a, sizeof(a));

	SAY(s, "type %u: %s\n", type, fd < 0 ? "none" : "there");
	return fd;
}

static void members(struct side *s)
{
	static const struct {
		u32 type, key, value, flags;
		const char *of, *own[2];
	} maps[] = {
		{ BPF_MAP_TYPE_ARRAY, 4, 12, 0, "bpf_array", { "elem_size", "index_mask" } },
		{ BPF_MAP_TYPE_PERCPU_ARRAY, 4, 12, 0, "bpf_array", { "elem_size", "index_mask" } },
		{ BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 0, "bpf_array", { "elem_size", "index_mask" } },
		{ BPF_MAP_TYPE_HASH, 5, 12, 0, "bpf_htab", { "n_buckets", "elem_size" } },
		{ BPF_MAP_TYPE_PERCPU_HASH, 8, 12, 1, "bpf_htab", { "n_buckets", "elem_size" } },
		{ BPF_MAP_TYPE_LRU_HASH, 8, 12, 0, "bpf_htab", { "n_buckets", "elem_size" } },
		{ BPF_MAP_TYPE_LPM_TRIE, 8, 12, 1, "lpm_trie", { NULL } },
		{ BPF_MAP_TYPE_QUEUE, 0, 12, 0, "bpf_queue_stack", { NULL } },
		{ BPF_MAP_TYPE_RINGBUF, 0, 0, 0, "bpf_ringbuf_map", { NULL } },
		{ BPF_MAP_TYPE_CPUMAP, 4, 4, 0, "bpf_cpu_map", { NULL } },
		{ BPF_MAP_TYPE_TASK_STORAGE, 4, 4, 1, "bpf_local_storage_map", { NULL } },
	};
	static const char *const common[] = { "map_type",    "key_size",  "value_size",
					      "max_entries", "map_extra", "map_flags",
					      "name",	     "frozen",	  "btf_key_type_id" };

	for (u32 i = 0; i < ARRAY_SIZE(maps); i++) {
		int map = make_map(s, maps[i].type, maps[i].key, maps[i].value, maps[i].flags);

		for (u32 m = 0; map >= 0 && m < ARRAY_SIZE(common); m++)
			say_member(s, map, "bpf_map", common[m]);
		for (u32 m = 0; map >= 0 && m < 2 && maps[i].own[m]; m++)
			say_member(s, map, maps[i].of, maps[i].own[m]);
		close(map);
	}
}

TEST("members of maps of many types")
{
	run_both(members);
}

/* r0 = map->id - ID */
static void id(struct side *s)
{
	int map = make_map(s, BPF_MAP_TYPE_ARRAY, 4, 8, 0);
	struct bpf_map_info out = { 0 };
	struct attr_info a = { (u32)map, sizeof(out), (u64)&out };
	int off = offset_in("bpf_map", "id");

	side_bpf(s, BPF_OBJ_GET_INFO_BY_FD, &a, sizeof(a));
	if (off >= 0) {
		struct bpf_insn insns[] = { MAP_FD(1, map), LOAD(BPF_W, 0, 1, (s16)off),
					    ALU_IMM(BPF_SUB, 0, (s32)out.id), EXIT_INSN() };

		say_run(s, insns, ARRAY_SIZE(insns));
	}
	close(map);
}

TEST("a map's id is the one that bpf(2) tells")
{
	run_both(id);
}

static void freeze(struct side *s)
{
	int map = make_map(s, BPF_MAP_TYPE_ARRAY, 4, 8, 0), off = offset_in("bpf_map", "frozen");
	struct bpf_insn insns[] = { MAP_FD(1, map), LOAD(BPF_B, 0, 1, (s16)off), EXIT_INSN() };
	u32 fd = (u32)map;

	if (off < 0)
		return;
	say_run(s, insns, ARRAY_SIZE(insns));
	SAY_CALL(s, side_bpf(s, BPF_MAP_FREEZE, &fd, sizeof(fd)));
	say_run(s, insns, ARRAY_SIZE(insns));
	close(map);
}

TEST("freezing shows")
{
	run_both(freeze);
}

static void inner(struct side *s)
{
	int other = make_map(s, BPF_MAP_TYPE_ARRAY, 4, 8, BPF_F_INNER_MAP), off, map, late;
	struct attr_map_create outer = { .map_type = BPF_MAP_TYPE_ARRAY_OF_MAPS,
					 .key_size = 4,
					 .value_size = 4,
					 .max_entries = 2,
					 .inner_map_fd = (u32)other };
	struct attr_map_create inner_attr = { BPF_MAP_TYPE_ARRAY, 4, 8, 77, BPF_F_INNER_MAP };
	u32 key = 1;

	map = (int)side_bpf(s, BPF_MAP_CREATE, &outer, sizeof(outer));
	off = offset_in("bpf_map", "max_entries");
	struct bpf_insn insns[] = {
		MAP_FD(1, map),
		STORE_IMM(BPF_W, 10, -4, 1),
		MOV_REG(2, 10),
		ALU_IMM(BPF_ADD, 2, -4),
		CALL_HELPER(BPF_FUNC_map_lookup_elem),
		JUMP_IMM(BPF_JNE, 0, 0, 2),
		MOV_IMM(0, -1),
		EXIT_INSN(),
		LOAD(BPF_W, 0, 0, (s16)off),
		EXIT_INSN(),
	};

	if (off < 0)
		return;
	say_run(s, insns, ARRAY_SIZE(insns)); /* nothing is in there, but maps are shown now */
	SAY_CALL(s, side_elem(s, BPF_MAP_UPDATE_ELEM, map, &key, &other, 0));
	say_run(s, insns, ARRAY_SIZE(insns));
	late = (int)side_bpf(s, BPF_MAP_CREATE, &inner_attr, sizeof(inner_attr));
	SAY_CALL(s, side_elem(s, BPF_MAP_UPDATE_ELEM, map, &key, &late, 0));
	say_run(s, insns, ARRAY_SIZE(insns));
	close(other);
	close(late);
	close(map);
}

TEST("an inner map is read itself, not the one given at creation")
{
	run_both(inner);
}
