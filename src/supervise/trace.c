/* See trace.h. Names of commands come from syscall/commands.def, their fields from trace.def. */
#include "supervise/trace.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "map/map.h"
#include "object/instance.h"
#include "supervise/sup.h"

enum {
#define BPF_CMD(name, number, last, reap, fn) CMD_##name = number,
#include "syscall/commands.def"
};

static const struct {
	const char *name;
	bool reap;
} commands[] = {
#define BPF_CMD(name, number, last, reap, fn) [number] = { #name, reap },
#include "syscall/commands.def"
};

struct field {
	u8 cmd, size;
	u16 offset;
	const char *name;
	/* The field's value as text; nothing if it is not worth showing. */
	void (*show)(struct buf *out, struct caller *c, const void *value, u32 size);
};

static u64 number_at(const void *value, u32 size)
{
	u64 v = 0;

	memcpy(&v, value, MIN(size, sizeof(v))); /* little endian; big: only u64 and u32 occur */
	return v;
}

static void show_fd(struct buf *out, struct caller *c, const void *value, u32 size)
{
	buf_printf(out, "%d", (int)number_at(value, size));
}

static void show_number(struct buf *out, struct caller *c, const void *value, u32 size)
{
	u64 v = number_at(value, size);

	if (v)
		buf_printf(out, "%" PRIu64, v);
}

static void show_hex(struct buf *out, struct caller *c, const void *value, u32 size)
{
	u64 v = number_at(value, size);

	if (v)
		buf_printf(out, "%#" PRIx64, v);
}

static void show_text(struct buf *out, const char *s, size_t n)
{
	buf_puts(out, "\"");
	for (size_t i = 0; i < n && s[i]; i++)
		buf_printf(out, s[i] >= ' ' && s[i] < 0x7f ? "%c" : "\\x%02x", (u8)s[i]);
	buf_puts(out, "\"");
}

static void show_name(struct buf *out, struct caller *c, const void *value, u32 size)
{
	if (*(const char *)value)
		show_text(out, value, size);
}

static void show_string(struct buf *out, struct caller *c, const void *value, u32 size)
{
	char text[256];
	s64 n = client_strncpy(&c->client, text, number_at(value, size), sizeof(text));

	if (n >= 0)
		show_text(out, text, (size_t)n);
	else
		buf_printf(out, "%#" PRIx64, number_at(value, size));
}

static void show_prog_type(struct buf *out, struct caller *c, const void *value, u32 size)
{
	const struct skep_prog_type *t =
		skep_prog_type(c->client.skep, (u32)number_at(value, size));

	if (t)
		buf_puts(out, t->name);
	else
		show_fd(out, c, value, size);
}

static void show_map_type(struct buf *out, struct caller *c, const void *value, u32 size)
{
	const struct skep_map_type *t = map_type_find((u32)number_at(value, size));

	if (t)
		buf_puts(out, t->name);
	else
		show_fd(out, c, value, size);
}

#define FIELD_SIZE(field) sizeof(((union abi_attr *)0)->field)
#define SHOW(cmd, field, name, how)                                                                \
	{ CMD_##cmd, FIELD_SIZE(field), offsetof(union abi_attr, field), #name, show_##how },
static const struct field fields[] = {
#include "supervise/trace.def"
};

bool bpf_cmd_reaps(int cmd)
{
	return (u32)cmd < ARRAY_SIZE(commands) && commands[cmd].reap;
}

void bpf_trace_begin(struct bpf_trace *t, struct caller *c, u64 attr)
{
	memset(&t->attr, 0, sizeof(t->attr));
	if (client_read(&c->client, &t->attr, attr, MIN(t->size, sizeof(t->attr))) < 0)
		t->size = 0;
}

static void put_fields(struct buf *out, const struct bpf_trace *t, struct caller *c)
{
	size_t start = out->len, mark;

	for (u32 i = 0; i < ARRAY_SIZE(fields); i++) {
		const struct field *f = &fields[i];

		if (f->cmd != t->cmd || f->offset >= t->size)
			continue;
		mark = out->len;
		buf_printf(out, "%s%s=", out->len > start ? ", " : "", f->name);
		size_t before = out->len;

		f->show(out, c, t->attr.raw + f->offset, f->size);
		if (out->len == before && !buf_error(out))
			out->data[out->len = mark] = '\0';
	}
}

/* Commands of which success is not the whole story: their note is shown, too. */
static bool attaches(int cmd)
{
	return cmd == BPF_LINK_CREATE || cmd == BPF_PROG_ATTACH || cmd == BPF_RAW_TRACEPOINT_OPEN;
}

static void put_result(struct buf *out, int cmd, long ret)
{
	const char *why = last_error(), *name = ret < 0 ? strerrorname_np((int)-ret) : NULL;

	if (ret >= 0)
		buf_printf(out, " = %ld", ret);
	else if (name)
		buf_printf(out, " = -1 %s", name);
	else
		buf_printf(out, " = -1 errno %ld", -ret);
	if ((ret < 0 || attaches(cmd)) && *why)
		buf_printf(out, " (%s)", why);
}

static void put_caller(struct buf *out, const struct caller *c)
{
	char path[48], comm[32] = "?";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)c->call->pid);
	f = fopen(path, "re");
	if (f) {
		if (fgets(comm, sizeof(comm), f))
			comm[strcspn(comm, "\n")] = '\0';
		fclose(f);
	}
	buf_printf(out, "%s[%d] ", comm, (int)c->call->pid);
}

void bpf_trace_end(const struct bpf_trace *t, struct caller *c, long ret, u64 ns)
{
	struct buf out = { 0 };
	const char *name = (u32)t->cmd < ARRAY_SIZE(commands) ? commands[t->cmd].name : NULL;

	put_caller(&out, c);
	if (name)
		buf_printf(&out, "%s(", name);
	else
		buf_printf(&out, "bpf %d(", t->cmd);
	put_fields(&out, t, c);
	buf_puts(&out, ")");
	put_result(&out, t->cmd, ret);
	buf_printf(&out, " <%" PRIu64 ".%03" PRIu64 " ms>\n", ns / 1000000, ns / 1000 % 1000);
	if (write(c->session->log, buf_str(&out), out.len) < 0)
		errno = 0; /* nobody reads it */
	buf_done(&out);
}
