/* Arguments of a format: values, and copies of the memory that they point to, in the room that Linux
 * has for them. Numbers take room too: strings behind them have less. */
#include "helper/format_parse.h"

#include <string.h>

#include "base/err.h"
#include "helper/memory.h"

/* Take n bytes of room at alignment a. NULL if there is not as much. */
static char *take_room(struct format *f, u32 n, u32 a)
{
	u32 at = ALIGN_UP(f->used, a);

	if (at > FORMAT_ROOM || n > FORMAT_ROOM - at)
		return NULL;
	f->used = at + n;
	return f->room + at;
}

/* A number takes room in Linux, so it must here: strings after it have less. */
int format_read_number(struct format *f, struct conv *c, u32 bytes)
{
	c->value = f->args[f->nr];
	c->bytes = (u8)bytes;
	return take_room(f, bytes, 4) ? 0 : -ENOSPC;
}

int format_read_char(struct format *f, struct conv *c)
{
	char *room = take_room(f, 1, 1);

	if (!room)
		return -ENOSPC;
	*room = (char)f->args[f->nr];
	c->text = room;
	c->len = 1;
	return 0;
}

/* What cannot be read is an empty string. */
int format_read_string(struct format *f, struct conv *c)
{
	char *room = f->room + f->used;
	s64 n;

	if (f->used == FORMAT_ROOM)
		return -ENOSPC;
	n = memory_read_str(f->run, room, f->args[f->nr], FORMAT_ROOM - f->used);
	if (n < 0) {
		*room = '\0';
		n = 1;
	}
	f->used += (u32)n;
	c->text = room;
	c->len = (u32)n - 1;
	return 0;
}

/* Keep text as the conversion's, cut to the room there is. */
static void keep_text(struct format *f, struct conv *c, const char *text, u32 len)
{
	u32 n = MIN(len + 1, FORMAT_ROOM - f->used);

	c->text = f->room + f->used;
	c->len = n ? n - 1 : 0;
	memcpy(f->room + f->used, text, c->len);
	f->used += n;
}

u32 format_put_number(char *out, u64 v, u32 base, bool upper)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char reversed[24];
	u32 n = 0;

	do
		reversed[n++] = digits[v % base];
	while (v /= base);
	for (u32 i = 0; i < n; i++)
		out[i] = reversed[n - 1 - i];
	return n;
}

/* Addresses that belong to no known symbol. */
u32 format_put_address(char *out, u64 v)
{
	out[0] = '0';
	out[1] = 'x';
	return 2 + format_put_number(out + 2, v, 16, false);
}

int format_read_backtrace(struct format *f, struct conv *c)
{
	char text[24];
	u32 len = format_put_address(text, f->args[f->nr]);

	keep_text(f, c, text, len);
	return 0;
}

/* %pI4 1.2.3.4, %pi4 001.002.003.004 */
static u32 put_ip4(char *out, const u8 *ip, bool leading_zeros)
{
	u32 n = 0;

	for (u32 i = 0; i < 4; i++) {
		if (i)
			out[n++] = '.';
		if (leading_zeros && ip[i] < 100)
			out[n++] = '0';
		if (leading_zeros && ip[i] < 10)
			out[n++] = '0';
		n += format_put_number(out + n, ip[i], 10, false);
	}
	return n;
}

/* %pI6 with colons, %pi6 without; never shortened */
static u32 put_ip6(char *out, const u8 *ip, bool colons)
{
	u32 n = 0;

	for (u32 i = 0; i < 16; i++) {
		if (colons && i && i % 2 == 0)
			out[n++] = ':';
		out[n++] = "0123456789abcdef"[ip[i] >> 4];
		out[n++] = "0123456789abcdef"[ip[i] & 15];
	}
	return n;
}

/* An address that cannot be read prints as zeros. */
int format_read_ip(struct format *f, struct conv *c, char form, char version)
{
	u32 size = version == '4' ? 4 : 16;
	u8 ip[16] = { 0 };
	char text[48];
	u32 len;

	if (FORMAT_ROOM - f->used < size)
		return -ENOSPC;
	if (memory_read(f->run, ip, f->args[f->nr], size) < 0)
		memset(ip, 0, size);
	len = version == '4' ? put_ip4(text, ip, form == 'i') : put_ip6(text, ip, form == 'I');
	keep_text(f, c, text, len);
	return 0;
}
