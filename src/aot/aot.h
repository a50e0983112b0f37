/* Ahead of time: verified programs as C, compiled by any C compiler to a relocatable object of the machine,
 * and such objects in place of a JIT.
 *
 * Why C and not LLVM IR or our own code: every machine that can build skep has a compiler for it, it optimises
 * what a one-pass JIT cannot, and what was made of a program can be read.
 *
 * An object is taken for a program only if the program, as the verifier has just left it, is the one that it
 * was made from: same instructions, functions, frames, maps in the same places, and the same layout of what
 * native code touches (struct skep_run). The digest says so; names and tags do not matter. Whoever adds an
 * object to an instance trusts it as he trusts a plug-in: its machine code is not verified.
 *
 * Registers are variables of 64 bits. A function that calls nothing keeps its BPF stack in a local array;
 * others have a frame on the run's stack, as in the other engines, since helpers may look there. */
#ifndef SKEP_AOT_AOT_H
#define SKEP_AOT_AOT_H

#include "base/buf.h"
#include "exec/prog.h"

#define AOT_DIGEST 32
/* Sections of an object: the BPF object that it was made from, and the manifest as text. */
#define AOT_SECTION_BPF	     ".skep.bpf"
#define AOT_SECTION_MANIFEST ".skep.manifest"
#define AOT_SYMBOL_TABLE     "skep_aot_table"
#define AOT_VERSION	     2

/* One program of an object; the C code has the same structure (emit.c). */
struct aot_entry {
	char name[16];
	u8 tag[8], digest[AOT_DIGEST];
	u32 nr_maps, nr_helpers;
	/* Where the object's code finds what is different in each process: AOT_ENV_*, maps, their
	 * values, helpers. Filled before it runs. */
	u64 *env;
	const u32 *helpers; /* ids; of kernel functions AOT_KFUNC + row */
	u64 (*run)(const struct skep_prog *p, void *ctx, struct skep_run *run);
};

struct aot_table {
	u32 version, nr_entries;
	const struct aot_entry *entries;
};

#define AOT_KFUNC 0x80000000u

enum {
	AOT_ENV_CALLBACK,
	AOT_ENV_TAIL_CALL,
	AOT_ENV_LD_ABS,
	AOT_ENV_GUARDED, /* guarded_access(), and of the program's arena: … */
	AOT_ENV_ARENA,
	AOT_ENV_WINDOW,
	AOT_ENV_CAST_HIGH,
	AOT_ENV_CAST_LOW,
	AOT_ENV_FIXED
}; /* the first ones of env */

void aot_digest(const struct skep_prog *p, u8 digest[AOT_DIGEST]);

/* Append the C source of a translation unit with these programs. bpf_path: the BPF object, to be included;
 * NULL: none. -EINVAL: an instruction that C cannot express; last_error() says which; -ENOMEM. */
int aot_emit(struct buf *out, struct skep_prog *const *progs, u32 n,
	     const char *bpf_path) MUST_CHECK;

/* How a compiler is to be called: "cc", these, "-o", OUT, IN. */
#define AOT_NR_CFLAGS 12
extern const char *const aot_cflags[AOT_NR_CFLAGS];

/* The objects that an instance was given. */
struct aot_library;
/* elf is copied. -EINVAL: it is none of ours or of another machine; last_error() says why. *lib may be NULL
 * and is made then. */
int aot_library_add(struct aot_library **lib, const void *elf, size_t size) MUST_CHECK;
void aot_library_free(struct aot_library *lib);
/* Prepare p with the library's code. -ENOENT: there is none for it. */
int aot_prepare(const struct aot_library *lib, struct skep_prog *p) MUST_CHECK;
extern const struct engine engine_aot;

/* elf.c: an object's sections in memory, relocated. */
struct aot_image {
	u8 *base;
	size_t size, code; /* mapped, and of that code, which comes first */
	const struct aot_table *table;
};
/* A section's contents; NULL if there is none, or if it is no ELF file of 64 bits. */
const void *aot_section(const void *elf, size_t size, const char *name, size_t *len);
int aot_image_load(const void *elf, size_t size, struct aot_image *out) MUST_CHECK;
/* After env is filled: code becomes executable, everything read-only. */
int aot_image_seal(struct aot_image *im) MUST_CHECK;
void aot_image_unload(struct aot_image *im);

#endif
