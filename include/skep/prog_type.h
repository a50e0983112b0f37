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
};

enum {
	SKEP_READ = 1,
	SKEP_WRITE = 2,
	SKEP_NARROW = 4, /* aligned loads smaller than an element are fine */
	SKEP_ANY = 8,	 /* any aligned access inside the field (cb[]): same bytes natively */
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
};

/* What a program type may ask about the program being loaded. */
struct skep_prog_desc {
	uint32_t type, expected_attach_type, flags;
	int gpl;
};

struct skep_test_run { /* BPF_PROG_TEST_RUN, in this process's memory */
	const void *data_in;
	uint32_t data_size_in;
	void *data_out;		/* may be NULL */
	uint32_t data_size_out; /* in: room; out: size of the result, even if that was more */
	const void *ctx_in;	/* the context as programs see it (struct xdp_md, __sk_buff, …) */
	uint32_t ctx_size_in;
	void *ctx_out;
	uint32_t ctx_size_out;
	uint32_t repeat, flags, cpu, batch_size;
	uint32_t retval, duration; /* out */
	int has_data_out, has_ctx_out;
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
	/* BPF_PROG_TEST_RUN; NULL: -ENOTSUPP. */
	int (*test_run)(struct skep_prog *p, struct skep_test_run *t);
};

enum {
	SKEP_PROG_PKT_READ = 1,	   /* packet pointers may be loaded from */
	SKEP_PROG_PKT_WRITE = 2,   /* … and stored to */
	SKEP_PROG_LD_ABS = 4,	   /* legacy packet access is possible */
	SKEP_PROG_TRACING = 8,	   /* no bpf_spin_lock, among others */
};

SKEP_API int skep_register_prog_type(struct skep *s, const struct skep_prog_type *t);
SKEP_API int skep_register_helper(struct skep *s, const struct skep_helper *h);

#ifdef __cplusplus
}
#endif
#endif
