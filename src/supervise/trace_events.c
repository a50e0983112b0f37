/* See trace_events.h. */
#include "supervise/trace_events.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"

#define FIRST_ID 300 /* lower numbers are ftrace's own entries on Linux */

struct fields {
	const char *system, *name, *fields;
};

static const struct fields events[] = {
#define TRACE_EVENT(system, name, fields) { #system, #name, fields },
#include "supervise/trace_events.def"
};

static const struct fields syscalls[] = {
/* each is two events: sys_enter_ and sys_exit_ */
#define SYSCALL_EVENT(name, args) { "syscalls", #name, args },
#include "supervise/trace_syscalls.def"
};

#define NR_EVENTS   (u32) ARRAY_SIZE(events)
#define NR_SYSCALLS (u32) ARRAY_SIZE(syscalls)

bool trace_event_at(u32 i, struct trace_event *out)
{
	out->id = FIRST_ID + i;
	if (i < NR_EVENTS) {
		out->system = events[i].system;
		snprintf(out->name, sizeof(out->name), "%s", events[i].name);
		return true;
	}
	i -= NR_EVENTS;
	if (i >= 2 * NR_SYSCALLS)
		return false;
	out->system = "syscalls";
	snprintf(out->name, sizeof(out->name), "sys_%s_%s", i % 2 ? "enter" : "exit",
		 syscalls[i / 2].name);
	return true;
}

int trace_event_by_id(u64 id, struct trace_event *out)
{
	if (id < FIRST_ID || id >= FIRST_ID + NR_EVENTS + 2 * NR_SYSCALLS)
		return -ENOENT;
	trace_event_at((u32)(id - FIRST_ID), out);
	return 0;
}

static bool find(const char *system, const char *name, struct trace_event *out)
{
	for (u32 i = 0; trace_event_at(i, out); i++)
		if (!strcmp(out->system, system) && !strcmp(out->name, name))
			return true;
	return false;
}

/* --- the text of "format" --- */

static void put_field(struct buf *out, const char *decl, u32 offset, u32 size, u32 sign)
{
	buf_printf(out, "\tfield:%s;\toffset:%u;\tsize:%u;\tsigned:%u;\n", decl, offset, size,
		   sign);
}

static void put_common(struct buf *out, const struct trace_event *e)
{
	buf_printf(out, "name: %s\nID: %u\nformat:\n", e->name, e->id);
	put_field(out, "unsigned short common_type", 0, 2, 0);
	put_field(out, "unsigned char common_flags", 2, 1, 0);
	put_field(out, "unsigned char common_preempt_count", 3, 1, 0);
	put_field(out, "int common_pid", 4, 4, 1);
	buf_puts(out, "\n");
}

/* A field's declaration, and its name in it: "char comm[16]", "__data_loc char[] comm". */
struct decl {
	char text[96], name[64];
	u32 offset, size, sign;
	bool is_array;
};

/* Take the first part of a list of fields; the rest, or NULL at its end. A declaration alone leaves the
 * numbers 0. */
static const char *next_field(const char *list, struct decl *out)
{
	const char *end = strchrnul(list, ';'), *name;

	*out = (struct decl){ 0 };
	sscanf(list, "%95[^|;]|%u|%u|%u", out->text, &out->offset, &out->size, &out->sign);
	name = strrchr(out->text, ' ');
	name = name ? name + 1 : out->text;
	out->is_array = strchr(out->text, '[');
	snprintf(out->name, sizeof(out->name), "%.*s", (int)strcspn(name, "["), name);
	return *end ? end + 1 : NULL;
}

static void put_print(struct buf *out, struct buf *formats, struct buf *args)
{
	buf_printf(out, "\nprint fmt: \"%s\"%s\n", buf_str(formats), buf_str(args));
	buf_done(formats);
	buf_done(args);
}

/* Numbers and arrays are enough for those who read this text: it is generated, Linux prints prettier. */
static void put_event(struct buf *out, const struct fields *f)
{
	struct buf formats = { 0 }, args = { 0 };
	struct decl d;

	for (const char *p = f->fields; p && *p;) {
		p = next_field(p, &d);
		put_field(out, d.text, d.offset, d.size, d.sign);
		buf_printf(&formats, "%s%s=%s", formats.len ? " " : "", d.name,
			   d.is_array ? "%s"
			   : d.sign   ? "%lld"
				      : "%llu");
		buf_printf(&args, ", REC->%s", d.name);
	}
	put_print(out, &formats, &args);
}

static void put_syscall_enter(struct buf *out, const struct fields *f)
{
	struct buf formats = { 0 }, args = { 0 };
	struct decl d;
	u32 offset = 16;

	put_field(out, "int __syscall_nr", 8, 4, 1);
	for (const char *p = f->fields; p && *p; offset += 8) {
		p = next_field(p, &d);
		put_field(out, d.text, offset, 8, 0);
		buf_printf(&formats, "%s%s: 0x%%08lx", formats.len ? ", " : "", d.name);
		buf_printf(&args, ", ((unsigned long)(REC->%s))", d.name);
	}
	put_print(out, &formats, &args);
}

static void put_syscall_exit(struct buf *out)
{
	put_field(out, "int __syscall_nr", 8, 4, 1);
	put_field(out, "long ret", 16, 8, 1);
	buf_puts(out, "\nprint fmt: \"0x%lx\", REC->ret\n");
}

static void put_format(struct buf *out, const struct trace_event *e)
{
	u32 i = e->id - FIRST_ID;

	put_common(out, e);
	if (i < NR_EVENTS)
		put_event(out, &events[i]);
	else if ((i - NR_EVENTS) % 2)
		put_syscall_enter(out, &syscalls[(i - NR_EVENTS) / 2]);
	else
		put_syscall_exit(out);
}

int trace_event_file(const char *system, const char *name, const char *file, struct buf *out)
{
	struct trace_event e;

	if (!find(system, name, &e))
		return -ENOENT;
	if (!strcmp(file, "id"))
		buf_printf(out, "%u\n", e.id);
	else if (!strcmp(file, "format"))
		put_format(out, &e);
	else
		return -ENOENT;
	return buf_error(out);
}
