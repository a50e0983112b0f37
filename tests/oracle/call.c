/* See call.h. */
#include "oracle/call.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "oracle/kernel.h"

struct code {
	struct bpf_insn insn[256];
	u32 n;
	int mem, text, result; /* maps */
};

static void emit(struct code *c, struct bpf_insn i)
{
	if (c->n < ARRAY_SIZE(c->insn))
		c->insn[c->n++] = i;
}

/* A 64-bit number, or with src == BPF_PSEUDO_MAP_VALUE byte hi of map lo. */
static void emit_load(struct code *c, u8 reg, u8 src, u32 lo, u32 hi)
{
	emit(c, (struct bpf_insn){ .code = BPF_LD | BPF_IMM | BPF_DW,
				   .dst_reg = reg,
				   .src_reg = src,
				   .imm = (s32)lo });
	emit(c, (struct bpf_insn){ .imm = (s32)hi });
}

static void emit_store(struct code *c, u8 to, u8 from)
{
	emit(c, (struct bpf_insn){
			.code = BPF_STX | BPF_MEM | BPF_DW, .dst_reg = to, .src_reg = from });
}

static void emit_move(struct code *c, u8 to, u8 from)
{
	emit(c, (struct bpf_insn){
			.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = to, .src_reg = from });
}

static void emit_arg(struct code *c, const struct helper_call *call, u8 reg)
{
	const struct call_arg *a = &call->arg[reg - 1];

	switch (a->kind) {
	case CALL_NUMBER: emit_load(c, reg, 0, (u32)a->value, (u32)(a->value >> 32)); break;
	case CALL_MEM: emit_load(c, reg, BPF_PSEUDO_MAP_VALUE, (u32)c->mem, (u32)a->value); break;
	case CALL_TEXT: emit_load(c, reg, BPF_PSEUDO_MAP_VALUE, (u32)c->text, 0); break;
	case CALL_CTX: emit_move(c, reg, 6); break;
	case CALL_MAP: emit_load(c, reg, BPF_PSEUDO_MAP_FD, (u32)call->map_fd, 0); break;
	}
}

static void emit_call(struct code *c, const struct helper_call *call)
{
	emit_move(c, 6, 1);
	for (u32 i = 0; i < call->nr_pointers; i++) {
		emit_load(c, 1, BPF_PSEUDO_MAP_VALUE, (u32)c->mem, call->pointer[i].at);
		emit_load(c, 2, BPF_PSEUDO_MAP_VALUE, (u32)c->mem, call->pointer[i].to);
		emit_store(c, 1, 2);
	}
	for (u8 i = 0; i < 5; i++)
		emit_arg(c, call, i + 1);
	emit(c, (struct bpf_insn){ .code = BPF_JMP | BPF_CALL, .imm = (s32)call->id });
	emit_load(c, 1, BPF_PSEUDO_MAP_VALUE, (u32)c->result, 0);
	emit_store(c, 1, 0);
	emit(c, (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_K });
	emit(c, (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT });
}

static int map_new(u32 size, u32 flags)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = 4;
	attr.value_size = size;
	attr.max_entries = 1;
	attr.map_flags = flags;
	return (int)kernel_bpf(BPF_MAP_CREATE, &attr, sizeof(attr));
}

static int map_elem(int cmd, int fd, const void *value)
{
	union bpf_attr attr;
	u32 key = 0;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (u32)fd;
	attr.key = (u64)(uintptr_t)&key;
	attr.value = (u64)(uintptr_t)value;
	return (int)kernel_bpf(cmd, &attr, sizeof(attr));
}

static int map_freeze(int fd)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (u32)fd;
	return (int)kernel_bpf(BPF_MAP_FREEZE, &attr, sizeof(attr));
}

static int maps_new(struct code *c, const struct helper_call *call)
{
	int ret;

	c->mem = map_new(CALL_MEM_SIZE, 0);
	c->result = map_new(8, 0);
	c->text = call->text_size ? map_new(call->text_size, BPF_F_RDONLY_PROG) : -1;
	if (c->mem < 0 || c->result < 0)
		return c->mem < 0 ? c->mem : c->result;
	ret = map_elem(BPF_MAP_UPDATE_ELEM, c->mem, call->mem);
	if (ret < 0 || !call->text_size)
		return ret;
	ret = map_elem(BPF_MAP_UPDATE_ELEM, c->text, call->text);
	return ret < 0 ? ret : map_freeze(c->text);
}

static void maps_close(struct code *c)
{
	close(c->mem);
	close(c->result);
	if (c->text >= 0)
		close(c->text);
}

static int test_run(int fd, u32 prog_type)
{
	union bpf_attr attr;
	u8 data[64] = { 0 };

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = (u32)fd;
	if (prog_type != BPF_PROG_TYPE_RAW_TRACEPOINT) {
		attr.test.data_in = (u64)(uintptr_t)data;
		attr.test.data_size_in = sizeof(data);
	}
	return (int)kernel_bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr));
}

int kernel_call(struct helper_call *call, u64 *ret, char *log, u32 size)
{
	struct code c = { .n = 0 };
	int err = maps_new(&c, call), fd = -1;

	if (err >= 0) {
		emit_call(&c, call);
		err = fd = kernel_load(call->prog_type, c.insn, c.n, 1, log, log ? size : 0);
	}
	if (err >= 0)
		err = test_run(fd, call->prog_type);
	if (err >= 0)
		err = map_elem(BPF_MAP_LOOKUP_ELEM, c.mem, call->mem);
	if (err >= 0)
		err = map_elem(BPF_MAP_LOOKUP_ELEM, c.result, ret);
	for (u32 i = 0; i < call->nr_pointers; i++)
		memset(call->mem + call->pointer[i].at, 0, 8);
	if (fd >= 0)
		close(fd);
	maps_close(&c);
	return err < 0 ? err : 0;
}
