/* Functions of the program: calls, returns, callbacks, the end of the program, tail calls.
 *
 * Every call of a static function is walked anew with the caller's values, so nothing about a callee has
 * to be assumed (global.c: global functions). A callback may be entered any number of times: the state in front of the calling
 * helper is reached again after each round and must be covered by an earlier one (prune.c), which
 * widening brings about. */
#include "verifier/async.h"

#include <stdio.h>
#include <stdlib.h>

int push_frame(struct verifier *v, struct state *s, u32 subprog, u32 callsite)
{
	struct frame *f;

	if (s->depth + 1 >= SKEP_MAX_FRAMES)
		return reject(v, -E2BIG, "the call stack of %u frames is too deep", s->depth + 2);
	f = pool_zalloc(&v->pool, sizeof(*f));
	if (!f)
		return -ENOMEM;
	f->callsite = callsite;
	f->no = s->depth + 1;
	f->subprog = subprog;
	set_pointer(&f->reg[BPF_REG_10], V_STACK);
	f->reg[BPF_REG_10].frame = (u8)f->no;
	s->frame[++s->depth] = f;
	return 0;
}

static void pop_frame(struct verifier *v, struct state *s)
{
	struct frame *f = s->frame[s->depth];

	s->frame[s->depth--] = NULL;
	frame_free(&v->pool, f);
}

static void clear_caller_saved(struct frame *f)
{
	for (u32 r = 0; r <= 5; r++)
		invalidate(&f->reg[r]);
}

int do_subprog_call(struct verifier *v, const struct bpf_insn *i, u32 *next)
{
	u32 callee = v->aux[v->insn].subprog;
	struct frame *caller = cur_frame(v), *f;

	(void)i;
	TRY(push_frame(v, v->cur, callee, v->insn));
	f = cur_frame(v);
	for (u32 r = 1; r <= 5; r++)
		f->reg[r] = caller->reg[r];
	clear_caller_saved(caller);
	*next = v->subs[callee].start;
	if (logging(v)) {
		say(v, "caller:\n");
		say_frame(v, v->cur, caller->no, true);
		say(v, "callee:\n");
		say_frame(v, v->cur, f->no, true);
	}
	touch_all(v);
	return 0;
}

/* "At program exit the register R0 has smin=2 smax=2 should have been in [0, 1]" */
static int bad_return(struct verifier *v, const struct value *r0, u32 r, s64 min, s64 max,
		      const char *where)
{
	char smin[40] = "", smax[40] = "";
	bool known = false;

	if (r0->var.smin > INT64_MIN) {
		snprintf(smin, sizeof(smin), " smin=%lld", (long long)r0->var.smin);
		known = true;
	}
	if (r0->var.smax < INT64_MAX) {
		snprintf(smax, sizeof(smax), " smax=%lld", (long long)r0->var.smax);
		known = true;
	}
	return reject(v, -EINVAL,
		      "At %s the register R%u has%s%s%s should have been in [%lld, %lld]", where, r,
		      smin, smax, known ? "" : " unknown scalar value", (long long)min,
		      (long long)max);
}

/* --- callbacks --- */

static void set_up_loop(const struct frame *caller, struct frame *f)
{
	set_unknown(&f->reg[1]);
	f->reg[2] = caller->reg[3];
}

/* The value's id tells it from other values of the map: whose lock is it? */
static void set_up_for_each(struct verifier *v, const struct call_meta *m,
			    const struct frame *caller, struct frame *f)
{
	set_pointer(&f->reg[1], V_MAP);
	f->reg[1].map = m->map;
	f->reg[1].map_uid = m->map_uid;
	set_pointer(&f->reg[2], V_MAP_KEY);
	f->reg[2].map = m->map;
	set_pointer(&f->reg[3], V_MAP_VALUE);
	f->reg[3].map = m->map;
	f->reg[3].map_uid = m->map_uid;
	if (record_has(m->map->record, FIELD_LOCKS))
		f->reg[3].id = new_id(v);
	f->reg[4] = caller->reg[3];
}

/* The record is the helper's: a dynptr that cannot be changed or kept. */
static void set_up_drain(struct verifier *v, const struct frame *caller, struct frame *f)
{
	set_pointer(&f->reg[1], V_DYNPTR);
	f->reg[1].dynptr = SKEP_DYNPTR_LOCAL;
	f->reg[1].id = new_id(v);
	f->reg[2] = caller->reg[3];
}

static int set_up_find_vma(struct verifier *v, const struct frame *caller, struct frame *f)
{
	struct btf *b;
	int id;

	TRY(kernel_btf(v, &b));
	id = btf_find(b, "vm_area_struct", BTF_KIND_STRUCT);
	if (id < 0)
		return reject(v, -EINVAL, "the kernel's BTF has no struct vm_area_struct");
	f->reg[1] = caller->reg[1];
	set_pointer(&f->reg[2], V_BTF);
	f->reg[2].btf = b;
	f->reg[2].btf_id = (u32)id;
	f->reg[3] = caller->reg[4];
	return 0;
}

/* The current path goes on as if the helper had called the callback no (more) time. */
int push_callback(struct verifier *v, u32 subprog, s64 min, s64 max, struct frame **caller,
		  struct frame **f)
{
	struct state *s;
	int err = 0;

	v->subs[subprog].is_callback = true;
	s = push_branch(v, v->subs[subprog].start, &err);
	if (!s)
		return err;
	*caller = state_frame(s);
	TRY(push_frame(v, s, subprog, v->insn));
	*f = state_frame(s);
	(*f)->in_callback = true;
	(*f)->callback_ret.set = true;
	(*f)->callback_ret.min = min;
	(*f)->callback_ret.max = max;
	/* The caller's arguments stay: after this round the call is made again. */
	s->callback_unroll_depth++;
	(*caller)->callback_depth++;
	cur_frame(v)->callback_depth = 0;
	return 0;
}

/* Walk the callback once, from a branch of the current state; the current path goes on as if the
 * helper had called it no (more) time. */
int enter_callback(struct verifier *v, const struct call_meta *m)
{
	u32 subprog = m->callback - 1;
	struct frame *caller, *f;

	if (m->h->callback == SKEP_CB_ASYNC) {
		TRY(note_hidden(v, BPF_REG_3, (uintptr_t)v->p));
		return push_async(v, subprog, &m->field, false);
	}
	if (m->h->callback == SKEP_CB_LOOP) {
		if (value_is_zero(reg(v, BPF_REG_4))) /* no flags: engines may inline the loop */
			TRY(mark_precise(v, BPF_REG_4));
		TRY(mark_precise(v, BPF_REG_1)); /* the number of rounds decides whether we go on */
		if (reg(v, BPF_REG_1)->kind == V_SCALAR &&
		    cur_frame(v)->callback_depth >= reg(v, BPF_REG_1)->var.umax) {
			cur_frame(v)->callback_depth = 0;
			return 0;
		}
	}
	if (m->h->callback == SKEP_CB_FOR_EACH_MAP && !m->map->type->for_each)
		return reject(v, -ENOTSUPP, "callback function not allowed for map");
	TRY(push_callback(v, subprog, 0, 1, &caller, &f));
	switch (m->h->callback) {
	case SKEP_CB_LOOP: set_up_loop(caller, f); break;
	case SKEP_CB_USER_RINGBUF: set_up_drain(v, caller, f); break;
	case SKEP_CB_FIND_VMA: return set_up_find_vma(v, caller, f);
	default: set_up_for_each(v, m, caller, f); break;
	}
	touch_all(v);
	return 0;
}

static void say_return(struct verifier *v, const struct frame *f, u32 to)
{
	if (!logging(v))
		return;
	say(v, "returning from callee:\n");
	say_frame(v, v->cur, f->no, true);
	say(v, "to caller at %u:\n", to);
	say_frame(v, v->cur, f->no - 1, true);
}

/* A callback returned: back in front of the helper call. */
static int leave_callback(struct verifier *v, const struct frame *f, u32 *next)
{
	const struct value *r0 = &f->reg[BPF_REG_0];
	const struct state *entry;

	if (r0->kind != V_SCALAR)
		return reject(v, -EACCES, "R0 not a scalar value");
	TRY(mark_precise(v, BPF_REG_0));
	if (r0->var.smin < f->callback_ret.min || r0->var.smax > f->callback_ret.max)
		return bad_return(v, r0, BPF_REG_0, f->callback_ret.min, f->callback_ret.max,
				  "callback return");
	*next = f->callsite;
	v->cur->steps[v->cur->nr_steps - 1].flags |= STEP_CALLBACK_RETURN;
	say_return(v, f, *next);
	pop_frame(v, v->cur);
	entry = last_entry(v, v->cur->parent, *next);
	if (entry)
		widen_since(entry, v->cur);
	return 0;
}

/* --- returns --- */

static int leave_subprog(struct verifier *v, u32 *next)
{
	struct frame *f = cur_frame(v), *caller = v->cur->frame[v->cur->depth - 1];
	u32 to = f->in_callback ? f->callsite : f->callsite + 1;

	if (f->reg[BPF_REG_0].kind == V_STACK)
		return reject(v, -EINVAL, "cannot return stack pointer to the caller");
	if (f->in_callback)
		return leave_callback(v, f, next);
	caller->reg[BPF_REG_0] = f->reg[BPF_REG_0];
	say_return(v, f, to);
	pop_frame(v, v->cur);
	*next = to;
	return 0;
}

int check_return_range(struct verifier *v, u32 r, s64 min, s64 max, const char *where)
{
	struct value ret = *reg(v, r);

	if (ret.kind != V_SCALAR)
		return reject(v, -EINVAL, "At %s the register R%u is not a known value (%s)", where,
			      r, text_kind(&ret));
	TRY(mark_precise(v, r));
	if (v->p->type->type == BPF_PROG_TYPE_LSM) /* hooks return ints */
		ret.var = scalar_sext(ret.var, 4);
	if (ret.var.smin < min || ret.var.smax > max)
		return bad_return(v, &ret, r, min, max, where);
	return 0;
}

/* Hooks and members of structures may be functions without a result. */
static bool returns_nothing(const struct verifier *v)
{
	u32 type = v->p->type->type;

	if (type != BPF_PROG_TYPE_STRUCT_OPS &&
	    (type != BPF_PROG_TYPE_LSM || v->p->expected_attach_type == BPF_LSM_CGROUP))
		return false;
	return v->target.proto && !v->target.proto->type;
}

int check_return(struct verifier *v, u32 r)
{
	int64_t min, max;

	if (r == BPF_REG_0 && returns_nothing(v))
		return 0;
	TRY(check_readable(v, r));
	if (leaks_pointer(v, reg(v, r)))
		return reject(v, -EACCES, "R%u leaks addr as return value", r);
	if (!target_ret_range(v, &min, &max) &&
	    (!v->p->type->ret_range || !v->p->type->ret_range(&v->desc, &min, &max)))
		return 0;
	return check_return_range(v, r, min, max, "program exit");
}

/* A global function's walk ends: callers count on a number. */
static int check_global_return(struct verifier *v)
{
	const struct value *r0 = reg(v, BPF_REG_0);

	TRY(check_readable(v, BPF_REG_0));
	if (leaks_pointer(v, r0))
		return reject(v, -EACCES, "R0 leaks addr as return value");
	if (r0->kind != V_SCALAR)
		return reject(v, -EINVAL,
			      "At subprogram exit the register R0 is not a scalar value (%s)",
			      text_kind(r0));
	return 0;
}

int do_exit(struct verifier *v, u32 *next, bool *path_ends)
{
	*path_ends = v->cur->depth == 0;
	if (*path_ends) {
		TRY(check_no_refs(v, "BPF_EXIT instruction in main prog"));
		if (cur_frame(v)->in_async)
			return check_async_return(v);
		if (cur_frame(v)->subprog && cur_frame(v)->subprog != v->exception_cb)
			return check_global_return(v);
		return check_return(v, BPF_REG_0);
	}
	TRY(leave_subprog(v, next));
	v->print_whole_state = true;
	v->touched_regs = 0;
	v->touched_slots = 0;
	return 0;
}

/* The current path goes on in the caller, as if the subprogram had ended here with what R0 holds; a branch goes on
 * behind the current instruction with R0 as `otherwise` says. */
static int return_early(struct verifier *v, const struct value *otherwise, u32 *next)
{
	struct state *s;
	int err = 0;

	s = push_branch(v, v->insn + 1, &err);
	if (!s)
		return err;
	state_frame(s)->reg[BPF_REG_0] = *otherwise;
	return leave_subprog(v, next);
}

/* Called before a tail call's result is set. */
int check_tail_call(struct verifier *v, const struct skep_map *m)
{
	u64 index;

	if (m->type->type != BPF_MAP_TYPE_PROG_ARRAY)
		return reject(v, -EINVAL, "expected prog array map for tail call");
	TRY(check_no_refs(v, "tail_call"));
	if (value_is_const(reg(v, BPF_REG_3), &index) && index < m->max_entries)
		TRY(mark_precise(v, BPF_REG_3)); /* a known target: engines may jump directly */
	if (v->cur->depth && cur_frame(v)->in_callback)
		return reject(v, -EINVAL, "cannot tail call within callback");
	return 0;
}

/* A tail call that succeeds ends the function it is made in: the main program altogether; in a
 * subprogram, the caller goes on with whatever the other program returned and did to the packet. */
int do_tail_call(struct verifier *v, u32 *next)
{
	struct value none = *reg(v, BPF_REG_0);

	if (!v->cur->depth)
		return 0;
	set_unknown(reg(v, BPF_REG_0));
	TRY(return_early(v, &none, next));
	forget_packets(v);
	return 0;
}

/* A legacy packet load out of bounds ends its function with 0. */
int end_with_zero(struct verifier *v, u32 *next)
{
	struct value loaded = *reg(v, BPF_REG_0);

	if (!v->cur->depth)
		return 0; /* every range of return values but those of callbacks has 0 in it: check_return() */
	if (cur_frame(v)->in_callback)
		return reject(v, -EINVAL, "LD_ABS is not allowed in callbacks");
	set_const(reg(v, BPF_REG_0), 0);
	return return_early(v, &loaded, next);
}
