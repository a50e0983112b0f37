/* What hostile clients ask of bpf(2): half of the calls are nearly right, so that objects come to exist and are raced for;
 * the others are noise. */
#include <linux/bpf.h>
#include <stdio.h>
#include <sys/syscall.h>

#include "fuzz/hostile_client.h"

#define PIN_NAMES  6
#define LAST_CMD   48
#define LAST_MAP   36
#define LAST_PROG  36
#define MANY_INSNS 3000

static long bpf(int cmd, union bpf_attr *attr, uint32_t size)
{
	return syscall(SYS_bpf, cmd, attr, size);
}

static void spoil(struct client *c, union bpf_attr *attr)
{
	if (chance(c, 6)) {
		uint32_t x = chance(c, 2) ? any_size(c) : (uint32_t)any_pointer(c);

		memcpy((char *)attr + below(c, sizeof(*attr) / 4) * 4, &x, sizeof(x));
	}
}

void hostile_make_map(struct client *c)
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

void hostile_use_map(struct client *c)
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

void hostile_use_batch(struct client *c)
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

void hostile_load(struct client *c)
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

void hostile_test_run(struct client *c)
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

void hostile_load_btf(struct client *c)
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

void hostile_ids(struct client *c)
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

void hostile_info(struct client *c)
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

void hostile_pin(struct client *c)
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

void hostile_link(struct client *c)
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

void hostile_noise(struct client *c)
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
