/* Attaching: without a hook, targets that do not exist are answered as Linux does; with one, links
 * come and go. */
#include "both.h"

#include "exec/prog.h"
#include "object/link.h"
#include "syscall/attach.h"

static const struct bpf_insn ret0[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K },
					{ .code = BPF_JMP | BPF_EXIT } };

static int load(struct side *s, u32 type)
{
	struct attr_prog_load a = {
		.prog_type = type, .insn_cnt = 2, .insns = (u64)ret0, .license = (u64) "GPL"
	};

	return (int)side_bpf(s, BPF_PROG_LOAD, &a, sizeof(a));
}

/* Nothing here succeeds on the kernel: descriptors and interfaces that do not exist. */
static void targets(struct side *s)
{
	static const u32 types[] = { BPF_PROG_TYPE_SOCKET_FILTER, BPF_PROG_TYPE_SCHED_CLS,
				     BPF_PROG_TYPE_XDP, BPF_PROG_TYPE_RAW_TRACEPOINT };
	int progs[] = { load(s, types[0]), load(s, types[1]), load(s, types[2]),
			load(s, types[3]) };
	static const u32 nowhere[] = { 999999, 0xffffffff };

	for (u32 at = 0; at < 60; at++)
		for (u32 t = 0; t < ARRAY_SIZE(nowhere); t++) {
			struct attr_attach none = { { nowhere[t] }, (u32)-1, at };
			struct attr_query q = { { nowhere[t] }, at };
			struct attr_link_create nolink = { { (u32)-1 }, { nowhere[t] }, at };

			SAY(s, "attach nothing at %u: %ld\n", at,
			    side_bpf(s, BPF_PROG_ATTACH, &none, sizeof(none)));
			SAY(s, "link nothing at %u: %ld\n", at,
			    side_bpf(s, BPF_LINK_CREATE, &nolink, sizeof(nolink)));
			none.attach_bpf_fd = 0;
			if (at != BPF_LSM_MAC) /* needs BPF_LSM in the kernel */
				SAY(s, "detach at %u: %ld\n", at,
				    side_bpf(s, BPF_PROG_DETACH, &none, sizeof(none)));
			SAY(s, "query at %u: %ld\n", at,
			    side_bpf(s, BPF_PROG_QUERY, &q, sizeof(q)));
			for (u32 p = 0; p < ARRAY_SIZE(progs); p++) {
				struct attr_attach a = { { nowhere[t] }, (u32)progs[p], at };
				struct attr_link_create l = { { (u32)progs[p] },
							      { nowhere[t] },
							      at };

				SAY(s, "attach type %u at %u: %ld\n", types[p], at,
				    side_bpf(s, BPF_PROG_ATTACH, &a, sizeof(a)));
				SAY(s, "link type %u at %u: %ld\n", types[p], at,
				    side_bpf(s, BPF_LINK_CREATE, &l, sizeof(l)));
			}
		}
	for (u32 p = 0; p < ARRAY_SIZE(progs); p++)
		close(progs[p]);
}

TEST("targets that do not exist: Linux's errno for every attach type")
{
	run_both(targets);
}

static void tracepoints(struct side *s)
{
	int raw = load(s, BPF_PROG_TYPE_RAW_TRACEPOINT), xdp = load(s, BPF_PROG_TYPE_XDP);
	static char name[300];

	memset(name, 'a', sizeof(name) - 1);
#define TP(...)                                                                                    \
	do {                                                                                       \
		struct attr_raw_tp a = { __VA_ARGS__ };                                            \
		SAY(s, #__VA_ARGS__ ": %ld\n",                                                     \
		    side_bpf(s, BPF_RAW_TRACEPOINT_OPEN, &a, sizeof(a)));                          \
	} while (0)
	TP((u64) "no_such_tracepoint", (u32)raw);
	TP((u64) "no_such_tracepoint", (u32)raw, 77);
	TP((u64) "no_such_tracepoint", (u32)xdp);
	TP((u64) "", (u32)raw);
	TP((u64)name, (u32)raw);
	TP(0, (u32)raw);
	TP(8, (u32)raw);
	TP(0, (u32)xdp);
	TP(0, 999);
	close(raw);
	close(xdp);
}

TEST("raw tracepoints that do not exist")
{
	run_both(tracepoints);
}

static void no_links(struct side *s)
{
	int prog = load(s, BPF_PROG_TYPE_XDP), fds[] = { -1, 999, prog };

	for (u32 i = 0; i < ARRAY_SIZE(fds); i++) {
		struct attr_link_update u = { (u32)fds[i], { (u32)prog }, 0, { 0 } };
		struct attr_link_detach d = { (u32)fds[i] };
		struct attr_iter_create it = { (u32)fds[i], 0 };
		struct attr_enable_stats st = { 1 + i };

		SAY(s, "update %u: %ld\n", i, side_bpf(s, BPF_LINK_UPDATE, &u, sizeof(u)));
		u.flags = 1;
		SAY(s, "update flags %u: %ld\n", i, side_bpf(s, BPF_LINK_UPDATE, &u, sizeof(u)));
		SAY(s, "detach %u: %ld\n", i, side_bpf(s, BPF_LINK_DETACH, &d, sizeof(d)));
		SAY(s, "iter %u: %ld\n", i, side_bpf(s, BPF_ITER_CREATE, &it, sizeof(it)));
		it.flags = 1;
		SAY(s, "iter flags %u: %ld\n", i, side_bpf(s, BPF_ITER_CREATE, &it, sizeof(it)));
		SAY(s, "stats %u: %ld\n", st.type, side_bpf(s, BPF_ENABLE_STATS, &st, sizeof(st)));
	}
	close(prog);
}

TEST("commands on descriptors that are no links")
{
	run_both(no_links);
}

/* --- a hook of our own: one place, at most one program --- */

static struct {
	struct skep_prog *prog; /* what is attached */
	u32 freed;
} place;

static int place_detach(struct link *l)
{
	place.prog = NULL;
	return 0;
}

static int place_update(struct link *l, struct skep_prog *new, struct skep_prog *old)
{
	if (old && old != l->prog)
		return -EPERM;
	prog_ref(new);
	prog_unref(l->prog);
	l->prog = place.prog = new;
	return 0;
}

static u32 place_info(struct link *l, struct abi_link_info *info, char *name, u32 size)
{
	return (u32)snprintf(name, size, "the_place") + 1;
}

static void place_free(struct link *l)
{
	place.prog = NULL;
	place.freed++;
	free(l);
}

static const struct link_ops place_link = { place_detach, place_update, place_info, place_free };

static int place_open(struct call *c, const char *name, u64 cookie, struct skep_prog *prog,
		      struct link **out)
{
	struct link *l;

	if (strcmp(name, "the_place"))
		return -ENOENT;
	if (place.prog)
		return -EBUSY;
	l = calloc(1, sizeof(*l));
	link_init(l, BPF_LINK_TYPE_RAW_TRACEPOINT, &place_link, prog);
	place.prog = prog;
	*out = l;
	return 0;
}

static const struct attach_ops place_ops = { .open = place_open };

TEST("a hook's link: made, seen, updated, found by id, gone with its last descriptor")
{
	struct skep *skep;
	struct side s = { .client = side_open(&skep) };
	int prog = load(&s, BPF_PROG_TYPE_RAW_TRACEPOINT), fd, again;
	int other = load(&s, BPF_PROG_TYPE_RAW_TRACEPOINT);
	struct attr_raw_tp open_it = { (u64) "the_place", (u32)prog, 0 };
	struct attr_get_id id = { { 1 }, 0, 0, 0 };
	struct attr_link_update up = { 0, { (u32)other }, BPF_F_REPLACE, { (u32)other } };
	struct attr_link_detach d = { 0 };
	struct abi_link_info info = { 0 };
	struct attr_info a = { 0, sizeof(info), (u64)&info };
	char name[16] = "";

	place.freed = 0;
	EXPECT_EQ(attach_register(skep, BPF_TRACE_RAW_TP, &place_ops), 0);
	EXPECT_EQ(attach_register(skep, BPF_TRACE_RAW_TP, &place_ops), -EEXIST);
	EXPECT_EQ(attach_register(skep, 1000, &place_ops), -EINVAL);
	fd = (int)side_bpf(&s, BPF_RAW_TRACEPOINT_OPEN, &open_it, sizeof(open_it));
	REQUIRE(fd >= 0, "%d", fd);
	EXPECT_EQ(side_bpf(&s, BPF_RAW_TRACEPOINT_OPEN, &open_it, sizeof(open_it)), -EBUSY);
	a.bpf_fd = up.link_fd = d.link_fd = (u32)fd;
	info.raw_tracepoint.tp_name = (u64)name;
	info.raw_tracepoint.tp_name_len = sizeof(name);
	EXPECT_EQ(side_bpf(&s, BPF_OBJ_GET_INFO_BY_FD, &a, sizeof(a)), 0);
	EXPECT_EQ(info.type, BPF_LINK_TYPE_RAW_TRACEPOINT);
	EXPECT_EQ(info.prog_id, 1);
	EXPECT_STR(name, "the_place");
	info.raw_tracepoint.tp_name_len = 4;
	EXPECT_EQ(side_bpf(&s, BPF_OBJ_GET_INFO_BY_FD, &a, sizeof(a)), -ENOSPC);
	EXPECT_STR(name, "the");
	EXPECT_EQ(side_bpf(&s, BPF_LINK_UPDATE, &up, sizeof(up)), -EPERM);
	up.old_prog_fd = (u32)prog;
	EXPECT_EQ(side_bpf(&s, BPF_LINK_UPDATE, &up, sizeof(up)), 0);
	again = (int)side_bpf(&s, BPF_LINK_GET_FD_BY_ID, &id, 4);
	EXPECT(again >= 0);
	close(fd);
	EXPECT_EQ(place.freed, 0);
	d.link_fd = (u32)again;
	EXPECT_EQ(side_bpf(&s, BPF_LINK_DETACH, &d, sizeof(d)), 0);
	EXPECT(!place.prog);
	close(again);
	for (int i = 0; i < 1000 && !*(volatile u32 *)&place.freed; i++)
		usleep(1000); /* nobody calls bpf(2): the reaper thread notices */
	EXPECT_EQ(place.freed, 1);
	close(prog);
	close(other);
	skep_client_free(s.client);
	skep_free(skep);
}
