/* BTF, first pass: is the blob made of a header, types and strings, and is each type well-formed by
 * itself? Afterwards every offset in it may be followed. References are resolve.c's. */
#include "btf/check.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define MAX_BTF_SIZE (16 << 20) /* Linux's limit */
#define MAX_NAME     512	/* KSYM_NAME_LEN, the final NUL included */
#define MAX_INT_BITS 128
#define INFO_MASK    0x9f00ffffu
#define INT_MASK     0x0fffffffu

enum {
	NO_VLEN = 1,
	NO_KFLAG = 2,
	NO_NAME = 4,
	IDENT = 8,
	IDENT_OR_NONE = 16,
	SECTION = 32,
	NAMED = 64,
	NO_SIZE = 128,
	NO_TYPE = 256,
	NAME_FIRST = 512,
	POWER_OF_2 = 1024,
	REFERS = 2048,
};

static const struct kind {
	const char *name;
	u8 fixed, per_vlen;
	u16 rules;
} kinds[] = {
#define KIND(k, fixed_, per_vlen_, rules_) [BTF_KIND_##k] = { #k, fixed_, per_vlen_, (rules_) },
#include "btf/kinds.def"
};

const char *btf_kind_name(u32 kind)
{
	return kind < ARRAY_SIZE(kinds) && kinds[kind].name ? kinds[kind].name : "UNKN";
}

/* --- header --- */

static bool is_zero(const u8 *p, size_t n)
{
	while (n && !*p)
		p++, n--;
	return !n;
}

/* Older (shorter) headers are filled up with zeros; newer ones must hold nothing we do not know. */
static int read_header(struct btf *b, struct buf *log, struct btf_header *h)
{
	u32 hdr_len;

	if (b->size > MAX_BTF_SIZE)
		return -E2BIG;
	if (b->size < offsetof(struct btf_header, hdr_len) + sizeof(hdr_len))
		return btf_refuse(b, log, -EINVAL, "hdr_len not found");
	memcpy(&hdr_len, (u8 *)b->data + offsetof(struct btf_header, hdr_len), sizeof(hdr_len));
	if (b->size < hdr_len)
		return btf_refuse(b, log, -EINVAL, "btf_header not found");
	if (hdr_len > sizeof(*h) && !is_zero((u8 *)b->data + sizeof(*h), hdr_len - sizeof(*h)))
		return btf_refuse(b, log, -E2BIG, "Unsupported btf_header");
	memset(h, 0, sizeof(*h));
	memcpy(h, b->data, MIN(hdr_len, sizeof(*h)));
	btf_say_header(log, h, b->size);
	if (h->magic != BTF_MAGIC)
		return btf_refuse(b, log, -EINVAL, "Invalid magic");
	if (h->version != BTF_VERSION)
		return btf_refuse(b, log, -ENOTSUPP, "Unsupported version");
	if (h->flags)
		return btf_refuse(b, log, -ENOTSUPP, "Unsupported flags");
	if (b->size == hdr_len)
		return btf_refuse(b, log, -EINVAL, "No data");
	return 0;
}

/* Both sections, in whatever order, must fill what follows the header without gap or overlap. */
static int check_sections(struct btf *b, struct buf *log, const struct btf_header *h)
{
	u32 room = b->size - h->hdr_len;
	s32 by_off = (s32)(h->type_off - h->str_off), by_len = (s32)(h->type_len - h->str_len);
	bool types_first = by_off ? by_off < 0 : by_len <= 0; /* Linux's order */
	struct {
		u32 off, len;
	} sec[2] = {
		{ types_first ? h->type_off : h->str_off, types_first ? h->type_len : h->str_len },
		{ types_first ? h->str_off : h->type_off, types_first ? h->str_len : h->type_len }
	};
	u32 end = 0;

	for (int i = 0; i < 2; i++) {
		if (sec[i].off > room)
			return btf_refuse(b, log, -EINVAL, "Invalid section offset");
		if (sec[i].off > end)
			return btf_refuse(b, log, -EINVAL, "Unsupported section found");
		if (sec[i].off < end)
			return btf_refuse(b, log, -EINVAL, "Section overlap found");
		if (sec[i].len > room - end)
			return btf_refuse(b, log, -EINVAL, "Total section length too long");
		end += sec[i].len;
	}
	if (end != room)
		return btf_refuse(b, log, -EINVAL, "Unsupported section found");
	return 0;
}

static int check_strings(struct btf *b, struct buf *log, const struct btf_header *h)
{
	const char *s = (char *)b->data + h->hdr_len + h->str_off;

	if (h->str_off + (u64)h->str_len != b->size - h->hdr_len)
		return btf_refuse(b, log, -EINVAL, "String section is not at the end");
	if (!h->str_len || h->str_len - 1 > BTF_MAX_NAME_OFFSET || s[0] || s[h->str_len - 1])
		return btf_refuse(b, log, -EINVAL, "Invalid string section");
	b->strings = s;
	b->strings_len = h->str_len;
	return 0;
}

/* --- names --- */

/* A kernel's BTF has half a million names: one look-up per character. 1: may begin one, too. */
static const u8
	ident_char[256] = {
		['a' ... 'z'] = 1,   ['A' ... 'Z'] = 1,	 ['_'] = 1,
		['.'] = 1,	     ['0' ... '9'] = 2,	 [0xc0 ... 0xd6] = 1,
		[0xd8 ... 0xf6] = 1, [0xf8 ... 0xff] = 1 /* Latin 1, as Linux's ctype */
	};

bool btf_is_identifier(const char *s)
{
	const u8 *p = (const u8 *)s;

	if (ident_char[*p] != 1)
		return false;
	while (ident_char[*p])
		p++;
	return !*p && p - (const u8 *)s < MAX_NAME;
}

static bool is_section_name(const char *s)
{
	size_t n = 0;

	while (n < MAX_NAME && (isprint((u8)s[n]) || (u8)s[n] >= 0xa0)) /* the NUL is not */
		n++;
	return n && n < MAX_NAME && !s[n];
}

static bool name_ok(const struct btf *b, u32 name_off, u32 rules)
{
	const char *name = btf_string(b, name_off);

	if (rules & NO_NAME)
		return !name_off;
	if (rules & IDENT)
		return name_off && btf_is_identifier(name);
	if (rules & IDENT_OR_NONE)
		return !name_off || btf_is_identifier(name);
	if (rules & SECTION)
		return name_off && is_section_name(name);
	if (rules & NAMED)
		return *name;
	return true;
}

/* --- one type --- */

static int check_int(struct btf *b, struct buf *log, u32 id, const struct btf_type *t)
{
	u32 info = btf_int_info(t), encoding = BTF_INT_ENCODING(info);
	u32 bits = BTF_INT_BITS(info) + BTF_INT_OFFSET(info);

	if (info & ~INT_MASK)
		return btf_refuse_malformed(b, log, id, "Invalid int_data:%x", info);
	if (bits > MAX_INT_BITS)
		return btf_refuse_type(b, log, id, -EINVAL, "nr_bits exceeds %d", MAX_INT_BITS);
	if (ALIGN_UP(bits, 8) / 8 > t->size)
		return btf_refuse_type(b, log, id, -EINVAL, "nr_bits exceeds type_size");
	if ((encoding & (encoding - 1)) || encoding > BTF_INT_BOOL)
		return btf_refuse_type(b, log, id, -ENOTSUPP, "Unsupported encoding");
	return 0;
}

static int check_array(struct btf *b, struct buf *log, u32 id, const struct btf_type *t)
{
	const struct btf_array *a = btf_array_of(t);

	if (!a->type || a->type > BTF_MAX_TYPE)
		return btf_refuse_type(b, log, id, -EINVAL, "Invalid elem");
	if (!a->index_type || a->index_type > BTF_MAX_TYPE)
		return btf_refuse_type(b, log, id, -EINVAL, "Invalid index");
	return 0;
}

static const char *member_fault(const struct btf *b, const struct btf_type *t, u32 i, u32 last)
{
	const struct btf_member *m = &btf_members_of(t)[i];
	bool is_union = BTF_INFO_KIND(t->info) == BTF_KIND_UNION;
	u32 off = btf_member_bit_off(t, i);

	if (!name_ok(b, m->name_off, IDENT_OR_NONE))
		return "Invalid name";
	if (!m->type || m->type > BTF_MAX_TYPE)
		return "Invalid type_id";
	/* "<" keeps bit fields of width 0 and empty structs possible */
	if ((is_union && off) || off < last)
		return "Invalid member bits_offset";
	if (off / 8 + !!(off % 8) > t->size)
		return "Member bits_offset exceeds its struct size";
	return NULL;
}

static int check_struct(struct btf *b, struct buf *log, u32 id, const struct btf_type *t)
{
	u32 last = 0;

	btf_say_type(b, log, id);
	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++) {
		u32 name_off = btf_members_of(t)[i].name_off;
		const char *why;
		char text[48];

		if (name_off >= b->strings_len) {
			snprintf(text, sizeof(text), "Invalid member name_offset:%u", name_off);
			return btf_refuse_part(b, log, id, i, text);
		}
		why = member_fault(b, t, i, last);
		if (why)
			return btf_refuse_part(b, log, id, i, why);
		btf_say_part(b, log, id, i);
		last = btf_member_bit_off(t, i);
	}
	return 0;
}

static int check_enum(struct btf *b, struct buf *log, u32 id, const struct btf_type *t)
{
	u32 stride = kinds[BTF_INFO_KIND(t->info)].per_vlen;

	btf_say_type(b, log, id);
	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++) {
		/* both layouts start with the name */
		u32 name_off = *(const u32 *)((const u8 *)(t + 1) + (size_t)i * stride);

		if (name_off >= b->strings_len)
			return btf_refuse(b, log, -EINVAL, "\tInvalid name_offset:%u", name_off);
		if (!name_ok(b, name_off, IDENT))
			return btf_refuse_type(b, log, id, -EINVAL, "Invalid name");
		btf_say_part(b, log, id, i);
	}
	return 0;
}

static int check_func(struct btf *b, struct buf *log, u32 id, const struct btf_type *t)
{
	if (BTF_INFO_VLEN(t->info) > BTF_FUNC_GLOBAL)
		return btf_refuse_type(b, log, id, -EINVAL, "Invalid func linkage");
	return 0;
}

static int check_var(struct btf *b, struct buf *log, u32 id, const struct btf_type *t)
{
	u32 linkage = ((const struct btf_var *)(t + 1))->linkage;

	if (!t->type || t->type > BTF_MAX_TYPE)
		return btf_refuse_type(b, log, id, -EINVAL, "Invalid type_id");
	if (linkage != BTF_VAR_STATIC && linkage != BTF_VAR_GLOBAL_ALLOCATED)
		return btf_refuse_type(b, log, id, -EINVAL, "Linkage not supported");
	return 0;
}

static const char *variable_fault(const struct btf_type *t, u32 i, u64 end)
{
	const struct btf_var_secinfo *v = &btf_secinfos_of(t)[i];

	if (!v->type || v->type > BTF_MAX_TYPE)
		return "Invalid type_id";
	if (v->offset < end || v->offset >= t->size)
		return "Invalid offset";
	if (!v->size || v->size > t->size)
		return "Invalid size";
	return (u64)v->offset + v->size > t->size ? "Invalid offset+size" : NULL;
}

static int check_datasec(struct btf *b, struct buf *log, u32 id, const struct btf_type *t)
{
	u64 sum = 0, end = 0;

	btf_say_type(b, log, id);
	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++) {
		const struct btf_var_secinfo *v = &btf_secinfos_of(t)[i];
		const char *why = variable_fault(t, i, end);

		if (why)
			return btf_refuse_part(b, log, id, i, why);
		btf_say_part(b, log, id, i);
		end = (u64)v->offset + v->size;
		sum += v->size;
	}
	return t->size < sum ? btf_refuse_type(b, log, id, -EINVAL, "Invalid btf_info size") : 0;
}

static int check_float(struct btf *b, struct buf *log, u32 id, const struct btf_type *t)
{
	switch (t->size) {
	case 2:
	case 4:
	case 8:
	case 12:
	case 16: return 0;
	}
	return btf_refuse_type(b, log, id, -EINVAL, "Invalid type_size");
}

static int check_decl_tag(struct btf *b, struct buf *log, u32 id, const struct btf_type *t)
{
	if (((const struct btf_decl_tag *)(t + 1))->component_idx < -1)
		return btf_refuse_type(b, log, id, -EINVAL, "Invalid component_idx");
	return 0;
}

/* Types with parts say themselves before they come to those. */
static int check_kind(struct btf *b, struct buf *log, u32 id, const struct btf_type *t)
{
	switch (BTF_INFO_KIND(t->info)) {
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION: return check_struct(b, log, id, t);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64: return check_enum(b, log, id, t);
	case BTF_KIND_DATASEC: return check_datasec(b, log, id, t);
	case BTF_KIND_INT: TRY(check_int(b, log, id, t)); break;
	case BTF_KIND_ARRAY: TRY(check_array(b, log, id, t)); break;
	case BTF_KIND_FWD:
	case BTF_KIND_FUNC_PROTO: break;
	case BTF_KIND_FUNC: TRY(check_func(b, log, id, t)); break;
	case BTF_KIND_VAR: TRY(check_var(b, log, id, t)); break;
	case BTF_KIND_FLOAT: TRY(check_float(b, log, id, t)); break;
	case BTF_KIND_DECL_TAG: TRY(check_decl_tag(b, log, id, t)); break;
	default: break; /* pointers and modifiers */
	}
	btf_say_type(b, log, id);
	return 0;
}

static int check_rules(struct btf *b, struct buf *log, u32 id, const struct btf_type *t, u32 rules)
{
	if ((rules & SECTION) && !t->size)
		return btf_refuse_type(b, log, id, -EINVAL, "size == 0");
	if ((rules & NAME_FIRST) && !name_ok(b, t->name_off, rules))
		return btf_refuse_type(b, log, id, -EINVAL,
				       rules & NAMED ? "Invalid value" : "Invalid name");
	if ((rules & POWER_OF_2) && (t->size > 8 || !IS_POWER_OF_2(t->size)))
		return btf_refuse_type(b, log, id, -EINVAL, "Unexpected size");
	if ((rules & NO_VLEN) && BTF_INFO_VLEN(t->info))
		return btf_refuse_type(b, log, id, -EINVAL, "vlen != 0");
	if ((rules & NO_KFLAG) && BTF_INFO_KFLAG(t->info))
		return btf_refuse_type(b, log, id, -EINVAL, "Invalid btf_info kind_flag");
	if ((rules & REFERS) && t->type > BTF_MAX_TYPE)
		return btf_refuse_type(b, log, id, -EINVAL, "Invalid type_id");
	if ((rules & NO_TYPE) && t->type)
		return btf_refuse_type(b, log, id, -EINVAL, "type != 0");
	if (!name_ok(b, t->name_off, rules))
		return btf_refuse_type(b, log, id, -EINVAL, "Invalid name");
	if ((rules & NO_SIZE) && t->size)
		return btf_refuse_type(b, log, id, -EINVAL, "size != 0");
	return 0;
}

/* The type at data, which has number id, lies within room bytes; *len: its own. */
static int place_type(struct btf *b, struct buf *log, u32 id, const u8 *data, u32 room, u32 *len)
{
	const struct btf_type *t = (const struct btf_type *)(const void *)data;
	const struct kind *k;

	if (room < sizeof(*t))
		return btf_refuse(b, log, -EINVAL, "[%u] meta_left:%u meta_needed:%zu", id, room,
				  sizeof(*t));
	b->types[id] = t;
	if (t->info & ~INFO_MASK)
		return btf_refuse(b, log, -EINVAL, "[%u] Invalid btf_info:%x", id, t->info);
	k = &kinds[MIN(BTF_INFO_KIND(t->info), ARRAY_SIZE(kinds) - 1)];
	if (BTF_INFO_KIND(t->info) >= ARRAY_SIZE(kinds) || !k->name)
		return btf_refuse(b, log, -EINVAL, "[%u] Invalid kind:%u", id,
				  BTF_INFO_KIND(t->info));
	if (t->name_off >= b->strings_len)
		return btf_refuse(b, log, -EINVAL, "[%u] Invalid name_offset:%u", id, t->name_off);
	*len = (u32)sizeof(*t) + k->fixed + k->per_vlen * BTF_INFO_VLEN(t->info);
	if (*len > room)
		return btf_refuse_malformed(b, log, id, "meta_left:%zu meta_needed:%zu",
					    room - sizeof(*t), *len - sizeof(*t));
	return 0;
}

static int reserve_types(struct btf *b, u32 *cap)
{
	void *more;

	if (b->nr_types < *cap)
		return 0;
	more = realloc(b->types, (*cap *= 2) * sizeof(*b->types));
	if (!more)
		return -ENOMEM;
	b->types = more;
	return 0;
}

/* All types, each looked at if `look`. */
static int take_types(struct btf *b, struct buf *log, const struct btf_header *h, bool look)
{
	static const struct btf_type void_type;
	const u8 *p = (u8 *)b->data + h->hdr_len + h->type_off;
	u32 left = h->type_len, cap = 64 + left / 32, len = 0;

	b->types = malloc(cap * sizeof(*b->types));
	if (!b->types)
		return -ENOMEM;
	b->types[0] = &void_type;
	for (b->nr_types = 1; left; b->nr_types++, p += len, left -= len) {
		const struct btf_type *t = (const struct btf_type *)(const void *)p;
		u32 id = b->nr_types;

		if (id > BTF_MAX_TYPE)
			return btf_refuse(b, log, -E2BIG, "Exceeded max num of types");
		TRY(reserve_types(b, &cap));
		TRY(place_type(b, log, id, p, left, &len));
		if (!look)
			continue;
		TRY(check_rules(b, log, id, t, kinds[BTF_INFO_KIND(t->info)].rules));
		TRY(check_kind(b, log, id, t));
	}
	return 0;
}

static int check_layout(struct btf *b, struct buf *log, bool look)
{
	struct btf_header h;

	TRY(read_header(b, log, &h));
	TRY(check_sections(b, log, &h));
	TRY(check_strings(b, log, &h));
	if (h.type_off % 4 || h.hdr_len % 4)
		return btf_refuse(b, log, -EINVAL, "Unaligned type_off");
	if (!h.type_len)
		return btf_refuse(b, log, -EINVAL, "No type found");
	return take_types(b, log, &h, look);
}

int btf_check_layout(struct btf *b, struct buf *log)
{
	return check_layout(b, log, true);
}

int btf_index_layout(struct btf *b)
{
	return check_layout(b, NULL, false);
}
