/* struct skep: one BPF "kernel". All state hangs off it (DESIGN D1).
 *
 * Objects become visible to clients by publishing: then they have an id, and withdrawing them (the
 * last reference is gone) takes back id and inode before they are freed. */
#ifndef SKEP_OBJECT_INSTANCE_H
#define SKEP_OBJECT_INSTANCE_H

#include "exec/run.h"
#include "object/files.h"
#include "object/ids.h"
#include "object/pins.h"
#include "object/sites.h"
#include "object/trace_log.h"
#include "skep/prog_type.h"

struct aot_library;
struct explanation;
struct attach_ops;
struct devices;
struct skep_map;

#define VMLINUX_BTF_ID 1

struct skep {
	struct runtime rt; /* first: what programs and helpers see of the instance */
	enum skep_engine engine;
	_Atomic int unprivileged_bpf;	  /* struct skep_options */
	struct aot_library *native;	  /* code made ahead of time */
	struct explanation *explanation;  /* the last refusal's, for a tool that loads one by one */
	struct id_table ids[OBJECT_PERF]; /* by enum object_kind */
	struct files files;
	struct pins pins;
	struct trace_log trace_log;
	pthread_mutex_t lock;			  /* guards what follows */
	const struct skep_prog_type **prog_types; /* registered by the embedder */
	u32 nr_prog_types;
	u32 stats_users;		     /* open files of BPF_ENABLE_STATS */
	const struct attach_ops *attach[64]; /* by enum bpf_attach_type: hooks (syscall/attach.h) */
	struct devices *devices;	     /* network devices, if somebody answers for them */
	struct sites sites;		     /* what is attached to no hook */
	/* The name of the trace event with that number: 0 or -ENOENT. NULL: nobody knows. */
	int (*event_name)(void *arg, u64 id, char *out, size_t size);
	void *event_name_arg;
	_Atomic u32 iters;    /* sessions of iterators that are open */
	struct skep_map *ops; /* registered structures of functions (ops.h) */
	struct btf *vmlinux;  /* the host's type information, once asked for */
	/* Some program reads maps (map/image.h): each one has its image. Taken before `lock`. */
	pthread_mutex_t shown_lock;
	_Atomic bool maps_shown;
};

static inline struct skep *skep_of(struct runtime *rt)
{
	return (struct skep *)rt;
}

/* Give o an id. The caller's reference stays its own; on failure o has none. -ENOMEM, -ENOSPC. */
int object_publish(struct skep *s, struct object *o) MUST_CHECK;
/* The same with a given id. -EEXIST. */
int object_publish_at(struct skep *s, struct object *o, u32 id) MUST_CHECK;
/* For objects that have descriptors but no id. */
void object_adopt(struct skep *s, struct object *o);
/* A descriptor for o in this process (files_open()). */
int object_open(struct object *o, int flags) MUST_CHECK;

/* NULL if there is no such type. */
const struct skep_prog_type *skep_prog_type(struct skep *s, u32 type);

/* The host's BTF, object VMLINUX_BTF_ID, with a reference. -ENOENT if the host has none. */
int skep_vmlinux(struct skep *s, struct btf **out) MUST_CHECK;
bool skep_has_vmlinux(void);

/* From now on all maps, those to come too, have images. -ENOMEM, -ENOENT (no BTF). */
int maps_show(struct skep *s) MUST_CHECK;
/* A map has been published: give it an image, too. Without memory it stays without: programs read zeros. */
void map_published(struct skep *s, struct skep_map *m);
#endif
