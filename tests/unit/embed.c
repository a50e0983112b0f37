/* An embedder's own program type and helper, registered, verified against and run: through public
 * headers alone. */
#include <errno.h>
#include <linux/bpf.h>
#include <unistd.h>

#include "skep/prog_type.h"
#include "test.h"

#define PROG_TYPE_PULSE 0x10000
#define FUNC_SCALE	0x10000

struct pulse { /* the context, natively */
	uint64_t length;
	uint32_t gap;
};

struct pulse_ctx { /* as programs see it */
	uint32_t length, gap;
};

static uint64_t fn_scale(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5,
			 struct skep_run *run)
{
	return r1 * 10;
}

static const struct skep_helper scale = {
	.id = FUNC_SCALE,
	.name = "scale",
	.fn = fn_scale,
	.ret = SKEP_RET_INTEGER,
	.arg = { SKEP_ARG_ANYTHING },
};

static const struct skep_ctx_field fields[] = {
	{ "length", offsetof(struct pulse_ctx, length), 4, 4, SKEP_READ, SKEP_FIELD_SCALAR,
	  offsetof(struct pulse, length), 8 },
	{ "gap", offsetof(struct pulse_ctx, gap), 4, 4, SKEP_READ | SKEP_WRITE, SKEP_FIELD_SCALAR,
	  offsetof(struct pulse, gap), 4 },
};
static const uint32_t own_helpers[] = { FUNC_SCALE, BPF_FUNC_ktime_get_ns, 0 };
static const uint32_t *const helpers[] = { own_helpers, NULL };

static const struct skep_prog_type pulse_type = {
	.type = PROG_TYPE_PULSE,
	.name = "pulse",
	.ctx_size = sizeof(struct pulse_ctx),
	.fields = fields,
	.nr_fields = 2,
	.helpers = helpers,
};

static struct skep *skep;
static struct skep_client *client;

static void start(void)
{
	if (skep_new(NULL, &skep) < 0 || skep_client_new(skep, &client) < 0)
		abort();
}

static void end(void)
{
	skep_client_free(client);
	skep_free(skep);
}

static long load(const struct bpf_insn *insns, uint32_t n)
{
	union bpf_attr a = { .prog_type = PROG_TYPE_PULSE,
			     .insn_cnt = n,
			     .insns = (uint64_t)insns,
			     .license = (uint64_t) "Apache-2.0" };

	return skep_bpf(client, BPF_PROG_LOAD, (uint64_t)&a, sizeof(a));
}

/* r6 = ctx; r1 = ctx->length; ctx->gap = r1; call scale; exit */
static const struct bpf_insn program[] = {
	{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 6, .src_reg = 1 },
	{ .code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = 1, .src_reg = 6, .off = 0 },
	{ .code = BPF_STX | BPF_MEM | BPF_W, .dst_reg = 6, .src_reg = 1, .off = 4 },
	{ .code = BPF_JMP | BPF_CALL, .imm = FUNC_SCALE },
	{ .code = BPF_JMP | BPF_EXIT },
};

TEST("an embedder's type and helper: loaded and run")
{
	struct pulse p = { .length = 42 };
	struct skep_prog *prog;
	int fd;

	start();
	EXPECT_EQ(load(program, 5), -EINVAL);
	EXPECT_EQ(skep_register_prog_type(skep, &pulse_type), 0);
	EXPECT_EQ(load(program, 5), -EINVAL); /* no such helper yet */
	EXPECT_EQ(skep_register_helper(skep, &scale), 0);
	fd = (int)load(program, 5);
	REQUIRE(fd >= 0, "%d", fd);
	EXPECT_EQ(skep_prog_from_fd(client, fd, &prog), 0);
	close(fd);
	EXPECT_EQ(skep_prog_run(prog, &p), 420);
	EXPECT_EQ(p.gap, 42);
	skep_prog_put(prog);
	EXPECT_EQ(skep_prog_from_fd(client, 0, &prog), -EINVAL);
	end();
}

TEST("context rules of the type hold: no write where only reading is allowed")
{
	struct bpf_insn insns[5];

	start();
	EXPECT_EQ(skep_register_prog_type(skep, &pulse_type), 0);
	EXPECT_EQ(skep_register_helper(skep, &scale), 0);
	memcpy(insns, program, sizeof(insns));
	insns[2].off = 0;
	EXPECT_EQ(load(insns, 5), -EACCES);
	insns[2].off = 8;
	EXPECT_EQ(load(insns, 5), -EACCES);
	end();
}

TEST("registering refuses what cannot be")
{
	struct skep_prog_type t = pulse_type;
	struct skep_helper h = scale;

	start();
	EXPECT_EQ(skep_register_prog_type(skep, &pulse_type), 0);
	EXPECT_EQ(skep_register_prog_type(skep, &pulse_type), -EEXIST);
	t.type = BPF_PROG_TYPE_XDP;
	EXPECT_EQ(skep_register_prog_type(skep, &t), -EINVAL);
	EXPECT(strstr(skep_last_error(), "0x10000"), "%s", skep_last_error());
	t = pulse_type, t.type++, t.name = NULL;
	EXPECT_EQ(skep_register_prog_type(skep, &t), -EINVAL);
	EXPECT_EQ(skep_register_helper(skep, &scale), 0);
	EXPECT_EQ(skep_register_helper(skep, &scale), -EEXIST);
	h.id = 5;
	EXPECT_EQ(skep_register_helper(skep, &h), -EINVAL);
	h.id = 0x10100;
	EXPECT_EQ(skep_register_helper(skep, &h), -EINVAL);
	end();
}

TEST("trace output is kept, whole lines, oldest lost first")
{
	/* "hello\n" on the stack, then trace_printk */
	static const struct bpf_insn hello[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 1, .imm = 0x0a6968 },
		{ .code = BPF_STX | BPF_MEM | BPF_DW, .dst_reg = 10, .src_reg = 1, .off = -8 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 1, .src_reg = 10 },
		{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 1, .imm = -8 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 2, .imm = 4 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_trace_printk },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 2 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr a = { .prog_type = BPF_PROG_TYPE_XDP,
			     .insn_cnt = 8,
			     .insns = (uint64_t)hello,
			     .license = (uint64_t) "GPL" };
	struct skep_prog *prog;
	char text[256];
	size_t n;
	int fd;

	start();
	fd = (int)skep_bpf(client, BPF_PROG_LOAD, (uint64_t)&a, sizeof(a));
	REQUIRE(fd >= 0 && !skep_prog_from_fd(client, fd, &prog), "%d", fd);
	EXPECT_EQ(skep_trace_read(skep, text, sizeof(text)), 0);
	EXPECT_EQ(skep_prog_run(prog, (char[256]){ 0 }), 2);
	EXPECT_EQ(skep_trace_read(skep, text, 3), 0);
	n = skep_trace_read(skep, text, sizeof(text) - 1);
	text[n] = 0;
	EXPECT(n > 3 && strstr(text, "bpf_trace_printk: hi\n"), "%s", text);
	for (int i = 0; i < 40000; i++)
		skep_prog_run(prog, (char[256]){ 0 });
	n = skep_trace_read(skep, text, sizeof(text) - 1);
	EXPECT(n > 0 && text[n - 1] == '\n');
	skep_prog_put(prog);
	close(fd);
	end();
}
