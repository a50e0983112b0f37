/* The functions behind kfuncs.def. */
#ifndef SKEP_KFUNC_FNS_H
#define SKEP_KFUNC_FNS_H

#include "kfunc/kfunc.h"

#define KFUNC_FN(name) u64 name(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5, struct skep_run *run)
KFUNC_FN(kfunc_nothing);
KFUNC_FN(kfunc_same); /* its first argument */
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

#endif
