/* skep_bpf(): copies the attributes, checks their size and dispatches. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "syscall/sys.h"

struct command {
	long (*fn)(struct call *c); /* NULL: no such command */
	u32 end;		    /* of its last field */
	bool reap;
};

#define FIELD_END(field)		      (offsetof(union abi_attr, field) + sizeof(((union abi_attr *)0)->field))
#define BPF_CMD(name, number, last, reap, fn) [number] = { fn, FIELD_END(last), reap },
static const struct command commands[] = {
#include "syscall/commands.def"
};

static bool all_zero(const u8 *p, size_t n)
{
	u64 word, seen = 0; /* by words: this is most of what a look-up takes */

	for (; n >= 8; p += 8, n -= 8) {
		memcpy(&word, p, 8);
		seen |= word;
	}
	for (; n; p++, n--)
		seen |= *p;
	return !seen;
}

int check_tail_zero(struct call *c, u64 addr, u32 known, u32 size)
{
	u8 tail[256];

	if (size > 4096) /* more than any future struct: nonsense. Linux: PAGE_SIZE */
		return -E2BIG;
	for (u32 at = known; at < size; at += sizeof(tail)) {
		u32 n = MIN(size - at, sizeof(tail));

		TRY(client_read(c->client, tail, addr + at, n));
		if (!all_zero(tail, n))
			return -E2BIG;
	}
	return 0;
}

/* What the client did not give of a command's fields is 0; what it gave beyond them must be. (Nothing reads beyond
 * a command's last field, so that much need not be cleared: it would take longer than a look-up.) */
static int check_beyond(struct call *c, const struct command *command, u32 given)
{
	if (given < command->end)
		memset(c->attr.raw + given, 0, sizeof(c->attr) - given);
	if (given <= command->end || all_zero(c->attr.raw + command->end, given - command->end))
		return 0;
	return fail(-EINVAL, "bpf: attributes beyond those of command %td are not zero",
		    command - commands);
}

long skep_bpf(struct skep_client *client, int cmd, u64 attr, u32 size)
{
	u32 given = MIN(size, sizeof(union abi_attr));
	const struct command *command;
	struct call c;

	c.skep = client->skep;
	c.client = client;
	c.uattr = attr;
	c.size = size;
	TRY(check_tail_zero(&c, attr, sizeof(c.attr), size));
	/* Early: no command does anything before it has identified a descriptor, read more, or installed one. */
	TRY(client_read_early(client, &c.attr, attr, given));
	if ((unsigned int)cmd >= ARRAY_SIZE(commands) || !commands[cmd].fn)
		return fail(-EINVAL, "bpf: there is no command %d", cmd);
	command = &commands[cmd];
	TRY(check_beyond(&c, command, given));
	if (command->reap)
		files_reap(&c.skep->files);
	return command->fn(&c);
}

int call_map(struct call *c, u32 fd, int *access, struct skep_map **out)
{
	struct object *o;

	TRY(client_object(c->client, (int)fd, OBJECT_MAP, access, &o));
	*out = (struct skep_map *)o;
	return 0;
}

int call_prog(struct call *c, u32 fd, struct skep_prog **out)
{
	struct object *o;

	TRY(client_object(c->client, (int)fd, OBJECT_PROG, NULL, &o));
	*out = (struct skep_prog *)o;
	return 0;
}

int call_btf(struct call *c, u32 fd, struct btf **out)
{
	struct object *o;

	TRY(client_object(c->client, (int)fd, OBJECT_BTF, NULL, &o));
	*out = (struct btf *)o;
	return 0;
}

long call_publish(struct call *c, struct object *o, int flags)
{
	long fd = object_publish(c->skep, o);

	if (!fd)
		fd = client_open(c->client, o, flags);
	object_unref(o);
	return fd;
}

static bool name_char(char ch)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
	       ch == '_' || ch == '.';
}

int check_name(char dst[ABI_NAME_LEN], const char src[ABI_NAME_LEN])
{
	u32 n = 0;

	memset(dst, 0, ABI_NAME_LEN);
	while (n < ABI_NAME_LEN && src[n]) {
		if (!name_char(src[n]))
			return fail(-EINVAL, "a name has a character other than A-Z a-z 0-9 _ .");
		dst[n] = src[n];
		n++;
	}
	return n < ABI_NAME_LEN ? 0 : fail(-EINVAL, "a name is longer than 15 characters");
}

int access_from_flags(u32 flags)
{
	switch (flags & (BPF_F_RDONLY | BPF_F_WRONLY)) {
	case 0: return O_RDWR;
	case BPF_F_RDONLY: return O_RDONLY;
	case BPF_F_WRONLY: return O_WRONLY;
	default: return -EINVAL;
	}
}
