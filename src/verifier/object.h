/* Objects that programs own: between object_call.c, object.c and the files that meet such values. */
#ifndef SKEP_VERIFIER_OBJECT_H
#define SKEP_VERIFIER_OBJECT_H

#include "verifier/env.h"

/* A pointer to a structure of the program's own BTF, in memory that it may write. One that outlived its RCU
 * section is none: it may even be null. */
static inline bool is_local(const struct value *p)
{
	return p->kind == V_BTF && (p->flags & VF_ALLOC) && !(p->flags & VF_UNTRUSTED) &&
	       !p->btf->kernel;
}

/* Of the map value or object that p points into; NULL: it has no fields that are not data. */
const struct btf_record *value_record(const struct value *p);
/* The lock is given back: lists and trees may lose what they have. */
void forget_non_owning(struct verifier *v);
bool in_tree_callback(const struct verifier *v);

bool is_dynptr_kfunc(u32 row);
/* Argument r of a kernel function must be a dynptr, which *d then is. */
int find_dynptr(struct verifier *v, u32 r, struct value *d);
int do_dynptr_kfunc(struct verifier *v, u32 row);
bool is_object_kfunc(u32 row);
int do_object_kfunc(struct verifier *v, u32 row);

/* A load or store of an object's data. */
int access_kptr(struct verifier *v, u32 r, s32 off, u32 size, enum access how, int value_reg,
		const s32 *imm);
int check_kptr_arg(struct verifier *v, struct call_meta *m, u32 r);
int check_kptr_object(struct verifier *v, const struct call_meta *m, u32 r);
void keep_percpu_in_rcu(struct verifier *v, u32 ref);
int return_kptr(struct verifier *v, const struct call_meta *m);
int access_object(struct verifier *v, u32 r, s32 off, u32 size, enum access how, int value_reg,
		  bool sign);

#endif
