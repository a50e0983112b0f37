/* What BTF_LOAD's log says, as Linux does: the header, each type that passes on a line of its own with its members below,
 * and the reason behind the type or member that does not. */
#include "btf/check.h"

#include "base/err.h"

void btf_say_header(struct buf *log, const struct btf_header *h, u32 size)
{
	if (!log)
		return;
	buf_printf(log, "magic: 0x%x\nversion: %u\nflags: 0x%x\nhdr_len: %u\n", h->magic,
		   h->version, h->flags, h->hdr_len);
	buf_printf(log,
		   "type_off: %u\ntype_len: %u\nstr_off: %u\nstr_len: %u\nbtf_total_size: %u\n",
		   h->type_off, h->type_len, h->str_off, h->str_len, size);
}

static const char *name_at(const struct btf *b, u32 off)
{
	if (!off)
		return "(anon)";
	return off < b->strings_len ? btf_string(b, off) : "(invalid-name-offset)";
}

static const char *encoding_name(u32 encoding)
{
	switch (encoding) {
	case 0: return "(none)";
	case BTF_INT_SIGNED: return "SIGNED";
	case BTF_INT_CHAR: return "CHAR";
	case BTF_INT_BOOL: return "BOOL";
	}
	return "UNKN";
}

static void put_int(struct buf *o, const struct btf_type *t)
{
	u32 info = btf_int_info(t);

	buf_printf(o, "size=%u bits_offset=%u nr_bits=%u encoding=%s", t->size,
		   BTF_INT_OFFSET(info), BTF_INT_BITS(info), encoding_name(BTF_INT_ENCODING(info)));
}

static void put_proto(const struct btf *b, struct buf *o, const struct btf_type *t)
{
	const struct btf_param *p = btf_proto_params_of(t);
	u32 n = BTF_INFO_VLEN(t->info);

	buf_printf(o, "return=%u args=(", t->type);
	if (!n)
		buf_puts(o, "void");
	for (u32 i = 0; i < n; i++) {
		buf_puts(o, i ? ", " : "");
		if (i == n - 1 && !p[i].type)
			buf_puts(o, "vararg");
		else
			buf_printf(o, "%u %s", p[i].type, name_at(b, p[i].name_off));
	}
	buf_puts(o, ")");
}

static void put_details(const struct btf *b, struct buf *o, const struct btf_type *t)
{
	const struct btf_array *a = btf_array_of(t);

	switch (BTF_INFO_KIND(t->info)) {
	case BTF_KIND_INT: put_int(o, t); return;
	case BTF_KIND_ARRAY:
		buf_printf(o, "type_id=%u index_type_id=%u nr_elems=%u", a->type, a->index_type,
			   a->nelems);
		return;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_DATASEC:
		buf_printf(o, "size=%u vlen=%u", t->size, BTF_INFO_VLEN(t->info));
		return;
	case BTF_KIND_FWD: buf_puts(o, BTF_INFO_KFLAG(t->info) ? "union" : "struct"); return;
	case BTF_KIND_FUNC_PROTO: put_proto(b, o, t); return;
	case BTF_KIND_VAR:
		buf_printf(o, "type_id=%u linkage=%u", t->type,
			   ((const struct btf_var *)(t + 1))->linkage);
		return;
	case BTF_KIND_FLOAT: buf_printf(o, "size=%u", t->size); return;
	case BTF_KIND_DECL_TAG:
		buf_printf(o, "type=%u component_idx=%d", t->type,
			   ((const struct btf_decl_tag *)(t + 1))->component_idx);
		return;
	}
	buf_printf(o, "type_id=%u", t->type);
}

static void put_basic(const struct btf *b, struct buf *o, u32 id)
{
	const struct btf_type *t = b->types[id];

	buf_printf(o, "[%u] %s %s", id, btf_kind_name(BTF_INFO_KIND(t->info)),
		   name_at(b, t->name_off));
}

static void put_type(const struct btf *b, struct buf *o, u32 id)
{
	put_basic(b, o, id);
	buf_puts(o, " ");
	put_details(b, o, b->types[id]);
}

static void put_member(const struct btf *b, struct buf *o, const struct btf_type *t, u32 i, u32 as)
{
	const struct btf_member *m = &btf_members_of(t)[i];

	buf_printf(o, "\t%s type_id=%u ", name_at(b, m->name_off), as ?: m->type);
	if (BTF_INFO_KFLAG(t->info))
		buf_printf(o, "bitfield_size=%u ", btf_member_bits(t, i));
	buf_printf(o, "bits_offset=%u", btf_member_bit_off(t, i));
}

static void put_secinfo(struct buf *o, const struct btf_type *t, u32 i)
{
	const struct btf_var_secinfo *v = &btf_secinfos_of(t)[i];

	buf_printf(o, "\t type_id=%u offset=%u size=%u", v->type, v->offset, v->size);
}

/* Enumerators have lines, but no reason goes behind them. */
static void put_part(const struct btf *b, struct buf *o, const struct btf_type *t, u32 i, u32 as)
{
	const struct btf_enum *e = (const struct btf_enum *)(t + 1) + i;
	const struct btf_enum64 *w = (const struct btf_enum64 *)(t + 1) + i;
	u64 wide;

	switch (BTF_INFO_KIND(t->info)) {
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION: put_member(b, o, t, i, as); return;
	case BTF_KIND_DATASEC: put_secinfo(o, t, i); return;
	case BTF_KIND_ENUM:
		buf_printf(o, BTF_INFO_KFLAG(t->info) ? "\t%s val=%d" : "\t%s val=%u",
			   name_at(b, e->name_off), e->val);
		return;
	default:
		wide = (u64)w->val_hi32 << 32 | w->val_lo32;
		buf_printf(o, BTF_INFO_KFLAG(t->info) ? "\t%s val=%lld" : "\t%s val=%llu",
			   name_at(b, w->name_off), (unsigned long long)wide);
	}
}

void btf_say_type(const struct btf *b, struct buf *log, u32 id)
{
	if (!log)
		return;
	put_type(b, log, id);
	buf_puts(log, "\n");
}

void btf_say_part(const struct btf *b, struct buf *log, u32 id, u32 i)
{
	if (!log)
		return;
	put_part(b, log, b->types[id], i, 0);
	buf_puts(log, "\n");
}

/* --- refusals: in the log and, in short, as the last error --- */

static int refuse(const struct btf *b, struct buf *log, int err, u32 id, const char *line,
		  const char *fmt, va_list ap)
{
	struct buf why = { 0 }, basic = { 0 };

	buf_vprintf(&why, fmt, ap);
	if (log)
		buf_printf(log, *line ? "%s %s\n" : "%s%s", line, buf_str(&why));
	if (id)
		put_basic(b, &basic, id);
	err = fail(err, "btf: %s%s%s", buf_str(&basic), id ? ": " : "", buf_str(&why));
	buf_done(&why);
	buf_done(&basic);
	return err;
}

int btf_refuse(const struct btf *b, struct buf *log, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	err = refuse(b, log, err, 0, "", fmt, ap);
	va_end(ap);
	return err;
}

int btf_refuse_malformed(const struct btf *b, struct buf *log, u32 id, const char *fmt, ...)
{
	struct buf line = { 0 };
	va_list ap;
	int err;

	put_basic(b, &line, id);
	va_start(ap, fmt);
	err = refuse(b, log, -EINVAL, id, buf_str(&line), fmt, ap);
	va_end(ap);
	buf_done(&line);
	return err;
}

int btf_refuse_type(const struct btf *b, struct buf *log, u32 id, int err, const char *fmt, ...)
{
	struct buf line = { 0 };
	va_list ap;

	put_type(b, &line, id);
	va_start(ap, fmt);
	err = refuse(b, log, err, id, buf_str(&line), fmt, ap);
	va_end(ap);
	buf_done(&line);
	return err;
}

static int refuse_part(const struct btf *b, struct buf *log, u32 id, u32 i, u32 as, const char *why)
{
	struct buf line = { 0 };
	int err;

	put_part(b, &line, b->types[id], i, as);
	if (log)
		buf_printf(log, "%s %s\n", buf_str(&line), why);
	buf_done(&line);
	put_basic(b, &line, id);
	err = fail(-EINVAL, "btf: %s, member %u: %s", buf_str(&line), i, why);
	buf_done(&line);
	return err;
}

int btf_refuse_part(const struct btf *b, struct buf *log, u32 id, u32 i, const char *why)
{
	return refuse_part(b, log, id, i, 0, why);
}

int btf_refuse_misfit(const struct btf *b, struct buf *log, u32 id, u32 i, u32 as, const char *why)
{
	btf_say_type(b, log, id);
	return refuse_part(b, log, id, i, as, why);
}

int btf_refuse_resolved_part(const struct btf *b, struct buf *log, u32 id, u32 i, const char *why)
{
	return btf_refuse_misfit(b, log, id, i, 0, why);
}
