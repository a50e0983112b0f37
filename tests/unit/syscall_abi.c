/* abi/abi.h against the running kernel's own types: every field is where Linux has it. */
#include "abi/abi.h"

#include "btf/btf.h"
#include "test.h"

#define VMLINUX "/sys/kernel/btf/vmlinux"

/* One field: `path` inside type `type` of the kernel; a dot enters a named member. */
struct place {
	const char *type, *path;
	size_t off;
};

#define ATTR(member, path)                                                                         \
	{                                                                                          \
		"bpf_attr", #path, offsetof(union abi_attr, member.path)                           \
	}
#define IN(name, member, path)                                                                     \
	{                                                                                          \
		"bpf_attr", #name "." #path, offsetof(union abi_attr, member.path)                 \
	}
#define INFO(kind, path)                                                                           \
	{                                                                                          \
		"bpf_" #kind "_info", #path, offsetof(struct abi_##kind##_info, path)              \
	}

static const struct place places[] = {
	ATTR(map_create, map_type),
	ATTR(map_create, inner_map_fd),
	ATTR(map_create, map_name),
	ATTR(map_create, btf_value_type_id),
	ATTR(map_create, map_extra),
	ATTR(map_create, map_token_fd),
	ATTR(map_elem, key),
	ATTR(map_elem, next_key),
	IN(batch, batch, in_batch),
	IN(batch, batch, count),
	IN(batch, batch, elem_flags),
	ATTR(prog_load, insns),
	ATTR(prog_load, license),
	ATTR(prog_load, log_buf),
	ATTR(prog_load, prog_name),
	ATTR(prog_load, expected_attach_type),
	ATTR(prog_load, func_info),
	ATTR(prog_load, line_info_cnt),
	ATTR(prog_load, attach_btf_id),
	ATTR(prog_load, fd_array),
	ATTR(prog_load, core_relo_rec_size),
	ATTR(prog_load, log_true_size),
	ATTR(prog_load, fd_array_cnt),
	ATTR(prog_load, keyring_id),
	ATTR(obj, pathname),
	ATTR(obj, path_fd),
	ATTR(attach, attach_bpf_fd),
	ATTR(attach, expected_revision),
	IN(test, test, retval),
	IN(test, test, data_out),
	IN(test, test, ctx_size_in),
	IN(test, test, batch_size),
	ATTR(get_id, start_id),
	ATTR(get_id, open_flags),
	IN(info, info, info),
	IN(query, query, prog_ids),
	IN(query, query, link_attach_flags),
	IN(query, query, revision),
	IN(raw_tracepoint, raw_tp, cookie),
	ATTR(btf_load, btf_log_buf),
	ATTR(btf_load, btf_log_true_size),
	IN(task_fd_query, task_fd_query, probe_addr),
	IN(link_create, link_create, attach_type),
	IN(link_create, link_create, iter_info_len),
	IN(link_create, link_create, uprobe_multi.pid),
	IN(link_update, link_update, old_prog_fd),
	IN(prog_bind_map, bind_map, flags),
	INFO(prog, tag),
	INFO(prog, xlated_prog_insns),
	INFO(prog, map_ids),
	INFO(prog, name),
	INFO(prog, btf_id),
	INFO(prog, nr_line_info),
	INFO(prog, prog_tags),
	INFO(prog, run_cnt),
	INFO(prog, verified_insns),
	INFO(map, max_entries),
	INFO(map, btf_value_type_id),
	INFO(map, map_extra),
	INFO(btf, name),
	INFO(btf, kernel_btf),
	INFO(link, prog_id),
	INFO(link, raw_tracepoint.cookie),
	INFO(link, xdp.ifindex),
};

static bool has_name(const struct btf *b, const struct btf_member *m, const char *name, size_t len)
{
	const char *s = btf_string(b, m->name_off);

	return strlen(s) == len && !memcmp(s, name, len);
}

/* Byte offset of path in composite type id, looking through members without a name; -1 if not there. */
static long find(const struct btf *b, u32 id, const char *path)
{
	size_t len = strcspn(path, ".");
	const struct btf_type *t = btf_strip(b, id, NULL);
	u32 kind = BTF_INFO_KIND(t->info);

	if (kind != BTF_KIND_STRUCT && kind != BTF_KIND_UNION)
		return -1;
	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++) {
		const struct btf_member *m = &btf_members_of(t)[i];
		long base = btf_member_bit_off(t, i) / 8, sub = -1;

		if (has_name(b, m, path, len) && !path[len])
			return base;
		if (has_name(b, m, path, len))
			sub = find(b, m->type, path + len + 1);
		else if (!*btf_string(b, m->name_off))
			sub = find(b, m->type, path);
		if (sub >= 0)
			return base + sub;
	}
	return -1;
}

TEST("every field is where the running kernel has it")
{
	u32 found = 0;
	struct btf *b;

	if (btf_new_kernel(VMLINUX, &b))
		SKIP("no BTF of the kernel");
	for (u32 i = 0; i < ARRAY_SIZE(places); i++) {
		const struct place *p = &places[i];
		int id = btf_find(b, p->type,
				  strcmp(p->type, "bpf_attr") ? BTF_KIND_STRUCT : BTF_KIND_UNION);
		long off = id > 0 ? find(b, (u32)id, p->path) : -1;

		if (off < 0) /* older kernels lack the newest fields */
			continue;
		found++;
		EXPECT(off == (long)p->off, "%s.%s is at %zu, in the kernel at %ld", p->type,
		       p->path, p->off, off);
	}
	EXPECT(found > ARRAY_SIZE(places) / 2, "only %u fields found", found);
	btf_unref(b);
}
