/* See trace.h. Names of commands come from syscall/commands.def, their fields from trace.def. */
#include "supervise/trace.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "supervise/sup.h"
#include "supervise/trace_show.h"

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
	trace_show *show;
};

#define FIELD_SIZE(field) sizeof(((union abi_attr *)0)->field)
#define SHOW(cmd, field, name, how)                                                                \
	{ CMD_##cmd, FIELD_SIZE(field), offsetof(union abi_attr, field), #name, show_##how },
#define GROUP(cmd, name)
static const struct field fields[] = {
#include "supervise/trace.def"
};

static const char *const groups[ARRAY_SIZE(commands)] = {
#define GROUP(cmd, name) [CMD_##cmd] = #name,
#define SHOW(cmd, field, name, how)
#include "supervise/trace.def"
};

bool bpf_cmd_reaps(int cmd)
{
	return (u32)cmd < ARRAY_SIZE(commands) && commands[cmd].reap;
}

void bpf_trace_begin(struct bpf_trace *t, struct caller *c, u64 attr)
{
	memset(&t->attr, 0, sizeof(t->attr));
	t->uattr = attr;
	t->readable = !client_read(&c->client, &t->attr, attr, MIN(t->size, sizeof(t->attr)));
}

/* before and after the call: what has changed is shown with an arrow, as strace does. */
static void put_field(struct buf *out, const struct field *f, struct caller *c,
		      const union abi_attr *before, const union abi_attr *after)
{
	const u8 *was = before->raw + f->offset, *is = after->raw + f->offset;

	buf_printf(out, "%s=", f->name);
	f->show(out, c, was, f->size);
	if (memcmp(was, is, f->size)) {
		buf_puts(out, " => ");
		f->show(out, c, is, f->size);
	}
}

static void put_fields(struct buf *out, const struct bpf_trace *t, struct caller *c)
{
	union abi_attr after = t->attr;
	const char *between = "";
	u32 known = MIN(t->size, sizeof(after));

	if (client_read(&c->client, &after, t->uattr, known) < 0)
		after = t->attr;
	for (u32 i = 0; i < ARRAY_SIZE(fields); i++)
		if (fields[i].cmd == t->cmd && fields[i].offset < t->size) {
			buf_puts(out, between);
			put_field(out, &fields[i], c, &t->attr, &after);
			between = ", ";
		}
	if (t->cmd == BPF_LINK_CREATE)
		show_link_union(out, &t->attr, t->size);
}

static void put_attr(struct buf *out, const struct bpf_trace *t, struct caller *c)
{
	const char *group = groups[t->cmd];

	if (!t->readable) {
		show_pointer(out, c, &t->uattr, sizeof(t->uattr));
		return;
	}
	if (group)
		buf_printf(out, "{%s=", group);
	buf_puts(out, "{");
	put_fields(out, t, c);
	buf_puts(out, group ? "}}" : "}");
}

/* Commands of which success is not the whole story: their note is shown, too. */
static bool attaches(int cmd)
{
	return cmd == BPF_LINK_CREATE || cmd == BPF_PROG_ATTACH || cmd == BPF_RAW_TRACEPOINT_OPEN;
}

static void put_result(struct buf *out, long ret, u64 ns, bool note)
{
	const char *why = last_error(), *name = ret < 0 ? strerrorname_np((int)-ret) : NULL;

	if (ret >= 0)
		buf_printf(out, " = %ld", ret);
	else if (name)
		buf_printf(out, " = -1 %s (%s)", name, strerror((int)-ret));
	else
		buf_printf(out, " = -1 errno %ld", -ret);
	buf_printf(out, " <%" PRIu64 ".%06" PRIu64 ">", ns / 1000000000, ns / 1000 % 1000000);
	if (note && *why)
		buf_printf(out, " (%s)", why);
	buf_puts(out, "\n");
}

void trace_caller(struct buf *out, const struct caller *c)
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

void trace_write(struct buf *out, const struct caller *c, long ret, u64 ns, bool note)
{
	put_result(out, ret, ns, note);
	if (write(c->session->log, buf_str(out), out->len) < 0)
		errno = 0; /* nobody reads it */
	buf_done(out);
}

void bpf_trace_end(const struct bpf_trace *t, struct caller *c, long ret, u64 ns)
{
	struct buf out = { 0 };
	const char *name = (u32)t->cmd < ARRAY_SIZE(commands) ? commands[t->cmd].name : NULL;

	trace_caller(&out, c);
	if (name) {
		buf_printf(&out, "bpf(BPF_%s, ", name);
		put_attr(&out, t, c);
	} else {
		buf_printf(&out, "bpf(%#x /* BPF_??? */, %#" PRIx64, (u32)t->cmd, t->uattr);
	}
	buf_printf(&out, ", %u)", t->size);
	trace_write(&out, c, ret, ns, ret < 0 || attaches(t->cmd));
}
