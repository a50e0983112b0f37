/* An unmodified libbpf in this process works on an instance: maps, memory, ring and perf buffers,
 * pins, feature probes. Nothing here reaches the kernel's own bpf(2). */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "map/map.h"
#include "object/instance.h"
#include "skep/libbpf.h"
#include "syscall/client.h"
#include "test.h"

static struct skep *skep;
static struct skep_client *client;

static void start(void)
{
	if (skep_new(NULL, &skep) < 0 || skep_client_new(skep, &client) < 0)
		abort();
	skep_libbpf_use(client);
	libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
}

static void end(void)
{
	skep_libbpf_use(NULL);
	skep_client_free(client);
	skep_free(skep);
}

static struct object *object(int fd)
{
	struct object *o;

	if (client_object(client, fd, OBJECT_NONE, NULL, &o) < 0)
		abort();
	return o;
}

TEST("libbpf makes a map, writes, walks and reads it")
{
	start();
	int fd = bpf_map_create(BPF_MAP_TYPE_HASH, "flows", 4, 8, 16, NULL);
	struct bpf_map_info info = { 0 };
	u32 len = sizeof(info), key, n = 0;
	u64 value;

	REQUIRE(fd >= 0, "%d", fd);
	for (key = 0; key < 10; key++) {
		value = key * 3;
		EXPECT_EQ(bpf_map_update_elem(fd, &key, &value, BPF_ANY), 0);
	}
	for (u32 *prev = NULL; !bpf_map_get_next_key(fd, prev, &key); prev = &key, n++) {
		EXPECT_EQ(bpf_map_lookup_elem(fd, &key, &value), 0);
		EXPECT_EQ(value, key * 3);
	}
	EXPECT_EQ(n, 10);
	EXPECT_EQ(bpf_obj_get_info_by_fd(fd, &info, &len), 0);
	EXPECT_STR(info.name, "flows");
	EXPECT_EQ(len, sizeof(info));
	errno = 0;
	EXPECT_EQ(bpf_map_lookup_elem(999, &key, &value), -EBADF);
	EXPECT_EQ(errno, EBADF);
	close(fd);
	end();
}

TEST("global data: mapped, frozen, then read-only")
{
	LIBBPF_OPTS(bpf_map_create_opts, o, .map_flags = BPF_F_MMAPABLE);
	u32 key = 0;
	u64 *rw, *ro, value = 0;

	start();
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, ".data", 4, 8, 1, &o);

	rw = mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	REQUIRE(rw != MAP_FAILED);
	*rw = 42;
	EXPECT_EQ(bpf_map_lookup_elem(fd, &key, &value), 0);
	EXPECT_EQ(value, 42);
	EXPECT_EQ(bpf_map_freeze(fd), -EBUSY);
	munmap(rw, 8);
	EXPECT_EQ(bpf_map_freeze(fd), 0);
	EXPECT(mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
	EXPECT_EQ(errno, EPERM);
	ro = mmap(NULL, 8, PROT_READ, MAP_SHARED, fd, 0);
	REQUIRE(ro != MAP_FAILED);
	EXPECT_EQ(*ro, 42);
	EXPECT_EQ(mprotect(ro, 8, PROT_READ | PROT_WRITE), -1);
	EXPECT_EQ(bpf_map_update_elem(fd, &key, &value, 0), -EPERM);
	munmap(ro, 8);
	close(fd);
	end();
}

struct mapping {
	u32 type, n, flags;
	size_t len;
	int prot, mode;
	off_t off;
	int result; /* on Linux 6.18 */
};

TEST("mmap allows what Linux allows, for every kind of map")
{
	static const struct mapping rows[] = {
		{ BPF_MAP_TYPE_ARRAY, 4, 0, 4096, 3, MAP_SHARED, 0, -EINVAL },
		{ BPF_MAP_TYPE_ARRAY, 4, BPF_F_MMAPABLE, 4096, 3, MAP_SHARED, 0, 0 },
		{ BPF_MAP_TYPE_ARRAY, 4, BPF_F_MMAPABLE, 4096, 3, MAP_PRIVATE, 0, -EINVAL },
		{ BPF_MAP_TYPE_ARRAY, 4, BPF_F_MMAPABLE, 8192, 3, MAP_SHARED, 0, -EINVAL },
		{ BPF_MAP_TYPE_ARRAY, 4, BPF_F_MMAPABLE, 4096, 3, MAP_SHARED, 4096, -EINVAL },
		{ BPF_MAP_TYPE_ARRAY, 4, BPF_F_MMAPABLE, 4096, 5, MAP_SHARED, 0, -EPERM },
		{ BPF_MAP_TYPE_ARRAY, 2000, BPF_F_MMAPABLE, 16384, 3, MAP_SHARED, 0, 0 },
		{ BPF_MAP_TYPE_ARRAY, 2000, BPF_F_MMAPABLE, 4096, 3, MAP_SHARED, 12288, 0 },
		{ BPF_MAP_TYPE_ARRAY, 2000, BPF_F_MMAPABLE, 8192, 3, MAP_SHARED, 12288, -EINVAL },
		{ BPF_MAP_TYPE_HASH, 4, 0, 4096, 3, MAP_SHARED, 0, -ENOTSUPP },
		{ BPF_MAP_TYPE_RINGBUF, 8192, 0, 4096, 3, MAP_SHARED, 0, 0 },
		{ BPF_MAP_TYPE_RINGBUF, 8192, 0, 4096, 3, MAP_SHARED, 4096, -EPERM },
		{ BPF_MAP_TYPE_RINGBUF, 8192, 0, 4096 + 16384, 1, MAP_SHARED, 4096, 0 },
		{ BPF_MAP_TYPE_RINGBUF, 8192, 0, 4096 + 20480, 1, MAP_SHARED, 4096, -EINVAL },
		{ BPF_MAP_TYPE_RINGBUF, 8192, 0, 8192, 3, MAP_SHARED, 0, -EPERM },
		{ BPF_MAP_TYPE_RINGBUF, 8192, 0, 8192, 1, MAP_SHARED, 0, 0 },
		{ BPF_MAP_TYPE_RINGBUF, 8192, 0, 4096, 1, MAP_PRIVATE, 0, -EINVAL },
		{ BPF_MAP_TYPE_RINGBUF, 8192, 0, 24576, 1, MAP_SHARED, 0, 0 },
		{ BPF_MAP_TYPE_RINGBUF, 8192, 0, 28672, 1, MAP_SHARED, 0, -EINVAL },
	};

	start();
	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct mapping *m = &rows[i];
		LIBBPF_OPTS(bpf_map_create_opts, o, .map_flags = m->flags);
		bool ring = m->type == BPF_MAP_TYPE_RINGBUF;
		int fd = bpf_map_create(m->type, "", ring ? 0 : 4, ring ? 0 : 8, m->n, &o);
		void *p = mmap(NULL, m->len, m->prot, m->mode, fd, m->off);
		int result = p == MAP_FAILED ? -errno : 0;

		EXPECT(result == m->result, "row %u: %d, not %d", i, result, m->result);
		if (p != MAP_FAILED)
			munmap(p, m->len);
		close(fd);
	}
	end();
}

/* --- ring buffer --- */

static u32 samples, last_sample;

static int on_sample(void *ctx, void *data, size_t size)
{
	samples++;
	memcpy(&last_sample, data, sizeof(last_sample));
	return ctx ? *(int *)ctx : 0;
}

static void emit(struct object *ring, u32 value)
{
	EXPECT_EQ(ringbuf_output((struct skep_map *)ring, &value, sizeof(value), 0), 0);
}

TEST("ring_buffer__poll wakes for records, waits without, and takes all")
{
	start();
	int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "events", 0, 0, 4096, NULL);
	struct ring_buffer *rb = ring_buffer__new(fd, on_sample, NULL, NULL);
	struct object *o = object(fd);

	REQUIRE(rb);
	samples = 0;
	EXPECT_EQ(ring_buffer__poll(rb, 0), 0);
	for (u32 i = 0; i < 1000; i++) {
		emit(o, i);
		if (i % 3 == 0)
			emit(o, i);
		EXPECT_EQ(ring_buffer__poll(rb, 1000), 1 + (i % 3 == 0));
		EXPECT_EQ(last_sample, i);
	}
	EXPECT_EQ(samples, 1000 + 334);
	EXPECT_EQ(ring_buffer__poll(rb, 0), 0);
	emit(o, 7);
	EXPECT_EQ(ring_buffer__consume(rb), 1);
	ring_buffer__free(rb);
	object_unref(o);
	close(fd);
	end();
}

TEST("what a reader left in the ring is an event at the next wait, as a level is")
{
	int stop = -1;

	start();
	int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "events", 0, 0, 4096, NULL);
	struct object *o = object(fd);
	struct ring_buffer *rb = ring_buffer__new(fd, on_sample, &stop, NULL);

	samples = 0;
	emit(o, 1), emit(o, 2);
	EXPECT_EQ(ring_buffer__poll(rb, 1000), -1);
	EXPECT_EQ(samples, 1);
	stop = 0;
	EXPECT_EQ(ring_buffer__poll(rb, 1000), 1);
	EXPECT_EQ(last_sample, 2);
	ring_buffer__free(rb);
	object_unref(o);
	close(fd);
	end();
}

TEST("epoll keeps the caller's data; other maps cannot be waited for")
{
	struct epoll_event ev = { .events = EPOLLIN, .data.u64 = 0x1122334455667788 }, got = { 0 };

	start();
	int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "", 0, 0, 4096, NULL), ep = epoll_create1(0);
	struct object *o = object(fd);

	EXPECT_EQ(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev), 0);
	EXPECT_EQ(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev), -1);
	EXPECT_EQ(errno, EEXIST);
	EXPECT_EQ(epoll_wait(ep, &got, 1, 0), 0);
	emit(o, 5);
	EXPECT_EQ(epoll_wait(ep, &got, 1, 1000), 1);
	EXPECT_EQ(got.data.u64, ev.data.u64);
	EXPECT_EQ(epoll_wait(ep, &got, 1, 0), 1);
	EXPECT_EQ(epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL), 0);
	EXPECT_EQ(epoll_wait(ep, &got, 1, 0), 0);
	close(ep);
	object_unref(o);
	close(fd);
	end();
}

/* --- perf buffer --- */

static u64 lost;
static u32 sample_size;

static void on_perf_sample(void *ctx, int cpu, void *data, u32 size)
{
	samples++;
	sample_size = size;
	memcpy(&last_sample, data, sizeof(last_sample));
}

static void on_lost(void *ctx, int cpu, __u64 n)
{
	lost += n;
}

TEST("perf_buffer__poll receives what programs output, and how much was lost")
{
	int cpus = libbpf_num_possible_cpus();
	char big[1000] = { 0 };

	start();
	int fd = bpf_map_create(BPF_MAP_TYPE_PERF_EVENT_ARRAY, "events", 4, 4, cpus, NULL);
	struct perf_buffer *pb = perf_buffer__new(fd, 1, on_perf_sample, on_lost, NULL, NULL);
	struct object *o = object(fd);
	struct skep_run *run = skep_enter(skep);
	u32 v;

	REQUIRE(pb, "%d", errno);
	samples = lost = 0;
	EXPECT_EQ(perf_buffer__poll(pb, 0), 0);
	for (v = 0; v < 100; v++) {
		EXPECT_EQ(perf_event_array_output((struct skep_map *)o, BPF_F_CURRENT_CPU, &v,
						  sizeof(v), NULL, 0, run),
			  0);
		EXPECT(perf_buffer__poll(pb, 1000) >= 0);
		EXPECT_EQ(last_sample, v);
	}
	EXPECT_EQ(samples, 100);
	EXPECT_EQ(sample_size, 4);
	for (v = 0; v < 10; v++)
		perf_event_array_output((struct skep_map *)o, BPF_F_CURRENT_CPU, big, sizeof(big),
					&v, sizeof(v), run);
	EXPECT(perf_buffer__poll(pb, 1000) >= 0);
	EXPECT_EQ(sample_size, 1004);
	perf_event_array_output((struct skep_map *)o, BPF_F_CURRENT_CPU, &v, sizeof(v), NULL, 0,
				run);
	EXPECT(perf_buffer__poll(pb, 1000) >= 0);
	EXPECT_EQ(samples + lost, 111);
	EXPECT(lost > 0);
	skep_leave(run);
	perf_buffer__free(pb);
	object_unref(o);
	close(fd);
	end();
}

TEST("pins through libbpf: a directory, a name, the object again")
{
	start();
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "m", 4, 8, 1, NULL), again;

	EXPECT_EQ(mkdir("/sys/fs/bpf/skep-test", 0700), 0);
	EXPECT_EQ(mkdir("/sys/fs/bpf/skep-test", 0700), -1);
	EXPECT_EQ(errno, EEXIST);
	EXPECT_EQ(bpf_obj_pin(fd, "/sys/fs/bpf/skep-test/m"), 0);
	close(fd);
	again = bpf_obj_get("/sys/fs/bpf/skep-test/m");
	EXPECT(again >= 0);
	close(again);
	EXPECT_EQ(rmdir("/sys/fs/bpf/skep-test"), -1);
	EXPECT_EQ(errno, ENOTEMPTY);
	EXPECT_EQ(unlink("/sys/fs/bpf/skep-test/m"), 0);
	EXPECT_EQ(bpf_obj_get("/sys/fs/bpf/skep-test/m"), -ENOENT);
	EXPECT_EQ(rmdir("/sys/fs/bpf/skep-test"), 0);
	end();
}

static u64 value_of(int fd)
{
	u32 key = 0;
	u64 value = 0;

	EXPECT_EQ(bpf_map_lookup_elem(fd, &key, &value), 0);
	return value;
}

static int map_with(u64 value)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "m", 4, 8, 1, NULL);
	u32 key = 0;

	EXPECT_EQ(bpf_map_update_elem(fd, &key, &value, BPF_ANY), 0);
	return fd;
}

TEST("a descriptor is what it is now, however it was closed or replaced, and a map goes with its "
     "last one")
{
	start();
	int a = map_with(1), b = map_with(2), c;
	struct object *o = object(a);
	u32 id = o->id, key = 0;
	u64 value;

	object_unref(o);
	EXPECT_EQ(value_of(a), 1);
	EXPECT_EQ(dup2(b, a), a);
	EXPECT_EQ(value_of(a), 2);
	EXPECT_EQ(bpf_map_get_fd_by_id(id), -ENOENT);
	close(a);
	EXPECT_EQ(bpf_map_lookup_elem(a, &key, &value), -EBADF);
	c = map_with(3);
	EXPECT_EQ(c, a); /* the same number */
	EXPECT_EQ(value_of(c), 3);
	EXPECT_EQ(close_range((unsigned int)c, (unsigned int)c, 0), 0);
	EXPECT_EQ(bpf_map_lookup_elem(c, &key, &value), -EBADF);
	EXPECT_EQ(dup3(b, c, O_CLOEXEC), c);
	EXPECT_EQ(value_of(c), 2);
	close(c);
	close(b);
	end();
}
