/* Names of native code for others: perf(1)'s map file, and gdb(1)'s JIT interface with unwind information, so that
 * profiles and backtraces name BPF functions. Both are asked for by options of the instance. */
#ifndef SKEP_EXEC_JIT_SYMBOLS_H
#define SKEP_EXEC_JIT_SYMBOLS_H

#include "exec/jit/jit.h"

/* Part of a function's beginning: after `at` bytes of it the frame has grown by 8 or 16 bytes, in which lie the
 * registers of these DWARF numbers, the second one 8 bytes above the first. */
struct unwind_step {
	u8 at, grow;
	u8 regs[2]; /* UNWIND_NONE: nothing to restore */
};
#define UNWIND_NONE	 0xff
#define UNWIND_MAX_STEPS 8

/* What each machine has (frame.c): the steps of an entry from C, or of a function. How many. */
u32 jit_unwind_entry(struct unwind_step steps[UNWIND_MAX_STEPS]);
u32 jit_unwind_func(const struct func *f, struct unwind_step steps[UNWIND_MAX_STEPS]);
/* DWARF numbers: the stack pointer, and the column of the return address (where it lies at a call: 8 below the
 * frame's start, or in a register). */
struct unwind_machine {
	u8 sp, ra;
	bool ra_on_stack;
	u16 elf_machine;
};
extern const struct unwind_machine jit_unwind_machine;

/* Publish what was compiled, as the instance's options say. Failure is not an error: nobody's result changes. */
void jit_symbols_add(const struct jit *j, struct jit_code *c);
void jit_symbols_remove(struct jit_code *c);

/* gdb.c. A range of code with its name and how it begins. */
struct code_symbol {
	char name[80];
	u32 begin, end; /* in the image */
	struct unwind_step steps[UNWIND_MAX_STEPS];
	u32 nr_steps;
};
struct gdb_entry;
struct gdb_entry *gdb_add(const struct jit_code *c, const struct code_symbol *symbols, u32 n);
void gdb_remove(struct gdb_entry *e); /* takes NULL */

#endif
