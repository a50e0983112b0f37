/* Attach programs to devices in all ways that libbpf 1.1 and bpf(2) know, print what comes back; the same
 * on skep and on a kernel. usage: net_client DEVICE */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TCX_INGRESS 46
#define F_REPLACE   (1u << 2)
#define F_BEFORE    (1u << 3)
#define F_AFTER	    (1u << 4)
#define F_LINK	    (1u << 13)

static int dev;

static void say(const char *what, long ret)
{
	if (ret < 0)
		printf("%s: %s\n", what, strerror(errno));
	else
		printf("%s: ok\n", what);
}

static int prog(int type)
{
	struct bpf_insn code[] = {
		{ .code = 0xb7, .imm = type == BPF_PROG_TYPE_XDP ? XDP_PASS : -1 }, { .code = 0x95 }
	};

	return bpf_prog_load(type, "test", "GPL", code, 2, NULL);
}

static __u32 id_of(int fd)
{
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &len) ? 0 : info.id;
}

static void show(int a, int b)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, q);
	int err = bpf_xdp_query(dev, 0, &q);

	printf("  query %d: %s, mode %d\n", err,
	       !q.prog_id	       ? "none"
	       : q.prog_id == id_of(a) ? "a"
	       : q.prog_id == id_of(b) ? "b"
				       : "?",
	       q.attach_mode);
}

static void replace_xdp(const char *what, int fd, int old, __u32 flags)
{
	LIBBPF_OPTS(bpf_xdp_attach_opts, o, .old_prog_fd = old);

	say(what, bpf_xdp_attach(dev, fd, flags, &o));
}

static void by_netlink(int a, int b, int wrong)
{
	say("wrong type", bpf_xdp_attach(dev, wrong, 0, NULL));
	say("no descriptor", bpf_xdp_attach(dev, 999, 0, NULL));
	say("no device", bpf_xdp_attach(12345, a, 0, NULL));
	say("two modes", bpf_xdp_attach(dev, a, XDP_FLAGS_SKB_MODE | XDP_FLAGS_DRV_MODE, NULL));
	say("hardware", bpf_xdp_attach(dev, a, XDP_FLAGS_HW_MODE, NULL));
	say("unknown flag", bpf_xdp_attach(dev, a, 1u << 20, NULL));
	say("detach nothing", bpf_xdp_attach(dev, -1, 0, NULL));
	say("attach", bpf_xdp_attach(dev, a, 0, NULL));
	show(a, b);
	say("if none", bpf_xdp_attach(dev, b, XDP_FLAGS_UPDATE_IF_NOEXIST, NULL));
	say("over it", bpf_xdp_attach(dev, b, 0, NULL));
	show(a, b);
	replace_xdp("replace wrong", a, a, XDP_FLAGS_REPLACE);
	replace_xdp("replace", a, b, XDP_FLAGS_REPLACE);
	replace_xdp("replace if none", a, b, XDP_FLAGS_REPLACE | XDP_FLAGS_UPDATE_IF_NOEXIST);
	show(a, b);
	say("other mode", bpf_xdp_attach(dev, b, XDP_FLAGS_SKB_MODE, NULL));
	say("other mode off", bpf_xdp_attach(dev, -1, XDP_FLAGS_SKB_MODE, NULL));
	show(a, b);
	say("the same again", bpf_xdp_attach(dev, a, 0, NULL));
	say("link over it", bpf_link_create(a, dev, BPF_XDP, NULL));
	replace_xdp("detach wrong", -1, b, XDP_FLAGS_REPLACE);
	replace_xdp("detach right", -1, a, XDP_FLAGS_REPLACE);
	say("generic", bpf_xdp_attach(dev, b, XDP_FLAGS_SKB_MODE, NULL));
	show(a, b);
	say("generic off", bpf_xdp_attach(dev, -1, XDP_FLAGS_SKB_MODE, NULL));
	show(a, b);
}

static void update(const char *what, int link, int fd, int old)
{
	LIBBPF_OPTS(bpf_link_update_opts, o, .flags = old ? BPF_F_REPLACE : 0, .old_prog_fd = old);

	say(what, bpf_link_update(link, fd, &o));
}

static void by_link(int a, int b, int wrong)
{
	struct bpf_link_info info = { 0 };
	__u32 len = sizeof(info);
	int link;

	say("link, no device", bpf_link_create(a, 12345, BPF_XDP, NULL));
	say("link, wrong type", bpf_link_create(wrong, dev, BPF_XDP, NULL));
	link = bpf_link_create(a, dev, BPF_XDP, NULL);
	say("link", link);
	say("link info", bpf_obj_get_info_by_fd(link, &info, &len));
	printf("  type %d, program %s, device %s\n", info.type,
	       info.prog_id == id_of(a) ? "a" : "?",
	       (int)info.xdp.ifindex == dev ? "right" : "wrong");
	say("second link", bpf_link_create(b, dev, BPF_XDP, NULL));
	say("netlink over link", bpf_xdp_attach(dev, b, 0, NULL));
	say("netlink off", bpf_xdp_attach(dev, -1, 0, NULL));
	update("update", link, b, 0);
	show(a, b);
	update("update wrong", link, a, a);
	update("update right", link, a, b);
	update("update type", link, wrong, 0);
	show(a, b);
	say("detach", bpf_link_detach(link));
	show(a, b);
	update("update detached", link, b, 0);
	say("detach again", bpf_link_detach(link));
	len = sizeof(info);
	say("info detached", bpf_obj_get_info_by_fd(link, &info, &len));
	printf("  device %u\n", info.xdp.ifindex);
	close(link);
	link = bpf_link_create(a, dev, BPF_XDP, NULL);
	say("new link", link);
	close(link);
	show(a, b);
}

static void say_tc(const char *what, int err, const struct bpf_tc_opts *o)
{
	if (err < 0)
		printf("%s: %s\n", what, strerror(-err));
	else
		printf("%s: ok, handle %#x, priority %u\n", what, o->handle, o->priority);
}

static void by_tc(int a, int b)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = dev, .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, o, .prog_fd = a);
	LIBBPF_OPTS(bpf_tc_opts, at, .handle = 5, .priority = 10, .prog_fd = a);
	LIBBPF_OPTS(bpf_tc_opts, find, .handle = 5, .priority = 10);
	LIBBPF_OPTS(bpf_tc_opts, none, .handle = 6, .priority = 10);
	LIBBPF_OPTS(bpf_tc_opts, other, .handle = 5, .priority = 11);
	int err;

	say_tc("filter without qdisc", bpf_tc_attach(&hook, &o), &o);
	err = bpf_tc_hook_create(&hook);
	printf("qdisc: %d\n", err);
	printf("qdisc again: %s\n", strerror(-bpf_tc_hook_create(&hook)));
	say_tc("query empty", bpf_tc_query(&hook, &find), &find);
	say_tc("detach empty", bpf_tc_detach(&hook, &find), &find);
	o.prog_id = o.flags = 0;
	say_tc("filter", bpf_tc_attach(&hook, &o), &o);
	printf("  program %s\n", o.prog_id == id_of(a) ? "a" : "?");
	say_tc("at a place", bpf_tc_attach(&hook, &at), &at);
	at.prog_id = at.flags = 0;
	say_tc("there again", bpf_tc_attach(&hook, &at), &at);
	at.prog_id = 0;
	at.flags = BPF_TC_F_REPLACE;
	at.prog_fd = b;
	say_tc("replace", bpf_tc_attach(&hook, &at), &at);
	say_tc("query", bpf_tc_query(&hook, &find), &find);
	printf("  program %s\n", find.prog_id == id_of(b) ? "b" : "?");
	say_tc("query other handle", bpf_tc_query(&hook, &none), &none);
	say_tc("query other priority", bpf_tc_query(&hook, &other), &other);
	find.prog_id = find.prog_fd = find.flags = 0;
	say_tc("detach", bpf_tc_detach(&hook, &find), &find);
	say_tc("detach again", bpf_tc_detach(&hook, &find), &find);
	hook.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;
	printf("destroy: %d\n", bpf_tc_hook_destroy(&hook));
	printf("destroy again: %s\n", strerror(-bpf_tc_hook_destroy(&hook)));
}

union tcx_attr { /* fields that Linux 6.1's header lacks */
	struct {
		__u32 target, prog, type, flags, replace, relative;
		__u64 revision;
	} attach;
	struct {
		__u32 prog, target, type, flags, relative, pad;
		__u64 revision;
	} link;
	struct {
		__u32 target, type, query_flags, attach_flags;
		__u64 ids;
		__u32 count, pad;
		__u64 flags, link_ids, link_flags, revision;
	} query;
	char raw[64];
};

static long bpf(int cmd, union tcx_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static long tcx(int cmd, int fd, __u32 flags, int relative, __u64 revision)
{
	union tcx_attr attr = { .raw = { 0 } };

	attr.attach.target = (__u32)dev;
	attr.attach.prog = (__u32)fd;
	attr.attach.type = TCX_INGRESS;
	attr.attach.flags = flags;
	if (flags & F_REPLACE)
		attr.attach.replace = (__u32)relative;
	else
		attr.attach.relative = (__u32)relative;
	attr.attach.revision = revision;
	return bpf(cmd, &attr);
}

static int tcx_link(int fd, __u32 flags, int relative)
{
	union tcx_attr attr = { .raw = { 0 } };

	attr.link.prog = (__u32)fd;
	attr.link.target = (__u32)dev;
	attr.link.type = TCX_INGRESS;
	attr.link.flags = flags;
	attr.link.relative = (__u32)relative;
	return (int)bpf(BPF_LINK_CREATE, &attr);
}

static void row(const int *fd, int n)
{
	union tcx_attr attr = { .raw = { 0 } };
	__u32 ids[64], links[64] = { 0 };

	attr.query.target = (__u32)dev;
	attr.query.type = TCX_INGRESS;
	attr.query.ids = (__u64)(unsigned long)ids;
	attr.query.link_ids = (__u64)(unsigned long)links;
	attr.query.count = 64;
	if (bpf(BPF_PROG_QUERY, &attr) < 0) {
		say("  query", -1);
		return;
	}
	printf("  revision %llu:", (unsigned long long)attr.query.revision);
	for (__u32 i = 0; i < attr.query.count; i++) {
		for (int k = 0; k < n; k++)
			if (id_of(fd[k]) == ids[i])
				printf(" %c", 'a' + k);
		printf("%s", links[i] ? "(link)" : "");
	}
	printf("\n");
}

static void by_tcx(const int *fd, int wrong)
{
	enum { ATTACH = BPF_PROG_ATTACH, DETACH = BPF_PROG_DETACH };
	int a = fd[0], b = fd[1], c = fd[2], d = fd[3], link;

	row(fd, 4);
	say("tcx wrong type", tcx(ATTACH, wrong, 0, 0, 0));
	say("tcx detach from none", tcx(DETACH, a, 0, 0, 0));
	say("tcx a", tcx(ATTACH, a, 0, 0, 0));
	say("tcx a again", tcx(ATTACH, a, 0, 0, 0));
	say("tcx b", tcx(ATTACH, b, 0, 0, 0));
	row(fd, 4);
	say("tcx c first", tcx(ATTACH, c, F_BEFORE, 0, 0));
	row(fd, 4);
	say("tcx d before b", tcx(ATTACH, d, F_BEFORE, b, 0));
	row(fd, 4);
	say("tcx detach d", tcx(DETACH, d, 0, 0, 0));
	say("tcx d after c", tcx(ATTACH, d, F_AFTER, c, 0));
	row(fd, 4);
	say("tcx detach first", tcx(DETACH, 0, F_BEFORE, 0, 0));
	say("tcx detach last", tcx(DETACH, 0, F_AFTER, 0, 0));
	row(fd, 4);
	say("tcx relative without place", tcx(ATTACH, c, 0, a, 0));
	say("tcx relative to none", tcx(ATTACH, c, F_BEFORE, b, 0));
	say("tcx replace a by c", tcx(ATTACH, c, F_REPLACE, a, 0));
	say("tcx replace missing", tcx(ATTACH, b, F_REPLACE, a, 0));
	say("tcx old revision", tcx(ATTACH, b, 0, 0, 1));
	row(fd, 4);
	link = tcx_link(b, F_BEFORE, d);
	say("tcx link", link);
	row(fd, 4);
	say("tcx second link of b", tcx_link(b, 0, 0));
	say("tcx detach linked", tcx(DETACH, b, 0, 0, 0));
	say("tcx a before link", tcx(ATTACH, a, F_BEFORE | F_LINK, link, 0));
	row(fd, 4);
	say("tcx detach a", tcx(DETACH, a, 0, 0, 0));
	update("tcx link update", link, a, 0);
	update("tcx link update, present", link, c, 0);
	row(fd, 4);
	close(link);
	row(fd, 4);
	say("tcx detach c", tcx(DETACH, c, 0, 0, 0));
	say("tcx detach d", tcx(DETACH, d, 0, 0, 0));
	row(fd, 4);
}

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_WARN ? vprintf(format, args) : 0;
}

int main(int argc, char **argv)
{
	int a, b, cls[4];

	setvbuf(stdout, NULL, _IONBF, 0);
	libbpf_set_print(quiet);
	dev = argc == 2 ? (int)if_nametoindex(argv[1]) : 0;
	if (!dev)
		return 2;
	a = prog(BPF_PROG_TYPE_XDP);
	b = prog(BPF_PROG_TYPE_XDP);
	for (int i = 0; i < 4; i++)
		cls[i] = prog(BPF_PROG_TYPE_SCHED_CLS);
	by_netlink(a, b, cls[0]);
	by_link(a, b, cls[0]);
	by_tc(cls[0], cls[1]);
	by_tcx(cls, a);
	return 0;
}
