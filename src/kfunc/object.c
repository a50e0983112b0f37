/* Objects that programs allocate, lists and trees of them. The verifier puts what programs do not pass into the
 * arguments that they leave open: the pool to allocate from, the node's place in its object. */
#include "helper/helper.h"
#include "kfunc/fns.h"
#include "map/local.h"

KFUNC_FN(kfunc_obj_new) /* r2: the pool */
{
	return (uintptr_t)local_new(helper_ptr(r2));
}

KFUNC_FN(kfunc_obj_drop)
{
	local_drop(helper_ptr(r1));
	return 0;
}

KFUNC_FN(kfunc_refcount_acquire)
{
	return local_ref(helper_ptr(r1)) ? r1 : 0;
}

KFUNC_FN(kfunc_list_push_front) /* r4: where the node is in its object */
{
	return helper_result(list_push(helper_ptr(r1), helper_ptr(r2), (u32)r4, false));
}

KFUNC_FN(kfunc_list_push_back)
{
	return helper_result(list_push(helper_ptr(r1), helper_ptr(r2), (u32)r4, true));
}

KFUNC_FN(kfunc_list_pop_front)
{
	return (uintptr_t)list_pop(helper_ptr(r1), false);
}

KFUNC_FN(kfunc_list_pop_back)
{
	return (uintptr_t)list_pop(helper_ptr(r1), true);
}

KFUNC_FN(kfunc_list_front)
{
	return (uintptr_t)list_peek(helper_ptr(r1), false);
}

KFUNC_FN(kfunc_list_back)
{
	return (uintptr_t)list_peek(helper_ptr(r1), true);
}

struct less {
	struct skep_run *run;
	u64 callback;
};

static bool call_less(void *arg, void *a, void *b)
{
	const struct less *l = arg;

	return l->run->callback(l->run, l->callback, (uintptr_t)a, (uintptr_t)b, 0, 0, 0);
}

KFUNC_FN(kfunc_rbtree_add) /* r5: where the node is in its object */
{
	struct less l = { run, r3 };

	return helper_result(tree_add(helper_ptr(r1), helper_ptr(r2), (u32)r5, call_less, &l));
}

KFUNC_FN(kfunc_rbtree_remove)
{
	return (uintptr_t)tree_remove(helper_ptr(r1), helper_ptr(r2));
}

KFUNC_FN(kfunc_rbtree_first)
{
	return (uintptr_t)tree_first(helper_ptr(r1));
}

KFUNC_FN(kfunc_rbtree_root)
{
	return (uintptr_t)tree_root(helper_ptr(r1));
}

KFUNC_FN(kfunc_rbtree_left)
{
	return (uintptr_t)tree_child(helper_ptr(r1), helper_ptr(r2), false);
}

KFUNC_FN(kfunc_rbtree_right)
{
	return (uintptr_t)tree_child(helper_ptr(r1), helper_ptr(r2), true);
}
