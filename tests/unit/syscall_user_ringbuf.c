/* User ring buffers, compared with the kernel's: what may be mapped how, and what bpf_user_ringbuf_drain() makes of
 * everything that a producer may write. */
#include "both.h"

#include <bpf/btf.h>
#include <sys/epoll.h>
#include <sys/mman.h>

#include "syscall/client.h"
#include "syscall/mmap.h"
#include "unit/asm.h"

#define PAGE 4096u

/* The kernel's descriptors can be mapped, ours must be asked about first: object_mmap() is what `skep exec` does. */
static const int protections[] = { PROT_READ, PROT_WRITE, PROT_READ | PROT_WRITE };

struct ring {
	_Atomic u64 *consumer, *producer;
	char *data;
	u32 size;
};

static bool open_ring(struct ring *r, int fd, u32 size)
{
	char *c = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	char *p = mmap(NULL, PAGE + 2 * (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, PAGE);

	r->consumer = (_Atomic u64 *)(void *)c;
	r->producer = (_Atomic u64 *)(void *)p;
	r->data = p + PAGE;
	r->size = size;
	return c != MAP_FAILED && p != MAP_FAILED;
}

static void close_ring(struct ring *r)
{
	munmap((void *)r->consumer, PAGE);
	munmap((void *)r->producer, PAGE + 2 * (size_t)r->size);
}

static void put_header(struct ring *r, u64 at, u32 header)
{
	atomic_store((_Atomic u32 *)(void *)(r->data + at % r->size), header);
}

/* Linux wants the type of a function whose address is taken. */
static int functions(struct side *s)
{
	struct btf *b = btf__new_empty();
	struct attr_btf_load a = { 0 };
	u32 size;
	int fd;

	btf__add_int(b, "int", 4, BTF_INT_SIGNED);
	btf__add_func_proto(b, 1);
	btf__add_func(b, "drain", BTF_FUNC_GLOBAL, 2);
	btf__add_func(b, "callback", BTF_FUNC_STATIC, 2);
	a.btf = (u64)btf__raw_data(b, &size);
	a.btf_size = size;
	fd = (int)side_bpf(s, BPF_BTF_LOAD, &a, sizeof(a));
	btf__free(b);
	return fd;
}

/* A program that drains map `fd`; the callback adds the record's size and first four bytes to fp-8 and fp-16 and answers
 * `stop` when the bytes are 99. It returns what the helper did; with a context, the sums go into out's 16 bytes. */
static int drain_prog(struct side *s, int fd, int out, u64 flags)
{
	struct bpf_insn insns[] = {
		ST(BPF_DW, BPF_REG_10, -8, 0),
		ST(BPF_DW, BPF_REG_10, -16, 0),
		INSN(BPF_LD | BPF_IMM | BPF_DW, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, fd),
		INSN(0, 0, 0, 0, 0),
		FUNC(BPF_REG_2, 0), /* [4], below */
		MOV_X(BPF_REG_3, BPF_REG_10),
		ALU64_K(BPF_ADD, BPF_REG_3, -16),
		LD64(BPF_REG_4, flags),
		CALL(BPF_FUNC_user_ringbuf_drain),
		MOV_X(BPF_REG_6, BPF_REG_0),
		ST(BPF_W, BPF_REG_10, -20, 0),
		INSN(BPF_LD | BPF_IMM | BPF_DW, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, out),
		INSN(0, 0, 0, 0, 0),
		MOV_X(BPF_REG_2, BPF_REG_10),
		ALU64_K(BPF_ADD, BPF_REG_2, -20),
		MOV_X(BPF_REG_3, BPF_REG_10),
		ALU64_K(BPF_ADD, BPF_REG_3, -16),
		MOV_K(BPF_REG_4, 0),
		CALL(BPF_FUNC_map_update_elem),
		MOV_X(BPF_REG_0, BPF_REG_6),
		EXIT(),
		/* callback(dynptr, sums) */
		MOV_X(BPF_REG_6, BPF_REG_2),
		LDX(BPF_DW, BPF_REG_3, BPF_REG_6, 0),
		ALU64_K(BPF_ADD, BPF_REG_3, 1),
		STX(BPF_DW, BPF_REG_6, BPF_REG_3, 0),
		ST(BPF_W, BPF_REG_10, -4, 0),
		MOV_X(BPF_REG_3, BPF_REG_1),
		MOV_X(BPF_REG_1, BPF_REG_10),
		ALU64_K(BPF_ADD, BPF_REG_1, -4),
		MOV_K(BPF_REG_2, 4),
		MOV_K(BPF_REG_4, 0),
		MOV_K(BPF_REG_5, 0),
		CALL(BPF_FUNC_dynptr_read),
		LDX(BPF_W, BPF_REG_1, BPF_REG_10, -4),
		LDX(BPF_DW, BPF_REG_3, BPF_REG_6, 8),
		ALU64_X(BPF_ADD, BPF_REG_3, BPF_REG_1),
		STX(BPF_DW, BPF_REG_6, BPF_REG_3, 8),
		MOV_K(BPF_REG_0, 0),
		JMP_K(BPF_JNE, BPF_REG_1, 99, 1),
		MOV_K(BPF_REG_0, 1),
		EXIT(),
	};
	struct attr_prog_load a = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
				    .insn_cnt = ARRAY_SIZE(insns),
				    .insns = (u64)insns,
				    .license = (u64) "GPL" };
	struct bpf_func_info info[] = { { 0, 3 }, { 0, 4 } };
	u32 callback = 0;
	int fd_prog;

	for (u32 i = 0; i < ARRAY_SIZE(insns); i++)
		if (insns[i].code == (BPF_JMP | BPF_EXIT) && !callback)
			callback = i + 1;
	insns[4].imm = (s32)callback - 5;
	info[1].insn_off = callback;
	a.prog_btf_fd = (u32)functions(s);
	a.func_info_rec_size = sizeof(info[0]);
	a.func_info = (u64)info;
	a.func_info_cnt = ARRAY_SIZE(info);
	fd_prog = (int)side_bpf(s, BPF_PROG_LOAD, &a, sizeof(a));
	close((int)a.prog_btf_fd);
	return fd_prog;
}

struct fixture {
	struct side *s;
	struct ring ring;
	int map, out, prog;
};

static bool set_up(struct fixture *f, struct side *s, u32 size, u64 flags)
{
	*f = (struct fixture){ .s = s };
	f->map = side_map(s, BPF_MAP_TYPE_USER_RINGBUF, 0, 0, size, 0);
	f->out = side_map(s, BPF_MAP_TYPE_ARRAY, 4, 16, 1, 0);
	f->prog = drain_prog(s, f->map, f->out, flags);
	SAY(s, "map %d, program %d\n", f->map < 0 ? f->map : 0, f->prog < 0 ? f->prog : 0);
	return f->prog >= 0 && open_ring(&f->ring, f->map, size);
}

static void tear_down(struct fixture *f)
{
	close_ring(&f->ring);
	close(f->prog);
	close(f->out);
	close(f->map);
}

static void drain(struct fixture *f, const char *what)
{
	u64 sums[2] = { 0 };
	static u8 in[64];
	struct attr_test t = { .prog_fd = (u32)f->prog, .data_size_in = 64, .data_in = (u64)in };
	u32 key = 0;
	long ret = side_bpf(f->s, BPF_PROG_TEST_RUN, &t, sizeof(t));

	side_elem(f->s, BPF_MAP_LOOKUP_ELEM, f->out, &key, sums, 0);
	SAY(f->s, "%s: %ld, returns %d, %llu records, sum %llu, consumed %llu of %llu\n", what, ret,
	    (int)t.retval, (unsigned long long)sums[0], (unsigned long long)sums[1],
	    (unsigned long long)atomic_load(f->ring.consumer),
	    (unsigned long long)atomic_load(f->ring.producer));
}

/* A record of `len` bytes that begins with `value`. */
static void produce(struct fixture *f, u32 len, u32 flags, u32 value)
{
	u64 at = atomic_load(f->ring.producer);

	if (len >= 4)
		memcpy(f->ring.data + at % f->ring.size + 8, &value, 4);
	put_header(&f->ring, at, len | flags);
	atomic_store(f->ring.producer, at + ALIGN_UP(len + 8, 8u));
}

static void records(struct side *s)
{
	struct fixture f;

	if (!set_up(&f, s, PAGE, 0))
		return;
	drain(&f, "empty");
	produce(&f, 4, 0, 1);
	drain(&f, "one");
	produce(&f, 100, 0, 2);
	produce(&f, 0, 0, 0);
	produce(&f, 3, 0, 0);
	produce(&f, 8, BPF_RINGBUF_DISCARD_BIT, 1000);
	produce(&f, 13, 0, 3);
	drain(&f, "five, one discarded");
	produce(&f, 8, 0, 4);
	produce(&f, 8, 0, 99);
	produce(&f, 8, 0, 5);
	drain(&f, "three, the second ends it");
	drain(&f, "the third");
	produce(&f, 8, BPF_RINGBUF_DISCARD_BIT, 1000);
	drain(&f, "only a discarded one");
	produce(&f, 8, 0, 6);
	produce(&f, 8, BPF_RINGBUF_BUSY_BIT, 7);
	produce(&f, 8, 0, 8);
	drain(&f, "one, then a busy one");
	drain(&f, "a busy one");
	for (u32 i = 0; i < 9; i++) { /* over the end, more than once */
		atomic_store(f.ring.producer, atomic_load(f.ring.consumer));
		produce(&f, 1000, 0, 10 + i);
		drain(&f, "a long one");
	}
	tear_down(&f);
}

TEST("records arrive as they were written, discarded and busy ones do not")
{
	run_both(records);
}

static void nonsense(struct side *s)
{
	static const u32 headers[] = { 4072,
				       4080,
				       4081,
				       4088,
				       4089,
				       4096,
				       1u << 24,
				       1u << 29,
				       ~0u,
				       BPF_RINGBUF_DISCARD_BIT | 4088,
				       BPF_RINGBUF_DISCARD_BIT | 4096 };
	static const s64 distances[] = { 8,	  16,	     24, 4088,	4096, 4104,
					 1 << 20, 1ll << 40, -8, -4096, 4,    1 };
	struct fixture f;

	if (!set_up(&f, s, PAGE, 0))
		return;
	for (u32 h = 0; h < ARRAY_SIZE(headers); h++)
		for (u32 d = 0; d < ARRAY_SIZE(distances); d++) {
			u64 at = atomic_load(f.ring.consumer);

			memset(f.ring.data, 0, PAGE);
			put_header(&f.ring, at, headers[h]);
			atomic_store(f.ring.producer, at + (u64)distances[d]);
			SAY(s, "header %x distance %lld: ", headers[h], (long long)distances[d]);
			drain(&f, "drain");
		}
	tear_down(&f);
}

TEST("whatever a producer writes, the answer is Linux's, and the next drain goes on where that "
     "left it")
{
	run_both(nonsense);
}

static void many(struct side *s)
{
	struct fixture f;

	if (!set_up(&f, s, 4u << 20, 0))
		return;
	for (u32 i = 0; i < 140000; i++)
		produce(&f, 8, i % 3 ? 0 : BPF_RINGBUF_DISCARD_BIT, 1);
	drain(&f, "140000");
	drain(&f, "what was left");
	tear_down(&f);
}

TEST("one drain takes no more than Linux does")
{
	run_both(many);
}

static void flags(struct side *s)
{
	for (u64 bit = 1; bit; bit = bit < 16 ? bit * 2 : bit * 256) {
		struct fixture f;

		if (!set_up(&f, s, PAGE, bit))
			return;
		produce(&f, 8, 0, 1);
		drain(&f, "flags");
		tear_down(&f);
	}
}

TEST("flags that do not exist are refused")
{
	run_both(flags);
}

static void mappings(struct side *s)
{
	static const u32 pages[] = { 1, 2, 3, 4, 5 };
	int fd = side_map(s, BPF_MAP_TYPE_USER_RINGBUF, 0, 0, PAGE, 0);
	struct object *o = NULL;
	int access;

	if (s->client && client_object(s->client, fd, OBJECT_MAP, &access, &o))
		abort();
	for (u32 off = 0; off < 5; off++)
		for (u32 p = 0; p < ARRAY_SIZE(protections); p++)
			for (u32 n = 0; n < ARRAY_SIZE(pages); n++) {
				struct mmap_request r = { .len = pages[n] * PAGE,
							  .off = off * PAGE,
							  .prot = protections[p],
							  .flags = MAP_SHARED };
				int err = 0;
				void *at;

				if (o) {
					err = object_mmap(o, &r);
				} else {
					at = mmap(NULL, r.len, r.prot, r.flags, fd, (off_t)r.off);
					err = at == MAP_FAILED ? -errno : 0;
					if (!err)
						munmap(at, r.len);
				}
				SAY(s, "page %u, %u pages, protection %d: %d\n", off, pages[n],
				    protections[p], err);
			}
	object_unref(o);
	close(fd);
}

TEST("the consumer's page cannot be written, the others can")
{
	run_both(mappings);
}

/* skep's side alone: the kernel's wake-up comes later, from an interrupt. */
TEST("a drain wakes a producer that waits for room, unless it is told not to")
{
	static const struct {
		u64 flags;
		bool records, wakes;
	} rows[] = { { 0, true, true },
		     { 0, false, false },
		     { BPF_RB_NO_WAKEUP, true, false },
		     { BPF_RB_FORCE_WAKEUP, false, true } };
	struct skep *skep;
	struct side s = { .client = side_open(&skep) };

	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		struct epoll_event e = { .events = EPOLLOUT | EPOLLET }, got;
		int ep = epoll_create1(0), access;
		struct object *o;
		struct fixture f;

		if (!set_up(&f, &s, PAGE, rows[i].flags) ||
		    client_object(s.client, f.map, OBJECT_MAP, &access, &o))
			abort();
		EXPECT(!epoll_ctl(ep, EPOLL_CTL_ADD, object_eventfd(o), &e), "epoll_ctl: %m");
		EXPECT_EQ(epoll_wait(ep, &got, 1, 0), 1); /* there is room */
		EXPECT_EQ(epoll_wait(ep, &got, 1, 0), 0);
		if (rows[i].records)
			produce(&f, 8, 0, 1);
		drain(&f, "drain");
		EXPECT(epoll_wait(ep, &got, 1, 0) == rows[i].wakes, "row %u", i);
		object_unref(o);
		close(ep);
		tear_down(&f);
	}
	buf_done(&s.said);
	skep_client_free(s.client);
	skep_free(skep);
}
