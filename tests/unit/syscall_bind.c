/* PROG_BIND_MAP, ENABLE_STATS, LINK_DETACH, LINK_UPDATE and ITER_CREATE with all kinds of descriptors: errnos against the
 * kernel. Links are iterators', which attach nothing. */
#include "both.h"

#include <string.h>

#include "btf/btf.h"
#include "insns.h"

static const struct bpf_insn ret0[] = { MOV_IMM(0, 0), EXIT_INSN() };

enum { CLOSED, NEGATIVE, FILE_FD, MAP, PROG, OTHER_TYPE, LINK, NR_FDS };
static const char *const names[NR_FDS] = { "closed", "negative",   "file", "map",
					   "prog",   "other type", "link" };

static u32 iter_id(const char *name)
{
	struct btf *b;
	int id;

	if (btf_new_kernel("/sys/kernel/btf/vmlinux", &b) < 0)
		return 0;
	id = btf_find(b, name, BTF_KIND_FUNC);
	btf_unref(b);
	return id < 0 ? 0 : (u32)id;
}

static int load(struct side *s, u32 type, u32 at, u32 id)
{
	struct attr_prog_load a = { .prog_type = type,
				    .expected_attach_type = at,
				    .insn_cnt = 2,
				    .insns = (u64)ret0,
				    .license = (u64) "GPL",
				    .attach_btf_id = id };

	return (int)side_bpf(s, BPF_PROG_LOAD, &a, sizeof(a));
}

static void open_all(struct side *s, int fds[NR_FDS])
{
	struct attr_link_create l = { .attach_type = BPF_TRACE_ITER };

	fds[CLOSED] = 999;
	fds[NEGATIVE] = -1;
	fds[FILE_FD] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	fds[MAP] = side_map(s, BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
	fds[PROG] = load(s, BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, iter_id("bpf_iter_bpf_map"));
	fds[OTHER_TYPE] = load(s, BPF_PROG_TYPE_XDP, 0, 0);
	l.prog_fd = (u32)fds[PROG];
	fds[LINK] = (int)side_bpf(s, BPF_LINK_CREATE, &l, sizeof(l));
}

static void close_all(const int fds[NR_FDS])
{
	for (u32 i = FILE_FD; i < NR_FDS; i++)
		close(fds[i]);
}

static long quiet(long ret)
{
	if (ret > 0)
		close((int)ret);
	return ret > 0 ? 1 : ret;
}

static void binds(struct side *s)
{
	int fds[NR_FDS];

	open_all(s, fds);
	for (u32 p = 0; p < NR_FDS; p++)
		for (u32 m = 0; m < NR_FDS; m++)
			for (u32 flags = 0; flags < 2; flags++) {
				struct attr_bind_map a = { (u32)fds[p], (u32)fds[m], flags };

				SAY(s, "bind %s, %s, %u: %ld\n", names[p], names[m], flags,
				    side_bpf(s, BPF_PROG_BIND_MAP, &a, sizeof(a)));
			}
	close_all(fds);
}

TEST("PROG_BIND_MAP: every pair of descriptors")
{
	run_both(binds);
}

static void updates(struct side *s)
{
	static const u32 flags[] = { 0, BPF_F_REPLACE, 1, BPF_F_REPLACE | 1, 1u << 31 };
	int fds[NR_FDS];

	open_all(s, fds);
	for (u32 l = 0; l < NR_FDS; l++)
		for (u32 n = 0; n < NR_FDS; n++)
			for (u32 o = 0; o <= NR_FDS; o++)
				for (u32 f = 0; f < ARRAY_SIZE(flags); f++) {
					struct attr_link_update a = { (u32)fds[l],
								      { (u32)fds[n] },
								      flags[f],
								      { o < NR_FDS ? (u32)fds[o]
										   : 0 } };

					SAY(s, "update %s, new %s, old %s, %#x: %ld\n", names[l],
					    names[n], o < NR_FDS ? names[o] : "none", flags[f],
					    side_bpf(s, BPF_LINK_UPDATE, &a, sizeof(a)));
				}
	close_all(fds);
}

TEST("LINK_UPDATE: every link, program and flag")
{
	run_both(updates);
}

static void singles(struct side *s)
{
	static const u32 types[] = { 0, 1, 2, 0xffffffff };
	int fds[NR_FDS];

	open_all(s, fds);
	for (u32 i = 0; i < NR_FDS; i++) {
		struct attr_link_detach d = { (u32)fds[i] };

		SAY(s, "detach %s: %ld\n", names[i], side_bpf(s, BPF_LINK_DETACH, &d, sizeof(d)));
		for (u32 f = 0; f < 3; f++) {
			struct attr_iter_create c = { (u32)fds[i], f };

			SAY(s, "iter_create %s, %u: %ld\n", names[i], f,
			    quiet(side_bpf(s, BPF_ITER_CREATE, &c, sizeof(c))));
		}
	}
	for (u32 i = 0; i < ARRAY_SIZE(types); i++) {
		struct {
			struct attr_enable_stats a;
			u32 behind[2];
		} e = { { types[i] }, { 0, 1 } };

		SAY(s, "stats %u: %ld\n", types[i],
		    quiet(side_bpf(s, BPF_ENABLE_STATS, &e, sizeof(e.a))));
		SAY(s, "stats %u, zeros behind: %ld\n", types[i],
		    quiet(side_bpf(s, BPF_ENABLE_STATS, &e, 8)));
		SAY(s, "stats %u, more behind: %ld\n", types[i],
		    quiet(side_bpf(s, BPF_ENABLE_STATS, &e, 12)));
	}
	close_all(fds);
}

TEST("LINK_DETACH, ITER_CREATE, ENABLE_STATS")
{
	run_both(singles);
}
