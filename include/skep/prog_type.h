/* Program types: one const table each, for skep's own and for embedders'. It says what the context
 * looks like to the program and natively, which helpers may be called, what may be returned, how a
 * test run is made. The verifier checks and rewrites context accesses from these fields alone. */
#ifndef SKEP_PROG_TYPE_H
#define SKEP_PROG_TYPE_H

#include "skep/helper.h"

#ifdef __cplusplus
extern "C" {
#endif

enum skep_field_kind {
	SKEP_FIELD_SCALAR,
	SKEP_FIELD_PKT,	     /* pointer to the packet's first byte */
	SKEP_FIELD_PKT_META, /* pointer to the metadata before it */
	SKEP_FIELD_PKT_END,  /* pointer behind the packet's last byte */
	/* Pointers to sockets, natively to the structures of <linux/bpf.h>: struct bpf_sock. */
	SKEP_FIELD_SOCK,
	SKEP_FIELD_SOCK_OR_NULL,
	SKEP_FIELD_SOCK_COMMON_OR_NULL, /* only the fields that small sockets have, too */
	SKEP_FIELD_FLOW_KEYS,		/* struct bpf_flow_keys */
	SKEP_FIELD_TP_BUFFER,		/* a writable raw tracepoint's buffer */
	SKEP_FIELD_KERNEL, /* an object of the structure .type of the kernel's, read by probe loads */
};

enum {
	SKEP_READ = 1,
	SKEP_WRITE = 2,
	SKEP_NARROW = 4, /* aligned loads smaller than an element are fine */
	SKEP_ANY = 8,	 /* any aligned access inside the field (cb[]): same bytes natively */
	/* Stores of numbers that are the native element's largest value or beyond change nothing
	 * (elements of at most 4 bytes, native ones of at most 2). */
	SKEP_SATURATED = 16,
	SKEP_NARROW_LOW = 32,  /* as NARROW, but only from an element's first byte on */
	SKEP_NARROW_HALF = 64, /* … loads of half an element, either */
	SKEP_PAIRS = 128,      /* also two elements at once, where that is aligned */
};

/* An array-like field has several elements of elem bytes; elem == 0 means size (one element).
 * Natively the elements follow each other in native_elem bytes each, zero-extended if that is less.
 * An access must lie inside one element and, unless NARROW or ANY says otherwise, be all of it. */
struct skep_ctx_field {
	const char *name;
	uint16_t off, size, elem;
	uint8_t flags, kind;
	uint16_t native_off;
	uint8_t native_elem; /* 1, 2, 4 or 8 */
	const char *type;    /* SKEP_FIELD_KERNEL: its name in BTF */
};

/* What a program type may ask about the program being loaded. */
struct skep_prog_desc {
	uint32_t type, expected_attach_type, flags;
	int gpl;
};

/* BPF_PROG_TEST_RUN, in this process's memory. Results are allocated by test_run() with malloc() and
 * belong to the caller also on failure; cutting them to what the client has room for, with -ENOSPC, is
 * the caller's. */
struct run_caller;
struct skep_test_run {
	const void *data_in; /* NULL: none */
	uint32_t data_size_in;
	const void *ctx_in; /* the context as programs see it (struct xdp_md, …); NULL, 0: none */
	uint32_t ctx_size_in;
	int has_data_out, has_ctx_out; /* does the client ask for them? */
	uint32_t repeat, flags, cpu, batch_size;
	uint32_t retval, duration; /* in: as the client set them, which some types refuse; out */
	void *data_out;		   /* out, NULL: none */
	uint32_t data_size_out;
	void *ctx_out;
	uint32_t ctx_size_out;
	int (*interrupted)(
		void *client); /* should a long series of runs end with -EINTR? NULL: never */
	void *client;
	struct run_caller *caller; /* skep's own: what syscall programs call */
	int error;		   /* out: why the series ended early, negative */
};

struct skep_prog_type {
	uint32_t type;	  /* enum bpf_prog_type; embedders: from 0x10000 on */
	const char *name; /* as bpftool prints it: "xdp", "sched_cls" */
	uint32_t ctx_size;
	const struct skep_ctx_field *fields;
	uint32_t nr_fields;
	/* The helpers that may be called: lists of ids, each ended by 0, the list of lists by NULL. */
	const uint32_t *const *helpers;
	uint32_t flags; /* SKEP_PROG_* */
	/* Is the combination of attach type and flags possible? 0 or -EINVAL; NULL: any. */
	int (*check_load)(const struct skep_prog_desc *d);
	/* The return values allowed; NULL: any. Returns 0 if there is no restriction. */
	int (*ret_range)(const struct skep_prog_desc *d, int64_t *min, int64_t *max);
	/* Further rules about a context access that fields allow; 0 or -EACCES. NULL: none. */
	int (*check_ctx)(const struct skep_prog_desc *d, const struct skep_ctx_field *f,
			 uint32_t off, uint32_t size, int is_write);
	/* Of the helpers listed, may this program call that one? NULL: all. */
	int (*may_call)(const struct skep_prog_desc *d, uint32_t helper);
	/* BPF_PROG_TEST_RUN; NULL: -ENOTSUPP. */
	int (*test_run)(struct skep_prog *p, struct skep_test_run *t);
};

enum {
	SKEP_PROG_PKT_READ = 1,	 /* packet pointers may be loaded from */
	SKEP_PROG_PKT_WRITE = 2, /* … and stored to */
	SKEP_PROG_LD_ABS = 4,	 /* legacy packet access is possible; goes with SKEP_PROG_SKB */
	SKEP_PROG_TRACING = 8,	 /* no bpf_spin_lock, among others */
	SKEP_PROG_XDP = 16,	 /* the native context begins with struct skep_xdp */
	SKEP_PROG_PKT_HELPERS =
		64,		 /* every helper takes packet pointers (data is the system's own) */
	SKEP_PROG_BTF_CTX = 128, /* the context is what BTF says of the attach target */
	SKEP_PROG_SKB = 32,	 /* … with struct skep_skb; packet helpers look at these two */
};

/* Add a type or helper to an instance, before programs that use it are loaded. The tables are the
 * embedder's and must outlive the instance. Helpers have numbers from 0x10000 to 0x100ff.
 * -EINVAL (skep_last_error() says what), -EEXIST, -ENOMEM. */
SKEP_API int skep_register_prog_type(struct skep *s, const struct skep_prog_type *t);
SKEP_API int skep_register_helper(struct skep *s, const struct skep_helper *h);

#ifdef __cplusplus
}
#endif
#endif
