/* Open-coded iterators: over numbers, over the bits of memory. The others find nothing. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kfunc/fns.h"

struct iter_num { /* struct bpf_iter_num */
	s32 next, end;
};
#define MAX_ROUNDS 0x800000 /* of one iterator over numbers: Linux's BPF_MAX_LOOPS */

KFUNC_FN(kfunc_iter_num_new)
{
	struct iter_num *it = (void *)(uintptr_t)r1;
	s64 start = (s32)r2, end = (s32)r3;
	int err = start > end ? -EINVAL : end - start > MAX_ROUNDS ? -E2BIG : 0;

	it->next = err ? 0 : (s32)((u32)start - 1);
	it->end = err ? 0 : (s32)end;
	if (err)
		it->next = 0;
	return (u64)(s64)err;
}

/* The number lies in the iterator itself. */
KFUNC_FN(kfunc_iter_num_next)
{
	struct iter_num *it = (void *)(uintptr_t)r1;

	if ((s64)(s32)((u32)it->next + 1) >= it->end) {
		it->next = it->end = 0;
		return 0;
	}
	it->next = (s32)((u32)it->next + 1);
	return (uintptr_t)&it->next;
}

struct iter_bits { /* struct bpf_iter_bits */
	u64 *words;
	s32 nr, bit;
};
#define MAX_WORDS 511

KFUNC_FN(kfunc_iter_bits_new)
{
	struct iter_bits *it = (void *)(uintptr_t)r1;
	u32 n = (u32)r3;

	*it = (struct iter_bits){ .bit = -1 };
	if (!r2 || !n)
		return (u64)-EINVAL;
	if (n > MAX_WORDS)
		return (u64)-E2BIG;
	if (!run_owns(run, r2, n * sizeof(u64)))
		return (u64)-EFAULT;
	it->words = malloc(n * sizeof(u64));
	if (!it->words)
		return (u64)-ENOMEM;
	memcpy(it->words, (void *)(uintptr_t)r2, n * sizeof(u64));
	it->nr = (s32)(n * 64);
	return 0;
}

KFUNC_FN(kfunc_iter_bits_next)
{
	struct iter_bits *it = (void *)(uintptr_t)r1;

	while (++it->bit < it->nr)
		if (it->words[it->bit / 64] >> (it->bit % 64) & 1)
			return (uintptr_t)&it->bit;
	it->nr = 0;
	it->bit = -1;
	return 0;
}

KFUNC_FN(kfunc_iter_bits_destroy)
{
	struct iter_bits *it = (void *)(uintptr_t)r1;

	free(it->words);
	it->words = NULL;
	return 0;
}
