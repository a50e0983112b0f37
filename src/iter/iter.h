/* Iterators: programs that run once for each object of a kind (a map, a program, an element, a task …) and write text or
 * bytes, which somebody reads from a descriptor. An iterator is a session: made by BPF_ITER_CREATE, or by opening a
 * pinned link of one; reading from it runs the program, as long as there is room.
 *
 * A target is a file and one const table. What programs see of its objects are images (btf/image.h), which live as long as
 * the session, so that addresses tell objects apart.
 *
 * Invariants: get() and put() may block and drop references; between them, inside of a CPU slot, only look() runs.
 * Reads of one session come one after the other (its lock). */
#ifndef SKEP_ITER_ITER_H
#define SKEP_ITER_ITER_H

#include <pthread.h>

#include "btf/image.h"
#include "helper/seq.h"
#include "object/instance.h"

struct skep_client;
struct iter;

#define ITER_ARGS 6

/* What LINK_CREATE said to go over. */
struct iter_choice {
	struct skep_map *map; /* a reference, or NULL */
	u32 tid, pid;	      /* 0: all */
	u64 cgroup_id;
	u32 order; /* enum bpf_cgroup_iter_order */
};

struct iter_target {
	const char *name; /* bpf_iter_NAME is the function that programs are for */
	u32 state;	  /* bytes at iter->state, zeroed when a session begins */
	u32 nr_args;	  /* of the program, the first one (meta) included */
	/* The object where the session stands, or behind it: fills it->args from 1 on, which are 0. 1, 0 at the end
	 * (then args are the last call's), or an error, which the reader gets. */
	int (*get)(struct iter *it);
	/* In the slot that the program runs in: false if the object is not there any more. NULL: nothing to do. */
	bool (*look)(struct iter *it, struct skep_run *run);
	void (*put)(struct iter *it);	  /* after a successful get(). NULL: nothing to do */
	void (*advance)(struct iter *it); /* behind the object of the last get() */
	void (*done)(struct iter *it);	  /* the session ends. NULL: nothing to do */
};

/* NULL: there is none of that name. */
const struct iter_target *iter_target_find(const char *name);

struct kept_image;

struct iter {
	struct object obj; /* first; has files, no id */
	struct skep *skep;
	const struct iter_target *target;
	struct skep_prog *prog; /* a reference */
	struct iter_choice choice;
	const struct btf *btf; /* the host's */
	_Atomic bool drained;  /* all was written to the file: the kernel answers reads */
	pthread_mutex_t lock;  /* guards what follows */
	struct seq seq;
	u32 from;		 /* bytes of seq.buf that were read */
	struct image meta, file; /* struct bpf_iter_meta, struct seq_file */
	u64 args[ITER_ARGS];	 /* the program's context */
	u64 shown;		 /* objects, as programs count them */
	bool ended;		 /* the program was told that there are no more */
	struct kept_image *images;
	void *state;
};

/* A session of prog over target. Takes its own references. -ENOMEM, -ENOENT (no type information). */
int iter_new(struct skep *s, const struct iter_target *t, struct skep_prog *prog,
	     const struct iter_choice *choice, struct iter **out) MUST_CHECK;

/* read(2): at most size bytes into buf; 0 at the end. -E2BIG: one object's text does not fit into the buffer; -EAGAIN: the
 * program wants to be asked again, or a million objects wrote nothing; what get() says. */
s64 iter_read(struct iter *it, void *buf, size_t size);

/* Write all that is left to fd, once; afterwards the session is drained. -ENOMEM. */
int iter_drain(struct iter *it, int fd);

/* An image that lives as long as the session. `at` is NULL where memory or the type is missing. */
struct image iter_image(struct iter *it, const char *type, u32 extra);
/* `size` bytes for the session; NULL: no memory. */
void *iter_memory(struct iter *it, u32 size);

/* --- images.c: objects as programs see them; NULL where that is not possible --- */

void *iter_map_image(struct iter *it, struct skep_map *m);
void *iter_prog_image(struct iter *it, struct skep_prog *p);
struct link;
void *iter_link_image(struct iter *it, struct link *l);
void *iter_btf_image(struct iter *it, struct btf *b);

#endif
