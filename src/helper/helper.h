/* The helpers that skep brings along: one row in helpers.def, one function with its struct skep_helper
 * right below it in the family's file.
 *
 * The engine executes tail_call itself; its .fn is only a marker. All other functions may be called
 * as they are: the verifier has checked the arguments against .arg. */
#ifndef SKEP_HELPER_HELPER_H
#define SKEP_HELPER_HELPER_H

#include <linux/bpf.h>

#include "exec/run.h"
#include "skep/helper.h"

#define HELPER(name) extern const struct skep_helper helper_##name;
#include "helper/helpers.def"

/* Number, text and function from one word: they cannot disagree. */
#define HELPER_ID(word) .id = BPF_FUNC_##word, .name = #word, .fn = fn_##word
#define HELPER_FN(name)                                                                            \
	static u64 fn_##name(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5, struct skep_run *run)
#define MAP_TYPE_BIT(type) (1ull << BPF_MAP_TYPE_##type)

/* Registers hold what Linux's helpers return: a negative errno sign-extended to 64 bits. */
static inline u64 helper_result(s64 ret)
{
	return (u64)ret;
}
static inline void *helper_ptr(u64 reg)
{
	return (void *)(uintptr_t)reg;
}

/* Fill a runtime's table; embedders' helpers come after. */
void helpers_init(struct runtime *rt);
const struct skep_helper *helper_find(u32 id); /* NULL if there is none */

#endif
