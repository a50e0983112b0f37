/* See pause.h. */
#include "exec/pause.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

int run_pause(struct skep_run *run, struct run_pause *p)
{
	if (run->depth != 1 || run->tail_calls || atomic_load(&run->nr_locks))
		return -EBUSY;
	p->stack = malloc(SKEP_RUN_STACK);
	if (!p->stack)
		return -ENOMEM;
	p->run = run;
	memcpy(p->stack, run->stack, SKEP_RUN_STACK);
	p->saved.prog = run->prog;
	p->saved.ctx = run->ctx;
	p->saved.ctx_size = run->ctx_size;
	p->saved.tail_calls = run->tail_calls;
	p->saved.loops_left = run->loops_left;
	p->saved.thrown = run->thrown;
	p->saved.stack_top = run->stack_top;
	p->saved.session_cookie = run->session_cookie;
	p->saved.callback = run->callback;
	p->saved.seq = run->seq;
	p->saved.traced = run->traced;
	p->saved.engine = run->engine;
	p->saved.caller = run->caller;
	run->depth = 0;
	run->stack_top = run->stack + SKEP_STACK_START;
	run->prog = NULL;
	run->ctx = NULL;
	run->caller = NULL;
	run->seq = NULL;
	run->traced = NULL;
	run_leave(run);
	return 0;
}

void run_resume(struct run_pause *p)
{
	struct skep_run *run = run_enter_on(p->run->rt, p->run->cpu);

	memcpy(run->stack, p->stack, SKEP_RUN_STACK);
	free(p->stack);
	run->prog = p->saved.prog;
	run->ctx = p->saved.ctx;
	run->ctx_size = p->saved.ctx_size;
	run->tail_calls = p->saved.tail_calls;
	run->loops_left = p->saved.loops_left;
	run->thrown = p->saved.thrown;
	run->stack_top = p->saved.stack_top;
	run->session_cookie = p->saved.session_cookie;
	run->callback = p->saved.callback;
	run->seq = p->saved.seq;
	run->traced = p->saved.traced;
	run->engine = p->saved.engine;
	run->caller = p->saved.caller;
	run->depth = 1;
	run->probe_len = 0; /* what was memory may be none now */
}

void *run_paused_stack(const struct run_pause *p, u64 addr, u64 size)
{
	u64 base = (uintptr_t)p->run->stack;

	if (addr < base || addr - base > SKEP_RUN_STACK || size > SKEP_RUN_STACK - (addr - base))
		return NULL;
	return p->stack + (addr - base);
}
