/* BPF_MAP_TYPE_STRUCT_OPS: a structure of functions that the kernel's BTF describes, filled with programs. Its only
 * value is `struct bpf_struct_ops_NAME`: a state, then struct NAME. Who calls the functions is for others to know
 * (syscall/struct_ops.c registers them; nothing calls them yet). */
#ifndef SKEP_MAP_STRUCT_OPS_H
#define SKEP_MAP_STRUCT_OPS_H

#include "btf/btf.h"
#include "map/map.h"

enum ops_state {	       /* Linux's enum bpf_struct_ops_state: clients read it */
		 OPS_INIT,     /* nothing was stored yet */
		 OPS_INUSE,    /* registered by the update itself */
		 OPS_TOBEFREE, /* was */
		 OPS_READY,    /* BPF_F_LINK: links may register it */
};

/* What a kind of structure wants beyond what BTF says. Members are told by name. */
struct ops_kind {
	const char *name;
	/* A member that is no function, as the client gave it: 1 it is taken as it is, 0 it must be zero, -EINVAL … */
	int (*member)(const char *name, const void *value, u32 size);
	/* Are the functions that are there enough? has(arg, name) */
	int (*check)(bool (*has)(const void *arg, const char *name), const void *arg);
	int (*may_register)(const char *name); /* -EEXIST: the system has one of that name */
	bool may_update;		       /* a link's structure can be replaced */
	const char *const *no_program;	       /* members that no program can be */
	bool no_helpers;		       /* programs call none */
	const char
		*no_sockopt; /* the member whose programs may not call setsockopt and getsockopt */
	const char *const *sleepable; /* those whose programs may sleep; NULL: all */
};
/* By the structure's name; NULL: there is none. */
const struct ops_kind *ops_kind_find(const char *name);

struct struct_ops {
	struct btf *kernel;   /* a reference */
	u32 value_id, ops_id; /* struct bpf_struct_ops_NAME, struct NAME */
	u32 data_off;	      /* of the latter in the former */
	const struct btf_type *ops;
	const struct ops_kind *kind;
	pthread_mutex_t lock; /* guards what follows */
	_Atomic u32 state;
	void *value;		  /* as clients read it: ids where they wrote descriptors */
	struct skep_prog **progs; /* by member; references */
	struct skep_map *next;	  /* of those that are registered: under the instance's lock */
	bool registered;
};

static inline struct struct_ops *struct_ops_of(struct skep_map *m)
{
	return m->type->type == BPF_MAP_TYPE_STRUCT_OPS ? m->priv : NULL;
}

/* Under the lock: fill it from a client's value; prog_of() gives a reference to the program behind a descriptor. -EBUSY:
 * it has been filled before. On failure it is as it was. */
int struct_ops_fill(struct skep_map *m, const void *value,
		    int (*prog_of)(void *arg, u32 fd, struct skep_prog **out),
		    void *arg) MUST_CHECK;
void struct_ops_clear(struct skep_map *m);
/* The name in it, "" if such structures have none. */
const char *struct_ops_name(const struct struct_ops *o);

#endif
