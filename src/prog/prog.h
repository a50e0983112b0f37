/* Program types by number, and what the verifier asks about a type's context.
 *
 * The tables say what Linux 6.18 allows; tests/unit/prog_ctx.c asks the kernel about every offset,
 * size and direction and compares. */
#ifndef SKEP_PROG_PROG_H
#define SKEP_PROG_PROG_H

#include <linux/bpf.h>

#include "base/types.h"
#include "skep/prog_type.h"

/* skep's own types; NULL if there is none of that number. */
const struct skep_prog_type *prog_type_find(u32 type);

/* May programs of this type call helper id? (Whether it exists is the helper table's to say.) */
bool prog_type_may_call(const struct skep_prog_type *t, const struct skep_prog_desc *d, u32 id);

/* The field that an access to [off, off + size) of the context touches, NULL if it is not allowed.
 * size: 1, 2, 4 or 8. */
const struct skep_ctx_field *ctx_access(const struct skep_prog_type *t,
					const struct skep_prog_desc *d, s32 off, u32 size,
					bool write);

/* The same question about any table of fields. */
const struct skep_ctx_field *field_find(const struct skep_ctx_field *fields, u32 n, s32 off,
					u32 size, bool write);

/* As what does the program see a socket, and may it load [off, off + size) of it? sock.c */
enum sock_view { SOCK_COMMON, SOCK_FULL, SOCK_TCP, SOCK_XDP };
bool sock_access(enum sock_view view, s32 off, u32 size);

/* The return values 0 and 1: struct skep_prog_type.ret_range of many types. */
int ret_range_bool(const struct skep_prog_desc *d, int64_t *min, int64_t *max);

/* The native instructions for `insn`, a load or store of context field f that ctx_access() allowed
 * (LDX MEM or MEMSX, STX MEM, ST MEM; insn->off is the offset in the context). Uses no register but
 * insn's own and writes only dst of a load. A jump among them stays among them (off is final). Returns
 * how many instructions, at least 1. */
#define CTX_REWRITE_MAX 2
u32 ctx_rewrite(const struct skep_ctx_field *f, const struct bpf_insn *insn,
		struct bpf_insn out[CTX_REWRITE_MAX]);

#endif
