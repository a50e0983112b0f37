/* Records: the fields of a structure that are not data but belong to the BPF subsystem: locks, timers,
 * pointers to objects, heads and nodes of lists and trees. Map values have one, and every structure of a
 * program's BTF that a program may allocate.
 *
 * Invariant: fields are in order of their offsets and do not overlap. */
#ifndef SKEP_BTF_RECORD_H
#define SKEP_BTF_RECORD_H

#include "btf/btf.h"

/* FIELD(name, what it is called, bytes, alignment, may there be several?): a bit each. */
enum btf_field_kind {
#define FIELD(name, text, size, align, many) FIELD_NR_##name,
#include "btf/record.def"
};
enum {
#define FIELD(name, text, size, align, many) FIELD_##name = 1 << FIELD_NR_##name,
#include "btf/record.def"
	FIELD_KPTRS = FIELD_KPTR_UNREF | FIELD_KPTR_REF | FIELD_KPTR_PERCPU,
	FIELD_LOCKS = FIELD_SPIN_LOCK | FIELD_RES_SPIN_LOCK,
	FIELD_ROOTS = FIELD_LIST_HEAD | FIELD_RB_ROOT,
	FIELD_NODES = FIELD_LIST_NODE | FIELD_RB_NODE,
	FIELD_ASYNC = FIELD_TIMER | FIELD_WORKQUEUE | FIELD_TASK_WORK,
};

#define BTF_RECORD_MAX 11 /* fields (Linux) */

struct btf_field {
	u32 kind; /* FIELD_* */
	u32 off, size;
	/* Pointers: the structure pointed to; roots: what they contain. Here in `btf`, the BTF the field
	 * was found in, unless the pointer is to a kernel's structure: btf_record_bind(). */
	const struct btf *btf;
	u32 btf_id;
	bool kernel;  /* the kernel's: known even when its BTF is gone */
	u32 node_off; /* roots: of the node in what they contain */
};

struct btf_record {
	u32 nr;
	u32 kinds; /* those that are there */
	/* Of the fields that a record has once at most; -1 without. */
	s32 spin_lock_off, res_spin_lock_off, timer_off, wq_off, task_work_off, refcount_off;
	struct btf_field field[BTF_RECORD_MAX];
};

/* Find the fields of the kinds `allowed` in type id, whose value has `size` bytes. *out: NULL if there are
 * none; free() it. -E2BIG, -EINVAL … as Linux. */
int btf_record_new(const struct btf *b, u32 id, u32 allowed, u32 size,
		   struct btf_record **out) MUST_CHECK;
/* Roots contain structures that have a record with a node, and no circle of ownership exists. */
int btf_record_check_roots(const struct btf *b, const struct btf_record *r) MUST_CHECK;
/* Pointers to structures that the kernel has are to the kernel's. -ENOENT if nobody can release one. */
int btf_record_bind(struct btf_record *r, const struct btf *kernel) MUST_CHECK;

/* The record of struct id in a program's BTF, NULL if it has none; made by btf_make_records(). */
const struct btf_record *btf_record_of(const struct btf *b, u32 id);
int btf_make_records(struct btf *b) MUST_CHECK;
/* btf_record_bind() of all of them, before anyone else sees the BTF. The kernel's must outlive it. */
void btf_bind_records(struct btf *b, const struct btf *kernel);
void btf_free_records(struct btf *b);

static inline bool record_has(const struct btf_record *r, u32 kinds)
{
	return r && (r->kinds & kinds);
}
/* The field of these kinds at off, or NULL. */
const struct btf_field *record_field(const struct btf_record *r, u32 off, u32 kinds);
const char *field_name(u32 kind);
u32 field_size(u32 kind);

#endif
