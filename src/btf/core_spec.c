/* See core_spec.h: what a relocation names, and its text. */
#include "btf/core_spec.h"

#include <ctype.h>
#include <errno.h>

#include <stdlib.h>
#include <string.h>

#include "btf/check.h"

static const struct {
	enum core_group group;
	const char *text;
} kinds[] = {
#define CORE(name, number, group, text) [number] = { CORE_GROUP_##group, text },
#include "btf/core.def"
};

enum core_group core_group(u32 kind)
{
	return kind < ARRAY_SIZE(kinds) ? kinds[kind].group : CORE_GROUP_NONE;
}

const char *core_kind_text(u32 kind)
{
	return kind < ARRAY_SIZE(kinds) ? kinds[kind].text : "unknown";
}

const char *core_type_kind(const struct btf *b, u32 id)
{
	const struct btf_type *t = btf_type(b, id);
	u32 kind = t ? BTF_INFO_KIND(t->info) : BTF_KIND_UNKN;

	return kind == BTF_KIND_UNKN ? "UNKNOWN" : btf_kind_name(kind);
}

u32 core_essential_len(const char *name)
{
	u32 n = (u32)strlen(name);

	/* "x___y": three underscores, not at the beginning, with something else on both sides. */
	for (u32 i = n >= 5 ? n - 5 : 0; n >= 5; i--) {
		if (name[i] != '_' && !strncmp(name + i + 1, "___", 3) && name[i + 4] != '_')
			return i + 1;
		if (!i)
			break;
	}
	return n;
}

bool core_same_name(const char *a, const char *b)
{
	u32 n = core_essential_len(a);

	return n == core_essential_len(b) && !strncmp(a, b, n);
}

bool core_is_enum(const struct btf_type *t)
{
	u32 kind = BTF_INFO_KIND(t->info);

	return kind == BTF_KIND_ENUM || kind == BTF_KIND_ENUM64;
}

struct core_enumerator core_enumerator(const struct btf *b, const struct btf_type *t, u32 i)
{
	if (BTF_INFO_KIND(t->info) == BTF_KIND_ENUM) {
		const struct btf_enum *e = &btf_enums_of(t)[i];

		return (struct core_enumerator){ btf_string(b, e->name_off), (u64)(s64)e->val };
	}
	const struct btf_enum64 *e = &btf_enums64_of(t)[i];

	return (struct core_enumerator){ btf_string(b, e->name_off),
					 (u64)e->val_hi32 << 32 | e->val_lo32 };
}

bool core_same_kind(const struct btf_type *a, const struct btf_type *b)
{
	return BTF_INFO_KIND(a->info) == BTF_INFO_KIND(b->info) ||
	       (core_is_enum(a) && core_is_enum(b));
}

bool core_open_array(const struct btf *b, const struct core_step *member, const struct btf_array *a)
{
	return !a->nelems && member->name &&
	       member->idx + 1 == BTF_INFO_VLEN(btf_type(b, member->type_id)->info);
}

/* --- from the relocation's text --- */

static int parse_indices(const char *s, struct core_spec *spec)
{
	char *end;

	while (*s) {
		s += spec->nr_raw && *s == ':';
		if (!isdigit((unsigned char)*s))
			return -EINVAL;
		if (spec->nr_raw == CORE_DEPTH)
			return -E2BIG;
		spec->raw[spec->nr_raw++] = (int)strtol(s, &end, 10);
		if (end == s)
			return -EINVAL;
		s = end;
	}
	return spec->nr_raw ? 0 : -EINVAL;
}

static struct core_step *add_step(struct core_spec *s, u32 type_id, u32 idx, const char *name)
{
	struct core_step *step = &s->step[s->nr_steps++];

	*step = (struct core_step){ type_id, idx, name };
	return step;
}

static int skip_elements(struct core_spec *s, u32 type_id, u32 n)
{
	s64 size = btf_type_size(s->btf, type_id);

	if (size < 0)
		return -EINVAL;
	s->bit_off += n * (u32)size * 8;
	return 0;
}

static int parse_member(struct core_spec *s, const struct btf_type *t, u32 idx, u32 *id)
{
	const struct btf_member *m = btf_members_of(t) + idx;

	if (idx >= BTF_INFO_VLEN(t->info))
		return -EINVAL;
	s->bit_off += btf_member_bit_off(t, idx);
	if (m->name_off) {
		const char *name = btf_string(s->btf, m->name_off);

		if (!*name)
			return -EINVAL;
		add_step(s, *id, idx, name);
	}
	*id = m->type;
	return 0;
}

static int parse_element(struct core_spec *s, const struct btf_type *t, u32 idx, u32 *id)
{
	const struct btf_array *a = btf_array_of(t);
	bool open = core_open_array(s->btf, &s->step[s->nr_steps - 1], a);

	if (!btf_strip(s->btf, a->type, id) || (!open && idx >= a->nelems))
		return -EINVAL;
	add_step(s, *id, idx, NULL);
	return skip_elements(s, *id, idx);
}

static int parse_field(const struct core_relo *r, struct core_log *log, struct core_spec *s, u32 id)
{
	TRY(skip_elements(s, id, (u32)s->raw[0]));
	for (u32 i = 1; i < s->nr_raw; i++) {
		const struct btf_type *t = btf_strip(s->btf, id, &id);

		if (!t)
			return -EINVAL;
		if (btf_is_struct(t)) {
			TRY(parse_member(s, t, (u32)s->raw[i], &id));
		} else if (BTF_INFO_KIND(t->info) == BTF_KIND_ARRAY) {
			TRY(parse_element(s, t, (u32)s->raw[i], &id));
		} else {
			if (log->out)
				buf_printf(log->out,
					   "prog '': relo for [%u] %s (at idx %u) captures type "
					   "[%d] of unexpected kind %s\n",
					   r->type_id, "", i, id, core_type_kind(s->btf, id));
			return -EINVAL;
		}
	}
	return 0;
}

static int parse_enumerator(struct core_spec *s, const struct btf_type *t)
{
	u32 idx = (u32)s->raw[0];

	if (!core_is_enum(t) || s->nr_raw > 1 || idx >= BTF_INFO_VLEN(t->info))
		return -EINVAL;
	s->step[0].name = core_enumerator(s->btf, t, idx).name;
	return 0;
}

const char *core_access(const struct btf *local, const struct core_relo *r)
{
	return r->access_str_off < local->strings_len ? btf_string(local, r->access_str_off)
						      : "<?>";
}

int core_parse(const struct btf *local, const struct core_relo *r, struct core_log *log,
	       struct core_spec *s)
{
	const char *access = core_access(local, r);
	const struct btf_type *t;
	u32 id;

	*s = (struct core_spec){ .btf = local, .root = r->type_id, .kind = r->kind };
	if (!*access)
		return -EINVAL;
	if (core_group(r->kind) == CORE_GROUP_TYPE)
		return strcmp(access, "0") ? -EINVAL : 0;
	TRY(parse_indices(access, s));
	t = btf_strip(local, r->type_id, &id);
	if (!t)
		return -EINVAL;
	add_step(s, id, (u32)s->raw[0], NULL);
	switch (core_group(r->kind)) {
	case CORE_GROUP_ENUMVAL: return parse_enumerator(s, t);
	case CORE_GROUP_FIELD: return parse_field(r, log, s, id);
	default: return -EINVAL;
	}
}

/* --- text --- */

static void print_enumerator(struct buf *out, const struct core_spec *s)
{
	const struct btf_type *t = btf_strip(s->btf, s->root, NULL);
	struct core_enumerator e = core_enumerator(s->btf, t, s->step[0].idx);
	bool narrow = BTF_INFO_KIND(t->info) == BTF_KIND_ENUM;

	if (BTF_INFO_KFLAG(t->info))
		buf_printf(out, "::%s = %lld", e.name, (long long)e.val);
	else
		buf_printf(out, "::%s = %llu", e.name,
			   (unsigned long long)(narrow ? (u32)e.val : e.val));
}

static void print_field(struct buf *out, const struct core_spec *s)
{
	for (u32 i = 0; i < s->nr_steps; i++) {
		if (s->step[i].name)
			buf_printf(out, ".%s", s->step[i].name);
		else if (i || s->step[i].idx)
			buf_printf(out, "[%u]", s->step[i].idx);
	}
	buf_puts(out, " (");
	for (u32 i = 0; i < s->nr_raw; i++)
		buf_printf(out, "%s%d", i ? ":" : "", s->raw[i]);
	if (s->bit_off % 8)
		buf_printf(out, " @ offset %u.%u)", s->bit_off / 8, s->bit_off % 8);
	else
		buf_printf(out, " @ offset %u)", s->bit_off / 8);
}

void core_print(struct buf *out, const struct core_spec *s)
{
	const char *name = btf_type_name(s->btf, s->root);

	buf_printf(out, "<%s> [%u] %s %s", core_kind_text(s->kind), s->root,
		   core_type_kind(s->btf, s->root), *name ? name : "<anon>");
	switch (core_group(s->kind)) {
	case CORE_GROUP_ENUMVAL: print_enumerator(out, s); break;
	case CORE_GROUP_FIELD: print_field(out, s); break;
	default: break;
	}
}

void core_say(struct core_log *log, const char *fmt, ...)
{
	va_list ap;

	if (!log->out)
		return;
	buf_printf(log->out, "prog '': relo #%u: ", log->number);
	va_start(ap, fmt);
	buf_vprintf(log->out, fmt, ap);
	va_end(ap);
}
