/* See execute.h. */
#include "abi/abi.h"
#include "case/execute.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "case/asm.h"
#include "insn/insn.h"

#define LOG_SIZE (8 << 20)
#define OUT_ROOM 512 /* that a run's output may grow by */

struct execution {
	const struct test_case_file *t;
	struct target *on;
	u32 log_level;
	struct outcome *o;
	int map_fds[CASE_MAX], callee_fds[CASE_MAX], prog_fd, btf_fd;
};

static int broken(struct execution *x, int err, const char *what, const char *name)
{
	snprintf(x->o->error, sizeof(x->o->error), "%s: %s %s: %s", x->on->name, what, name,
		 strerror(-err));
	return err;
}

static u64 address(const void *p)
{
	return (u64)(uintptr_t)p;
}

/* --- BTF, for what Linux wants it: functions whose address is taken, locks in map values --- */

enum { BTF_INT = 1, BTF_LOCK, BTF_PROTO };

static int load_btf(struct execution *x, struct btf *b)
{
	union bpf_attr attr = { 0 };
	u32 size;

	attr.btf = address(btf__raw_data(b, &size));
	attr.btf_size = size;
	return (int)target_bpf(x->on, BPF_BTF_LOAD, &attr, sizeof(attr));
}

/* int, struct bpf_spin_lock, int (*)(void) have the ids above. */
static struct btf *base_btf(void)
{
	struct btf *b = btf__new_empty();

	if (!b)
		return NULL;
	btf__add_int(b, "int", 4, BTF_INT_SIGNED);
	btf__add_struct(b, "bpf_spin_lock", 4);
	btf__add_field(b, "val", BTF_INT, 0, 0);
	btf__add_func_proto(b, BTF_INT);
	return b;
}

/* Structures that Linux knows by name, beside the lock: in the order of enum case_field. */
static int add_field_type(struct btf *b, u32 kind)
{
	static const struct {
		const char *name;
		u32 size;
	} types[] = { [FIELD_OF_TIMER] = { "bpf_timer", 16 },
		      [FIELD_OF_WQ] = { "bpf_wq", 16 },
		      [FIELD_OF_RESLOCK] = { "bpf_res_spin_lock", 4 } };

	return kind == FIELD_OF_LOCK ? BTF_LOCK
				     : btf__add_struct(b, types[kind].name, types[kind].size);
}

/* Of local storages Linux wants the types, too. */
static bool has_fields(const struct case_map *m)
{
	switch (m->type) {
	case BPF_MAP_TYPE_SK_STORAGE:
	case BPF_MAP_TYPE_INODE_STORAGE:
	case BPF_MAP_TYPE_TASK_STORAGE:
	case BPF_MAP_TYPE_CGRP_STORAGE: return true;
	default: break;
	}
	for (u32 k = 0; k < NR_CASE_FIELDS; k++)
		if (m->field[k] >= 0)
			return true;
	return false;
}

/* *value: the value's type. Members go by their offsets. */
static int value_btf(struct execution *x, const struct case_map *m, u32 *value)
{
	struct btf *b = base_btf();
	int fd, type[NR_CASE_FIELDS];

	if (!b)
		return -ENOMEM;
	for (u32 k = 0; k < NR_CASE_FIELDS; k++)
		type[k] = m->field[k] < 0 ? 0 : add_field_type(b, k);
	*value = (u32)btf__add_struct(b, "value", m->value_size);
	for (u32 off = 0; off < m->value_size; off++)
		for (u32 k = 0; k < NR_CASE_FIELDS; k++)
			if (m->field[k] == (s32)off)
				btf__add_field(b, "field", type[k], off * 8, 0);
	fd = load_btf(x, b);
	btf__free(b);
	return fd;
}

/* A pointer to an array of g's bytes, or to the context. */
static int pointer_type(struct execution *x, struct btf *b, char kind, u32 size)
{
	int byte, to;

	if (kind == 'c')
		to = btf__add_struct(
			b, x->t->prog_type == BPF_PROG_TYPE_XDP ? "xdp_md" : "__sk_buff", 4);
	else if (kind == 't' || kind == 'o' || kind == 'u')
		to = btf__add_struct(b, "task_struct", 4);
	else if (kind == 'd')
		to = btf__add_struct(b, "bpf_dynptr", 16);
	else if (!size)
		return btf__add_ptr(b, 0);
	else {
		byte = btf__add_int(b, "char", 1, 0);
		to = btf__add_array(b, BTF_INT, byte, size);
	}
	return btf__add_ptr(b, to);
}

/* What is said of an argument besides its type. */
static const char *const *tags_of(char kind)
{
	static const char *const none[] = { NULL }, *const nonnull[] = { "arg:nonnull", NULL },
				 *const trusted[] = { "arg:trusted", NULL },
				 *const or_null[] = { "arg:trusted", "arg:nullable", NULL },
				 *const untrusted[] = { "arg:untrusted", NULL };

	switch (kind) {
	case 'n': return nonnull;
	case 't': return trusted;
	case 'o': return or_null;
	case 'u': return untrusted;
	default: return none;
	}
}

static u32 add_global(struct execution *x, struct btf *b, const struct case_global *g)
{
	int types[ARRAY_SIZE(g->args)], proto, func;

	for (u32 i = 0; i < g->nr_args; i++)
		types[i] = g->args[i].kind == 'i'
				   ? BTF_INT
				   : pointer_type(x, b, g->args[i].kind, g->args[i].size);
	proto = btf__add_func_proto(b, BTF_INT);
	for (u32 i = 0; i < g->nr_args; i++)
		btf__add_func_param(b, "arg", types[i]);
	func = btf__add_func(b, g->name, BTF_FUNC_GLOBAL, proto);
	for (u32 i = 0; i < g->nr_args; i++)
		for (const char *const *tag = tags_of(g->args[i].kind); *tag; tag++)
			btf__add_decl_tag(b, *tag, func, (int)i);
	return (u32)func;
}

static u32 add_function(struct execution *x, struct btf *b, const char *name, bool main)
{
	for (u32 i = 0; i < x->t->nr_globals; i++)
		if (!strcmp(x->t->globals[i].name, name))
			return add_global(x, b, &x->t->globals[i]);
	return (u32)btf__add_func(b, name, main ? BTF_FUNC_GLOBAL : BTF_FUNC_STATIC, BTF_PROTO);
}

/* A function info per subprogram; *info is the caller's to free. */
static int func_btf(struct execution *x, const struct asm_code *c, struct bpf_func_info **info)
{
	struct btf *b = base_btf();
	int fd;

	*info = calloc(c->nr_subprogs, sizeof(**info));
	if (!b || !*info) {
		btf__free(b);
		return -ENOMEM;
	}
	for (u32 i = 0; i < c->nr_subprogs; i++) {
		(*info)[i].insn_off = c->subprogs[i].start;
		(*info)[i].type_id = add_function(x, b, c->subprogs[i].name, !i);
	}
	if (*c->exception) {
		char tag[64];

		snprintf(tag, sizeof(tag), "exception_callback:%s", c->exception);
		btf__add_decl_tag(b, tag, (int)(*info)[0].type_id, -1);
	}
	fd = load_btf(x, b);
	btf__free(b);
	return fd;
}

/* --- maps --- */

static int create_map(struct execution *x, u32 k)
{
	const struct case_map *m = &x->t->maps[k];
	union bpf_attr attr = { 0 };
	int btf = -1;

	attr.map_type = m->type;
	attr.key_size = m->key_size;
	attr.value_size = m->value_size;
	attr.max_entries = m->entries;
	attr.map_flags = m->flags;
	attr.map_extra = m->extra;
	snprintf(attr.map_name, sizeof(attr.map_name), "%s", m->name);
	if (has_fields(m)) {
		u32 value;

		btf = value_btf(x, m, &value);
		if (btf < 0)
			return broken(x, btf, "BTF of map", m->name);
		attr.btf_fd = (u32)btf;
		attr.btf_key_type_id = BTF_INT;
		attr.btf_value_type_id = value;
	}
	x->map_fds[k] = (int)target_bpf(x->on, BPF_MAP_CREATE, &attr, sizeof(attr));
	if (btf >= 0)
		close(btf);
	return x->map_fds[k] < 0 ? broken(x, x->map_fds[k], "map", m->name) : 0;
}

static int put(struct execution *x, u32 map, const void *key, const void *value)
{
	union bpf_attr attr = { 0 };
	int err;

	attr.map_fd = (u32)x->map_fds[map];
	attr.key = address(key);
	attr.value = address(value);
	err = (int)target_bpf(x->on, BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr));
	return err < 0 ? broken(x, err, "put into", x->t->maps[map].name) : 0;
}

static int make_maps(struct execution *x)
{
	int err = 0;

	for (u32 k = 0; !err && k < x->t->nr_maps; k++)
		err = create_map(x, k);
	for (u32 k = 0; !err && k < x->t->nr_puts; k++)
		err = put(x, x->t->puts[k].map, x->t->puts[k].key.data, x->t->puts[k].value.data);
	for (u32 k = 0; !err && k < x->t->nr_maps; k++) {
		union bpf_attr attr = { .map_fd = (u32)x->map_fds[k] };

		if (x->t->maps[k].freeze)
			err = (int)target_bpf(x->on, BPF_MAP_FREEZE, &attr, sizeof(attr));
	}
	return err;
}

static bool is_per_cpu(u32 type)
{
	return type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_PERCPU_HASH ||
	       type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

static bool is_readable(u32 type)
{
	return is_per_cpu(type) || type == BPF_MAP_TYPE_ARRAY || type == BPF_MAP_TYPE_HASH ||
	       type == BPF_MAP_TYPE_LRU_HASH;
}

/* One element's value; those of all CPUs are added up, word by word, since which CPU ran is chance. */
static int look_up(struct execution *x, u32 map, const void *key, u8 *value)
{
	const struct case_map *m = &x->t->maps[map];
	u32 cpus = is_per_cpu(m->type) ? (u32)libbpf_num_possible_cpus() : 1;
	u32 words = (m->value_size + 7) / 8;
	union bpf_attr attr = { 0 };
	u64 *all = calloc((size_t)words * cpus, 8);
	int err;

	if (!all)
		return -ENOMEM;
	attr.map_fd = (u32)x->map_fds[map];
	attr.key = address(key);
	attr.value = address(all);
	err = (int)target_bpf(x->on, BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr));
	for (u32 i = words; i < words * cpus; i++)
		all[i % words] += all[i];
	memcpy(value, all, m->value_size);
	free(all);
	return err;
}

static void put_hex(struct buf *b, const u8 *data, u32 n)
{
	for (u32 i = 0; i < n; i++)
		buf_printf(b, "%02x", data[i]);
}

static int compare_lines(const void *x, const void *y)
{
	return strcmp(*(char *const *)x, *(char *const *)y);
}

static void put_sorted(struct buf *out, char **lines, u32 n)
{
	qsort(lines, n, sizeof(*lines), compare_lines);
	for (u32 i = 0; i < n; i++) {
		buf_puts(out, lines[i]);
		free(lines[i]);
	}
}

static int dump_map(struct execution *x, u32 map)
{
	const struct case_map *m = &x->t->maps[map];
	u8 key[512] = { 0 }, next[512] = { 0 }, value[4096] = { 0 };
	char **lines = calloc(m->entries + 1, sizeof(*lines));
	union bpf_attr attr = { 0 };
	u32 n = 0;

	if (!lines || m->key_size > sizeof(key) || m->value_size > sizeof(value)) {
		free(lines);
		return -E2BIG;
	}
	attr.map_fd = (u32)x->map_fds[map];
	attr.next_key = address(next);
	while (n < m->entries &&
	       target_bpf(x->on, BPF_MAP_GET_NEXT_KEY, &attr, sizeof(attr)) == 0) {
		struct buf line = { 0 };

		memcpy(key, next, m->key_size);
		attr.key = address(key);
		look_up(x, map, key, value);
		buf_printf(&line, "%s ", m->name);
		put_hex(&line, key, m->key_size);
		buf_puts(&line, " ");
		put_hex(&line, value, m->value_size);
		buf_puts(&line, "\n");
		lines[n++] = line.data;
	}
	put_sorted(&x->o->maps, lines, n);
	free(lines);
	return 0;
}

static int read_maps(struct execution *x)
{
	int err = 0;

	for (u32 k = 0; !err && k < x->t->nr_maps; k++)
		if (is_readable(x->t->maps[k].type))
			err = dump_map(x, k);
	for (u32 k = 0; !err && k < x->t->nr_expects; k++) {
		const struct case_pair *p = &x->t->expects[k];
		struct bytes *b = &x->o->found[k];

		b->len = x->t->maps[p->map].value_size;
		b->data = calloc(1, b->len);
		b->given = b->data && look_up(x, p->map, p->key.data, b->data) == 0;
	}
	return err;
}

/* --- programs --- */

static int fd_by_name(void *arg, const char *name)
{
	struct execution *x = arg;

	for (u32 k = 0; k < x->t->nr_maps; k++)
		if (!strcmp(x->t->maps[k].name, name))
			return x->map_fds[k];
	return -1;
}

static int load_code(struct execution *x, const struct asm_code *c)
{
	struct bpf_func_info *info = NULL;
	union bpf_attr attr = { 0 };
	int fd;

	attr.prog_type = x->t->prog_type;
	attr.expected_attach_type = x->t->attach_type;
	attr.prog_flags = x->t->flags;
	if (*x->t->target)
		attr.attach_btf_id = (u32)asm_kernel_type(x->t->target);
	attr.insns = address(c->insns);
	attr.insn_cnt = c->n;
	attr.license = address(x->t->license);
	attr.log_level = x->log_level;
	attr.log_buf = address(x->o->log);
	attr.log_size = LOG_SIZE;
	if (c->takes_address || *c->exception || x->t->nr_globals) {
		x->btf_fd = func_btf(x, c, &info);
		if (x->btf_fd < 0) {
			free(info);
			return broken(x, x->btf_fd, "BTF of", "functions");
		}
		attr.prog_btf_fd = (u32)x->btf_fd;
		attr.func_info = address(info);
		attr.func_info_cnt = c->nr_subprogs;
		attr.func_info_rec_size = sizeof(*info);
	}
	x->o->log[0] = '\0';
	fd = (int)target_bpf(x->on, BPF_PROG_LOAD, &attr, sizeof(attr));
	free(info);
	return fd;
}

static int load_text(struct execution *x, const char *text, int *fd)
{
	struct asm_code c;
	int err = asm_text(text, fd_by_name, x, &c);

	if (err)
		snprintf(x->o->error, sizeof(x->o->error), "%s", c.error);
	else
		*fd = load_code(x, &c);
	asm_done(&c);
	return err;
}

static int load_callees(struct execution *x)
{
	for (u32 k = 0; k < x->t->nr_callees; k++) {
		const struct case_callee *c = &x->t->callees[k];
		int err = load_text(x, buf_str(&c->text), &x->callee_fds[k]);

		if (err)
			return err;
		if (x->callee_fds[k] < 0)
			return broken(x, x->callee_fds[k], "callee of", x->t->maps[c->map].name);
		err = put(x, c->map, &c->index, &x->callee_fds[k]);
		if (err)
			return err;
	}
	return 0;
}

static int test_run(struct execution *x, u32 k)
{
	const struct case_run *r = &x->t->runs[k];
	union bpf_attr attr = { 0 };
	struct bytes *out = &x->o->runs[k].out;

	attr.test.prog_fd = (u32)x->prog_fd;
	attr.test.repeat = r->data.given ? 1 : 0;
	if (r->data.given) {
		out->data = calloc(1, r->data.len + OUT_ROOM);
		if (!out->data)
			return -ENOMEM;
		attr.test.data_in = address(r->data.data);
		attr.test.data_size_in = r->data.len;
		attr.test.data_out = address(out->data);
		attr.test.data_size_out = r->data.len + OUT_ROOM;
	}
	if (r->ctx.given) {
		attr.test.ctx_in = address(r->ctx.data);
		attr.test.ctx_size_in = r->ctx.len;
	}
	x->o->runs[k].err = (int)target_bpf(x->on, BPF_PROG_TEST_RUN, &attr, sizeof(attr));
	x->o->runs[k].ret = attr.test.retval;
	out->len = r->data.given ? attr.test.data_size_out : 0;
	return 0;
}

static bool is_as_expected(struct execution *x)
{
	for (u32 k = 0; k < x->t->nr_expects; k++) {
		const struct case_pair *p = &x->t->expects[k];
		u8 value[4096];

		if (x->t->maps[p->map].value_size > sizeof(value) ||
		    look_up(x, p->map, p->key.data, value) ||
		    memcmp(value, p->value.data, p->value.len))
			return false;
	}
	return true;
}

static int load_and_run(struct execution *x)
{
	int err = load_text(x, buf_str(&x->t->text), &x->prog_fd);

	if (err)
		return err;
	x->o->verdict = MIN(x->prog_fd, 0);
	for (u32 k = 0; !err && x->prog_fd >= 0 && k < x->t->nr_runs; k++)
		err = test_run(x, k);
	usleep(x->t->wait_ms * 1000);
	for (u32 ms = 0; ms < x->t->await_ms && !is_as_expected(x); ms += 5)
		usleep(5000);
	return err ?: read_maps(x);
}

static void close_all(struct execution *x)
{
	for (u32 k = 0; k < CASE_MAX; k++) {
		if (x->map_fds[k] >= 0)
			close(x->map_fds[k]);
		if (x->callee_fds[k] >= 0)
			close(x->callee_fds[k]);
	}
	if (x->prog_fd >= 0)
		close(x->prog_fd);
	if (x->btf_fd >= 0)
		close(x->btf_fd);
}

int case_execute(const struct test_case_file *t, struct target *on, u32 log_level,
		 struct outcome *o)
{
	struct execution x = {
		.t = t, .on = on, .log_level = log_level, .o = o, .prog_fd = -1, .btf_fd = -1
	};
	int err;

	*o = (struct outcome){ 0 };
	memset(x.map_fds, -1, sizeof(x.map_fds));
	memset(x.callee_fds, -1, sizeof(x.callee_fds));
	o->log = malloc(LOG_SIZE);
	if (!o->log)
		return -ENOMEM;
	o->log[0] = '\0';
	err = make_maps(&x) ?: load_callees(&x) ?: load_and_run(&x);
	close_all(&x);
	return err;
}

void outcome_done(struct outcome *o)
{
	for (u32 k = 0; k < CASE_MAX; k++) {
		free(o->runs[k].out.data);
		free(o->found[k].data);
	}
	free(o->log);
	buf_done(&o->maps);
	*o = (struct outcome){ 0 };
}
