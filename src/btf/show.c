/* See show.h. The oddities, as a kernel's output shows them:
 *   - an opening bracket is missing inside of arrays' elements, until an array in the element has ended;
 *   - so is the bracket of an array of pointers;
 *   - data sections have no closing bracket, floats neither a value nor a comma;
 *   - strings end at their first NUL, and what is no printable character of Latin-1 in them is a number;
 *   - pointers are not the values, but something that stands for them. */
#include "btf/show.h"

#include <string.h>

typedef unsigned __int128 u128;

#define MAX_DEPTH  32
#define MAX_VALUES 1000000 /* nested unions could take 2^60 */

struct show {
	const struct btf *b;
	const u8 *data;
	u64 size;
	struct buf *out;
	u32 depth, values;
	bool in_element;     /* of an array: no opening bracket */
	bool as_text, ended; /* elements are characters; the NUL was seen */
};

static void show(struct show *s, u32 id, u64 off, const char *after);

static bool within(const struct show *s, u64 off, u64 size)
{
	return size <= s->size && off <= s->size - size;
}

static u128 read_number(const struct show *s, u64 off, u64 size)
{
	u128 v = 0;

	memcpy(&v, s->data + off, size);
	return v;
}

static void open_with(struct show *s, const char *bracket)
{
	if (!s->in_element)
		buf_puts(s->out, bracket);
}

static void put_hex(struct show *s, u128 v)
{
	if (v >> 64)
		buf_printf(s->out, "0x%llx%016llx", (unsigned long long)(v >> 64),
			   (unsigned long long)v);
	else
		buf_printf(s->out, "0x%llx", (unsigned long long)v);
}

/* A bit field: up to 128 bits that begin anywhere. */
static void show_bits(struct show *s, u64 off, u32 bit, u32 bits)
{
	u64 bytes = (bit % 8 + bits + 7) / 8;
	u128 v;

	off += bit / 8;
	if (!bits || bytes > sizeof(v) || !within(s, off, bytes))
		return;
	v = read_number(s, off, bytes) >> bit % 8;
	if (bits < 128)
		v &= ((u128)1 << bits) - 1;
	put_hex(s, v);
}

static bool is_printable(u8 c)
{
	return (c >= 0x20 && c < 0x7f) || c >= 0xa0;
}

/* An element of a string. False: nothing more of it is to be seen. */
static bool show_character(struct show *s, u8 c)
{
	s->ended |= !c;
	if (s->ended)
		return false;
	buf_printf(s->out, is_printable(c) ? "'%c'" : "%d", c);
	return true;
}

static s64 sign_extend(u64 v, u64 size)
{
	u32 shift = 64 - 8 * (u32)size;

	return (s64)(v << shift) >> shift;
}

/* False: nothing was written. */
static bool show_int(struct show *s, const struct btf_type *t, u64 off)
{
	u32 info = btf_int_info(t), bits = BTF_INT_BITS(info);
	u64 v;

	if (BTF_INT_OFFSET(info) || bits % 8 || bits > 64 || !IS_POWER_OF_2(bits)) {
		show_bits(s, off, BTF_INT_OFFSET(info), bits);
		return true;
	}
	v = (u64)read_number(s, off, bits / 8);
	if (s->as_text)
		return show_character(s, (u8)v);
	if (BTF_INT_ENCODING(info) & BTF_INT_SIGNED)
		buf_printf(s->out, "%lld", (long long)sign_extend(v, bits / 8));
	else
		buf_printf(s->out, "%llu", (unsigned long long)v);
	return true;
}

static void show_enum(struct show *s, const struct btf_type *t, u64 off)
{
	s64 v = sign_extend((u64)read_number(s, off, t->size), t->size);

	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++)
		if (btf_enums_of(t)[i].val == (s32)v) {
			buf_puts(s->out, btf_string(s->b, btf_enums_of(t)[i].name_off));
			return;
		}
	if (BTF_INFO_KFLAG(t->info))
		buf_printf(s->out, "%d", (s32)v);
	else
		buf_printf(s->out, "%u", (u32)v);
}

static void show_enum64(struct show *s, const struct btf_type *t, u64 off)
{
	u64 v = (u64)read_number(s, off, t->size);
	const struct btf_enum64 *e = btf_enums64_of(t);

	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++)
		if (((u64)e[i].val_hi32 << 32 | e[i].val_lo32) == v) {
			buf_puts(s->out, btf_string(s->b, e[i].name_off));
			return;
		}
	if (BTF_INFO_KFLAG(t->info))
		buf_printf(s->out, "%lld", (long long)v);
	else
		buf_printf(s->out, "%llu", (unsigned long long)v);
}

static void show_pointer(struct show *s, u64 off)
{
	u64 v = (u64)read_number(s, off, 8);

	buf_printf(s->out, "0x%016llx", v * 0x9e3779b97f4a7c15ull >> 32 & -(unsigned long long)!!v);
}

static void show_array(struct show *s, const struct btf_type *t, u64 off)
{
	const struct btf_array *a = btf_array_of(t);
	const struct btf_type *of = btf_strip(s->b, a->type, NULL);
	s64 size = btf_type_size(s->b, a->type);

	if (of && BTF_INFO_KIND(of->info) != BTF_KIND_PTR)
		open_with(s, "[");
	s->as_text = of && BTF_INFO_KIND(of->info) == BTF_KIND_INT && of->size == 1;
	s->ended = false;
	for (u32 i = 0; size > 0 && i < a->nelems && !s->ended && s->values < MAX_VALUES; i++) {
		s->in_element = true;
		show(s, a->type, off + (u64)size * i, ",");
	}
	s->in_element = s->as_text = s->ended = false;
	buf_puts(s->out, "]");
}

static void show_struct(struct show *s, const struct btf_type *t, u64 off)
{
	open_with(s, "{");
	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++) {
		u32 bit = btf_member_bit_off(t, i), bits = btf_member_bits(t, i);

		if (bits) {
			show_bits(s, off, bit, bits);
			buf_puts(s->out, ",");
		} else {
			show(s, btf_members_of(t)[i].type, off + bit / 8, ",");
		}
	}
	buf_puts(s->out, "}");
}

static void show_section(struct show *s, const struct btf_type *t, u64 off)
{
	u32 n = BTF_INFO_VLEN(t->info);

	buf_printf(s->out, "section (\"%s\") = {", btf_string(s->b, t->name_off));
	for (u32 i = 0; i < n; i++) {
		show(s, btf_secinfos_of(t)[i].type, off + btf_secinfos_of(t)[i].offset, "");
		if (i + 1 < n)
			buf_puts(s->out, ",");
	}
}

/* False: no comma follows. */
static bool show_kind(struct show *s, const struct btf_type *t, u64 off)
{
	switch (BTF_INFO_KIND(t->info)) {
	case BTF_KIND_INT: return show_int(s, t, off);
	case BTF_KIND_ENUM: show_enum(s, t, off); return true;
	case BTF_KIND_ENUM64: show_enum64(s, t, off); return true;
	case BTF_KIND_PTR: show_pointer(s, off); return true;
	case BTF_KIND_ARRAY: show_array(s, t, off); return true;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION: show_struct(s, t, off); return true;
	case BTF_KIND_DATASEC: show_section(s, t, off); return false;
	default: buf_printf(s->out, "<unsupported kind:%u>", BTF_INFO_KIND(t->info)); return false;
	}
}

static void show(struct show *s, u32 id, u64 off, const char *after)
{
	const struct btf_type *t = btf_strip(s->b, id, &id);
	s64 size;

	if (t && BTF_INFO_KIND(t->info) == BTF_KIND_VAR)
		t = btf_strip(s->b, t->type, &id);
	size = t ? btf_type_size(s->b, id) : -1;
	if (size < 0 || !within(s, off, (u64)size) || s->depth == MAX_DEPTH ||
	    s->values++ >= MAX_VALUES)
		return;
	s->depth++;
	if (show_kind(s, t, off))
		buf_puts(s->out, after);
	s->depth--;
}

void btf_show_value(const struct btf *b, u32 id, const void *data, u32 size, struct buf *out)
{
	struct show s = { .b = b, .data = data, .size = size, .out = out };

	show(&s, id, 0, "");
}
