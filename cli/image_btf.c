/* Type information is looked over before libbpf follows it: libbpf checks where types end, not what they
 * refer to. Afterwards every type id and name in .BTF exists, and no chain of typedefs and modifiers
 * goes round in circles. What types mean is checked when the object's BTF is loaded. */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <elf.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/object.h"

#define MAX_CHAIN 32 /* as for Linux: modifiers in a row */

static bool id_exists(const struct btf *b, u32 id)
{
	return id < btf__type_cnt(b);
}

static bool name_exists(const struct btf *b, u32 off)
{
	return btf__str_by_offset(b, off) != NULL;
}

static bool is_link(const struct btf_type *t)
{
	return btf_is_mod(t) || btf_is_typedef(t);
}

/* What a data section has; the kernel's functions that a program calls are in one, too (.ksyms). */
static bool is_variable(const struct btf_type *t)
{
	return btf_is_var(t) || btf_is_func(t);
}

/* Members, values, parameters and variables: what a type is made of. */
static bool part_is_sound(const struct btf *b, const struct btf_type *t, u32 i)
{
	switch (btf_kind(t)) {
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return name_exists(b, btf_members(t)[i].name_off) &&
		       id_exists(b, btf_members(t)[i].type);
	case BTF_KIND_ENUM: return name_exists(b, btf_enum(t)[i].name_off);
	case BTF_KIND_ENUM64: return name_exists(b, btf_enum64(t)[i].name_off);
	case BTF_KIND_FUNC_PROTO:
		return name_exists(b, btf_params(t)[i].name_off) &&
		       id_exists(b, btf_params(t)[i].type);
	case BTF_KIND_DATASEC:
		return id_exists(b, btf_var_secinfos(t)[i].type) &&
		       is_variable(btf__type_by_id(b, btf_var_secinfos(t)[i].type));
	}
	return true;
}

static bool reference_is_sound(const struct btf *b, const struct btf_type *t)
{
	switch (btf_kind(t)) {
	case BTF_KIND_ARRAY:
		return id_exists(b, btf_array(t)->type) && id_exists(b, btf_array(t)->index_type);
	case BTF_KIND_FUNC:
		return id_exists(b, t->type) && btf_is_func_proto(btf__type_by_id(b, t->type));
	case BTF_KIND_PTR:
	case BTF_KIND_FUNC_PROTO:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG: return id_exists(b, t->type);
	}
	return !is_link(t) || id_exists(b, t->type);
}

static bool type_is_sound(const struct btf *b, u32 id)
{
	const struct btf_type *t = btf__type_by_id(b, id);
	u32 parts = btf_is_fwd(t) || btf_is_func(t) ? 0 : btf_vlen(t);

	if (!name_exists(b, t->name_off) || !reference_is_sound(b, t))
		return false;
	for (u32 i = 0; i < parts; i++)
		if (!part_is_sound(b, t, i))
			return false;
	return true;
}

/* After all ids are known to exist. */
static bool chain_ends(const struct btf *b, u32 id)
{
	const struct btf_type *t = btf__type_by_id(b, id);
	u32 n = 0;

	for (; is_link(t) && n < MAX_CHAIN; n++)
		t = btf__type_by_id(b, t->type);
	return n < MAX_CHAIN;
}

static u32 first_unsound(const struct btf *b)
{
	u32 n = btf__type_cnt(b);

	for (u32 id = 1; id < n; id++)
		if (!type_is_sound(b, id))
			return id;
	for (u32 id = 1; id < n; id++)
		if (!chain_ends(b, id))
			return id;
	return 0;
}

/* Sections are known to lie within the file. */
static const Elf64_Shdr *find_section(const u8 *elf, const char *name)
{
	const Elf64_Ehdr *h = (const void *)elf;
	const Elf64_Shdr *s = (const void *)(elf + h->e_shoff), *names;
	size_t len = strlen(name) + 1;

	if (h->e_shstrndx >= h->e_shnum || s[h->e_shstrndx].sh_type != SHT_STRTAB)
		return NULL;
	names = &s[h->e_shstrndx];
	for (u32 i = 0; i < h->e_shnum; i++)
		if (s[i].sh_name <= names->sh_size && len <= names->sh_size - s[i].sh_name &&
		    !memcmp(elf + names->sh_offset + s[i].sh_name, name, len))
			return &s[i];
	return NULL;
}

int image_check_btf(const char *path, const u8 *elf)
{
	const Elf64_Shdr *s = find_section(elf, ".BTF");
	struct btf *b;
	u32 bad;

	if (!s || s->sh_type == SHT_NOBITS)
		return DONE;
	b = btf__new(elf + s->sh_offset, (u32)s->sh_size);
	if (!b)
		return complain("%s: its type information (BTF) is corrupt", path);
	bad = first_unsound(b);
	btf__free(b);
	if (bad)
		return complain("%s: its type information (BTF) is corrupt: type %u refers to what "
				"is not there",
				path, bad);
	return DONE;
}
