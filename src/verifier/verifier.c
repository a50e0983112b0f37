/* verify(): the pipeline, its beginning and its end. */
#include "verifier/claims.h"
#include "verifier/env.h"
#include "verifier/exception.h"
#include "verifier/explain.h"
#include "verifier/fastcall.h"

#include <stdlib.h>
#include <time.h>

static u64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000u + (u64)t.tv_nsec;
}

static int run(struct verifier *v)
{
	if (v->env->check)
		TRY(v->env->check(v->env->arg, v->log));
	TRY(check_unpriv_calls(v));
	TRY(find_target(v));
	TRY(find_subprogs(v));
	TRY(check_jumps(v));
	TRY(check_early_ends(v));
	TRY(resolve_maps(v));
	TRY(check_cfg(v));
	TRY(check_unpriv_loops(v));
	find_fastcalls(v);
	TRY(find_liveness(v));
	if (v->p->rt->checker)
		TRY(claims_new(v));
	TRY(explore(v));
	if (v->claims)
		TRY(claims_settle(v));
	TRY(check_stack_depth(v));
	return 0;
}

static void say_statistics(struct verifier *v, const struct verify_stats *st)
{
	if (v->log->level & VLOG_STATS) {
		say(v, "verification time %llu usec\n", (unsigned long long)st->ns / 1000);
		say(v, "stack depth ");
		for (u32 n = 0; n < v->nr_subs; n++)
			say(v, "%s%u", n ? "+" : "", v->subs[n].stack_depth);
		say(v, "\n");
	}
	say(v,
	    "processed %u insns (limit %u) max_states_per_insn %u total_states %u peak_states %u "
	    "mark_read %u\n",
	    st->insns, MAX_PROCESSED, st->max_states_per_insn, st->total_states, st->peak_states,
	    st->mark_read);
}

static void release(struct verifier *v)
{
	pool_done(&v->pool); /* all states */
	claims_free(v->claims);
	free(v->buckets);
	free(v->open);
	free(v->aux);
	free(v->subs);
	buf_done(&v->text);
	buf_done(&v->reasons);
	buf_done(&v->name);
	free(v);
}

int verify(struct skep_prog *p, const struct verify_env *env, struct vlog *log,
	   struct verify_stats *stats)
{
	struct verifier *v = calloc(1, sizeof(*v));
	u64 start = now_ns();
	int err = -ENOMEM;

	*stats = (struct verify_stats){ 0 };
	if (!v)
		return -ENOMEM;
	v->p = p;
	v->env = env;
	v->log = log;
	v->insns = p->insns;
	v->len = p->len;
	v->unpriv = env->unprivileged;
	v->allow_ptr_leaks = !v->unpriv;
	v->allow_unwritten = !v->unpriv && kernel_has(v->p->rt->kernel, FEATURE_UNWRITTEN_STACK);
	v->desc =
		(struct skep_prog_desc){ p->type->type, p->expected_attach_type, p->flags, p->gpl };
	v->aux = calloc(p->len, sizeof(*v->aux));
	if (v->aux)
		err = run(v);
	if (err && env->explanation)
		explain(v, env->explanation);
	stats->insns = v->processed;
	stats->max_states_per_insn = v->max_states_per_insn;
	stats->total_states = v->total_states;
	stats->peak_states = v->peak_states;
	p->verified_insns = v->processed;
	if (!err)
		err = rewrite(v);
	if (!err && v->claims)
		claims_publish(v);
	stats->ns = now_ns() - start;
	if (log->level)
		say_statistics(v, stats);
	release(v);
	return err;
}
