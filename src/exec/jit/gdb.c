/* gdb's JIT interface: an object file in memory that names functions and says how to unwind their frames, in a list
 * that gdb reads when a function that does nothing is called.
 *
 * gdb finds list and function by their names, so these are the process's, not an instance's: the only mutable
 * globals there are, under a lock. */
#include <elf.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "exec/jit/symbols.h"

struct jit_code_entry { /* the interface's names */
	struct jit_code_entry *next_entry, *prev_entry;
	const char *symfile_addr;
	u64 symfile_size;
};
struct jit_descriptor {
	u32 version, action_flag;
	struct jit_code_entry *relevant_entry, *first_entry;
};
enum { JIT_NOACTION, JIT_REGISTER, JIT_UNREGISTER };

struct jit_descriptor __jit_debug_descriptor = { .version = 1 };
void __jit_debug_register_code(void);
__attribute__((noinline)) void __jit_debug_register_code(void)
{
	__asm__ volatile("" ::: "memory");
}
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

struct gdb_entry {
	struct jit_code_entry entry; /* first */
	u8 *elf;
};

/* --- unwind information: DWARF's call frame instructions --- */

enum {
	CFA_ADVANCE = 0x40,
	CFA_OFFSET = 0x80,
	CFA_DEF = 0x0c,
	CFA_DEF_OFFSET = 0x0e,
};

static void put_u8(struct buf *b, u8 v)
{
	buf_put(b, &v, 1);
}

static void put_u32(struct buf *b, u32 v)
{
	buf_put(b, &v, 4);
}

static void put_u64(struct buf *b, u64 v)
{
	buf_put(b, &v, 8);
}

/* A record's length goes in front of it, and is a multiple of 8 with it. */
static void end_record(struct buf *b, size_t start)
{
	u32 len;

	while ((b->len - start) % 8)
		put_u8(b, 0); /* DW_CFA_nop */
	len = (u32)(b->len - start - 4);
	if (!b->failed)
		memcpy(b->data + start, &len, 4);
}

static void put_cie(struct buf *b)
{
	const struct unwind_machine *m = &jit_unwind_machine;
	size_t start = b->len;

	put_u32(b, 0);
	put_u32(b, 0); /* a CIE */
	put_u8(b, 1);
	put_u8(b, 0);	 /* no augmentation */
	put_u8(b, 1);	 /* code by bytes … */
	put_u8(b, 0x78); /* … data by -8 */
	put_u8(b, m->ra);
	put_u8(b, CFA_DEF);
	put_u8(b, m->sp);
	put_u8(b, m->ra_on_stack ? 8 : 0);
	if (m->ra_on_stack) {
		put_u8(b, CFA_OFFSET | m->ra);
		put_u8(b, 1);
	}
	end_record(b, start);
}

static void put_steps(struct buf *b, const struct code_symbol *s)
{
	u32 depth = jit_unwind_machine.ra_on_stack ? 8 : 0, at = 0;

	for (u32 n = 0; n < s->nr_steps; n++) {
		const struct unwind_step *u = &s->steps[n];

		put_u8(b, (u8)(CFA_ADVANCE | (u->at - at)));
		at = u->at;
		depth += u->grow;
		put_u8(b, CFA_DEF_OFFSET);
		put_u8(b, (u8)depth);
		for (u32 r = 0; r < 2; r++) {
			if (u->regs[r] == UNWIND_NONE)
				continue;
			put_u8(b, CFA_OFFSET | u->regs[r]);
			put_u8(b, (u8)(depth / 8 - r));
		}
	}
}

static void put_unwind(struct buf *b, const struct jit_code *c, const struct code_symbol *s, u32 n)
{
	put_cie(b);
	for (; n--; s++) {
		size_t start = b->len;

		put_u32(b, 0);
		put_u32(b, (u32)(b->len)); /* back to the CIE, which is at 0 */
		put_u64(b, (uintptr_t)(c->image + s->begin));
		put_u64(b, s->end - s->begin);
		put_steps(b, s);
		end_record(b, start);
	}
	put_u32(b, 0);
	put_u32(b, 0);
}

/* --- the object file --- */

enum { S_NULL, S_TEXT, S_FRAME, S_SYMTAB, S_STRTAB, S_SHSTRTAB, NR_SECTIONS };
static const char section_names[] = "\0.text\0.eh_frame\0.symtab\0.strtab\0.shstrtab";
static const u8 name_at[NR_SECTIONS] = { 0, 1, 7, 17, 25, 33 };

static void put_symbols(struct buf *symtab, struct buf *strtab, const struct jit_code *c,
			const struct code_symbol *s, u32 n)
{
	Elf64_Sym none = { 0 };

	buf_put(symtab, &none, sizeof(none));
	put_u8(strtab, 0);
	for (; n--; s++) {
		Elf64_Sym sym = { .st_name = (u32)strtab->len,
				  .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
				  .st_shndx = S_TEXT,
				  .st_value = (uintptr_t)(c->image + s->begin),
				  .st_size = s->end - s->begin };

		buf_put(strtab, s->name, strlen(s->name) + 1);
		buf_put(symtab, &sym, sizeof(sym));
	}
}

/* Append a section's bytes to the file, aligned. */
static void place(struct buf *file, Elf64_Shdr *h, u32 type, const void *data, size_t len)
{
	while (file->len % 8)
		put_u8(file, 0);
	h->sh_type = type;
	h->sh_offset = file->len;
	h->sh_size = len;
	h->sh_addralign = 8;
	buf_put(file, data, len);
}

static void make_file(struct buf *file, const struct jit_code *c, const struct code_symbol *s,
		      u32 n)
{
	Elf64_Ehdr head = { .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
					 ELFDATA2LSB, EV_CURRENT },
			    .e_type = ET_EXEC,
			    .e_machine = jit_unwind_machine.elf_machine,
			    .e_version = EV_CURRENT,
			    .e_ehsize = sizeof(head),
			    .e_shentsize = sizeof(Elf64_Shdr),
			    .e_shnum = NR_SECTIONS,
			    .e_shstrndx = S_SHSTRTAB };
	struct buf frame = { 0 }, symtab = { 0 }, strtab = { 0 };
	Elf64_Shdr h[NR_SECTIONS] = { 0 };

	for (u32 i = 0; i < NR_SECTIONS; i++)
		h[i].sh_name = name_at[i];
	put_unwind(&frame, c, s, n);
	put_symbols(&symtab, &strtab, c, s, n);
	buf_put(file, &head, sizeof(head));
	place(file, &h[S_FRAME], SHT_PROGBITS, frame.data, frame.len);
	h[S_FRAME].sh_flags = SHF_ALLOC;
	place(file, &h[S_SYMTAB], SHT_SYMTAB, symtab.data, symtab.len);
	h[S_SYMTAB].sh_link = S_STRTAB;
	h[S_SYMTAB].sh_info = 1;
	h[S_SYMTAB].sh_entsize = sizeof(Elf64_Sym);
	place(file, &h[S_STRTAB], SHT_STRTAB, strtab.data, strtab.len);
	place(file, &h[S_SHSTRTAB], SHT_STRTAB, section_names, sizeof(section_names));
	h[S_TEXT].sh_type = SHT_NOBITS;
	h[S_TEXT].sh_flags = SHF_ALLOC | SHF_EXECINSTR;
	h[S_TEXT].sh_addr = (uintptr_t)c->image;
	h[S_TEXT].sh_size = c->size;
	h[S_TEXT].sh_addralign = 16;
	while (file->len % 8)
		put_u8(file, 0);
	head.e_shoff = file->len;
	buf_put(file, h, sizeof(h));
	if (!file->failed)
		memcpy(file->data, &head, sizeof(head));
	buf_done(&frame);
	buf_done(&symtab);
	buf_done(&strtab);
}

static void tell(struct gdb_entry *e, u32 action)
{
	__jit_debug_descriptor.relevant_entry = &e->entry;
	__jit_debug_descriptor.action_flag = action;
	__jit_debug_register_code();
	__jit_debug_descriptor.action_flag = JIT_NOACTION;
	__jit_debug_descriptor.relevant_entry = NULL;
}

struct gdb_entry *gdb_add(const struct jit_code *c, const struct code_symbol *symbols, u32 n)
{
	struct gdb_entry *e = calloc(1, sizeof(*e));
	struct buf file = { 0 };

	if (!e)
		return NULL;
	make_file(&file, c, symbols, n);
	if (buf_error(&file)) {
		buf_done(&file);
		free(e);
		return NULL;
	}
	e->elf = (u8 *)file.data;
	e->entry.symfile_addr = file.data;
	e->entry.symfile_size = file.len;
	pthread_mutex_lock(&lock);
	e->entry.next_entry = __jit_debug_descriptor.first_entry;
	if (e->entry.next_entry)
		e->entry.next_entry->prev_entry = &e->entry;
	__jit_debug_descriptor.first_entry = &e->entry;
	tell(e, JIT_REGISTER);
	pthread_mutex_unlock(&lock);
	return e;
}

void gdb_remove(struct gdb_entry *e)
{
	if (!e)
		return;
	pthread_mutex_lock(&lock);
	if (e->entry.prev_entry)
		e->entry.prev_entry->next_entry = e->entry.next_entry;
	else
		__jit_debug_descriptor.first_entry = e->entry.next_entry;
	if (e->entry.next_entry)
		e->entry.next_entry->prev_entry = e->entry.prev_entry;
	tell(e, JIT_UNREGISTER);
	pthread_mutex_unlock(&lock);
	free(e->elf);
	free(e);
}
