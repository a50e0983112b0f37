/* Sets of helper ids, each ended by 0, from which program types make their lists. */
#ifndef SKEP_PROG_HELPER_SETS_H
#define SKEP_PROG_HELPER_SETS_H

#include "base/types.h"

extern const u32 helpers_base[];      /* every type here */
extern const u32 helpers_net[];	      /* all that see packets */
extern const u32 helpers_skb[];	      /* socket filters and tc */
extern const u32 helpers_forward[];   /* tc and XDP */
extern const u32 helpers_sched_cls[]; /* tc */
extern const u32 helpers_xdp[];
extern const u32 helpers_tracing[];

#endif
