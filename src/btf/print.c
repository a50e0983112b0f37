/* See print.h. Data comes from running programs: nothing in it is believed, every read is checked
 * against the end. */
#include "btf/print.h"

#include <ctype.h>
#include <string.h>

typedef unsigned __int128 u128;

struct place { /* of a value: byte offset, further bits, and width of a bit field (0: none) */
	u64 off;
	u32 bit, bits;
};

struct printer {
	const struct btf *b;
	const u8 *data;
	u64 size;
	struct json *j;
	u64 *budget; /* values still to be printed: nested unions could take 2^60 */
};

static void print(const struct printer *p, u32 id, struct place at);

static bool within(const struct printer *p, u64 off, u64 size)
{
	return size <= p->size && off <= p->size - size;
}

/* The low size bytes at off, zero-extended; the caller has checked. */
static u128 read_bytes(const struct printer *p, u64 off, u64 size)
{
	u128 v = 0;

	memcpy(&v, p->data + off, size);
	return v;
}

static void print_hex(struct json *j, u128 v)
{
	if (v >> 64)
		json_printf(j, "0x%llx%016llx", (unsigned long long)(v >> 64),
			    (unsigned long long)v);
	else
		json_printf(j, "0x%llx", (unsigned long long)v);
}

/* Up to 128 bits from any bit on: they may touch 17 bytes. */
static void print_bits(const struct printer *p, struct place at)
{
	u32 bytes = (at.bit + at.bits + 7) / 8, low = MIN(bytes, 16u);
	u128 v;

	if (!at.bits || at.bits > 128 || !within(p, at.off, bytes)) {
		json_null(p->j);
		return;
	}
	v = read_bytes(p, at.off, low) >> at.bit;
	if (bytes > 16)
		v |= read_bytes(p, at.off + 16, 1) << (128 - at.bit);
	if (at.bits < 128)
		v &= ((u128)1 << at.bits) - 1;
	print_hex(p->j, v);
}

static s64 sign_extend(u64 v, u64 size)
{
	u32 shift = 64 - 8 * (u32)size;

	return (s64)(v << shift) >> shift;
}

static void print_int(const struct printer *p, const struct btf_type *t, struct place at)
{
	u32 info = btf_int_info(t), bits = BTF_INT_BITS(info), encoding = BTF_INT_ENCODING(info);
	u64 v;

	/* old compilers say "bit field" in the integer itself */
	if (BTF_INT_OFFSET(info) || bits % 8 || bits > 64 || !IS_POWER_OF_2(bits)) {
		at.off += BTF_INT_OFFSET(info) / 8;
		at.bit = BTF_INT_OFFSET(info) % 8;
		at.bits = bits;
		print_bits(p, at);
		return;
	}
	v = (u64)read_bytes(p, at.off, bits / 8);
	if (encoding & BTF_INT_BOOL)
		json_bool(p->j, v);
	else if (encoding & BTF_INT_SIGNED)
		json_s64(p->j, sign_extend(v, bits / 8));
	else
		json_u64(p->j, v);
}

static void print_enum(const struct printer *p, const struct btf_type *t, struct place at)
{
	u64 v = (u64)read_bytes(p, at.off, t->size);
	s64 value = sign_extend(v, t->size);

	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++) {
		const struct btf_enum *e = &btf_enums_of(t)[i];

		/* enumerators have 32 bits, of which a packed enum stores fewer, a long one more */
		if (sign_extend((u32)e->val, MIN(t->size, 4u)) !=
			    sign_extend(v, MIN(t->size, 4u)) ||
		    (t->size == 8 && v >> 32 && value != e->val))
			continue;
		json_text(p->j, btf_string(p->b, e->name_off));
		return;
	}
	json_s64(p->j, value);
}

static void print_enum64(const struct printer *p, const struct btf_type *t, struct place at)
{
	u64 v = (u64)read_bytes(p, at.off, t->size);
	u64 mask = t->size == 8 ? ~0ull : (1ull << 8 * t->size) - 1;

	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++) {
		const struct btf_enum64 *e = &btf_enums64_of(t)[i];

		if ((((u64)e->val_hi32 << 32 | e->val_lo32) & mask) == v) {
			json_text(p->j, btf_string(p->b, e->name_off));
			return;
		}
	}
	if (BTF_INFO_KFLAG(t->info)) /* signed */
		json_s64(p->j, sign_extend(v, t->size));
	else
		json_u64(p->j, v);
}

static void print_float(const struct printer *p, const struct btf_type *t, struct place at)
{
	float f;
	double d;

	switch (t->size) {
	case sizeof(f):
		memcpy(&f, p->data + at.off, sizeof(f));
		json_double(p->j, (double)f);
		break;
	case sizeof(d):
		memcpy(&d, p->data + at.off, sizeof(d));
		json_double(p->j, d);
		break;
	default: print_hex(p->j, read_bytes(p, at.off, t->size));
	}
}

/* `char` itself, qualified perhaps, but not a typedef of it: bpftool's rule. */
static bool is_char(const struct btf *b, u32 id)
{
	const struct btf_type *t = btf_type(b, id);

	while (t && btf_is_modifier(t) && BTF_INFO_KIND(t->info) != BTF_KIND_TYPEDEF)
		t = btf_type(b, t->type);
	return t && BTF_INFO_KIND(t->info) == BTF_KIND_INT && t->size == 1 &&
	       !strcmp(btf_string(b, t->name_off), "char");
}

/* Length of the terminated, printable string at s, or -1. */
static s64 string_length(const u8 *s, u64 size)
{
	for (u64 n = 0; n < size; n++) {
		if (!s[n])
			return (s64)n;
		if (!isprint(s[n]))
			return -1;
	}
	return -1;
}

static bool is_scalar(const struct btf *b, u32 id)
{
	const struct btf_type *t = btf_strip(b, id, NULL);

	switch (t ? BTF_INFO_KIND(t->info) : BTF_KIND_UNKN) {
	case BTF_KIND_ARRAY:
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_DATASEC: return false;
	}
	return true;
}

static void print_array(const struct printer *p, const struct btf_type *t, struct place at)
{
	const struct btf_array *a = btf_array_of(t);
	s64 size = btf_type_size(p->b, a->type), len = -1;

	if (is_char(p->b, a->type))
		len = string_length(p->data + at.off, a->nelems);
	if (len >= 0) {
		json_string(p->j, (const char *)p->data + at.off, (size_t)len);
		return;
	}
	if (is_scalar(p->b, a->type))
		json_array_in_line(p->j);
	else
		json_array(p->j);
	/* elements without size would all be the same: millions of them say no more than none */
	for (u32 i = 0; size > 0 && i < a->nelems; i++)
		print(p, a->type, (struct place){ at.off + (u64)size * i, 0, 0 });
	json_end_array(p->j);
}

static void print_struct(const struct printer *p, const struct btf_type *t, struct place at)
{
	json_object(p->j);
	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++) {
		u32 bit = btf_member_bit_off(t, i);

		json_key(p->j, btf_string(p->b, btf_members_of(t)[i].name_off));
		print(p, btf_members_of(t)[i].type,
		      (struct place){ at.off + bit / 8, bit % 8, btf_member_bits(t, i) });
	}
	json_end_object(p->j);
}

static void print_datasec(const struct printer *p, const struct btf_type *t, struct place at)
{
	json_object(p->j);
	json_key(p->j, btf_string(p->b, t->name_off));
	json_array(p->j);
	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++) {
		const struct btf_var_secinfo *v = &btf_secinfos_of(t)[i];

		json_object(p->j);
		json_key(p->j, btf_type_name(p->b, v->type));
		print(p, v->type, (struct place){ at.off + v->offset, 0, 0 });
		json_end_object(p->j);
	}
	json_end_array(p->j);
	json_end_object(p->j);
}

static void print_sized(const struct printer *p, const struct btf_type *t, struct place at)
{
	switch (BTF_INFO_KIND(t->info)) {
	case BTF_KIND_INT: print_int(p, t, at); break;
	case BTF_KIND_PTR: json_u64(p->j, (u64)read_bytes(p, at.off, sizeof(u64))); break;
	case BTF_KIND_ENUM: print_enum(p, t, at); break;
	case BTF_KIND_ENUM64: print_enum64(p, t, at); break;
	case BTF_KIND_FLOAT: print_float(p, t, at); break;
	case BTF_KIND_ARRAY: print_array(p, t, at); break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION: print_struct(p, t, at); break;
	case BTF_KIND_DATASEC: print_datasec(p, t, at); break;
	default: json_null(p->j);
	}
}

static void print(const struct printer *p, u32 id, struct place at)
{
	const struct btf_type *t = btf_strip(p->b, id, &id);
	s64 size;

	while (t && BTF_INFO_KIND(t->info) == BTF_KIND_VAR)
		t = btf_strip(p->b, t->type, &id);
	size = t ? btf_type_size(p->b, id) : -1;
	/* compilers that knew no kind_flag say the width in the integer alone */
	if (at.bit && !at.bits && t && BTF_INFO_KIND(t->info) == BTF_KIND_INT)
		at.bits = BTF_INT_BITS(btf_int_info(t));
	if (!*p->budget || !--*p->budget)
		json_null(p->j);
	else if (at.bits || (at.bit && size >= 0))
		print_bits(p, at);
	/* a data section opens three levels at once */
	else if (size < 0 || !within(p, at.off, (u64)size) || p->j->depth + 4 >= JSON_MAX_DEPTH)
		json_null(p->j);
	else
		print_sized(p, t, at);
}

void btf_print_value(const struct btf *b, u32 id, const void *data, u32 size, struct json *j)
{
	u64 budget = (1 << 20) + 4 * (u64)size;
	struct printer p = { .b = b, .data = data, .size = size, .j = j, .budget = &budget };

	print(&p, id, (struct place){ 0 });
}

void btf_print_bytes(const void *data, u32 size, struct json *j)
{
	json_array_in_line(j);
	for (u32 i = 0; i < size; i++)
		json_printf(j, "0x%02x", ((const u8 *)data)[i]);
	json_end_array(j);
}
