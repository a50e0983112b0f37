/* The functions behind kfuncs.def. */
#ifndef SKEP_KFUNC_FNS_H
#define SKEP_KFUNC_FNS_H

#include "kfunc/kfunc.h"

#define KFUNC_FN(name) u64 name(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5, struct skep_run *run)
/* Known, but refused: to do nothing would not be what the program relies on (a lock that locks nothing, a callback
 * that never comes, an exception that goes on). */
#define KFUNC_MISSING NULL
KFUNC_FN(kfunc_nothing); /* finds nothing, as Linux where there is nothing */
KFUNC_FN(kfunc_same);	 /* its first argument */
KFUNC_FN(kfunc_arena_alloc);
KFUNC_FN(kfunc_arena_free);
KFUNC_FN(kfunc_arena_reserve);
KFUNC_FN(kfunc_iter_num_new);
KFUNC_FN(kfunc_iter_num_next);
KFUNC_FN(kfunc_iter_bits_new);
KFUNC_FN(kfunc_iter_bits_next);
KFUNC_FN(kfunc_iter_bits_destroy);
KFUNC_FN(kfunc_strcmp);
KFUNC_FN(kfunc_strcasecmp);
KFUNC_FN(kfunc_strchr);
KFUNC_FN(kfunc_strchrnul);
KFUNC_FN(kfunc_strrchr);
KFUNC_FN(kfunc_strnchr);
KFUNC_FN(kfunc_strlen);
KFUNC_FN(kfunc_strnlen);
KFUNC_FN(kfunc_strspn);
KFUNC_FN(kfunc_strcspn);
KFUNC_FN(kfunc_strstr);
KFUNC_FN(kfunc_strnstr);
KFUNC_FN(kfunc_dynptr_adjust);
KFUNC_FN(kfunc_dynptr_clone);
KFUNC_FN(kfunc_dynptr_copy);
KFUNC_FN(kfunc_dynptr_from_skb);
KFUNC_FN(kfunc_dynptr_from_xdp);
KFUNC_FN(kfunc_dynptr_is_null);
KFUNC_FN(kfunc_dynptr_is_rdonly);
KFUNC_FN(kfunc_dynptr_memset);
KFUNC_FN(kfunc_probe_read_dynptr);
KFUNC_FN(kfunc_probe_read_str_dynptr);
KFUNC_FN(kfunc_fault);
KFUNC_FN(kfunc_copy_from_user_dynptr);
KFUNC_FN(kfunc_dynptr_size);
KFUNC_FN(kfunc_dynptr_slice);
KFUNC_FN(kfunc_dynptr_slice_rdwr);
KFUNC_FN(kfunc_obj_new);
KFUNC_FN(kfunc_obj_drop);
KFUNC_FN(kfunc_refcount_acquire);
KFUNC_FN(kfunc_list_push_front);
KFUNC_FN(kfunc_list_push_back);
KFUNC_FN(kfunc_list_pop_front);
KFUNC_FN(kfunc_list_pop_back);
KFUNC_FN(kfunc_list_front);
KFUNC_FN(kfunc_list_back);
KFUNC_FN(kfunc_rbtree_add);
KFUNC_FN(kfunc_rbtree_remove);
KFUNC_FN(kfunc_rbtree_first);
KFUNC_FN(kfunc_rbtree_root);
KFUNC_FN(kfunc_rbtree_left);
KFUNC_FN(kfunc_rbtree_right);
KFUNC_FN(kfunc_session_cookie);
KFUNC_FN(kfunc_task_acquire);
KFUNC_FN(kfunc_task_release);
KFUNC_FN(kfunc_task_from_pid);
KFUNC_FN(kfunc_wq_init);
KFUNC_FN(kfunc_wq_set_callback);
KFUNC_FN(kfunc_wq_start);
KFUNC_FN(kfunc_res_spin_lock);
KFUNC_FN(kfunc_res_spin_unlock);

#endif
