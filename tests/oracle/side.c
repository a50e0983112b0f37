/* See side.h. Every side has the same maps, with the same contents before each run. */
#include "oracle/side.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "insn/insn.h"
#include "oracle/kernel.h"
#include "unit/insns.h"

#define CTX_WORDS  12 /* of raw tracepoints */
#define CPU_VALUES (32 * 256)

static long side_bpf(const struct side *s, int cmd, union bpf_attr *attr)
{
	if (s->client)
		return skep_bpf(s->client, cmd, (u64)(uintptr_t)attr, sizeof(*attr));
	return kernel_bpf(cmd, attr, sizeof(*attr));
}

static u64 address(const void *p)
{
	return (u64)(uintptr_t)p;
}

static int load_btf(const struct side *s, struct btf *b)
{
	union bpf_attr attr = { 0 };
	u32 size;

	attr.btf = address(btf__raw_data(b, &size));
	attr.btf_size = size;
	return (int)side_bpf(s, BPF_BTF_LOAD, &attr);
}

/* Ids: int, struct bpf_spin_lock, int (void), int (int), a value with a lock; then for each function two: a static
 * one and a global one. */
enum { ID_INT = 1, ID_LOCK, ID_PROTO, ID_GLOBAL_PROTO, ID_VALUE, ID_FUNC };

static int make_btf(struct side *s)
{
	struct btf *b = btf__new_empty();

	btf__add_int(b, "int", 4, BTF_INT_SIGNED);
	btf__add_struct(b, "bpf_spin_lock", 4);
	btf__add_field(b, "val", ID_INT, 0, 0);
	btf__add_func_proto(b, ID_INT);
	btf__add_func_proto(b, ID_INT);
	btf__add_func_param(b, "x", ID_INT);
	btf__add_struct(b, "value", 32);
	btf__add_field(b, "lock", ID_LOCK, 0, 0);
	for (u32 k = 0; k < GENERATE_MAX_FUNCS; k++) {
		char name[8];

		snprintf(name, sizeof(name), "f%u", k);
		btf__add_func(b, name, k ? BTF_FUNC_STATIC : BTF_FUNC_GLOBAL, ID_PROTO);
		name[0] = 'g';
		btf__add_func(b, name, BTF_FUNC_GLOBAL, ID_GLOBAL_PROTO);
	}
	s->btf = load_btf(s, b);
	btf__free(b);
	return s->btf < 0 ? s->btf : 0;
}

static int make_map(const struct side *s, u32 k)
{
	const struct generate_map_attr *m = &generate_maps[k];
	union bpf_attr attr = { 0 };

	attr.map_type = m->type;
	attr.key_size = m->key_size;
	attr.value_size = m->value_size;
	attr.max_entries = m->entries;
	attr.map_flags = m->flags;
	if (m->lock) {
		attr.btf_fd = (u32)s->btf;
		attr.btf_key_type_id = ID_INT;
		attr.btf_value_type_id = ID_VALUE;
	}
	return (int)side_bpf(s, BPF_MAP_CREATE, &attr);
}

static void put(const struct side *s, u32 map, u32 key, const void *value)
{
	union bpf_attr attr = { 0 };

	attr.map_fd = (u32)s->maps[map];
	attr.key = address(&key);
	attr.value = address(value);
	side_bpf(s, BPF_MAP_UPDATE_ELEM, &attr);
}

static void delete (const struct side *s, u32 map, u32 key)
{
	union bpf_attr attr = { 0 };

	attr.map_fd = (u32)s->maps[map];
	attr.key = address(&key);
	side_bpf(s, BPF_MAP_DELETE_ELEM, &attr);
}

static bool first_key(const struct side *s, u32 map, u32 *key)
{
	union bpf_attr attr = { 0 };

	attr.map_fd = (u32)s->maps[map];
	attr.next_key = address(key);
	return side_bpf(s, BPF_MAP_GET_NEXT_KEY, &attr) == 0;
}

/* The same contents before each run. */
static void reset_maps(const struct side *s)
{
	static const u8 value[32] = { 0, 0, 0, 0, 3, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 255, 255 };
	u8 values[CPU_VALUES]; /* the same for every CPU */
	u32 key;

	for (u32 k = 0; k < sizeof(values); k++)
		values[k] = value[k % sizeof(value)];
	for (u32 k = 0; k < 2; k++) {
		put(s, GMAP_ARRAY, k, values + 4 * k);
		put(s, GMAP_LOCKED, k, values);
		put(s, GMAP_PERCPU, k, values);
	}
	for (u32 k = 0; k < 8 && first_key(s, GMAP_HASH, &key); k++)
		delete (s, GMAP_HASH, key);
	put(s, GMAP_HASH, 1, values + 4);
}

static int freeze(const struct side *s)
{
	union bpf_attr attr = { 0 };
	char text[32] = "n=%d";

	text[8] = '%'; /* a format that is none */
	text[16] = 5;
	put(s, GMAP_FROZEN, 0, text);
	attr.map_fd = (u32)s->maps[GMAP_FROZEN];
	return (int)side_bpf(s, BPF_MAP_FREEZE, &attr);
}

void side_done(struct side *s)
{
	for (u32 k = 0; k < GMAP_COUNT; k++)
		if (s->maps[k] > 0)
			close(s->maps[k]);
	for (u32 k = 0; k < MAX_TYPE; k++)
		if (s->progs[k] > 0)
			close(s->progs[k]);
	if (s->btf > 0)
		close(s->btf);
	if (s->client)
		skep_client_free(s->client);
	skep_free(s->skep);
	*s = (struct side){ 0 };
}

/* A program array for that type, with a program at index 0. */
static int fill_progs(struct side *s, u32 type)
{
	static const struct bpf_insn three[] = { MOV_IMM(0, 3), EXIT_INSN() };
	union bpf_attr load = { 0 }, update = { 0 };
	u32 index = 0, fd;

	s->progs[type] = make_map(s, GMAP_PROGS);
	load.prog_type = type;
	load.insns = address(three);
	load.insn_cnt = ARRAY_SIZE(three);
	load.license = address("GPL");
	fd = (u32)side_bpf(s, BPF_PROG_LOAD, &load);
	if ((int)fd < 0) /* a type that is not generated */
		return MIN(s->progs[type], 0);
	update.map_fd = (u32)s->progs[type];
	update.key = address(&index);
	update.value = address(&fd);
	side_bpf(s, BPF_MAP_UPDATE_ELEM, &update);
	close((int)fd);
	return MIN(s->progs[type], 0);
}

int side_init(struct side *s, const struct skep_options *opt)
{
	int err = 0;

	*s = (struct side){ 0 };
	if (opt)
		err = skep_new(opt, &s->skep) ?: skep_client_new(s->skep, &s->client);
	if (!err)
		err = make_btf(s);
	for (u32 k = 0; !err && k < GMAP_COUNT; k++) {
		s->maps[k] = make_map(s, k);
		err = MIN(s->maps[k], 0);
	}
	for (u32 k = 0; !err && k < MAX_TYPE; k++)
		err = fill_progs(s, k);
	return err ? err : freeze(s);
}

/* --- loading --- */

static void find_reason(struct verdict *v)
{
	char *end = strstr(v->log, "processed "), *p;
	u32 n = 0;

	if (!end)
		end = v->log + strlen(v->log);
	else
		v->processed = (u32)atoi(end + 10);
	while (end > v->log && end[-1] == '\n')
		end--;
	for (p = end; p > v->log && p[-1] != '\n';)
		p--;
	while (p + n < end && n < sizeof(v->reason) - 1)
		n++;
	memcpy(v->reason, p, n);
	v->reason[n] = 0;
	/* With statistics only, lines on time and stack stand last. */
	if (!strncmp(v->reason, "stack depth ", 12) ||
	    !strncmp(v->reason, "verification time ", 18)) {
		char *t = strstr(v->log, "verification time ");

		*t = 0;
		end = t;
		while (end > v->log && end[-1] == '\n')
			*--end = 0;
		p = strrchr(v->log, '\n');
		snprintf(v->reason, sizeof(v->reason), "%s", p ? p + 1 : v->log);
	}
}

static s32 kfunc_id(u32 k)
{
	static struct btf *kernel;
	static s32 ids[GKFUNC_COUNT];

	if (!kernel)
		kernel = btf__load_vmlinux_btf();
	if (kernel && !ids[k])
		ids[k] = btf__find_by_name_kind(kernel, generate_kfuncs[k], BTF_KIND_FUNC);
	return MAX(ids[k], 0);
}

/* What names a map or a kernel function by its index gets its descriptor or id. */
static void name_maps(const struct side *s, const struct generated *g, struct bpf_insn *out)
{
	memcpy(out, g->insns, g->len * sizeof(*out));
	for (u32 i = 0; i < g->len; i++) {
		if (insn_is_kfunc_call(&out[i]))
			out[i].imm = kfunc_id((u32)out[i].imm);
		if (!insn_is_ld_imm64(&out[i]))
			continue;
		if (out[i].src_reg == BPF_PSEUDO_MAP_FD && out[i].imm == GMAP_PROGS)
			out[i].imm = s->progs[g->type];
		else if (out[i].src_reg == BPF_PSEUDO_MAP_FD ||
			 out[i].src_reg == BPF_PSEUDO_MAP_VALUE)
			out[i].imm = s->maps[out[i].imm];
		i++;
	}
}

void side_load(const struct side *s, const struct generated *g, u32 level, struct verdict *v)
{
	static struct bpf_insn insns[GENERATE_MAX_INSNS];
	struct bpf_func_info info[GENERATE_MAX_FUNCS];
	union bpf_attr attr = { 0 };

	name_maps(s, g, insns);
	attr.prog_type = g->type;
	attr.insns = address(insns);
	attr.insn_cnt = g->len;
	attr.license = address("GPL");
	attr.log_level = level;
	attr.log_buf = level ? address(v->log) : 0;
	attr.log_size = level ? LOG_SIZE : 0;
	if (g->nr_funcs > 1) {
		for (u32 k = 0; k < g->nr_funcs; k++)
			info[k] = (struct bpf_func_info){ g->func[k],
							  ID_FUNC + 2 * k + g->global[k] };
		attr.prog_btf_fd = (u32)s->btf;
		attr.func_info = address(info);
		attr.func_info_cnt = g->nr_funcs;
		attr.func_info_rec_size = sizeof(info[0]);
	}
	v->log[0] = v->reason[0] = 0;
	v->processed = 0;
	v->fd = (int)side_bpf(s, BPF_PROG_LOAD, &attr);
	v->err = MIN(v->fd, 0);
	v->log[LOG_SIZE - 1] = 0;
	find_reason(v);
}

/* --- running --- */

static void fetch(const struct side *s, u32 map, u32 key, u8 *value)
{
	union bpf_attr attr = { 0 };

	attr.map_fd = (u32)s->maps[map];
	attr.key = address(&key);
	attr.value = address(value);
	side_bpf(s, BPF_MAP_LOOKUP_ELEM, &attr);
}

void side_run(const struct side *s, const struct generated *g, int fd, u32 no, struct result *r)
{
	static const u8 fills[RUNS] = { 0, 0xff, 7 };
	union bpf_attr attr = { 0 };
	u64 words[CTX_WORDS];
	u8 in[GENERATE_PACKET];

	memset(r, 0, sizeof(*r));
	memset(in, fills[no], sizeof(in));
	memset(words, fills[no], sizeof(words));
	for (u32 i = 0; no == 2 && i < sizeof(in); i++)
		in[i] = (u8)i;
	in[12] = 0x88; /* an Ethernet type of no protocol */
	in[13] = 0xb5;
	reset_maps(s);
	attr.test.prog_fd = (u32)fd;
	if (g->type == BPF_PROG_TYPE_RAW_TRACEPOINT) {
		attr.test.ctx_in = address(words);
		attr.test.ctx_size_in = sizeof(words);
	} else {
		attr.test.data_in = address(in);
		attr.test.data_size_in = sizeof(in);
		attr.test.data_out = address(r->data);
		attr.test.data_size_out = sizeof(r->data);
		attr.test.repeat = 1;
	}
	r->err = (int)side_bpf(s, BPF_PROG_TEST_RUN, &attr);
	r->ret = attr.test.retval;
	r->len = g->type == BPF_PROG_TYPE_RAW_TRACEPOINT ? 0 : attr.test.data_size_out;
	for (u32 k = 0; k < 2; k++) {
		fetch(s, GMAP_ARRAY, k, r->maps + 32 * k);
		fetch(s, GMAP_LOCKED, k, r->maps + 192 + 32 * k);
	}
	for (u32 k = 0; k < 4; k++)
		fetch(s, GMAP_HASH, k, r->maps + 64 + 32 * k);
}
