/* Objects that programs allocate: structures of their own BTF (bpf_obj_new), lists and trees of them, and the
 * fields of map values and objects that own such objects.
 *
 * Memory is type-stable: an object's memory is reused for objects of the same type only and stays mapped as
 * long as the instance lives, so a pointer that a program holds a moment too long reads an object of that
 * type. */
#ifndef SKEP_MAP_LOCAL_H
#define SKEP_MAP_LOCAL_H

#include "btf/record.h"
#include "exec/run.h"

struct local_pool; /* the objects of one type */

/* The instance's pool for structure id of that BTF: objects, or those that every CPU has its own of. -ENOMEM. */
int local_pool_find(struct runtime *rt, struct btf *btf, u32 id, bool per_cpu,
		    struct local_pool **out) MUST_CHECK;
/* Objects of per-CPU pools are one for each CPU slot, side by side: bytes from one to the next. */
static inline u32 local_cpu_stride(u32 size)
{
	return ALIGN_UP(size, 8u);
}
void local_pools_free(struct runtime *rt);

void *local_new(struct local_pool *pool); /* zeroed, its reference count 1; NULL: no memory */
/* A reference ends; with the last one the object and all that its fields own. */
void local_drop(void *object);
bool local_ref(void *object); /* types with a bpf_refcount only; false: it is being freed */

/* Free what the fields of a value own. */
void fields_free(const struct btf_record *r, void *value);

/* Lists. A node in no list has no owner. Nodes are of objects; off: where in them. */
int list_push(void *head, void *node, u32 off, bool back);
void *list_pop(void *head, bool back); /* NULL: empty */
void *list_peek(void *head, bool back);

/* Trees: less(arg, a, b) compares nodes. */
int tree_add(void *root, void *node, u32 off, bool (*less)(void *arg, void *a, void *b), void *arg);
void *tree_remove(void *root, void *node); /* NULL: it is in no such tree */
void *tree_first(void *root);
void *tree_root(void *root);
void *tree_child(void *root, void *node, bool right);

#endif
