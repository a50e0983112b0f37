/* One hostile client: random actions on a small pool of descriptors, from two threads, until it is killed.
 * Half of the calls are nearly right, so that objects come to exist and are raced for; the others are noise. */
#include "fuzz/hostile.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define POOL	   16
#define BUFFER	   8192
#define PIN_NAMES  6
#define LAST_CMD   48
#define LAST_MAP   36
#define LAST_PROG  36
#define MANY_INSNS 3000

struct client {
	struct rng rng;
	int *pool; /* both threads' */
	const int *mail;
	unsigned char *page; /* BUFFER bytes, then nothing: what runs over ends in EFAULT */
	int epoll;
	bool may_fork;
};

static uint32_t below(struct client *c, uint32_t n)
{
	return (uint32_t)(rng_next(&c->rng) % n);
}

static bool chance(struct client *c, uint32_t one_in)
{
	return below(c, one_in) == 0;
}

static int any_fd(struct client *c)
{
	if (chance(c, 20))
		return (int)rng_next(&c->rng);
	if (chance(c, 20))
		return (int)below(c, 8);
	return c->pool[below(c, POOL)];
}

static void keep(struct client *c, int fd)
{
	int *slot = &c->pool[below(c, POOL)];

	if (fd < 0)
		return;
	fd = __atomic_exchange_n(slot, fd, __ATOMIC_RELAXED);
	if (fd >= 0)
		close(fd);
}

static uint64_t any_pointer(struct client *c)
{
	switch (below(c, 8)) {
	case 0: return 0;
	case 1: return rng_next(&c->rng);
	case 2: return 0xffff800000000000 + below(c, 1 << 20);
	case 3: return (uintptr_t)c->page + BUFFER - below(c, 64);
	default: return (uintptr_t)c->page + below(c, BUFFER / 8) * 8;
	}
}

static uint32_t any_size(struct client *c)
{
	static const uint32_t sizes[] = { 0,  1,    4,	  8,	   12,	       16,
					  64, 4096, 4097, 1 << 20, 0x7fffffff, 0xffffffff };

	return chance(c, 3) ? sizes[below(c, sizeof(sizes) / sizeof(sizes[0]))] : below(c, 128);
}

static void fill(struct client *c)
{
	for (int i = 0; i < 32; i++) {
		uint64_t x = rng_next(&c->rng);

		memcpy(c->page + (x >> 32) % (BUFFER - 8), &x, sizeof(x));
	}
}

static long bpf(int cmd, union bpf_attr *attr, uint32_t size)
{
	return syscall(SYS_bpf, cmd, attr, size);
}

/* --- calls that are nearly right --- */

static void spoil(struct client *c, union bpf_attr *attr)
{
	if (chance(c, 6)) {
		uint32_t x = chance(c, 2) ? any_size(c) : (uint32_t)any_pointer(c);

		memcpy((char *)attr + below(c, sizeof(*attr) / 4) * 4, &x, sizeof(x));
	}
}

static void make_map(struct client *c)
{
	static const uint32_t common[] = { BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_ARRAY,
					   BPF_MAP_TYPE_PERCPU_HASH, BPF_MAP_TYPE_LRU_HASH,
					   BPF_MAP_TYPE_QUEUE };
	union bpf_attr attr = { 0 };

	attr.map_type = chance(c, 2) ? common[below(c, 5)] : below(c, LAST_MAP);
	attr.key_size = chance(c, 4) ? below(c, 64) : 4;
	attr.value_size = chance(c, 4) ? below(c, 512) : 8;
	attr.max_entries = chance(c, 3) ? 4096 : 1 + below(c, 64);
	if (attr.map_type == BPF_MAP_TYPE_QUEUE || attr.map_type == BPF_MAP_TYPE_RINGBUF)
		attr.key_size = 0;
	if (attr.map_type == BPF_MAP_TYPE_RINGBUF) {
		attr.value_size = 0;
		attr.max_entries = 4096u << below(c, 3);
	}
	attr.map_flags = chance(c, 3) ? 1u << below(c, 20) : 0;
	if (chance(c, 4))
		attr.inner_map_fd = (uint32_t)any_fd(c);
	spoil(c, &attr);
	if (attr.max_entries > 1 << 16 && !chance(c, 16))
		attr.max_entries = 1;
	keep(c, (int)bpf(BPF_MAP_CREATE, &attr, sizeof(attr)));
}

static void use_map(struct client *c)
{
	static const int cmds[] = { BPF_MAP_LOOKUP_ELEM,  BPF_MAP_UPDATE_ELEM,
				    BPF_MAP_UPDATE_ELEM,  BPF_MAP_DELETE_ELEM,
				    BPF_MAP_GET_NEXT_KEY, BPF_MAP_LOOKUP_AND_DELETE_ELEM,
				    BPF_MAP_FREEZE };
	union bpf_attr attr = { 0 };

	attr.map_fd = (uint32_t)any_fd(c);
	attr.key = any_pointer(c);
	attr.value = any_pointer(c);
	attr.flags = chance(c, 4) ? below(c, 8) : 0;
	spoil(c, &attr);
	bpf(cmds[below(c, 7 - !chance(c, 8))], &attr, sizeof(attr));
}

static void use_batch(struct client *c)
{
	union bpf_attr attr = { 0 };

	attr.batch.in_batch = chance(c, 2) ? 0 : any_pointer(c);
	attr.batch.out_batch = any_pointer(c);
	attr.batch.keys = any_pointer(c);
	attr.batch.values = any_pointer(c);
	attr.batch.count = any_size(c);
	attr.batch.map_fd = (uint32_t)any_fd(c);
	spoil(c, &attr);
	bpf(BPF_MAP_LOOKUP_BATCH + (int)below(c, 4), &attr, sizeof(attr));
}

/* Mostly "r0 = x; … exit", with some noise, or a map */
static uint32_t some_program(struct client *c, struct bpf_insn *insns)
{
	uint32_t n = chance(c, 8) ? 2 + below(c, MANY_INSNS - 4) : 2 + below(c, 6);

	for (uint32_t i = 0; i < n - 1; i++)
		insns[i] = (struct bpf_insn){ .code = 0xb7,
					      .dst_reg = below(c, 10),
					      .imm = (int)below(c, 100) };
	insns[n - 1] = (struct bpf_insn){ .code = 0x95 };
	insns[0].dst_reg = 0;
	if (chance(c, 3) && n > 4) {
		insns[1] = (struct bpf_insn){
			.code = 0x18, .dst_reg = 1, .src_reg = 1, .imm = any_fd(c)
		};
		insns[2] = (struct bpf_insn){ 0 };
	}
	if (chance(c, 4)) {
		uint64_t x = rng_next(&c->rng);

		memcpy(&insns[below(c, n)], &x, sizeof(x));
	}
	return n;
}

static void load(struct client *c)
{
	struct bpf_insn insns[MANY_INSNS];
	union bpf_attr attr = { 0 };

	attr.prog_type = chance(c, 3) ? below(c, LAST_PROG) : BPF_PROG_TYPE_SOCKET_FILTER;
	attr.insn_cnt = some_program(c, insns);
	attr.insns = (uintptr_t)insns;
	attr.license = (uintptr_t) "GPL";
	if (chance(c, 3)) {
		attr.log_level = below(c, 8);
		attr.log_buf = any_pointer(c);
		attr.log_size = any_size(c);
	}
	if (chance(c, 8))
		attr.prog_btf_fd = (uint32_t)any_fd(c);
	spoil(c, &attr);
	keep(c, (int)bpf(BPF_PROG_LOAD, &attr, sizeof(attr)));
}

static void test_run(struct client *c)
{
	union bpf_attr attr = { 0 };

	attr.test.prog_fd = (uint32_t)any_fd(c);
	attr.test.data_in = any_pointer(c);
	attr.test.data_size_in = any_size(c);
	attr.test.data_out = any_pointer(c);
	attr.test.data_size_out = any_size(c);
	attr.test.repeat = chance(c, 50) ? 0xffffffff : below(c, 100);
	if (chance(c, 4)) {
		attr.test.ctx_in = any_pointer(c);
		attr.test.ctx_size_in = any_size(c);
	}
	spoil(c, &attr);
	bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr));
}

static void load_btf(struct client *c)
{
	unsigned char raw[24 + 16 + 5] = { 0x9f, 0xeb, 1, 0, 24 };
	const uint32_t rest[] = { 0, 16, 16, 5 }, type[] = { 1, 1u << 24, 4, 32 };
	union bpf_attr attr = { 0 };

	memcpy(raw + 8, rest, sizeof(rest));
	memcpy(raw + 24, type, sizeof(type)); /* int, of 32 bits */
	memcpy(raw + 40, "\0int", 5);
	if (chance(c, 2))
		raw[below(c, sizeof(raw))] = (unsigned char)rng_next(&c->rng);
	attr.btf = (uintptr_t)raw;
	attr.btf_size = sizeof(raw);
	spoil(c, &attr);
	keep(c, (int)bpf(BPF_BTF_LOAD, &attr, sizeof(attr)));
}

static void ids(struct client *c)
{
	static const int cmds[] = { BPF_PROG_GET_NEXT_ID,  BPF_MAP_GET_NEXT_ID,
				    BPF_BTF_GET_NEXT_ID,   BPF_LINK_GET_NEXT_ID,
				    BPF_PROG_GET_FD_BY_ID, BPF_MAP_GET_FD_BY_ID,
				    BPF_BTF_GET_FD_BY_ID,  BPF_LINK_GET_FD_BY_ID };
	union bpf_attr attr = { 0 };
	int i = (int)below(c, 8);
	long ret;

	attr.start_id = below(c, 4) ? 0 : below(c, 5000);
	ret = bpf(cmds[i & 3], &attr, sizeof(attr));
	if (ret || i < 4)
		return;
	attr.start_id = attr.next_id;
	attr.next_id = 0;
	keep(c, (int)bpf(cmds[i], &attr, sizeof(attr)));
}

static void info(struct client *c)
{
	union bpf_attr attr = { 0 };

	if (chance(c, 2))
		memset(c->page, 0, 512);
	attr.info.bpf_fd = (uint32_t)any_fd(c);
	attr.info.info = any_pointer(c);
	attr.info.info_len = any_size(c);
	bpf(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr));
}

static void pin_name(char *path, size_t size, uint32_t i)
{
	snprintf(path, size, "/sys/fs/bpf/hostile%u", i);
}

static void pin(struct client *c)
{
	union bpf_attr attr = { 0 };
	char path[64];

	pin_name(path, sizeof(path), below(c, PIN_NAMES));
	attr.pathname = chance(c, 8) ? any_pointer(c) : (uintptr_t)path;
	switch (below(c, 3)) {
	case 0:
		attr.bpf_fd = (uint32_t)any_fd(c);
		bpf(BPF_OBJ_PIN, &attr, sizeof(attr));
		break;
	case 1: keep(c, (int)bpf(BPF_OBJ_GET, &attr, sizeof(attr))); break;
	default: unlink(path);
	}
}

void hostile_unpin(void)
{
	char path[64];

	for (uint32_t i = 0; i < PIN_NAMES; i++) {
		pin_name(path, sizeof(path), i);
		unlink(path);
	}
}

static void link_up(struct client *c)
{
	union bpf_attr attr = { 0 };

	if (chance(c, 2)) {
		attr.raw_tracepoint.name = chance(c, 4) ? any_pointer(c) : (uintptr_t) "sys_enter";
		attr.raw_tracepoint.prog_fd = (uint32_t)any_fd(c);
		keep(c, (int)bpf(BPF_RAW_TRACEPOINT_OPEN, &attr, sizeof(attr)));
		return;
	}
	attr.link_create.prog_fd = (uint32_t)any_fd(c);
	attr.link_create.target_fd = (uint32_t)any_fd(c);
	attr.link_create.attach_type = below(c, 60);
	spoil(c, &attr);
	keep(c, (int)bpf(BPF_LINK_CREATE + (int)below(c, 2), &attr, sizeof(attr)));
}

static void noise(struct client *c)
{
	union bpf_attr attr;

	for (size_t i = 0; i < sizeof(attr) / 4; i++) {
		uint32_t x = chance(c, 2) ? 0 : chance(c, 2) ? (uint32_t)any_fd(c) : any_size(c);

		memcpy((char *)&attr + i * 4, &x, sizeof(x));
	}
	if (chance(c, 2)) {
		uint64_t p = any_pointer(c);

		memcpy((char *)&attr + below(c, sizeof(attr) / 8) * 8, &p, sizeof(p));
	}
	syscall(SYS_bpf, below(c, 30) ? (int)below(c, LAST_CMD) : (int)rng_next(&c->rng),
		chance(c, 10) ? (void *)(uintptr_t)any_pointer(c) : &attr,
		chance(c, 3) ? any_size(c) : sizeof(attr));
}

/* --- the neighbours of bpf(2) --- */

static void neighbours(struct client *c)
{
	struct epoll_event ev = { .events = EPOLLIN };
	struct perf_event_attr pe = { .type = PERF_TYPE_SOFTWARE,
				      .size = sizeof(pe),
				      .config = PERF_COUNT_SW_BPF_OUTPUT,
				      .sample_type = PERF_SAMPLE_RAW };
	struct statfs st;
	char path[64];
	void *p;

	switch (below(c, 6)) {
	case 0:
		p = mmap(NULL, 4096u << below(c, 4), (int)below(c, 4), MAP_SHARED, any_fd(c),
			 4096 * (long)below(c, 3));
		if (p != MAP_FAILED)
			munmap(p, 4096u << below(c, 4));
		break;
	case 1: epoll_ctl(c->epoll, 1 + (int)below(c, 3), any_fd(c), &ev); break;
	case 2:
		if (chance(c, 8))
			pe.config = rng_next(&c->rng) % 16;
		keep(c, (int)syscall(SYS_perf_event_open, &pe, chance(c, 2) ? -1 : 0,
				     (int)below(c, 4) - 1, -1, 0));
		break;
	case 3:
		fstatfs(any_fd(c), &st);
		statfs(chance(c, 2) ? "/sys/fs/bpf" : (char *)(uintptr_t)any_pointer(c), &st);
		break;
	case 4:
		snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", any_fd(c));
		close(open(path, O_RDONLY));
		break;
	default: ioctl(any_fd(c), PERF_EVENT_IOC_SET_BPF, any_fd(c));
	}
}

static void send_fd(int sock, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { "x", 1 };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);

	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(h), &fd, sizeof(fd));
	sendmsg(sock, &m, MSG_DONTWAIT);
}

int receive_fd(int sock)
{
	char control[CMSG_SPACE(sizeof(int))], byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr *h;
	int fd;

	if (recvmsg(sock, &m, MSG_DONTWAIT) < 0)
		return -1;
	h = CMSG_FIRSTHDR(&m);
	if (!h || h->cmsg_type != SCM_RIGHTS)
		return -2;
	memcpy(&fd, CMSG_DATA(h), sizeof(fd));
	return fd;
}

static void descriptors(struct client *c)
{
	switch (below(c, 5)) {
	case 0: keep(c, dup(any_fd(c))); break;
	case 1: send_fd(c->mail[below(c, 2)], any_fd(c)); break;
	case 2: keep(c, receive_fd(c->mail[below(c, 2)])); break;
	default: {
		int fd = __atomic_exchange_n(&c->pool[below(c, POOL)], -1, __ATOMIC_RELAXED);

		if (fd >= 0)
			close(fd);
	}
	}
}

static void act(struct client *c);

/* A child of its own, which sometimes outlives its parent for a moment, sometimes dies by its own hand */
static void have_child(struct client *c)
{
	pid_t pid;

	if (!c->may_fork || !chance(c, 20))
		return;
	pid = fork();
	if (!pid) {
		c->may_fork = false;
		for (uint32_t i = below(c, 40); i; i--)
			act(c);
		if (chance(c, 2))
			raise(SIGKILL);
		_exit(0);
	}
	if (pid > 0 && chance(c, 2))
		waitpid(pid, NULL, 0);
}

static void act(struct client *c)
{
	static void (*const acts[])(struct client *) = {
		make_map, use_map,    use_map,	  use_map,     use_batch,   load,      load,
		test_run, load_btf,   ids,	  info,	       pin,	    link_up,   noise,
		noise,	  neighbours, neighbours, descriptors, descriptors, have_child
	};

	if (chance(c, 4))
		fill(c);
	acts[below(c, sizeof(acts) / sizeof(acts[0]))](c);
}

static void *second_thread(void *arg)
{
	for (;;)
		act(arg);
	return NULL;
}

void hostile_client(uint64_t seed, const int mail[2])
{
	int pool[POOL];
	unsigned char *page = mmap(NULL, BUFFER + 4096, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct client c = { { seed }, pool, mail, page, epoll_create1(EPOLL_CLOEXEC), true }, other;
	pthread_t thread;

	if (page == MAP_FAILED)
		return;
	munmap(page + BUFFER, 4096);
	memset(pool, -1, sizeof(pool));
	other = c;
	other.rng.state = ~seed;
	other.may_fork = false;
	if (!chance(&c, 3))
		pthread_create(&thread, NULL, second_thread, &other);
	for (;;)
		act(&c);
}
