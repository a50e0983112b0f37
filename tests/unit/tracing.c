/* Tracing links: of programs at functions of the kernel's, which are kept and shown, and at other programs, which are
 * called around their runs, on every engine. */
#include <bpf/btf.h>
#undef BTF_INT_ENCODING /* libbpf and the UAPI header both have them */

#include "both.h"

#include <stdlib.h>
#include <string.h>

#include "btf/btf.h"
#include "insns.h"

static const struct bpf_insn ret0[] = { MOV_IMM(0, 0), EXIT_INSN() };
static struct btf *vmlinux;

static bool no_vmlinux(void)
{
	return !vmlinux && btf_new_kernel("/sys/kernel/btf/vmlinux", &vmlinux) < 0;
}

static u32 id_of(const char *name, u32 kind)
{
	int id = btf_find(vmlinux, name, kind);

	return id < 0 ? 0 : (u32)id;
}

static s16 offset_of(const char *type, const char *member)
{
	const struct btf_type *t = btf_type(vmlinux, id_of(type, BTF_KIND_STRUCT));

	for (u32 i = 0; t && i < BTF_INFO_VLEN(t->info); i++)
		if (!strcmp(btf_string(vmlinux, btf_members_of(t)[i].name_off), member))
			return (s16)(btf_member_bit_off(t, i) / 8);
	return 0;
}

static int load(struct side *s, u32 type, u32 at, u32 btf_id, int target, const struct bpf_insn *v,
		u32 n)
{
	char log[4096] = "";
	struct attr_prog_load a = { .prog_type = type,
				    .expected_attach_type = at,
				    .insn_cnt = n,
				    .insns = (u64)v,
				    .license = (u64) "GPL",
				    .log_buf = (u64)log,
				    .log_size = sizeof(log),
				    .log_level = 1,
				    .attach_btf_id = btf_id,
				    .attach_btf_obj_fd = (u32)target };
	int fd = (int)side_bpf(s, BPF_PROG_LOAD, &a, sizeof(a));

	if (fd < 0)
		SAY(s, "load of %u at %u: %d %s\n", type, at, fd, log);
	return fd;
}

static long open_raw(struct side *s, int prog, const char *name, u64 cookie)
{
	struct attr_raw_tp a = { .name = (u64)name, .prog_fd = (u32)prog, .cookie = cookie };

	return side_bpf(s, BPF_RAW_TRACEPOINT_OPEN, &a, sizeof(a));
}

static long make_link(struct side *s, int prog, u32 at, u32 target, u32 btf_id, u64 cookie)
{
	struct attr_link_create a = { .prog_fd = (u32)prog,
				      .target_fd = target,
				      .attach_type = at };

	a.tracing.target_btf_id = btf_id;
	a.tracing.cookie = cookie;
	return side_bpf(s, BPF_LINK_CREATE, &a, sizeof(a));
}

/* Nothing here succeeds: the kernel is asked, too. */
static void refused(struct side *s)
{
	int tp = load(s, BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP,
		      id_of("btf_trace_sched_switch", BTF_KIND_TYPEDEF), 0, ret0, 2);
	int iter = load(s, BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER,
			id_of("bpf_iter_task", BTF_KIND_FUNC), 0, ret0, 2);
	int raw = load(s, BPF_PROG_TYPE_RAW_TRACEPOINT, 0, 0, 0, ret0, 2);
	static const u32 ats[] = {
		0,	     BPF_TRACE_FENTRY, BPF_TRACE_FEXIT, BPF_MODIFY_RETURN,
		BPF_LSM_MAC, BPF_TRACE_ITER,   BPF_PERF_EVENT,	BPF_LSM_CGROUP
	};

	SAY_CALL(s, open_raw(s, tp, "sched_switch", 0));
	SAY_CALL(s, open_raw(s, tp, "sched_switch", 7));
	SAY_CALL(s, open_raw(s, tp, BAD_PTR, 0));
	SAY_CALL(s, open_raw(s, iter, "task", 0));
	SAY_CALL(s, open_raw(s, raw, NULL, 0));
	SAY_CALL(s, open_raw(s, raw, "nothing_of_that_name", 0));
	for (u32 i = 0; i < ARRAY_SIZE(ats); i++) {
		SAY(s, "at %u: %ld\n", ats[i], make_link(s, tp, ats[i], 0, 0, 0));
		SAY(s, "raw at %u: %ld\n", ats[i], make_link(s, raw, ats[i], 0, 0, 0));
	}
	SAY_CALL(s, make_link(s, raw, BPF_TRACE_RAW_TP, 0, 0, 0));
	SAY_CALL(s, load(s, BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, 1, 999, ret0, 2));
	close(tp);
	close(iter);
	close(raw);
}

TEST("what cannot be attached: Linux's errno")
{
	if (!no_vmlinux())
		run_both(refused);
}

static struct abi_link_info info_of(struct side *s, long link)
{
	struct abi_link_info info = { 0 };
	struct attr_info a = { (u32)link, sizeof(info), (u64)&info };

	EXPECT(side_bpf(s, BPF_OBJ_GET_INFO_BY_FD, &a, sizeof(a)) == 0, "no info");
	return info;
}

TEST("links at functions and hooks of the kernel are kept and shown; a program has one")
{
	static const struct {
		u32 type, at;
		const char *what;
	} at[] = { { BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, "tcp_sendmsg" },
		   { BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT, "tcp_sendmsg" },
		   { BPF_PROG_TYPE_LSM, BPF_LSM_MAC, "bpf_lsm_file_open" } };
	struct skep *skep;
	struct side s = { .client = side_open(&skep) };

	for (u32 i = 0; i < ARRAY_SIZE(at) && !no_vmlinux(); i++) {
		u32 id = id_of(at[i].what, BTF_KIND_FUNC);
		int prog = load(&s, at[i].type, at[i].at, id, 0, ret0, 2);
		long link =
			i ? make_link(&s, prog, at[i].at, 0, 0, 77) : open_raw(&s, prog, NULL, 77);
		struct abi_link_info info = info_of(&s, link);
		struct attr_link_detach det = { (u32)link };

		EXPECT(link >= 0, "%s: %ld (%s)", at[i].what, link, buf_str(&s.said));
		EXPECT(info.type == BPF_LINK_TYPE_TRACING && info.tracing.attach_type == at[i].at &&
			       info.tracing.target_obj_id == 1 &&
			       info.tracing.target_btf_id == id && info.tracing.cookie == 77,
		       "type %u, attach type %u, object %u, id %u", info.type,
		       info.tracing.attach_type, info.tracing.target_obj_id,
		       info.tracing.target_btf_id);
		EXPECT(make_link(&s, prog, at[i].at, 0, 0, 0) == -EBUSY, "attached twice");
		EXPECT(make_link(&s, prog, at[i].at, 1, 0, 0) == -EINVAL, "a target");
		EXPECT(side_bpf(&s, BPF_LINK_DETACH, &det, sizeof(det)) == -EOPNOTSUPP, "detached");
		close((int)link);
		link = make_link(&s, prog, at[i].at, 0, 0, 0);
		EXPECT(link >= 0, "attached again: %ld", link);
		close((int)link);
		close(prog);
	}
	buf_done(&s.said);
	skep_client_free(s.client);
	skep_free(skep);
}

/* --- programs at programs --- */

/* int main(struct xdp_md *ctx); its FUNC is *func. */
static int load_btf(struct side *s, u32 *func)
{
	struct btf *l = btf__new_empty();
	int i = btf__add_int(l, "int", 4, BTF_INT_SIGNED), st = btf__add_struct(l, "xdp_md", 4), p,
	    proto;
	const void *raw;
	u32 size;
	struct attr_btf_load a = { 0 };

	btf__add_field(l, "data", i, 0, 0);
	p = btf__add_ptr(l, st);
	proto = btf__add_func_proto(l, i);
	btf__add_func_param(l, "ctx", p);
	*func = (u32)btf__add_func(l, "main", BTF_FUNC_GLOBAL, proto);
	raw = btf__raw_data(l, &size);
	a.btf = (u64)raw;
	a.btf_size = size;
	i = (int)side_bpf(s, BPF_BTF_LOAD, &a, sizeof(a));
	btf__free(l);
	return i;
}

static int load_xdp(struct side *s, int btf, u32 func, s32 verdict)
{
	struct bpf_insn v[] = { MOV_IMM(0, verdict), EXIT_INSN() };
	struct bpf_func_info info = { 0, func };
	struct attr_prog_load a = { .prog_type = BPF_PROG_TYPE_XDP,
				    .insn_cnt = 2,
				    .insns = (u64)v,
				    .license = (u64) "GPL",
				    .prog_btf_fd = (u32)btf,
				    .func_info_rec_size = sizeof(info),
				    .func_info = (u64)&info,
				    .func_info_cnt = 1 };

	return (int)side_bpf(s, BPF_PROG_LOAD, &a, sizeof(a));
}

/* r9 = the address of the map's value */
#define VALUE(fd)                                                                                  \
	INSN(BPF_LD | BPF_IMM | BPF_DW, 9, BPF_PSEUDO_MAP_VALUE, 0, fd), INSN(0, 0, 0, 0, 0)

#define ADD_ONE(off)	  LOAD(BPF_DW, 2, 9, off), ALU_IMM(BPF_ADD, 2, 1), STORE(BPF_DW, 9, 2, off)
#define CALL_WITH_CTX(id) MOV_REG(1, 7), CALL_HELPER(id)
enum { COUNT, LENGTH, COOKIE, NR_ARGS, EXIT_COUNT, RESULT, FUNC_RET, SAME_ARG, NR_VALUES };

static int load_fentry(struct side *s, int target, u32 func, int map)
{
	struct bpf_insn v[] = {
		VALUE(map),
		MOV_REG(7, 1),
		LOAD(BPF_DW, 6, 1, 0),
		ADD_ONE(8 * COUNT),
		LOAD(BPF_DW, 2, 6, offset_of("xdp_buff", "data_end")),
		LOAD(BPF_DW, 3, 6, offset_of("xdp_buff", "data")),
		ALU_REG(BPF_SUB, 2, 3),
		STORE(BPF_DW, 9, 2, 8 * LENGTH),
		CALL_WITH_CTX(BPF_FUNC_get_attach_cookie),
		STORE(BPF_DW, 9, 0, 8 * COOKIE),
		CALL_WITH_CTX(BPF_FUNC_get_func_arg_cnt),
		STORE(BPF_DW, 9, 0, 8 * NR_ARGS),
		MOV_REG(1, 7),
		MOV_IMM(2, 0),
		MOV_REG(3, 9),
		ALU_IMM(BPF_ADD, 3, 8 * SAME_ARG),
		CALL_HELPER(BPF_FUNC_get_func_arg),
		LOAD(BPF_DW, 2, 9, 8 * SAME_ARG),
		MOV_IMM(0, 0),
		EXIT_INSN(),
	};

	return load(s, BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, func, target, v, ARRAY_SIZE(v));
}

static int load_fexit(struct side *s, int target, u32 func, int map)
{
	struct bpf_insn v[] = {
		VALUE(map),
		MOV_REG(7, 1),
		ADD_ONE(8 * EXIT_COUNT),
		LOAD(BPF_DW, 2, 7, 8),
		STORE(BPF_DW, 9, 2, 8 * RESULT),
		MOV_REG(1, 7),
		MOV_REG(2, 9),
		ALU_IMM(BPF_ADD, 2, 8 * FUNC_RET),
		CALL_HELPER(BPF_FUNC_get_func_ret),
		MOV_IMM(0, 0),
		EXIT_INSN(),
	};

	return load(s, BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT, func, target, v, ARRAY_SIZE(v));
}

static long run_packet(struct side *s, int prog, u32 repeat)
{
	static u8 packet[60];
	struct attr_test a = { .prog_fd = (u32)prog,
			       .data_in = (u64)packet,
			       .data_size_in = sizeof(packet),
			       .repeat = repeat };

	return side_bpf(s, BPF_PROG_TEST_RUN, &a, sizeof(a)) ?: (long)a.retval;
}

static void around(struct side *s)
{
	u32 func = 0, zero = 0;
	u64 value[NR_VALUES] = { 0 };
	int map = side_map(s, BPF_MAP_TYPE_ARRAY, 4, sizeof(value), 1, 0), btf = load_btf(s, &func);
	int xdp = load_xdp(s, btf, func, 3), entry = load_fentry(s, xdp, func, map),
	    exit_ = load_fexit(s, xdp, func, map);
	long links[2];
	struct abi_link_info info;

	EXPECT(xdp >= 0 && entry >= 0 && exit_ >= 0, "%d %d %d: %s", xdp, entry, exit_,
	       buf_str(&s->said));
	links[0] = open_raw(s, entry, NULL, 42);
	links[1] = make_link(s, exit_, BPF_TRACE_FEXIT, 0, 0, 0);
	EXPECT(links[0] >= 0 && links[1] >= 0, "links: %ld %ld", links[0], links[1]);
	EXPECT(run_packet(s, xdp, 3) == 3, "the program's own result");
	side_elem(s, BPF_MAP_LOOKUP_ELEM, map, &zero, value, 0);
	EXPECT(value[COUNT] == 3 && value[EXIT_COUNT] == 3, "called %llu and %llu times",
	       (unsigned long long)value[COUNT], (unsigned long long)value[EXIT_COUNT]);
	EXPECT(value[LENGTH] == 60 && value[COOKIE] == 42 && value[NR_ARGS] == 1 && value[SAME_ARG],
	       "length %llu, cookie %llu, %llu arguments, %#llx", (unsigned long long)value[LENGTH],
	       (unsigned long long)value[COOKIE], (unsigned long long)value[NR_ARGS],
	       (unsigned long long)value[SAME_ARG]);
	EXPECT(value[RESULT] == 3 && value[FUNC_RET] == 3, "result %llu, %llu",
	       (unsigned long long)value[RESULT], (unsigned long long)value[FUNC_RET]);
	info = info_of(s, links[0]);
	EXPECT(info.tracing.target_btf_id == func && info.tracing.target_obj_id, "target: %u, %u",
	       info.tracing.target_obj_id, info.tracing.target_btf_id);
	close((int)links[0]);
	EXPECT(side_bpf(s, BPF_LINK_DETACH, &(struct attr_link_detach){ (u32)links[1] }, 4) ==
		       -EOPNOTSUPP,
	       "detached");
	run_packet(s, xdp, 1);
	side_elem(s, BPF_MAP_LOOKUP_ELEM, map, &zero, value, 0);
	EXPECT(value[COUNT] == 3 && value[EXIT_COUNT] == 4, "after one link's end: %llu, %llu",
	       (unsigned long long)value[COUNT], (unsigned long long)value[EXIT_COUNT]);
	close(xdp); /* links and tracers keep it */
	close((int)links[1]);
	close(entry);
	close(exit_);
	close(btf);
	close(map);
}

TEST("programs at another program are called around each of its runs, on every engine")
{
	static const enum skep_engine engines[] = { SKEP_ENGINE_INTERP, SKEP_ENGINE_AUTO };

	for (u32 i = 0; i < ARRAY_SIZE(engines) && !no_vmlinux(); i++) {
		struct skep_options o = { .engine = engines[i] };
		struct side s = { 0 };
		struct skep *skep;

		REQUIRE(!skep_new(&o, &skep) && !skep_client_new(skep, &s.client));
		around(&s);
		buf_done(&s.said);
		skep_client_free(s.client);
		skep_free(skep);
	}
}

/* At bpf_fentry_test3: value[0] = the sum of arguments, value[1] = the result, after which value[2] = 1 */
static int load_at(struct side *s, u32 at, const char *function, int map, s32 ret)
{
	u32 id = id_of(function, BTF_KIND_FUNC);
	struct bpf_insn entry[] = { VALUE(map),
				    LOAD(BPF_DW, 2, 1, 0),
				    LOAD(BPF_DW, 3, 1, 8),
				    ALU_REG(BPF_ADD, 2, 3),
				    LOAD(BPF_DW, 3, 1, 16),
				    ALU_REG(BPF_ADD, 2, 3),
				    STORE(BPF_DW, 9, 2, 0),
				    MOV_IMM(0, 0),
				    EXIT_INSN() };
	struct bpf_insn leave[] = { VALUE(map), LOAD(BPF_W, 2, 1, 24), STORE(BPF_DW, 9, 2, 8),
				    MOV_IMM(0, 0), EXIT_INSN() };
	struct bpf_insn modify[] = { VALUE(map), ADD_ONE(16), MOV_IMM(0, ret), EXIT_INSN() };

	if (at == BPF_TRACE_FENTRY)
		return load(s, BPF_PROG_TYPE_TRACING, at, id, 0, entry, ARRAY_SIZE(entry));
	if (at == BPF_TRACE_FEXIT)
		return load(s, BPF_PROG_TYPE_TRACING, at, id, 0, leave, ARRAY_SIZE(leave));
	return load(s, BPF_PROG_TYPE_TRACING, at, id, 0, modify, ARRAY_SIZE(modify));
}

static long run_tracing(struct side *s, int prog, u32 flags, u32 *retval)
{
	struct attr_test a = { .prog_fd = (u32)prog, .flags = flags };
	long ret = side_bpf(s, BPF_PROG_TEST_RUN, &a, sizeof(a));

	*retval = a.retval;
	return ret;
}

TEST("a test run calls the kernel's test functions, and who is attached to them")
{
	u64 value[3] = { 0 };
	u32 zero = 0, retval = 1;
	struct skep *skep;
	struct side s = { .client = side_open(&skep) };
	int map = side_map(&s, BPF_MAP_TYPE_ARRAY, 4, sizeof(value), 1, 0), progs[4];
	long links[4] = { 0 };

	if (!no_vmlinux() && id_of("bpf_fentry_test3", BTF_KIND_FUNC)) {
		progs[0] = load_at(&s, BPF_TRACE_FENTRY, "bpf_fentry_test3", map, 0);
		progs[1] = load_at(&s, BPF_TRACE_FEXIT, "bpf_fentry_test3", map, 0);
		progs[2] = load_at(&s, BPF_MODIFY_RETURN, "bpf_modify_return_test", map, 0);
		progs[3] = load_at(&s, BPF_MODIFY_RETURN, "bpf_modify_return_test2", map, -22);
		EXPECT(progs[0] >= 0 && progs[1] >= 0 && progs[2] >= 0 && progs[3] >= 0, "%s",
		       buf_str(&s.said));
		EXPECT(run_tracing(&s, progs[2], 0, &retval) == 0 && retval == (2 << 16 | 33),
		       "nobody attached: %#x", retval);
		for (u32 i = 0; i < 4; i++)
			links[i] = open_raw(&s, progs[i], NULL, 0);
		EXPECT(run_tracing(&s, progs[0], 0, &retval) == 0 && !retval, "%#x", retval);
		side_elem(&s, BPF_MAP_LOOKUP_ELEM, map, &zero, value, 0);
		EXPECT(value[0] == 4 + 5 + 6 && value[1] == 15, "%llu, %llu",
		       (unsigned long long)value[0], (unsigned long long)value[1]);
		EXPECT(run_tracing(&s, progs[3], 0, &retval) == 0 &&
			       retval == (1 << 16 | (u16)(4 - 22)),
		       "one was replaced: %#x", retval);
		side_elem(&s, BPF_MAP_LOOKUP_ELEM, map, &zero, value, 0);
		EXPECT(value[2] == 2, "%llu", (unsigned long long)value[2]);
		EXPECT(run_tracing(&s, progs[0], 1, &retval) == -EINVAL, "flags");
		for (u32 i = 0; i < 4; i++) {
			close((int)links[i]);
			close(progs[i]);
		}
	}
	close(map);
	buf_done(&s.said);
	skep_client_free(s.client);
	skep_free(skep);
}

TEST("what of a program can be traced: its functions, entering and leaving")
{
	u32 func = 0;
	struct skep *skep;
	struct side s = { .client = side_open(&skep) };
	int btf = load_btf(&s, &func), xdp = load_xdp(&s, btf, func, 2), plain;
	struct bpf_insn second[] = { LOAD(BPF_DW, 0, 1, 8), MOV_IMM(0, 0), EXIT_INSN() };
#define SAYS(text, call)                                                                           \
	do {                                                                                       \
		s.said.len = 0;                                                                    \
		EXPECT((call) < 0 && strstr(buf_str(&s.said), text), "%s: %s", #call,              \
		       buf_str(&s.said));                                                          \
	} while (0)

	plain = load(&s, BPF_PROG_TYPE_XDP, 0, 0, 0, ret0, 2);
	SAYS("can't modify return codes",
	     load(&s, BPF_PROG_TYPE_TRACING, BPF_MODIFY_RETURN, func, xdp, ret0, 2));
	SAYS("Only FENTRY/FEXIT",
	     load(&s, BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, func, xdp, ret0, 2));
	SAYS("annotated with BTF",
	     load(&s, BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, func, plain, ret0, 2));
	SAYS("is not a function",
	     load(&s, BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, 1, xdp, ret0, 2));
	SAYS("doesn't have 2-th argument",
	     load(&s, BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, func, xdp, second, 3));
	SAYS("-22", load(&s, BPF_PROG_TYPE_LSM, BPF_LSM_MAC, func, xdp, ret0, 2));
	close(plain);
	close(xdp);
	close(btf);
	buf_done(&s.said);
	skep_client_free(s.client);
	skep_free(skep);
}
