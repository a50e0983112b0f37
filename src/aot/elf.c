/* A relocatable object in memory: its sections side by side, relocated, and sealed.
 *
 * Invariant: nothing outside the file's bytes is read and nothing outside the mapping is written, whatever the
 * file says. What its machine code does is another matter (aot.h). */
#include <elf.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "aot/aot.h"
#include "base/err.h"

#define MAX_SECTIONS 256

#ifdef __aarch64__
#define MACHINE	    EM_AARCH64
#define AOT_R_ABS64 R_AARCH64_ABS64
#else
#define MACHINE	    EM_X86_64
#define AOT_R_ABS64 R_X86_64_64
#endif

struct object_file { /* the file */
	const u8 *data;
	size_t size;
	const Elf64_Shdr *sections;
	u32 nr;
	const Elf64_Sym *symbols;
	u32 nr_symbols;
	const char *names; /* of symbols */
	size_t names_size;
	u8 *base;
	u64 at[MAX_SECTIONS]; /* offsets in the mapping, ~0: not there */
};

static int bad(const char *what)
{
	return fail(-EINVAL, "native object: %s", what);
}

static const void *section_data(const struct object_file *o, const Elf64_Shdr *s)
{
	if (s->sh_type == SHT_NOBITS || s->sh_offset > o->size ||
	    s->sh_size > o->size - s->sh_offset)
		return NULL;
	return o->data + s->sh_offset;
}

static bool read_sections(struct object_file *o)
{
	const Elf64_Ehdr *h = (const void *)o->data;

	if (o->size < sizeof(*h) || memcmp(h->e_ident, ELFMAG, SELFMAG) ||
	    h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_shentsize != sizeof(Elf64_Shdr) ||
	    h->e_shoff % 8 || h->e_shoff > o->size || h->e_shnum > MAX_SECTIONS ||
	    h->e_shnum > (o->size - h->e_shoff) / sizeof(Elf64_Shdr))
		return false;
	o->sections = (const void *)(o->data + h->e_shoff);
	o->nr = h->e_shnum;
	return true;
}

const void *aot_section(const void *elf, size_t size, const char *name, size_t *len)
{
	struct object_file o = { .data = elf, .size = size };
	const Elf64_Ehdr *h = elf;
	const Elf64_Shdr *names;
	const char *text;

	if ((uintptr_t)elf % 8 || !read_sections(&o) || h->e_shstrndx >= o.nr)
		return NULL;
	names = &o.sections[h->e_shstrndx];
	text = section_data(&o, names);
	if (!text || !names->sh_size || text[names->sh_size - 1])
		return NULL;
	for (u32 n = 0; n < o.nr; n++) {
		const Elf64_Shdr *s = &o.sections[n];

		if (s->sh_name >= names->sh_size || strcmp(text + s->sh_name, name))
			continue;
		*len = s->sh_size;
		return section_data(&o, s);
	}
	return NULL;
}

static int find_symbols(struct object_file *o)
{
	for (u32 n = 0; n < o->nr; n++) {
		const Elf64_Shdr *s = &o->sections[n], *names;

		if (s->sh_type != SHT_SYMTAB)
			continue;
		if (s->sh_link >= o->nr || s->sh_offset % 8)
			return bad("symbol table without names");
		names = &o->sections[s->sh_link];
		o->symbols = section_data(o, s);
		o->nr_symbols = (u32)(s->sh_size / sizeof(*o->symbols));
		o->names = section_data(o, names);
		o->names_size = names->sh_size;
		if (!o->symbols || !o->names || !o->names_size || o->names[o->names_size - 1])
			return bad("damaged symbol table");
		return 0;
	}
	return bad("no symbol table");
}

static int read_header(struct object_file *o)
{
	const Elf64_Ehdr *h = (const void *)o->data;

	if (!read_sections(o) || h->e_type != ET_REL)
		return bad("not a relocatable ELF file of 64 bits, or damaged");
	if (h->e_machine != MACHINE)
		return bad("made for another machine");
	return find_symbols(o);
}

/* --- sections in memory: code first, on pages of its own --- */

static int place(struct object_file *o, bool code, u64 *len)
{
	for (u32 n = 0; n < o->nr; n++) {
		const Elf64_Shdr *s = &o->sections[n];

		if (!(s->sh_flags & SHF_ALLOC) || !s->sh_size ||
		    !!(s->sh_flags & SHF_EXECINSTR) != code)
			continue;
		if (s->sh_size > 1 << 30 || s->sh_addralign > 4096 ||
		    (s->sh_type != SHT_NOBITS && !section_data(o, s)))
			return bad("damaged section");
		*len = ALIGN_UP(*len, s->sh_addralign ?: 1);
		o->at[n] = *len;
		*len += s->sh_size;
		if (*len > 1 << 30)
			return bad("larger than 1 GiB");
	}
	*len = ALIGN_UP(*len, 4096ull);
	return 0;
}

static int map_sections(struct object_file *o, struct aot_image *im)
{
	u64 len = 0;

	memset(o->at, 0xff, sizeof(o->at));
	TRY(place(o, true, &len));
	im->code = len;
	TRY(place(o, false, &len));
	if (!len)
		return bad("nothing in it");
	im->base = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (im->base == MAP_FAILED) {
		im->base = NULL;
		return -ENOMEM;
	}
	im->size = len;
	o->base = im->base;
	for (u32 n = 0; n < o->nr; n++)
		if (o->at[n] != ~0ull && o->sections[n].sh_type != SHT_NOBITS)
			memcpy(im->base + o->at[n], section_data(o, &o->sections[n]),
			       o->sections[n].sh_size);
	return 0;
}

/* --- relocations --- */

static int symbol_address(const struct object_file *o, u32 n, u64 *addr)
{
	const Elf64_Sym *s = &o->symbols[n];

	if (n >= o->nr_symbols || s->st_shndx >= o->nr || !s->st_shndx ||
	    o->at[s->st_shndx] == ~0ull)
		return fail(-EINVAL, "native object: symbol %s is not in it",
			    n < o->nr_symbols && s->st_name < o->names_size ? o->names + s->st_name
									    : "?");
	*addr = (u64)o->base + o->at[s->st_shndx] + s->st_value;
	return 0;
}

static void put32(u8 *at, u32 v)
{
	memcpy(at, &v, 4);
}

/* value = S + A; where: the place, P. */
#ifdef __aarch64__
static void put_bits(u8 *at, u32 shift, u32 bits, u64 v)
{
	u32 word, mask = ((1u << bits) - 1) << shift;

	memcpy(&word, at, 4);
	put32(at, (word & ~mask) | ((u32)v << shift & mask));
}

static bool relocate(u8 *at, u32 type, u64 value)
{
	s64 by = (s64)(value - (u64)at), pages = (s64)((value >> 12) - ((u64)at >> 12));

	switch (type) {
	case R_AARCH64_ABS64: memcpy(at, &value, 8); return true;
	case R_AARCH64_PREL32: put32(at, (u32)by); return by == (s32)by;
	case R_AARCH64_CALL26:
	case R_AARCH64_JUMP26:
		put_bits(at, 0, 26, (u64)(by >> 2));
		return by >= -(1 << 27) && by < 1 << 27;
	case R_AARCH64_ADR_PREL_PG_HI21:
		put_bits(at, 29, 2, (u64)pages & 3);
		put_bits(at, 5, 19, (u64)(pages >> 2));
		return pages >= -(1 << 20) && pages < 1 << 20;
	case R_AARCH64_ADD_ABS_LO12_NC:
	case R_AARCH64_LDST8_ABS_LO12_NC: put_bits(at, 10, 12, value & 4095); return true;
	case R_AARCH64_LDST16_ABS_LO12_NC: put_bits(at, 10, 12, (value & 4095) >> 1); return true;
	case R_AARCH64_LDST32_ABS_LO12_NC: put_bits(at, 10, 12, (value & 4095) >> 2); return true;
	case R_AARCH64_LDST64_ABS_LO12_NC: put_bits(at, 10, 12, (value & 4095) >> 3); return true;
	case R_AARCH64_LDST128_ABS_LO12_NC: put_bits(at, 10, 12, (value & 4095) >> 4); return true;
	default: return false;
	}
}
#else
static bool relocate(u8 *at, u32 type, u64 value)
{
	s64 by = (s64)(value - (u64)at);

	switch (type) {
	case R_X86_64_64: memcpy(at, &value, 8); return true;
	case R_X86_64_PC32:
	case R_X86_64_PLT32: put32(at, (u32)by); return by == (s32)by;
	default: return false;
	}
}
#endif

static int relocate_section(struct object_file *o, const Elf64_Shdr *r)
{
	const Elf64_Rela *rela = section_data(o, r);
	u32 target = r->sh_info;

	if (!rela || r->sh_offset % 8 || target >= o->nr)
		return bad("damaged relocations");
	if (o->at[target] == ~0ull)
		return 0; /* of debug information and such */
	for (u64 n = 0; n < r->sh_size / sizeof(*rela); n++) {
		u64 value, size = o->sections[target].sh_size;

		TRY(symbol_address(o, (u32)ELF64_R_SYM(rela[n].r_info), &value));
		if (size < 8 || rela[n].r_offset > size - 4 ||
		    (ELF64_R_TYPE(rela[n].r_info) == AOT_R_ABS64 && rela[n].r_offset > size - 8))
			return bad("a relocation outside its section");
		if (!relocate(o->base + o->at[target] + rela[n].r_offset,
			      ELF64_R_TYPE(rela[n].r_info), value + (u64)rela[n].r_addend))
			return fail(-EINVAL, "native object: relocation of type %u cannot be made",
				    (u32)ELF64_R_TYPE(rela[n].r_info));
	}
	return 0;
}

/* --- the table --- */

static bool inside(const struct aot_image *im, const void *p, u64 size, u64 align)
{
	u64 off = (u64)p - (u64)im->base;

	return off % align == 0 && off <= im->size && size <= im->size - off;
}

static bool entry_valid(const struct aot_image *im, const struct aot_entry *e)
{
	return e->nr_maps <= 64 && e->nr_helpers <= 4096 &&
	       inside(im, e->env, 8ull * (AOT_ENV_FIXED + 2 * e->nr_maps + e->nr_helpers), 8) &&
	       inside(im, e->helpers, 4ull * e->nr_helpers, 4) &&
	       inside(im, (const void *)e->run, 1, 1) && (u64)e->run - (u64)im->base < im->code;
}

static int find_table(struct object_file *o, struct aot_image *im)
{
	const struct aot_table *t;
	u64 addr = 0;

	for (u32 n = 0; n < o->nr_symbols && !addr; n++) {
		const Elf64_Sym *s = &o->symbols[n];

		if (s->st_shndx && s->st_name < o->names_size &&
		    !strcmp(o->names + s->st_name, AOT_SYMBOL_TABLE))
			TRY(symbol_address(o, n, &addr));
	}
	t = (const void *)addr;
	if (!addr || !inside(im, t, sizeof(*t), 8))
		return bad("skep aot has not made it");
	if (t->version != AOT_VERSION)
		return bad("made by another version of skep aot");
	if (t->nr_entries > 4096 || !inside(im, t->entries, t->nr_entries * sizeof(*t->entries), 8))
		return bad("damaged table");
	for (u32 n = 0; n < t->nr_entries; n++)
		if (!entry_valid(im, &t->entries[n]))
			return bad("damaged table");
	im->table = t;
	return 0;
}

static int load(struct object_file *o, struct aot_image *im)
{
	TRY(read_header(o));
	TRY(map_sections(o, im));
	for (u32 n = 0; n < o->nr; n++)
		if (o->sections[n].sh_type == SHT_RELA)
			TRY(relocate_section(o, &o->sections[n]));
	return find_table(o, im);
}

int aot_image_load(const void *elf, size_t size, struct aot_image *out)
{
	struct object_file o = { .data = elf, .size = size };
	int err;

	*out = (struct aot_image){ 0 };
	if ((uintptr_t)elf % 8)
		return bad("not aligned in memory");
	err = load(&o, out);
	if (err)
		aot_image_unload(out);
	return err;
}

int aot_image_seal(struct aot_image *im)
{
	__builtin___clear_cache((char *)im->base, (char *)im->base + im->code);
	if ((im->code && mprotect(im->base, im->code, PROT_READ | PROT_EXEC)) ||
	    (im->size > im->code && mprotect(im->base + im->code, im->size - im->code, PROT_READ)))
		return fail(-ENOMEM, "memory for native code cannot be made executable");
	return 0;
}

void aot_image_unload(struct aot_image *im)
{
	if (im->base)
		munmap(im->base, im->size);
	im->base = NULL;
}
