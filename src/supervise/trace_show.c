/* See trace_show.h. */
#include "supervise/trace_show.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "abi/abi.h"
#include "map/map.h"
#include "object/instance.h"

static u64 number_at(const void *value, u32 size)
{
	u64 v = 0;

	memcpy(&v, value, MIN(size, sizeof(v))); /* little endian; big: only u64 and u32 occur */
	return v;
}

void show_fd(struct buf *out, struct caller *c, const void *value, u32 size)
{
	buf_printf(out, "%d", (int)number_at(value, size));
}

void show_dirfd(struct buf *out, struct caller *c, const void *value, u32 size)
{
	int fd = (int)number_at(value, size);

	if (fd == AT_FDCWD)
		buf_puts(out, "AT_FDCWD");
	else
		buf_printf(out, "%d", fd);
}

void show_number(struct buf *out, struct caller *c, const void *value, u32 size)
{
	buf_printf(out, "%" PRIu64, number_at(value, size));
}

void show_hex(struct buf *out, struct caller *c, const void *value, u32 size)
{
	buf_printf(out, "%#" PRIx64, number_at(value, size)); /* 0: without 0x, as strace */
}

void show_pointer(struct buf *out, struct caller *c, const void *value, u32 size)
{
	u64 v = number_at(value, size);

	if (v)
		buf_printf(out, "%#" PRIx64, v);
	else
		buf_puts(out, "NULL");
}

static void show_text(struct buf *out, const char *s, size_t n)
{
	buf_puts(out, "\"");
	for (size_t i = 0; i < n && s[i]; i++)
		if (s[i] == '"' || s[i] == '\\')
			buf_printf(out, "\\%c", s[i]);
		else
			buf_printf(out, s[i] >= ' ' && s[i] < 0x7f ? "%c" : "\\%o", (u8)s[i]);
	buf_puts(out, "\"");
}

void show_name(struct buf *out, struct caller *c, const void *value, u32 size)
{
	show_text(out, value, size);
}

void show_string(struct buf *out, struct caller *c, const void *value, u32 size)
{
	char text[256];
	s64 n = number_at(value, size)
			? client_strncpy(&c->client, text, number_at(value, size), sizeof(text))
			: -EFAULT;

	if (n < 0) {
		show_pointer(out, c, value, size);
		return;
	}
	show_text(out, text, (size_t)n);
	if (n == sizeof(text))
		buf_puts(out, "...");
}

void show_version(struct buf *out, struct caller *c, const void *value, u32 size)
{
	u64 v = number_at(value, size);

	buf_printf(out, "KERNEL_VERSION(%u, %u, %u)", (u32)(v >> 16), (u32)(v >> 8 & 255),
		   (u32)(v & 255));
}

/* --- values that have names --- */

static void put_upper(struct buf *out, const char *prefix, const char *name)
{
	buf_puts(out, prefix);
	for (; *name; name++)
		buf_printf(out, "%c", toupper((u8)*name));
}

static void put_unknown(struct buf *out, u64 v, const char *what)
{
	buf_printf(out, "%#" PRIx64 " /* %s??? */", v, what);
}

void show_prog_type(struct buf *out, struct caller *c, const void *value, u32 size)
{
	u64 v = number_at(value, size);
	const struct skep_prog_type *t = skep_prog_type(c->client.skep, (u32)v);

	if (t)
		put_upper(out, "BPF_PROG_TYPE_", t->name);
	else
		put_unknown(out, v, "BPF_PROG_TYPE_");
}

void show_map_type(struct buf *out, struct caller *c, const void *value, u32 size)
{
	u64 v = number_at(value, size);
	const struct skep_map_type *t = map_type_find((u32)v);

	if (t)
		put_upper(out, "BPF_MAP_TYPE_", t->name);
	else
		put_unknown(out, v, "BPF_MAP_TYPE_");
}

static const char *const attach_types[] = {
#define ATTACH(number, name, prog_type, link_types, target) [number] = "BPF_" #name,
#include "syscall/attach_types.def"
};

void show_attach_type(struct buf *out, struct caller *c, const void *value, u32 size)
{
	u64 v = number_at(value, size);

	if (v < ARRAY_SIZE(attach_types) && attach_types[v])
		buf_puts(out, attach_types[v]);
	else
		put_unknown(out, v, "BPF_");
}

void show_stats_type(struct buf *out, struct caller *c, const void *value, u32 size)
{
	u64 v = number_at(value, size);

	if (v == BPF_STATS_RUN_TIME)
		buf_puts(out, "BPF_STATS_RUN_TIME");
	else
		put_unknown(out, v, "BPF_STATS_");
}

/* --- flags --- */

enum flag_set {
	map_flags,
	file_flags,
	prog_flags,
	elem_flags,
	attach_flags,
	query_flags,
	test_flags
};

static const struct {
	enum flag_set set;
	u32 bit;
	const char *name;
} flags[] = {
#define FLAG(set, name, bit) { set, bit, #name },
#include "supervise/trace_flags.def"
};

static void put_flags(struct buf *out, enum flag_set set, u64 v, const char *none)
{
	const char *between = "";

	if (!v)
		buf_puts(out, none);
	for (u32 i = 0; i < ARRAY_SIZE(flags); i++)
		if (flags[i].set == set && (v >> flags[i].bit & 1)) {
			buf_printf(out, "%s%s", between, flags[i].name);
			v &= ~(1ull << flags[i].bit);
			between = "|";
		}
	if (v)
		buf_printf(out, "%s%#" PRIx64, between, v);
}

#define SHOW_FLAGS(set, none)                                                                      \
	void show_##set(struct buf *out, struct caller *c, const void *value, u32 size)            \
	{                                                                                          \
		put_flags(out, set, number_at(value, size), none);                                 \
	}
SHOW_FLAGS(map_flags, "0")
SHOW_FLAGS(file_flags, "0")
SHOW_FLAGS(prog_flags, "0")
SHOW_FLAGS(elem_flags, "BPF_ANY")
SHOW_FLAGS(attach_flags, "0")
SHOW_FLAGS(query_flags, "0")
SHOW_FLAGS(test_flags, "0")

/* --- LINK_CREATE's union --- */

static bool is_one_of(const char *name, const char *const *prefixes)
{
	for (; *prefixes; prefixes++)
		if (!strncmp(name, *prefixes, strlen(*prefixes)))
			return true;
	return false;
}

void show_link_union(struct buf *out, const union abi_attr *attr, u32 size)
{
	static const char *const tracing[] = { "BPF_TRACE_F", "BPF_TRACE_RAW_TP",
					       "BPF_MODIFY_RETURN", "BPF_LSM_MAC", NULL };
	static const char *const anchored[] = { "BPF_TCX", "BPF_NETKIT", "BPF_CGROUP", NULL };
	const struct attr_link_create *l = &attr->link_create;
	const char *name;

	if (size < offsetof(struct attr_link_create, target_btf_id) + sizeof(u64) ||
	    l->attach_type >= ARRAY_SIZE(attach_types) || !attach_types[l->attach_type])
		return;
	name = attach_types[l->attach_type];
	if (!strcmp(name, "BPF_PERF_EVENT"))
		buf_printf(out, ", perf_event={bpf_cookie=%#" PRIx64 "}", l->perf_event.bpf_cookie);
	else if (!strcmp(name, "BPF_TRACE_ITER"))
		buf_printf(out, ", iter_info=%#" PRIx64 ", iter_info_len=%u", l->iter_info,
			   l->iter_info_len);
	else if (!strcmp(name, "BPF_NETFILTER"))
		buf_printf(out, ", netfilter={pf=%u, hooknum=%u, priority=%d, flags=%#x}",
			   l->netfilter.pf, l->netfilter.hooknum, l->netfilter.priority,
			   l->netfilter.flags);
	else if (is_one_of(name, tracing))
		buf_printf(out, ", tracing={target_btf_id=%u, cookie=%#" PRIx64 "}",
			   l->tracing.target_btf_id, l->tracing.cookie);
	else if (is_one_of(name, anchored))
		buf_printf(out, ", relative_fd=%d, expected_revision=%" PRIu64,
			   (int)l->tcx.relative_fd, l->tcx.expected_revision);
	else if (!strcmp(name, "BPF_TRACE_UPROBE_MULTI"))
		buf_printf(out, ", uprobe_multi={path=%#" PRIx64 ", cnt=%u, flags=%#x, pid=%u}",
			   l->uprobe_multi.path, l->uprobe_multi.cnt, l->uprobe_multi.flags,
			   l->uprobe_multi.pid);
	else if (!strcmp(name, "BPF_TRACE_KPROBE_MULTI"))
		buf_printf(out, ", kprobe_multi={flags=%#x, cnt=%u, syms=%#" PRIx64 "}",
			   l->kprobe_multi.flags, l->kprobe_multi.cnt, l->kprobe_multi.syms);
}
