/* The same calls of packet helpers, by BPF_PROG_TEST_RUN on the kernel and by our test_run: a script of
 * calls becomes a program there; here a program whose engine is a C function makes them. Return values,
 * memory that helpers wrote and context fields go into one number that both return. */
#ifndef SKEP_TEST_PACKET_RUN_H
#define SKEP_TEST_PACKET_RUN_H

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "exec/prog.h"
#include "helper/helper.h"
#include "insn/insn.h"
#include "insns.h"
#include "oracle/kernel.h"
#include "prog/prog.h"
#include "test.h"

#define MAX_CALLS    6
#define CALL_MEM     16 /* bytes of memory that each call may point to */
#define MIX	     0x01000193
#define RESULT_MAX   0x20000
#define SCRIPT_INSNS (MAX_CALLS * 32 + 64)

/* One call. args: a letter per argument: c context, n number, m the call's memory. */
struct call {
	u32 id;
	const char *args;
	u64 number[5];	  /* by argument */
	s32 mem[2];	  /* its memory before the call, each sign-extended to 8 bytes */
	bool only_errors; /* other results are not comparable */
};

struct script {
	u32 type, nr_calls, flags;
	struct call call[MAX_CALLS];
	const s16 *fields; /* context fields to read afterwards, ended by -1 */
};

struct result {
	s32 err;
	u32 retval, data_len, ctx_len;
	u8 data[RESULT_MAX];
	u8 ctx[256];
};

struct request {
	const void *data, *ctx;
	u32 data_len, ctx_len, repeat, flags, cpu, batch_size;
	bool no_data_out, no_ctx_out;
};

static const struct script *run_script;

/* --- ours --- */

static u64 read_field(u32 type, const void *native, s16 off)
{
	struct bpf_insn in = LOAD(BPF_W, 0, 1, off), out[CTX_REWRITE_MAX];
	struct skep_prog_desc d = { .type = type };
	const struct skep_ctx_field *f = ctx_access(prog_type_find(type), &d, off, 4, false);
	u64 value = 0;

	if (f && ctx_rewrite(f, &in, out) == 1 && BPF_CLASS(out->code) == BPF_LDX)
		memcpy(&value, (const u8 *)native + out->off, access_size(out->code));
	return value;
}

static u64 make_call(const struct call *c, void *ctx, u64 acc, struct skep_run *run)
{
	s64 mem[2] = { c->mem[0], c->mem[1] };
	u64 r[5] = { 0 }, ret;

	for (u32 i = 0; c->args[i]; i++)
		r[i] = c->args[i] == 'c'   ? (uintptr_t)ctx
		       : c->args[i] == 'm' ? (uintptr_t)mem
					   : c->number[i];
	ret = helper_find(c->id)->fn(r[0], r[1], r[2], r[3], r[4], run);
	if (c->only_errors && (s64)ret >= 0)
		ret = 0;
	acc = acc * MIX + ret;
	acc = acc * MIX + (u64)mem[0];
	return acc * MIX + (u64)mem[1];
}

static u64 our_engine(const struct skep_prog *p, void *ctx, struct skep_run *run)
{
	const struct script *s = run_script;
	u64 acc = 0;

	run->prog = (struct skep_prog *)p;
	run->ctx = ctx;
	for (u32 i = 0; i < s->nr_calls; i++)
		acc = make_call(&s->call[i], ctx, acc, run);
	for (const s16 *f = s->fields; *f >= 0; f++)
		acc = acc * MIX + read_field(s->type, ctx, *f);
	return acc ^ acc >> 32;
}

static void our_run(const struct script *s, const struct request *q, struct result *res)
{
	static struct runtime rt;
	static bool ready;
	struct skep_prog p = { .rt = &rt, .type = prog_type_find(s->type), .run = our_engine };
	struct skep_test_run t = { .data_in = q->data,
				   .data_size_in = q->data_len,
				   .ctx_in = q->ctx,
				   .ctx_size_in = q->ctx_len,
				   .has_data_out = !q->no_data_out,
				   .has_ctx_out = !q->no_ctx_out,
				   .repeat = q->repeat,
				   .flags = q->flags,
				   .cpu = q->cpu,
				   .batch_size = q->batch_size };

	if (!ready && runtime_init(&rt, NULL) < 0)
		abort();
	ready = true;
	run_script = s;
	res->err = p.type->test_run(&p, &t);
	if (!res->err) {
		res->retval = t.retval;
		res->data_len = t.data_size_out;
		res->ctx_len = t.ctx_size_out;
		if (t.data_out)
			memcpy(res->data, t.data_out, t.data_size_out);
		if (t.ctx_out)
			memcpy(res->ctx, t.ctx_out, t.ctx_size_out);
	}
	free(t.data_out);
	free(t.ctx_out);
}

/* --- the kernel's --- */

static u32 emit_mix(struct bpf_insn *p, u8 from)
{
	p[0] = ALU_IMM(BPF_MUL, 9, MIX);
	p[1] = ALU_REG(BPF_ADD, 9, from);
	return 2;
}

static u32 emit_number(struct bpf_insn *p, u8 reg, u64 v)
{
	p[0] = INSN(BPF_LD | BPF_DW | BPF_IMM, reg, 0, 0, (s32)v);
	p[1] = INSN(0, 0, 0, 0, (s32)(v >> 32));
	return 2;
}

static u32 emit_call(struct bpf_insn *p, const struct call *c)
{
	u32 n = 0;

	p[n++] = STORE_IMM(BPF_DW, 10, -16, c->mem[0]);
	p[n++] = STORE_IMM(BPF_DW, 10, -8, c->mem[1]);
	for (u32 i = 0; c->args[i]; i++) {
		u8 reg = (u8)(i + 1);

		if (c->args[i] == 'n') {
			n += emit_number(p + n, reg, c->number[i]);
			continue;
		}
		p[n++] = MOV_REG(reg, c->args[i] == 'c' ? 6 : 10);
		if (c->args[i] == 'm')
			p[n++] = ALU_IMM(BPF_ADD, reg, -CALL_MEM);
	}
	p[n++] = CALL_HELPER((s32)c->id);
	if (c->only_errors) {
		p[n++] = JUMP_IMM(BPF_JSLT, 0, 0, 1);
		p[n++] = MOV_IMM(0, 0);
	}
	n += emit_mix(p + n, 0);
	p[n++] = LOAD(BPF_DW, 1, 10, -16);
	n += emit_mix(p + n, 1);
	p[n++] = LOAD(BPF_DW, 1, 10, -8);
	return n + emit_mix(p + n, 1);
}

static u32 emit_script(struct bpf_insn *p, const struct script *s)
{
	u32 n = 0;

	p[n++] = MOV_REG(6, 1);
	p[n++] = MOV_IMM(9, 0);
	for (u32 i = 0; i < s->nr_calls; i++)
		n += emit_call(p + n, &s->call[i]);
	for (const s16 *f = s->fields; *f >= 0; f++) {
		p[n++] = LOAD(BPF_W, 1, 6, *f);
		n += emit_mix(p + n, 1);
	}
	p[n++] = MOV_REG(0, 9);
	p[n++] = ALU_IMM(BPF_RSH, 9, 32);
	p[n++] = ALU_REG(BPF_XOR, 0, 9);
	p[n++] = EXIT_INSN();
	return n;
}

static void kernel_run_script(const struct script *s, const struct request *q, struct result *res)
{
	struct bpf_insn prog[SCRIPT_INSNS];
	union bpf_attr a = { 0 };
	int fd = kernel_load(s->type, prog, emit_script(prog, s), 0, NULL, 0);

	EXPECT(fd >= 0, "kernel refuses the script: %d", fd);
	a.test.prog_fd = (u32)fd;
	a.test.data_in = (uintptr_t)q->data;
	a.test.data_size_in = q->data_len;
	a.test.ctx_in = (uintptr_t)q->ctx;
	a.test.ctx_size_in = q->ctx_len;
	a.test.repeat = q->repeat;
	a.test.flags = q->flags;
	a.test.cpu = q->cpu;
	a.test.batch_size = q->batch_size;
	if (!q->no_data_out) {
		a.test.data_out = (uintptr_t)res->data;
		a.test.data_size_out = sizeof(res->data);
	}
	if (!q->no_ctx_out) {
		a.test.ctx_out = (uintptr_t)res->ctx;
		a.test.ctx_size_out = sizeof(res->ctx);
	}
	res->err = (s32)kernel_bpf(BPF_PROG_TEST_RUN, &a, sizeof(a));
	res->retval = a.test.retval;
	res->data_len = a.test.data_size_out;
	res->ctx_len = a.test.ctx_size_out;
	close(fd);
}

/* --- both --- */

static void show_script(const struct script *s)
{
	for (u32 i = 0; i < s->nr_calls; i++) {
		printf("#   %s(", helper_find(s->call[i].id)->name);
		for (u32 a = 0; s->call[i].args[a]; a++)
			if (s->call[i].args[a] == 'n')
				printf(" %#llx", (unsigned long long)s->call[i].number[a]);
			else
				printf(" %c", s->call[i].args[a]);
		printf(" )\n");
	}
}

/* True if both agree in all. */
static bool same_run(const struct script *s, const struct request *q)
{
	static struct result ours, theirs;
	bool same;

	memset(&ours, 0, offsetof(struct result, data));
	memset(&theirs, 0, offsetof(struct result, data));
	our_run(s, q, &ours);
	kernel_run_script(s, q, &theirs);
	same = ours.err == theirs.err;
	if (same && !ours.err)
		same = ours.retval == theirs.retval && ours.data_len == theirs.data_len &&
		       ours.ctx_len == theirs.ctx_len &&
		       (q->no_data_out || !memcmp(ours.data, theirs.data, ours.data_len)) &&
		       (q->no_ctx_out || !memcmp(ours.ctx, theirs.ctx, ours.ctx_len));
	EXPECT(same, "type %u len %u: err %d/%d ret %#x/%#x out %u/%u", s->type, q->data_len,
	       ours.err, theirs.err, ours.retval, theirs.retval, ours.data_len, theirs.data_len);
	if (!same)
		show_script(s);
	for (u32 i = 0; !same && !ours.err && !theirs.err && i < ours.data_len; i++)
		if (ours.data[i] != theirs.data[i]) {
			printf("#   first different byte at %u: %#x/%#x\n", i, ours.data[i],
			       theirs.data[i]);
			break;
		}
	return same;
}

__attribute__((unused)) static void fill_frame(u8 *frame, u32 len, u16 type)
{
	for (u32 i = 0; i < len; i++)
		frame[i] = (u8)(i * 7 + (i >> 8));
	if (len < 14)
		return;
	memset(frame, 0, 6);
	frame[12] = (u8)(type >> 8);
	frame[13] = (u8)type;
}

#endif
