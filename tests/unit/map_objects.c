/* Maps that hold objects: which programs a PROG_ARRAY takes, when references end, which perf event a
 * sample goes to. */
#include "maps.h"

#include <pthread.h>

#include "exec/prog.h"

struct fake_prog {
	struct skep_prog prog;
	int freed;
};

static void fake_free(struct object *o)
{
	container_of(o, struct fake_prog, prog.obj)->freed++;
}

static const struct skep_prog_type type_a = { .type = 1, .name = "a" };
static const struct skep_prog_type type_b = { .type = 2, .name = "b" };

static struct fake_prog fake(const struct skep_prog_type *t, u32 attach, u32 flags, u32 id)
{
	struct fake_prog f = {
		.prog = { .type = t, .expected_attach_type = attach, .flags = flags }
	};

	object_init(&f.prog.obj, OBJECT_PROG, fake_free);
	f.prog.obj.id = id;
	return f;
}

static struct skep_map *new_map(u32 type, u32 n, u32 flags)
{
	struct map_attr a = attr_of(type, 4, 4, n, flags);
	struct skep_map *m;

	if (map_new(test_runtime(), &a, &m))
		abort();
	return m;
}

/* As the syscall layer does: the reference moves in on success. */
static int put(struct skep_map *m, u32 i, struct object *o)
{
	int err;

	object_ref(o);
	err = m->type->may_hold ? m->type->may_hold(m, o) : 0;
	if (!err)
		err = m->type->set_object(m, &i, o, 0);
	if (err)
		object_unref(o);
	return err;
}

TEST("PROG_ARRAY takes programs like its first one only, even when empty again")
{
	struct fake_prog a = fake(&type_a, 0, 0, 1), like = fake(&type_a, 0, 0, 2),
			 attach = fake(&type_a, 1, 0, 3), type = fake(&type_b, 0, 0, 4),
			 frags = fake(&type_a, 0, BPF_F_XDP_HAS_FRAGS, 5);
	struct skep_map *m = new_map(BPF_MAP_TYPE_PROG_ARRAY, 2, 0);
	u32 key = 0;

	EXPECT_EQ(put(m, 0, &a.prog.obj), 0);
	EXPECT_EQ(put(m, 1, &like.prog.obj), 0);
	EXPECT_EQ(put(m, 1, &attach.prog.obj), -EINVAL);
	EXPECT_EQ(put(m, 1, &type.prog.obj), -EINVAL);
	EXPECT_EQ(put(m, 1, &frags.prog.obj), -EINVAL);
	EXPECT_EQ(put(m, 2, &like.prog.obj), -E2BIG);
	EXPECT_EQ(map_sys_delete(m, &key), 0);
	key = 1;
	EXPECT_EQ(map_sys_delete(m, &key), 0);
	EXPECT_EQ(map_sys_delete(m, &key), -ENOENT);
	EXPECT_EQ(put(m, 1, &type.prog.obj), -EINVAL);
	EXPECT_EQ(a.prog.obj.refs + like.prog.obj.refs + type.prog.obj.refs, 3);
	map_unref(m);
}

TEST("PROG_ARRAY: a slot is an id to clients, a program to a run, and a reference")
{
	struct fake_prog a = fake(&type_a, 0, 0, 7), b = fake(&type_a, 0, 0, 8);
	struct skep_map *m = new_map(BPF_MAP_TYPE_PROG_ARRAY, 2, 0);
	u32 key = 0, id = 0;

	EXPECT_EQ(put(m, 0, &a.prog.obj), 0);
	EXPECT_EQ(map_sys_lookup(m, &key, &id, 0), 0);
	EXPECT_EQ(id, 7);
	EXPECT(prog_array_get(m, 0) == &a.prog);
	EXPECT(!prog_array_get(m, 1) && !prog_array_get(m, 2) && !prog_array_get(m, ~0u));
	object_unref(&a.prog.obj); /* ours; the map's is left */
	EXPECT_EQ(a.freed, 0);
	EXPECT_EQ(put(m, 0, &b.prog.obj), 0);
	EXPECT_EQ(a.freed, 1);
	EXPECT(prog_array_get(m, 0) == &b.prog);
	m->type->release_objects(m);
	EXPECT(!prog_array_get(m, 0));
	EXPECT_EQ(b.prog.obj.refs, 1);
	EXPECT_EQ(put(m, 1, &b.prog.obj), 0);
	map_unref(m);
	EXPECT_EQ(b.prog.obj.refs, 1);
}

struct remover {
	struct skep_map *m;
	_Atomic bool done;
};

static void *remove_first(void *arg)
{
	struct remover *r = arg;
	u32 key = 0;

	if (map_sys_delete(r->m, &key))
		abort();
	atomic_store(&r->done, true);
	return NULL;
}

TEST("PROG_ARRAY: what a running program may be jumping to is not released before it ends")
{
	struct fake_prog a = fake(&type_a, 0, 0, 7);
	struct remover r = { .m = new_map(BPF_MAP_TYPE_PROG_ARRAY, 1, 0) };
	struct skep_run *run = run_enter(r.m->rt);
	pthread_t t;

	EXPECT_EQ(put(r.m, 0, &a.prog.obj), 0);
	object_unref(&a.prog.obj);
	REQUIRE(!pthread_create(&t, NULL, remove_first, &r));
	while (prog_array_get(r.m, 0))
		usleep(100);
	usleep(20000);
	EXPECT(!atomic_load(&r.done));
	EXPECT_EQ(atomic_load(&a.prog.obj.refs), 1);
	run_leave(run);
	pthread_join(t, NULL);
	EXPECT_EQ(a.freed, 1);
	map_unref(r.m);
}

struct fake_event {
	struct perf_event e;
	u32 samples, bytes;
	int freed;
};

static int fake_output(struct perf_event *e, const void *a, u32 a_len, const void *b, u32 b_len,
		       struct skep_run *run)
{
	struct fake_event *f = container_of(e, struct fake_event, e);

	f->samples++;
	f->bytes += a_len + b_len;
	return 0;
}

static void event_free(struct object *o)
{
	container_of(o, struct fake_event, e.obj)->freed++;
}

TEST("PERF_EVENT_ARRAY: a sample goes to the event of the running CPU, or is refused")
{
	struct skep_map *m = new_map(BPF_MAP_TYPE_PERF_EVENT_ARRAY, 600, 0);
	struct skep_run *run = run_enter(m->rt);
	u32 cpu = run->cpu, other = cpu + 1;
	struct fake_event e = { .e = { .output = fake_output, .cpu = cpu } };
	u64 ctxlen = (u64)20 << 32;

	object_init(&e.e.obj, OBJECT_PERF, event_free);
	EXPECT_EQ(put(m, cpu, &e.e.obj), 0);
	EXPECT_EQ(put(m, 600, &e.e.obj), -E2BIG);
	EXPECT_EQ(perf_event_array_output(m, BPF_F_CURRENT_CPU, "ab", 2, "c", 1, run), 0);
	EXPECT_EQ(perf_event_array_output(m, cpu, "ab", 2, "c", 1, run), 0);
	EXPECT_EQ(perf_event_array_output(m, cpu | ctxlen, "ab", 2, "c", 1, run), 0);
	EXPECT_EQ(e.samples, 3);
	EXPECT_EQ(e.bytes, 9);
	EXPECT_EQ(perf_event_array_output(m, other, "ab", 2, NULL, 0, run), -ENOENT);
	EXPECT_EQ(perf_event_array_output(m, 600, "ab", 2, NULL, 0, run), -E2BIG);
	EXPECT_EQ(perf_event_array_output(m, 1ull << 52, "ab", 2, NULL, 0, run), -EINVAL);
	run_leave(run);
	EXPECT_EQ(put(m, other, &e.e.obj), 0);
	run = run_enter(m->rt);
	if (run->cpu == cpu)
		EXPECT_EQ(perf_event_array_output(m, other, "ab", 2, NULL, 0, run), 0);
	e.e.cpu = run->cpu + 1;
	EXPECT_EQ(perf_event_array_output(m, other, "ab", 2, NULL, 0, run), -EOPNOTSUPP);
	run_leave(run);
	m->type->release_objects(m);
	EXPECT_EQ(e.e.obj.refs, 1);
	map_unref(m);
}

TEST("PERF_EVENT_ARRAY with BPF_F_PRESERVE_ELEMS keeps its events without open files")
{
	struct skep_map *m = new_map(BPF_MAP_TYPE_PERF_EVENT_ARRAY, 2, BPF_F_PRESERVE_ELEMS);
	struct fake_event e = { .e = { .output = fake_output } };

	object_init(&e.e.obj, OBJECT_PERF, event_free);
	EXPECT_EQ(put(m, 0, &e.e.obj), 0);
	m->type->release_objects(m);
	EXPECT_EQ(e.e.obj.refs, 2);
	map_unref(m);
	EXPECT_EQ(e.e.obj.refs, 1);
}

/* bpf_for_each_map_elem with a C function in the callback's place. */
struct visit {
	u32 calls, stop_after, sum;
	bool remove;
};

static u64 visit(struct skep_run *run, u64 fn, u64 map, u64 key, u64 value, u64 ctx, u64 a5)
{
	struct visit *v = (void *)(uintptr_t)ctx;
	struct skep_map *m = (void *)(uintptr_t)map;

	v->calls++;
	v->sum += *(u32 *)(uintptr_t)key + *(u32 *)(uintptr_t)value;
	if (v->remove)
		m->type->remove(m, (void *)(uintptr_t)key, run);
	return v->calls == v->stop_after;
}

TEST("for_each visits every element, stops when told, and may remove as it goes")
{
	static const u32 types[] = { BPF_MAP_TYPE_HASH,	    BPF_MAP_TYPE_PERCPU_HASH,
				     BPF_MAP_TYPE_LRU_HASH, BPF_MAP_TYPE_LRU_PERCPU_HASH,
				     BPF_MAP_TYPE_ARRAY,    BPF_MAP_TYPE_PERCPU_ARRAY };

	for (u32 t = 0; t < ARRAY_SIZE(types); t++) {
		struct skep_map *m = new_map(types[t], 100, 0);
		struct skep_run *run = run_enter(m->rt);
		struct visit v = { 0 };

		run->callback = visit;
		for (u32 i = 0; i < 100; i++)
			REQUIRE(!m->type->update(m, &i, &i, 0, run));
		EXPECT_EQ(m->type->for_each(m, 1, (uintptr_t)&v, 1, run), -EINVAL);
		EXPECT_EQ(m->type->for_each(m, 1, (uintptr_t)&v, 0, run), 100);
		EXPECT_EQ(v.calls, 100);
		EXPECT_EQ(v.sum, 2 * 4950);
		v = (struct visit){ .stop_after = 7 };
		EXPECT_EQ(m->type->for_each(m, 1, (uintptr_t)&v, 0, run), 7);
		v = (struct visit){ .remove = true };
		EXPECT_EQ(m->type->for_each(m, 1, (uintptr_t)&v, 0, run), 100);
		v = (struct visit){ 0 };
		EXPECT_EQ(m->type->for_each(m, 1, (uintptr_t)&v, 0, run), t < 4 ? 0 : 100);
		run->callback = NULL;
		run_leave(run);
		map_unref(m);
	}
}
