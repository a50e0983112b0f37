/* Tracing links: programs at functions of the kernel (fentry, fexit, fmod_ret), at LSM hooks, and at functions of other
 * programs. Only the last are called, around each run of the other program (exec/tracers.h), and those at the functions that
 * test runs call. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "btf/btf.h"
#include "exec/tracers.h"
#include "prog/test_functions.h"
#include "prog/trace_ctx.h"
#include "syscall/attach_here.h"

struct tracing_link {
	struct link link; /* first */
	u64 cookie;
	struct traced *at; /* NULL: nothing happens there */
};

static u32 target_object(const struct skep_prog *p)
{
	return p->target ? p->target->obj.id : p->attach_btf->obj.id;
}

static u32 link_info(struct link *link, struct abi_link_info *info, char *name, u32 name_size)
{
	struct tracing_link *l = (struct tracing_link *)link;

	info->tracing.attach_type = link->prog->expected_attach_type;
	info->tracing.target_obj_id = target_object(link->prog);
	info->tracing.target_btf_id = link->prog->attach_btf_id;
	info->tracing.cookie = l->cookie;
	return 0;
}

static void link_fdinfo(struct link *link, struct buf *out)
{
	struct tracing_link *l = (struct tracing_link *)link;

	buf_printf(out,
		   "attach_type:\t%u\ntarget_obj_id:\t%u\ntarget_btf_id:\t%u\ncookie:\t%" PRIu64
		   "\n",
		   link->prog->expected_attach_type, target_object(link->prog),
		   link->prog->attach_btf_id, l->cookie);
}

static void link_free(struct link *link)
{
	struct tracing_link *l = (struct tracing_link *)link;

	if (l->at)
		tracers_remove(link->prog->rt, l->at, link->prog);
	atomic_store(&link->prog->attached, false);
	free(l);
}

static const struct link_ops ops = { .info = link_info, .free = link_free, .fdinfo = link_fdinfo };

static u32 nr_args(const struct skep_prog *p)
{
	const struct btf_type *func = btf_type(p->attach_btf, p->attach_btf_id);

	return BTF_INFO_VLEN(btf_type(p->attach_btf, func->type)->info);
}

static int prepare_context(struct skep_prog *target)
{
	int err = 0;

	pthread_mutex_lock(&target->maps_lock);
	if (!target->trace_ctx)
		err = trace_ctx_new(target, &target->trace_ctx);
	pthread_mutex_unlock(&target->maps_lock);
	return err;
}

/* Where somebody is called: main functions of programs, and what test runs call. NULL: nowhere. */
static struct traced *place_of(struct skep_prog *p)
{
	if (p->target)
		return p->target_sub ? NULL : &p->target->traced;
	if (p->type->type == BPF_PROG_TYPE_LSM)
		return NULL;
	return test_function_find(p->rt, btf_type_name(p->attach_btf, p->attach_btf_id));
}

static enum tracer_kind kind_of(const struct skep_prog *p)
{
	switch (p->expected_attach_type) {
	case BPF_TRACE_FEXIT: return TRACER_EXIT;
	case BPF_MODIFY_RETURN: return TRACER_MODIFY;
	default: return TRACER_ENTRY;
	}
}

static int start(struct tracing_link *l, struct skep_prog *p)
{
	struct tracer t = { p, kind_of(p), 0, l->cookie };
	struct traced *at = place_of(p);

	if (!at) {
		note_no_event(btf_type_name(p->attach_btf, p->attach_btf_id));
		return 0;
	}
	t.nr_args = nr_args(p);
	if (p->target)
		TRY(prepare_context(p->target));
	TRY(tracers_add(p->rt, at, &t));
	l->at = at;
	return 0;
}

int tracing_link(struct skep_prog *p, u64 cookie, struct link **out)
{
	struct tracing_link *l;
	int err;

	if (atomic_exchange(&p->attached, true))
		return fail(-EBUSY, "the program is attached already");
	l = calloc(1, sizeof(*l));
	if (!l) {
		atomic_store(&p->attached, false);
		return -ENOMEM;
	}
	link_init(&l->link, BPF_LINK_TYPE_TRACING, &ops, p);
	l->cookie = cookie;
	err = start(l, p);
	if (err) {
		link_unref(&l->link);
		return err;
	}
	*out = &l->link;
	return 0;
}

static int make_link(struct call *c, const struct attr_link_create *a, struct skep_prog *prog,
		     struct link **out)
{
	if (prog->expected_attach_type != a->attach_type)
		return -EINVAL;
	if (a->target_fd || a->tracing.target_btf_id) /* other targets: of extensions only */
		return -EINVAL;
	return tracing_link(prog, a->tracing.cookie, out);
}

const struct attach_ops attach_trampoline = { .link = make_link };
