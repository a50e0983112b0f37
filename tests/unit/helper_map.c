/* Helpers on maps, each call made on a map of ours and on the same kind of map in the kernel. */
#include <unistd.h>

#include "exec/prog.h"
#include "helper_call.h"
#include "map/map.h"
#include "skep/packet.h"

#define KEY_AT	 0
#define VALUE_AT 64
#define OUT_AT	 1024

static int map_fd = -1;

static void maps_close(void)
{
	map_unref(call_map);
	call_map = NULL;
	if (map_fd >= 0)
		close(map_fd);
	map_fd = -1;
}

static bool maps_new(u32 type, u32 key, u32 value, u32 n, u32 flags)
{
	struct map_attr a = {
		.type = type, .key_size = key, .value_size = value, .max_entries = n, .flags = flags
	};
	union bpf_attr k = { .map_type = type,
			     .key_size = key,
			     .value_size = value,
			     .max_entries = n,
			     .map_flags = flags };
	struct skep_map *m;

	if (map_new(&call_rt, &a, &m) < 0)
		return false;
	call_map = m;
	map_fd = (int)kernel_bpf(BPF_MAP_CREATE, &k, sizeof(k));
	return map_fd >= 0;
}

static struct helper_call make_call(u32 id, u64 r2, u64 r3, u64 r4)
{
	return (struct helper_call){
		.prog_type = BPF_PROG_TYPE_SCHED_CLS,
		.id = id,
		.map_fd = map_fd,
		.arg = { { CALL_MAP, 0 },
			 { CALL_NUMBER, r2 },
			 { CALL_NUMBER, r3 },
			 { CALL_NUMBER, r4 } },
	};
}

/* Both answer the same; only whether they are zero is compared if they are addresses. */
static u64 compare(struct helper_call *c, bool address, const char *what)
{
	struct helper_call theirs;
	u64 ret = 0, kret = 0;

	if (!both_call(c, &theirs, &ret, &kret)) {
		EXPECT(false, "%s: the kernel refuses the call", what);
		return 0;
	}
	if (address) {
		EXPECT(!ret == !kret, "%s: %llx, not %llx", what, (unsigned long long)ret,
		       (unsigned long long)kret);
		return !!ret;
	}
	EXPECT(ret == kret, "%s: %lld, not %lld", what, (long long)ret, (long long)kret);
	EXPECT(!memcmp(c->mem, theirs.mem, CALL_MEM_SIZE), "%s: memory differs", what);
	return ret;
}

static u64 update(u32 key, u64 value, u64 flags)
{
	struct helper_call c = make_call(BPF_FUNC_map_update_elem, KEY_AT, VALUE_AT, flags);
	char what[96];

	c.arg[1].kind = c.arg[2].kind = CALL_MEM;
	memcpy(c.mem + KEY_AT, &key, 4);
	memcpy(c.mem + VALUE_AT, &value, 8);
	snprintf(what, sizeof(what), "type %u: update %u flags %llx",
		 ((struct skep_map *)call_map)->type->type, key, (unsigned long long)flags);
	return compare(&c, false, what);
}

static u64 by_key(u32 id, u32 key, u64 r3)
{
	struct helper_call c = make_call(id, KEY_AT, r3, 0);
	char what[96];

	c.arg[1].kind = CALL_MEM;
	memcpy(c.mem + KEY_AT, &key, 4);
	snprintf(what, sizeof(what), "type %u: helper %u key %u, %lld",
		 ((struct skep_map *)call_map)->type->type, id, key, (long long)r3);
	return compare(&c, id != BPF_FUNC_map_delete_elem, what);
}

static u64 stored(u32 key)
{
	struct helper_call c = make_call(BPF_FUNC_map_lookup_elem, KEY_AT, 0, 0);
	u64 addr;

	c.arg[1].kind = CALL_MEM;
	memcpy(c.mem + KEY_AT, &key, 4);
	addr = our_call(&c);
	return addr ? *(u64 *)(uintptr_t)addr : 0;
}

TEST("elements are looked up, updated and deleted as in the kernel")
{
	static const u32 types[] = { BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_LRU_HASH,
				     BPF_MAP_TYPE_PERCPU_ARRAY, BPF_MAP_TYPE_PERCPU_HASH };
	static const u64 flags[] = {
		BPF_ANY, BPF_NOEXIST, BPF_EXIST, 3, BPF_F_LOCK, 8, 1ull << 40
	};

	if (kernel_missing())
		SKIP(kernel_missing());
	for (u32 i = 0; i < ARRAY_SIZE(types); i++) {
		REQUIRE(maps_new(types[i], 4, 8, 4, 0));
		for (u32 key = 2; key < 6; key++)
			for (u32 k = 0; k < ARRAY_SIZE(flags); k++) {
				by_key(BPF_FUNC_map_delete_elem, key, 0);
				update(key, 7, flags[k]);
				by_key(BPF_FUNC_map_lookup_elem, key, 0);
				update(key, key * 11, BPF_ANY);
				update(key, 7, flags[k] | 1);
			}
		update(3, 33, BPF_ANY);
		EXPECT_EQ(stored(3), 33);
		maps_close();
	}
}

TEST("another CPU's value is found as in the kernel")
{
	struct skep_map *m;
	u64 addr[2];

	if (kernel_missing())
		SKIP(kernel_missing());
	REQUIRE(maps_new(BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 4, 0));
	m = call_map;
	by_key(BPF_FUNC_map_lookup_percpu_elem, 1, 0);
	by_key(BPF_FUNC_map_lookup_percpu_elem, 4, 0);
	by_key(BPF_FUNC_map_lookup_percpu_elem, 1, 100000);
	by_key(BPF_FUNC_map_lookup_percpu_elem, 1, (u64)-1);
	for (u32 cpu = 0; cpu < 2; cpu++) {
		struct helper_call c = make_call(BPF_FUNC_map_lookup_percpu_elem, KEY_AT, cpu, 0);

		c.arg[1].kind = CALL_MEM;
		addr[cpu] = our_call(&c);
		EXPECT_EQ(addr[cpu],
			  (uintptr_t)m->type->lookup(m, call_mem.base, &call_rt.runs[cpu]));
	}
	EXPECT(addr[0] != addr[1]);
	maps_close();
}

TEST("ring buffer output and queries answer as in the kernel")
{
	static const u64 flags[] = { 0, BPF_RB_NO_WAKEUP, BPF_RB_FORCE_WAKEUP, 3, 4, 1ull << 33 };

	if (kernel_missing())
		SKIP(kernel_missing());
	REQUIRE(maps_new(BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0));
	for (u32 size = 0; size < 3000; size = size * 2 + 1)
		for (u32 k = 0; k < ARRAY_SIZE(flags); k++) {
			struct helper_call c =
				make_call(BPF_FUNC_ringbuf_output, VALUE_AT, size, flags[k]);
			char what[64];

			c.arg[1].kind = CALL_MEM;
			snprintf(what, sizeof(what), "output of %u bytes", size);
			compare(&c, false, what);
			for (u64 q = 0; q < 6; q++) {
				struct helper_call query =
					make_call(BPF_FUNC_ringbuf_query, q, 0, 0);

				compare(&query, false, "query");
			}
		}
	maps_close();
}

static u64 ours(u32 id, u64 r1, u64 r2, u64 r3)
{
	return call_rt.helpers[id]->fn(r1, r2, r3, 0, 0, call_run);
}

TEST("a reserved record is busy until it is submitted or discarded")
{
	u64 a, b;

	REQUIRE(maps_new(BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0) || call_map);
	EXPECT_EQ(ours(BPF_FUNC_ringbuf_reserve, (uintptr_t)call_map, 8, 1), 0);
	EXPECT_EQ(ours(BPF_FUNC_ringbuf_reserve, (uintptr_t)call_map, 4096, 0), 0);
	a = ours(BPF_FUNC_ringbuf_reserve, (uintptr_t)call_map, 2000, 0);
	b = ours(BPF_FUNC_ringbuf_reserve, (uintptr_t)call_map, 2000, 0);
	REQUIRE(a && b);
	EXPECT(run_owns(call_run, a, 2000));
	EXPECT_EQ(((u32 *)(uintptr_t)a)[-2], BPF_RINGBUF_BUSY_BIT | 2000);
	ours(BPF_FUNC_ringbuf_submit, a, 0, 0);
	EXPECT_EQ(((u32 *)(uintptr_t)a)[-2], 2000);
	ours(BPF_FUNC_ringbuf_discard, b, 0, 0);
	EXPECT_EQ(((u32 *)(uintptr_t)b)[-2], BPF_RINGBUF_DISCARD_BIT | 2000);
	EXPECT_EQ(ours(BPF_FUNC_ringbuf_reserve, (uintptr_t)call_map, 2000, 0), 0);
	maps_close();
}

/* Was the consumer woken since the last call? */
static bool woken(void)
{
	u64 n;

	return read(((struct skep_map *)call_map)->type->eventfd(call_map), &n, sizeof(n)) ==
	       sizeof(n);
}

TEST("the flags of submit and discard wake or do not wake")
{
	static const u32 ids[] = { BPF_FUNC_ringbuf_submit, BPF_FUNC_ringbuf_discard };
	u64 r;

	REQUIRE(maps_new(BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0) || call_map);
	r = ours(BPF_FUNC_ringbuf_reserve, (uintptr_t)call_map, 8, 0);
	ours(BPF_FUNC_ringbuf_submit, r, BPF_RB_NO_WAKEUP, 0);
	EXPECT(!woken());
	for (u32 i = 0; i < 2; i++) {
		r = ours(BPF_FUNC_ringbuf_reserve, (uintptr_t)call_map, 8, 0);
		ours(ids[i], r, 0, 0);
		EXPECT(!woken(), "the consumer is behind: it will come by");
		r = ours(BPF_FUNC_ringbuf_reserve, (uintptr_t)call_map, 8, 0);
		ours(ids[i], r, BPF_RB_FORCE_WAKEUP, 0);
		EXPECT(woken());
	}
	maps_close();
}

static u32 visits, stop_after;

static u64 visit(struct skep_run *run, u64 fn, u64 map, u64 key, u64 value, u64 ctx, u64 a5)
{
	visits++;
	EXPECT(map == (uintptr_t)call_map && ctx == 77 && fn == 88);
	EXPECT_EQ(*(u64 *)(uintptr_t)value, *(u32 *)(uintptr_t)key * 10);
	return visits == stop_after;
}

static u64 for_each(u64 flags, u32 stop)
{
	call_run->callback = visit;
	visits = 0;
	stop_after = stop;
	return call_rt.helpers[BPF_FUNC_for_each_map_elem]->fn((uintptr_t)call_map, 88, 77, flags,
							       0, call_run);
}

TEST("elements are visited until the callback says stop")
{
	static const u32 types[] = { BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_LRU_HASH,
				     BPF_MAP_TYPE_PERCPU_ARRAY, BPF_MAP_TYPE_PERCPU_HASH };

	for (u32 i = 0; i < ARRAY_SIZE(types); i++) {
		struct skep_map *m;

		REQUIRE(maps_new(types[i], 4, 8, 4, 0) || call_map);
		m = call_map;
		for (u32 key = 0; key < 4; key++) {
			u64 value = key * 10;

			REQUIRE(m->type->update(m, &key, &value, BPF_ANY, call_run) == 0);
		}
		EXPECT_EQ(for_each(0, 0), 4);
		EXPECT_EQ(visits, 4);
		EXPECT_EQ(for_each(0, 3), 3);
		EXPECT_EQ(visits, 3);
		EXPECT_EQ(for_each(1, 0), -EINVAL);
		EXPECT_EQ(visits, 0);
		maps_close();
	}
}

/* A perf event that keeps its last sample. */
static struct {
	struct perf_event event;
	char bytes[256];
	u32 len;
} sink;

static int sink_output(struct perf_event *e, const void *a, u32 a_len, const void *b, u32 b_len,
		       struct skep_run *run)
{
	memcpy(sink.bytes, a, a_len);
	if (b_len)
		memcpy(sink.bytes + a_len, b, b_len);
	sink.len = a_len + b_len;
	return 0;
}

static void sink_free(struct object *o)
{
}

static struct helper_call make_perf(u64 flags, u32 size)
{
	struct helper_call c = make_call(BPF_FUNC_perf_event_output, 0, flags, VALUE_AT);

	c.arg[0].kind = CALL_CTX;
	c.arg[1].kind = CALL_MAP;
	c.arg[3].kind = CALL_MEM;
	c.arg[4] = (struct call_arg){ CALL_NUMBER, size };
	memcpy(c.mem + VALUE_AT, "sample", 6);
	return c;
}

/* The kernel's test run gives a 64-byte packet to tc programs, less for socket filters. */
static u8 packet[64] = "0123456789abcdef";
static struct skep_skb skb = { .data = packet, .data_end = packet + sizeof(packet) };
static struct skep_xdp xdp = { .data = packet, .data_end = packet + sizeof(packet) };

static void run_as(u32 prog_type, void *ctx)
{
	static struct skep_prog_type type;
	static struct skep_prog prog;

	type.type = prog_type;
	prog.type = &type;
	call_run->prog = &prog;
	call_ctx = ctx;
}

TEST("perf output's flags are checked as in the kernel")
{
	static const u64 index[] = { 0, 1, 2, BPF_F_CURRENT_CPU, BPF_F_CURRENT_CPU - 1 };
	static const u64 high[] = { 0, 1, 64, 65, 0xfffff, 1 << 20, 1u << 31 };
	static const u32 types[] = { BPF_PROG_TYPE_SCHED_CLS, BPF_PROG_TYPE_XDP,
				     BPF_PROG_TYPE_RAW_TRACEPOINT };

	if (kernel_missing())
		SKIP(kernel_missing());
	REQUIRE(maps_new(BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 2, 0));
	for (u32 t = 0; t < ARRAY_SIZE(types); t++) {
		run_as(types[t], t ? (void *)&xdp : &skb);
		for (u32 i = 0; i < ARRAY_SIZE(index); i++)
			for (u32 k = 0; k < ARRAY_SIZE(high); k++) {
				struct helper_call c = make_perf(high[k] << 32 | index[i], 6);
				char what[64];

				c.prog_type = types[t];
				snprintf(what, sizeof(what), "type %u, index %llx, high %llx",
					 types[t], (unsigned long long)index[i],
					 (unsigned long long)high[k]);
				compare(&c, false, what);
			}
	}
	maps_close();
}

TEST("packet bytes follow the sample")
{
	u32 key = call_run->cpu;
	struct helper_call c;

	REQUIRE(maps_new(BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 2, 0) || call_map);
	object_init(&sink.event.obj, OBJECT_PERF, sink_free);
	sink.event.output = sink_output;
	sink.event.cpu = call_run->cpu;
	atomic_store(&sink.event.obj.refs, 100);
	/* Storing may wait until programs have left their slots. */
	run_leave(call_run);
	REQUIRE(((struct skep_map *)call_map)
			->type->set_object(call_map, &key, &sink.event.obj, 0) == 0);
	call_run = run_enter(&call_rt);

	run_as(BPF_PROG_TYPE_SCHED_CLS, &skb);
	c = make_perf(10ull << 32 | BPF_F_CURRENT_CPU, 6);
	EXPECT_EQ(our_call(&c), 0);
	EXPECT_EQ(sink.len, 16);
	EXPECT(!memcmp(sink.bytes, "sample0123456789", 16));
	run_as(BPF_PROG_TYPE_XDP, &xdp);
	c = make_perf(64ull << 32 | BPF_F_CURRENT_CPU, 6);
	EXPECT_EQ(our_call(&c), 0);
	EXPECT_EQ(sink.len, 70);
	c = make_perf(BPF_F_CURRENT_CPU, 6);
	EXPECT_EQ(our_call(&c), 0);
	EXPECT_EQ(sink.len, 6);
	run_leave(call_run);
	maps_close();
	call_run = run_enter(&call_rt);
}
