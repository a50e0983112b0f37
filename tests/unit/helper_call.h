/* Make the same helper call (tests/oracle/call.h) in a runtime of ours and on the kernel. */
#ifndef SKEP_TEST_HELPER_CALL_H
#define SKEP_TEST_HELPER_CALL_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "helper/helper.h"
#include "oracle/call.h"
#include "oracle/kernel.h"
#include "test.h"

static struct runtime call_rt;
static struct skep_run *call_run;
static struct segment call_mem, call_text;
static void *call_map, *call_ctx; /* ours, for CALL_MAP and CALL_CTX */

__attribute__((constructor)) static void call_init(void)
{
	struct skep_options opt = { .nr_cpus = 2, .fixed_seed = 1, .seed = 7 };

	if (runtime_init(&call_rt, &opt) < 0 ||
	    segment_new(call_rt.va, CALL_MEM_SIZE, "mem", &call_mem) < 0 ||
	    segment_new(call_rt.va, CALL_MEM_SIZE, "text", &call_text) < 0)
		abort();
	helpers_init(&call_rt);
	call_run = run_enter(&call_rt);
}

__attribute__((destructor)) static void call_done(void)
{
	run_leave(call_run);
	segment_free(&call_mem);
	segment_free(&call_text);
	runtime_done(&call_rt);
}

static u64 our_reg(const struct call_arg *a)
{
	switch (a->kind) {
	case CALL_MEM: return (uintptr_t)call_mem.base + a->value;
	case CALL_TEXT: return (uintptr_t)call_text.base;
	case CALL_MAP: return (uintptr_t)call_map;
	case CALL_CTX: return (uintptr_t)call_ctx;
	default: return a->value;
	}
}

__attribute__((unused)) static u64 our_call(struct helper_call *c)
{
	u8 *mem = call_mem.base;
	u64 reg[5], ret;

	memcpy(mem, c->mem, CALL_MEM_SIZE);
	memcpy(call_text.base, c->text ? c->text : "", c->text_size);
	for (u32 i = 0; i < c->nr_pointers; i++) {
		u64 addr = (uintptr_t)mem + c->pointer[i].to;

		memcpy(mem + c->pointer[i].at, &addr, 8);
	}
	for (u32 i = 0; i < 5; i++)
		reg[i] = our_reg(&c->arg[i]);
	ret = call_rt.helpers[c->id]->fn(reg[0], reg[1], reg[2], reg[3], reg[4], call_run);
	for (u32 i = 0; i < c->nr_pointers; i++)
		memset(mem + c->pointer[i].at, 0, 8);
	memcpy(c->mem, mem, CALL_MEM_SIZE);
	return ret;
}

/* Both, from the same memory. Returns false if the kernel refused the program. */
__attribute__((unused)) static bool both_call(struct helper_call *c, struct helper_call *kernel,
					      u64 *ours, u64 *theirs)
{
	*kernel = *c;
	*ours = our_call(c);
	return kernel_call(kernel, theirs, NULL, 0) == 0;
}

#endif
