/* Instances: life, publishing of objects, and what embedders add. See instance.h, skep/skep.h. */
#include "object/instance.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "aot/aot.h"
#include "base/err.h"
#include "exec/prog.h"
#include "helper/helper.h"
#include "helper/task_image.h"
#include "kfunc/kfunc.h"
#include "map/async.h"
#include "map/local.h"
#include "map/map.h"
#include "object/ops.h"
#include "prog/packet.h"
#include "prog/prog.h"
#include "skep/skep.h"
#include "verifier/check.h"

static void withdraw(struct object *o)
{
	files_forget(&o->owner->files, o);
	if (o->id)
		ids_remove(&o->owner->ids[o->kind], o);
}

void object_adopt(struct skep *s, struct object *o)
{
	o->owner = s;
	o->withdraw = withdraw;
}

int object_publish(struct skep *s, struct object *o)
{
	o->owner = s;
	TRY(ids_insert(&s->ids[o->kind], o));
	o->withdraw = withdraw;
	return 0;
}

int object_publish_at(struct skep *s, struct object *o, u32 id)
{
	o->owner = s;
	TRY(ids_insert_at(&s->ids[o->kind], o, id));
	o->withdraw = withdraw;
	return 0;
}

int object_open(struct object *o, int flags)
{
	return files_open(&o->owner->files, o, flags);
}

static void init_parts(struct skep *s, const struct skep_options *opt)
{
	pthread_mutex_init(&s->lock, NULL);
	pthread_mutex_init(&s->shown_lock, NULL);
	for (u32 kind = 0; kind < ARRAY_SIZE(s->ids); kind++)
		ids_init(&s->ids[kind], 1);
	if (skep_has_vmlinux())
		s->ids[OBJECT_BTF].last = VMLINUX_BTF_ID; /* kept for it */
	pins_init(&s->pins);
	trace_log_init(&s->trace_log);
	s->engine = opt->engine;
	s->unprivileged_bpf = opt->unprivileged_bpf;
}

static void done_parts(struct skep *s)
{
	ops_unregister_all(s);
	pins_done(&s->pins);
	btf_unref(s->vmlinux); /* clients' files may still hold it: before them */
	files_done(&s->files);
	sites_done(&s->sites);	  /* links have left */
	local_pools_free(&s->rt); /* maps have left; their types still have ids */
	for (u32 kind = 0; kind < ARRAY_SIZE(s->ids); kind++)
		ids_done(&s->ids[kind]);
	trace_log_done(&s->trace_log);
	free(s->prog_types);
	pthread_mutex_destroy(&s->shown_lock);
	pthread_mutex_destroy(&s->lock);
}

static int kernel_btf(struct runtime *rt, const struct btf **out)
{
	struct btf *b;

	TRY(skep_vmlinux(skep_of(rt), &b));
	btf_unref(b); /* the instance keeps it */
	*out = b;
	return 0;
}

int skep_new(const struct skep_options *opt, struct skep **out)
{
	struct skep_options o = opt ? *opt : (struct skep_options){ 0 };
	struct skep *s;
	int err;

	clear_last_error();
	s = aligned_alloc(64, ALIGN_UP(sizeof(*s), 64));
	if (!s)
		return -ENOMEM;
	memset(s, 0, sizeof(*s));
	init_parts(s, &o);
	if (!o.trace) {
		o.trace = trace_log_write;
		o.trace_arg = &s->trace_log;
	}
	err = files_init(&s->files) ?: runtime_init(&s->rt, &o);
	if (!err && o.check) {
		err = checker_new(s->rt.nr_cpus, o.violation, o.violation_arg, &s->rt.checker);
		if (err)
			runtime_done(&s->rt);
	}
	if (err) {
		done_parts(s);
		free(s);
		return err;
	}
	helpers_init(&s->rt);
	s->rt.kfunc_fn = kfunc_fn;
	s->rt.prog_array_get = prog_array_get;
	s->rt.ld_abs = packet_ld_abs;
	s->rt.map_layout = map_layout;
	s->rt.kernel_btf = kernel_btf;
	*out = s;
	return 0;
}

void skep_free(struct skep *s)
{
	struct checker *checker = s ? s->rt.checker : NULL; /* runtime_done() clears it */

	if (!s)
		return;
	async_stop(&s->rt);
	done_parts(s);
	owners_free(&s->rt);
	async_done(&s->rt);
	task_images_free(&s->rt);
	runtime_done(&s->rt);
	aot_library_free(s->native);
	checker_free(checker);
	free(s);
}

uint64_t skep_checked(const struct skep *s, uint64_t *violations)
{
	const struct checker *c = s->rt.checker;

	if (violations)
		*violations = c ? atomic_load(&c->violations) : 0;
	return c ? atomic_load(&c->insns) : 0;
}

const char *skep_last_error(void)
{
	return last_error();
}

struct skep_run *skep_enter(struct skep *s)
{
	return run_enter(&s->rt);
}

void skep_leave(struct skep_run *run)
{
	run_leave(run);
}

uint64_t skep_run_prog(struct skep_run *run, struct skep_prog *p, void *ctx)
{
	return prog_run(p, ctx, run);
}

uint64_t skep_prog_run(struct skep_prog *p, void *ctx)
{
	struct skep_run *run = run_enter(p->rt);
	uint64_t ret = prog_run(p, ctx, run);

	run_leave(run);
	return ret;
}

size_t skep_trace_read(struct skep *s, char *buf, size_t size)
{
	return trace_log_read(&s->trace_log, buf, size);
}

const struct skep_prog_type *skep_prog_type(struct skep *s, u32 type)
{
	const struct skep_prog_type *t = NULL;

	pthread_mutex_lock(&s->lock);
	for (u32 i = 0; i < s->nr_prog_types && !t; i++)
		if (s->prog_types[i]->type == type)
			t = s->prog_types[i];
	pthread_mutex_unlock(&s->lock);
	return t ?: prog_type_find(type);
}

static int check_prog_type(struct skep *s, const struct skep_prog_type *t)
{
	if (!t->name || !t->helpers || (t->nr_fields && !t->fields))
		return fail(-EINVAL, "a program type needs a name, helpers and fields");
	if (t->type < SKEP_EMBEDDER_IDS)
		return fail(-EINVAL, "program type %u: embedders' types count from %#x on", t->type,
			    SKEP_EMBEDDER_IDS);
	/* Legacy loads look for the packet where struct skep_skb has it, the others where theirs is. */
	if ((t->flags & SKEP_PROG_LD_ABS) && !(t->flags & SKEP_PROG_SKB))
		return fail(-EINVAL, "program type %u: legacy loads need struct skep_skb", t->type);
	if (skep_prog_type(s, t->type))
		return fail(-EEXIST, "program type %u exists", t->type);
	return 0;
}

int skep_register_helper(struct skep *s, const struct skep_helper *h)
{
	u32 i = h->id - SKEP_EMBEDDER_IDS;
	int err = 0;

	if (!h->name || !h->fn)
		return fail(-EINVAL, "a helper needs a name and a function");
	if (h->id < SKEP_EMBEDDER_IDS || i >= SKEP_MAX_EXTRA_HELPERS)
		return fail(-EINVAL, "helper %s: %#x is not among embedders' numbers, %#x to %#x",
			    h->name, h->id, SKEP_EMBEDDER_IDS,
			    SKEP_EMBEDDER_IDS + SKEP_MAX_EXTRA_HELPERS - 1);
	pthread_mutex_lock(&s->lock);
	if (s->rt.extra_helpers[i])
		err = fail(-EEXIST, "helper %#x exists", h->id);
	else
		s->rt.extra_helpers[i] = h;
	pthread_mutex_unlock(&s->lock);
	return err;
}

int skep_register_prog_type(struct skep *s, const struct skep_prog_type *t)
{
	const struct skep_prog_type **v;

	TRY(check_prog_type(s, t));
	pthread_mutex_lock(&s->lock);
	v = realloc(s->prog_types, (s->nr_prog_types + 1) * sizeof(*v));
	if (v) {
		v[s->nr_prog_types++] = t;
		s->prog_types = v;
	}
	pthread_mutex_unlock(&s->lock);
	return v ? 0 : -ENOMEM;
}

int skep_add_native(struct skep *s, const void *elf, size_t size)
{
	return aot_library_add(&s->native, elf, size);
}
