/* See fdinfo.h. Names and formats are Linux's: tools parse them. memlock is what the object takes here. */
#include "syscall/fdinfo.h"

#include <inttypes.h>

#include "exec/prog.h"
#include "map/map.h"
#include "object/link.h"

#define PAGE 4096u

static const char *const link_texts[] = {
	[OBJECT_NONE] = "anon_inode:[none]",	 [OBJECT_PROG] = "anon_inode:bpf-prog",
	[OBJECT_MAP] = "anon_inode:bpf-map",	 [OBJECT_BTF] = "anon_inode:btf",
	[OBJECT_LINK] = "anon_inode:bpf-link",	 [OBJECT_PERF] = "anon_inode:[perf_event]",
	[OBJECT_STATS] = "anon_inode:bpf-stats", [OBJECT_ITER] = "anon_inode:bpf_iter",
};

static const char *const link_types[] = {
	/* by enum bpf_link_type */
	"<invalid>", "raw_tracepoint", "tracing",    "cgroup",	  "iter", "netns",	  "xdp",
	"perf",	     "kprobe_multi",   "struct_ops", "netfilter", "tcx",  "uprobe_multi", "netkit",
};

const char *object_link_text(const struct object *o)
{
	return link_texts[o->kind];
}

static void put_tag(const struct skep_prog *p, struct buf *out)
{
	buf_puts(out, "prog_tag:\t");
	for (u32 i = 0; i < sizeof(p->tag); i++)
		buf_printf(out, "%02x", p->tag[i]);
	buf_puts(out, "\n");
}

static void prog_fdinfo(const struct skep_prog *p, struct buf *out)
{
	struct prog_stats stats = prog_stats_sum(p);

	buf_printf(out, "prog_type:\t%u\nprog_jited:\t%u\n", p->type->type,
		   p->engine && p->engine->is_jit);
	put_tag(p, out);
	buf_printf(out, "memlock:\t%zu\nprog_id:\t%u\n",
		   ALIGN_UP(sizeof(*p) + p->len * sizeof(*p->insns), (size_t)PAGE), p->obj.id);
	buf_printf(out, "run_time_ns:\t%" PRIu64 "\nrun_cnt:\t%" PRIu64 "\n", stats.ns, stats.runs);
	buf_printf(out, "recursion_misses:\t%" PRIu64 "\nverified_insns:\t%u\n", stats.misses,
		   p->verified_insns);
}

static void map_fdinfo(struct skep_map *m, struct buf *out)
{
	buf_printf(out, "map_type:\t%u\nkey_size:\t%u\nvalue_size:\t%u\nmax_entries:\t%u\n",
		   m->type->type, m->key_size, m->value_size, m->max_entries);
	/* not %#x: that writes 0 without a prefix */
	buf_printf(out, "map_flags:\t0x%x\nmap_extra:\t0x%" PRIx64 "\n", m->flags, m->extra);
	buf_printf(out, "memlock:\t%" PRIu64 "\nmap_id:\t%u\nfrozen:\t%u\n", map_memory(m),
		   m->obj.id, (u32)atomic_load(&m->frozen));
	if (m->type->fdinfo)
		m->type->fdinfo(m, out);
}

static void link_fdinfo(struct link *l, struct buf *out)
{
	pthread_mutex_lock(&l->lock);
	buf_printf(out, "link_type:\t%s\nlink_id:\t%u\n",
		   link_types[l->type < ARRAY_SIZE(link_types) ? l->type : 0], l->obj.id);
	if (l->prog) {
		put_tag(l->prog, out);
		buf_printf(out, "prog_id:\t%u\n", l->prog->obj.id);
	}
	pthread_mutex_unlock(&l->lock);
	if (l->ops->fdinfo)
		l->ops->fdinfo(l, out);
}

void object_fdinfo(struct object *o, struct buf *out)
{
	switch (o->kind) {
	case OBJECT_PROG: prog_fdinfo((struct skep_prog *)o, out); break;
	case OBJECT_MAP: map_fdinfo((struct skep_map *)o, out); break;
	case OBJECT_LINK: link_fdinfo((struct link *)o, out); break;
	case OBJECT_BTF: buf_printf(out, "btf_id:\t%u\n", o->id); break;
	default: break; /* perf events and the like add nothing */
	}
}
