/* See test_functions.h, test_functions.def. Linux's results: of fentry and fexit 0; of fmod_ret the sum of what the
 * functions return in the lower half, and in the upper how many of them ran. */
#include "prog/test_functions.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "base/err.h"
#include "btf/image.h"
#include "exec/tracers.h"
#include "prog/test_run.h"

struct function {
	const char *name;
	bool modified;
	u32 nr_args;
	u64 args[7];
};

#define COUNT(...)	 (sizeof((u64[]){ __VA_ARGS__ }) / sizeof(u64))
#define ENTERED(f, ...)	 { #f, false, COUNT(__VA_ARGS__), { __VA_ARGS__ } },
#define MODIFIED(f, ...) { #f, true, COUNT(__VA_ARGS__), { __VA_ARGS__ } },
static const struct function functions[] = {
#include "prog/test_functions.def"
};
static_assert(ARRAY_SIZE(functions) == TEST_FUNCTIONS, "the runtime has a place for each");

struct traced *test_function_find(struct runtime *rt, const char *name)
{
	for (u32 i = 0; i < ARRAY_SIZE(functions); i++)
		if (!strcmp(functions[i].name, name))
			return &rt->functions[i];
	return NULL;
}

static u64 body(const struct function *f, u64 *number)
{
	u64 sum = 0;

	*number += f->modified;
	for (u32 i = 0; i < f->nr_args; i++)
		sum += f->args[i] == POINTER ? *number : f->args[i];
	return sum;
}

/* With those who are attached around it. *ran: how often the body was executed. */
static u64 call(const struct function *f, struct traced *at, u64 *number, struct skep_run *run,
		u32 *ran)
{
	struct traced_call c = { .nr_args = f->nr_args };
	u64 ret = 0;

	*number = f->modified ? 2 : 0;
	for (u32 i = 0; i < f->nr_args; i++)
		c.args[i] = f->args[i] == POINTER ? (uintptr_t)number : f->args[i];
	tracers_call(at, &c, TRACER_ENTRY, &ret, run, prog_run);
	tracers_call(at, &c, TRACER_MODIFY, &ret, run, prog_run);
	if (!(u32)ret) {
		ret = body(f, number);
		*ran += 1;
	}
	tracers_call(at, &c, TRACER_EXIT, &ret, run, prog_run);
	return ret;
}

static u32 call_all(struct skep_run *run, bool modified, u64 *number)
{
	u32 ran = 0;
	u64 sum = 0;

	for (u32 i = 0; i < ARRAY_SIZE(functions); i++)
		if (functions[i].modified == modified)
			sum += call(&functions[i], &run->rt->functions[i], number, run, &ran);
	return modified ? ran << 16 | (u16)sum : 0;
}

int tracing_test_run(struct skep_prog *p, struct skep_test_run *t)
{
	u32 at = p->expected_attach_type;
	struct skep_run *run;
	struct image number;

	if (t->flags || t->cpu || t->batch_size)
		return fail(-EINVAL, "test run: tracing programs take no flags, cpu and batch");
	if (at != BPF_TRACE_FENTRY && at != BPF_TRACE_FEXIT && at != BPF_MODIFY_RETURN)
		return fail(-EINVAL, "test run: there is nothing to call for this attach type");
	TRY(image_new_raw(p->rt->images, sizeof(u64), &number));
	run = run_enter(p->rt);
	t->retval = call_all(run, at == BPF_MODIFY_RETURN, number.at);
	run_leave(run);
	image_free(p->rt->images, &number);
	t->duration = 0;
	return 0;
}
