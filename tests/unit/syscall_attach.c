/* Programs at places that skep keeps itself: network namespaces (against the kernel, in one of our own),
 * cgroups (the kernel's would be the machine's: only skep), raw tracepoints, perf events. */
#include "both.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "object/link.h"
#include "syscall/fdinfo.h"
#include "syscall/perf_event.h"
#include "syscall/sys.h"

static int load_at(struct side *s, u32 type, u32 attach_type)
{
	static const struct bpf_insn ret1[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 1 },
						{ .code = BPF_JMP | BPF_EXIT } };
	static const struct bpf_insn ret0[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K },
						{ .code = BPF_JMP | BPF_EXIT } };
	bool zero = type == BPF_PROG_TYPE_FLOW_DISSECTOR;
	struct attr_prog_load a = { .prog_type = type,
				    .insn_cnt = 2,
				    .insns = (u64)(zero ? ret0 : ret1),
				    .license = (u64) "GPL",
				    .expected_attach_type = attach_type };

	return (int)side_bpf(s, BPF_PROG_LOAD, &a, sizeof(a));
}

static long attach(struct side *s, int target, int prog, u32 type, u32 flags, int replace)
{
	struct attr_attach a = { .target_fd = (u32)target,
				 .attach_bpf_fd = (u32)prog,
				 .attach_type = type,
				 .attach_flags = flags,
				 .replace_bpf_fd = (u32)replace };

	return side_bpf(s, BPF_PROG_ATTACH, &a, sizeof(a));
}

static long detach(struct side *s, int target, int prog, u32 type)
{
	struct attr_attach a = { { (u32)target }, (u32)prog, type };

	return side_bpf(s, BPF_PROG_DETACH, &a, sizeof(a));
}

static int link_to(struct side *s, int prog, int target, u32 type)
{
	struct attr_link_create a = { { (u32)prog }, { (u32)target }, type };

	return (int)side_bpf(s, BPF_LINK_CREATE, &a, sizeof(a));
}

static long update(struct side *s, int link, int new, u32 flags, int old)
{
	struct attr_link_update a = { (u32)link, { (u32) new }, flags, { (u32)old } };

	return side_bpf(s, BPF_LINK_UPDATE, &a, sizeof(a));
}

static long detach_link(struct side *s, int link)
{
	struct attr_link_detach a = { (u32)link };

	return side_bpf(s, BPF_LINK_DETACH, &a, sizeof(a));
}

static u32 id_of(struct side *s, int prog)
{
	struct abi_prog_info info = { 0 };
	struct attr_info a = { (u32)prog, sizeof(info), (u64)&info };

	EXPECT_EQ(side_bpf(s, BPF_OBJ_GET_INFO_BY_FD, &a, sizeof(a)), 0);
	return info.id;
}

/* Says errno, flags, count, and which of progs (n of them) the ids are. */
static void say_query(struct side *s, int target, u32 type, u32 flags, const int *progs, u32 n)
{
	u32 ids[8] = { 0 };
	struct attr_query q = { .target_fd = (u32)target,
				.attach_type = type,
				.query_flags = flags,
				.attach_flags = 77,
				.prog_ids = (u64)ids,
				.prog_cnt = 8,
				.revision = 55 };
	long err = side_bpf(s, BPF_PROG_QUERY, &q, sizeof(q));

	SAY(s, "query %u %u: %ld flags %u n %u:", type, flags, err, q.attach_flags, q.prog_cnt);
	if (q.revision == 55)
		SAY(s, " no revision:");
	for (u32 i = 0; i < 8 && ids[i]; i++)
		for (u32 p = 0; p < n; p++)
			if (id_of(s, progs[p]) == ids[i])
				SAY(s, " %c", 'a' + (char)p);
	SAY(s, "\n");
}

static void netns(struct side *s)
{
	int a = load_at(s, BPF_PROG_TYPE_FLOW_DISSECTOR, BPF_FLOW_DISSECTOR);
	int b = load_at(s, BPF_PROG_TYPE_FLOW_DISSECTOR, BPF_FLOW_DISSECTOR);
	int sk = load_at(s, BPF_PROG_TYPE_SK_LOOKUP, BPF_SK_LOOKUP);
	int ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), link, progs[] = { a, b, sk };
	int links[3];

	say_query(s, ns, BPF_FLOW_DISSECTOR, 0, progs, 3);
	link = link_to(s, a, ns, BPF_FLOW_DISSECTOR);
	SAY(s, "link %d\n", link >= 0);
	SAY_CALL(s, link_to(s, b, ns, BPF_FLOW_DISSECTOR));
	SAY_CALL(s, attach(s, 0, b, BPF_FLOW_DISSECTOR, 0, 0));
	say_query(s, ns, BPF_FLOW_DISSECTOR, 0, progs, 3);
	say_query(s, ns, BPF_FLOW_DISSECTOR, 1, progs, 3);
	SAY_CALL(s, update(s, link, b, 0, 0));
	SAY_CALL(s, update(s, link, b, BPF_F_REPLACE, a));
	SAY_CALL(s, update(s, link, sk, 0, 0));
	say_query(s, ns, BPF_FLOW_DISSECTOR, 0, progs, 3);
	SAY_CALL(s, detach_link(s, link));
	SAY_CALL(s, detach_link(s, link));
	SAY_CALL(s, update(s, link, b, 0, 0));
	close(link);
	SAY_CALL(s, attach(s, 0, a, BPF_FLOW_DISSECTOR, 0, 0));
	SAY_CALL(s, attach(s, 0, a, BPF_FLOW_DISSECTOR, 0, 0));
	SAY_CALL(s, attach(s, 0, b, BPF_FLOW_DISSECTOR, 0, 0));
	SAY_CALL(s, attach(s, 0, b, BPF_FLOW_DISSECTOR, 1, 0));
	say_query(s, ns, BPF_FLOW_DISSECTOR, 0, progs, 3);
	SAY_CALL(s, link_to(s, a, ns, BPF_FLOW_DISSECTOR));
	SAY_CALL(s, detach(s, 0, a, BPF_FLOW_DISSECTOR));
	SAY_CALL(s, detach(s, 0, b, BPF_FLOW_DISSECTOR));
	SAY_CALL(s, detach(s, 0, b, BPF_FLOW_DISSECTOR));
	SAY_CALL(s, detach(s, 0, 0, BPF_FLOW_DISSECTOR));
	for (u32 i = 0; i < 3; i++)
		links[i] = link_to(s, sk, ns, BPF_SK_LOOKUP);
	say_query(s, ns, BPF_SK_LOOKUP, 0, progs, 3);
	SAY_CALL(s, attach(s, 0, sk, BPF_SK_LOOKUP, 0, 0));
	for (u32 i = 0; i < 3; i++)
		close(links[i]);
	close(ns);
	close(a);
	close(b);
	close(sk);
}

TEST("network namespaces: one flow dissector, many socket look-ups")
{
	if (unshare(CLONE_NEWNET) < 0)
		SKIP("no network namespace of our own");
	run_both(netns);
}

/* --- cgroups --- */

static const char *cgroup_root(void)
{
	static const char *const roots[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
	struct statfs fs;

	for (u32 i = 0; i < ARRAY_SIZE(roots); i++)
		if (!statfs(roots[i], &fs) && fs.f_type == CGROUP2_SUPER_MAGIC)
			return roots[i];
	return NULL;
}

struct cgroups {
	char path[3][96]; /* each below the one before */
	int fd[3];
	int a, b, c; /* programs */
	struct side s;
	struct skep *skep;
};

static bool cgroups_make(struct cgroups *g)
{
	const char *root = cgroup_root();
	char path[96];

	*g = (struct cgroups){ .fd = { -1, -1, -1 } };
	if (!root)
		return false;
	snprintf(path, sizeof(path), "%s/skep-test-%d", root, (int)getpid());
	for (u32 i = 0; i < 3; i++) {
		snprintf(g->path[i], sizeof(g->path[i]), "%.80s%s", i ? g->path[i - 1] : path,
			 i ? "/x" : "");
		if (mkdir(g->path[i], 0755) < 0)
			return false;
		g->fd[i] = open(g->path[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	g->s.client = side_open(&g->skep);
	g->a = load_at(&g->s, BPF_PROG_TYPE_CGROUP_SKB, 0);
	g->b = load_at(&g->s, BPF_PROG_TYPE_CGROUP_SKB, 0);
	g->c = load_at(&g->s, BPF_PROG_TYPE_CGROUP_SKB, 0);
	return true;
}

static void cgroups_remove(struct cgroups *g)
{
	for (u32 i = 3; i-- > 0;) {
		if (g->fd[i] >= 0)
			close(g->fd[i]);
		if (g->path[i][0])
			rmdir(g->path[i]);
	}
	if (!g->skep)
		return;
	close(g->a);
	close(g->b);
	close(g->c);
	buf_done(&g->s.said);
	skep_client_free(g->s.client);
	skep_free(g->skep);
}

#define SAID(g, text)                                                                              \
	do {                                                                                       \
		EXPECT_STR(buf_str(&(g)->s.said), text);                                           \
		buf_done(&(g)->s.said);                                                            \
		(g)->s.said = (struct buf){ 0 };                                                   \
	} while (0)

static void say_cgroup(struct cgroups *g, u32 level, u32 flags)
{
	int progs[] = { g->a, g->b, g->c };

	say_query(&g->s, g->fd[level], 0, flags, progs, 3);
}

TEST("cgroups: one program, or several; who gives way to whom below")
{
	struct cgroups g;
	struct side *s = &g.s;

	if (!cgroups_make(&g)) {
		cgroups_remove(&g);
		SKIP("no cgroup2 where cgroups can be made");
	}
	EXPECT_EQ(attach(s, g.fd[1], g.a, 0, 3, 0), -EINVAL);
	EXPECT_EQ(attach(s, g.fd[1], g.a, 0, BPF_F_REPLACE, 0), -EINVAL);
	EXPECT_EQ(attach(s, g.fd[1], g.a, 0, 0x100, 0), -EINVAL);
	EXPECT_EQ(detach(s, g.fd[1], g.a, 0), -ENOENT);
	/* alone: it gives way to the next, and allows none below */
	EXPECT_EQ(attach(s, g.fd[1], g.a, 0, 0, 0), 0);
	EXPECT_EQ(attach(s, g.fd[1], g.b, 0, 0, 0), 0);
	EXPECT_EQ(attach(s, g.fd[1], g.b, 0, BPF_F_ALLOW_MULTI, 0), -EPERM);
	EXPECT_EQ(attach(s, g.fd[2], g.a, 0, 0, 0), -EPERM);
	EXPECT_EQ(link_to(s, g.a, g.fd[2], 0), -EPERM);
	say_cgroup(&g, 1, 0);
	SAID(&g, "query 0 0: 0 flags 0 n 1: b\n");
	EXPECT_EQ(detach(s, g.fd[1], 0, 0), 0);
	EXPECT_EQ(detach(s, g.fd[1], 0, 0), -ENOENT);
	/* several, in their order; above, one that gives way */
	EXPECT_EQ(attach(s, g.fd[0], g.c, 0, BPF_F_ALLOW_OVERRIDE, 0), 0);
	say_cgroup(&g, 2, BPF_F_QUERY_EFFECTIVE);
	EXPECT_EQ(attach(s, g.fd[1], g.a, 0, BPF_F_ALLOW_MULTI, 0), 0);
	EXPECT_EQ(attach(s, g.fd[1], g.b, 0, BPF_F_ALLOW_MULTI, 0), 0);
	EXPECT_EQ(attach(s, g.fd[1], g.b, 0, BPF_F_ALLOW_MULTI, 0), -EINVAL);
	EXPECT_EQ(attach(s, g.fd[2], g.c, 0, BPF_F_ALLOW_MULTI, 0), 0);
	say_cgroup(&g, 1, 0);
	say_cgroup(&g, 2, 0);
	say_cgroup(&g, 2, BPF_F_QUERY_EFFECTIVE);
	EXPECT_EQ(attach(s, g.fd[1], g.c, 0, BPF_F_ALLOW_MULTI | BPF_F_REPLACE, g.a), 0);
	EXPECT_EQ(attach(s, g.fd[1], g.c, 0, BPF_F_ALLOW_MULTI | BPF_F_REPLACE, g.a), -EINVAL);
	say_cgroup(&g, 1, 0);
	EXPECT_EQ(detach(s, g.fd[1], 0, 0), -EINVAL);
	EXPECT_EQ(detach(s, g.fd[1], g.a, 0), -ENOENT);
	EXPECT_EQ(detach(s, g.fd[1], g.c, 0), 0);
	say_cgroup(&g, 1, 0);
	say_cgroup(&g, 1, 4);
	SAID(&g, "query 0 1: 0 flags 0 n 1: no revision: c\n"
		 "query 0 0: 0 flags 2 n 2: a b\n"
		 "query 0 0: 0 flags 2 n 1: c\n"
		 "query 0 1: 0 flags 0 n 3: no revision: c a b\n"
		 "query 0 0: 0 flags 2 n 2: c b\n"
		 "query 0 0: 0 flags 2 n 1: b\n"
		 "query 0 4: -22 flags 77 n 8: no revision:\n");
	cgroups_remove(&g);
}

TEST("cgroup links: they join the others, are updated, detached, and gone with their descriptor")
{
	struct cgroups g;
	struct side *s = &g.s;
	struct abi_link_info info = { 0 };
	struct attr_info a = { 0, sizeof(info), (u64)&info };
	struct stat st;
	int link;

	if (!cgroups_make(&g)) {
		cgroups_remove(&g);
		SKIP("no cgroup2 where cgroups can be made");
	}
	link = link_to(s, g.a, g.fd[0], 0);
	REQUIRE(link >= 0, "%d", link);
	EXPECT_EQ(attach(s, g.fd[0], g.a, 0, BPF_F_ALLOW_MULTI, 0), 0);
	EXPECT_EQ(attach(s, g.fd[0], g.b, 0, 0, 0), -EPERM);
	EXPECT_EQ(fstat(g.fd[0], &st), 0);
	a.bpf_fd = (u32)link;
	EXPECT_EQ(side_bpf(s, BPF_OBJ_GET_INFO_BY_FD, &a, sizeof(a)), 0);
	EXPECT_EQ(info.type, BPF_LINK_TYPE_CGROUP);
	EXPECT_EQ(info.cgroup.cgroup_id, st.st_ino);
	EXPECT_EQ(update(s, link, g.b, BPF_F_REPLACE, g.c), -EPERM);
	EXPECT_EQ(update(s, link, g.b, BPF_F_REPLACE, g.a), 0);
	say_cgroup(&g, 0, 0);
	EXPECT_EQ(detach_link(s, link), 0);
	EXPECT_EQ(detach_link(s, link), 0);
	EXPECT_EQ(update(s, link, g.a, 0, 0), -ENOLINK);
	say_cgroup(&g, 0, 0);
	close(link);
	link = link_to(s, g.c, g.fd[0], 0);
	say_cgroup(&g, 0, 0);
	close(link);
	say_cgroup(&g, 0, 0);
	SAID(&g, "query 0 0: 0 flags 2 n 2: b a\n"
		 "query 0 0: 0 flags 2 n 1: a\n"
		 "query 0 0: 0 flags 2 n 2: a c\n"
		 "query 0 0: 0 flags 2 n 1: a\n");
	cgroups_remove(&g);
}

/* --- events --- */

static void say_task_fd(struct side *s, int fd, u32 room)
{
	char name[64] = "";
	struct attr_task_fd_query q = {
		.pid = (u32)getpid(), .fd = (u32)fd, .buf_len = room, .buf = (u64)name
	};
	long err = side_bpf(s, BPF_TASK_FD_QUERY, &q, sizeof(q));

	SAY(s, "task fd: %ld len %u type %u prog %d name %s\n", err, q.buf_len, q.fd_type,
	    q.prog_id != 0, name);
}

static void not_events(struct side *s)
{
	int dir = open("/", O_RDONLY | O_CLOEXEC), prog = load_at(s, BPF_PROG_TYPE_XDP, 0);
	struct attr_task_fd_query q = { .pid = 99999999 };

	SAY_CALL(s, side_bpf(s, BPF_TASK_FD_QUERY, &q, sizeof(q)));
	q.pid = (u32)getpid();
	q.fd = 99999;
	SAY_CALL(s, side_bpf(s, BPF_TASK_FD_QUERY, &q, sizeof(q)));
	q.flags = 1;
	SAY_CALL(s, side_bpf(s, BPF_TASK_FD_QUERY, &q, sizeof(q)));
	say_task_fd(s, dir, 10);
	say_task_fd(s, prog, 10);
	for (u32 i = 0; i < 4; i++) {
		struct attr_stream_read r = { (u64)&q, 10, i, (u32)prog };
		struct attr_token_create t = { i & 1, (u32)dir };

		SAY(s, "stream %u: %ld\n", i, side_bpf(s, 37, &r, 20));
		SAY(s, "token %u: %ld\n", i, side_bpf(s, 36, &t, sizeof(t)));
	}
	close(prog);
	close(dir);
}

TEST("TASK_FD_QUERY, streams and tokens: what does not exist is answered as by Linux")
{
	run_both(not_events);
}

static int open_tracepoint(struct side *s, const char *name, int prog)
{
	struct attr_raw_tp a = { (u64)name, (u32)prog, 5 };

	return (int)side_bpf(s, BPF_RAW_TRACEPOINT_OPEN, &a, sizeof(a));
}

TEST("a raw tracepoint's link says its name and cookie; TASK_FD_QUERY and fdinfo, too")
{
	struct skep *skep;
	struct side s = { .client = side_open(&skep) };
	int prog = load_at(&s, BPF_PROG_TYPE_RAW_TRACEPOINT, 0);
	int fd = open_tracepoint(&s, "sys_enter", prog);
	struct abi_link_info info = { 0 };
	struct attr_info a = { (u32)fd, sizeof(info), (u64)&info };
	struct buf text = { 0 };
	struct object *o;
	char name[16] = "";

	if (fd == -ENOENT)
		SKIP("the host has no BTF, which names tracepoints");
	REQUIRE(fd >= 0, "%d", fd);
	info.raw_tracepoint.tp_name = (u64)name;
	info.raw_tracepoint.tp_name_len = sizeof(name);
	EXPECT_EQ(side_bpf(&s, BPF_OBJ_GET_INFO_BY_FD, &a, sizeof(a)), 0);
	EXPECT_STR(name, "sys_enter");
	EXPECT_EQ(info.raw_tracepoint.cookie, 5);
	say_task_fd(&s, fd, 64);
	say_task_fd(&s, fd, 4);
	EXPECT_STR(buf_str(&s.said), "task fd: 0 len 9 type 0 prog 1 name sys_enter\n"
				     "task fd: -28 len 9 type 0 prog 1 name sys\n");
	EXPECT_EQ(client_object(s.client, fd, OBJECT_LINK, NULL, &o), 0);
	object_fdinfo(o, &text);
	object_unref(o);
	EXPECT(strstr(buf_str(&text), "link_type:\traw_tracepoint\n"), "%s", buf_str(&text));
	EXPECT(strstr(buf_str(&text), "tp_name:\tsys_enter\ncookie:\t5\n"), "%s", buf_str(&text));
	buf_done(&text);
	buf_done(&s.said);
	close(fd);
	close(prog);
	skep_client_free(s.client);
	skep_free(skep);
}

static long perf_open(struct side *s, struct perf_event_attr *attr)
{
	attr->size = sizeof(*attr);
	return perf_event_open(s->client, (u64)attr, 0, 0);
}

static long perf_ioctl(struct side *s, int fd, unsigned long request, u64 arg)
{
	struct object *o;
	int err = client_object(s->client, fd, OBJECT_PERF, NULL, &o);

	if (err)
		return err;
	err = perf_event_ioctl(s->client, (struct perf_event *)o, request, arg);
	object_unref(o);
	return err;
}

static u64 runs_of(struct side *s, int prog)
{
	struct abi_prog_info info = { 0 };
	struct attr_info a = { (u32)prog, sizeof(info), (u64)&info };

	EXPECT_EQ(side_bpf(s, BPF_OBJ_GET_INFO_BY_FD, &a, sizeof(a)), 0);
	return info.run_cnt;
}

TEST("a clock runs its program each period, while it is enabled and linked")
{
	struct skep *skep;
	struct side s = { .client = side_open(&skep) };
	int prog = load_at(&s, BPF_PROG_TYPE_PERF_EVENT, 0);
	int xdp = load_at(&s, BPF_PROG_TYPE_XDP, 0);
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE,
					.config = PERF_COUNT_SW_CPU_CLOCK,
					.sample_period = 1000000,
					.disabled = 1 };
	struct attr_enable_stats stats = { 0 };
	int st = (int)side_bpf(&s, BPF_ENABLE_STATS, &stats, sizeof(stats));
	int event = (int)perf_open(&s, &attr), link;
	u64 n;

	REQUIRE(event >= 0 && st >= 0, "%d %d", event, st);
	EXPECT_EQ(link_to(&s, xdp, event, 41), -EINVAL);
	link = link_to(&s, prog, event, 41);
	REQUIRE(link >= 0, "%d", link);
	EXPECT_EQ(link_to(&s, prog, event, 41), -EEXIST);
	EXPECT_EQ(perf_ioctl(&s, event, PERF_EVENT_IOC_SET_BPF, (u64)prog), -EEXIST);
	usleep(20000);
	EXPECT_EQ(runs_of(&s, prog), 0);
	EXPECT_EQ(perf_ioctl(&s, event, PERF_EVENT_IOC_ENABLE, 0), 0);
	for (u32 i = 0; i < 5000 && runs_of(&s, prog) < 3; i++)
		usleep(1000);
	EXPECT(runs_of(&s, prog) >= 3, "%llu", (unsigned long long)runs_of(&s, prog));
	EXPECT_EQ(perf_ioctl(&s, event, PERF_EVENT_IOC_DISABLE, 0), 0);
	usleep(50000); /* a run that had begun */
	n = runs_of(&s, prog);
	usleep(20000);
	EXPECT_EQ(runs_of(&s, prog), n);
	close(link);
	files_reap(&skep->files);
	EXPECT_EQ(perf_ioctl(&s, event, PERF_EVENT_IOC_SET_BPF, (u64)prog), 0);
	EXPECT_EQ(perf_ioctl(&s, event, PERF_EVENT_IOC_ENABLE, 0), 0);
	for (u32 i = 0; i < 5000 && runs_of(&s, prog) == n; i++)
		usleep(1000);
	EXPECT(runs_of(&s, prog) > n);
	close(event);
	close(st);
	close(prog);
	close(xdp);
	skep_client_free(s.client);
	skep_free(skep);
}
