/* See jit.h. */
#include "exec/jit.h"

/* The program that a tail call led to is another engine's. It sets run->callback as it likes, but the
 * caller of the function that made the tail call is ours. */
u64 jit_run_other(void *ctx, struct skep_run *run)
{
	u64 (*callback)(struct skep_run *, u64, u64, u64, u64, u64, u64) = run->callback;
	u64 ret = run->prog->run(run->prog, ctx, run);

	run->callback = callback;
	return ret;
}

uintptr_t jit_tail_target(struct skep_run *run, u64 map, u32 index, u8 *base)
{
	struct skep_prog *p;

	if (run->tail_calls >= SKEP_MAX_TAIL_CALL || !run_has_stack(run, base))
		return 0;
	p = run->rt->prog_array_get((struct skep_map *)(uintptr_t)map, index);
	if (!p)
		return 0;
	run->tail_calls++;
	run->prog = p;
	run->stack_top = base;
	if (unlikely(!p->tail_entry))
		return (uintptr_t)jit_run_other;
	return (uintptr_t)p->tail_entry;
}

u64 jit_load_packet(const void *ctx, s32 off, u32 size, struct skep_run *run)
{
	u64 value = 0;

	return run->rt->ld_abs(ctx, off, size, &value) ? value : ~0ull;
}
