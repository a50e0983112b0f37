/* CO-RE: instructions that depend on types as a program was compiled with them (offsets and sizes of fields, numbers of
 * types, enumerators) are adjusted to the types of the kernel it runs on. What the relocations mean: UAPI, struct
 * bpf_core_relo, and Documentation/bpf/llvm_reloc.rst. */
#ifndef SKEP_BTF_CORE_H
#define SKEP_BTF_CORE_H

#include <linux/bpf.h>

#include "btf/btf.h"

struct core_relo {	    /* as in the UAPI, whose header may lack it */
	u32 insn_off;	    /* bytes */
	u32 type_id;	    /* in the program's BTF */
	u32 access_str_off; /* "0:1:2", in its strings */
	u32 kind;	    /* CORE_* */
};

enum core_kind {
#define CORE(name, number, group, text) CORE_##name = number,
#include "btf/core.def"
};

/* The log's text of one relocation, in Linux's words; out may be NULL. */
struct core_log {
	struct buf *out;
	u32 number; /* of the relocation */
};

/* A program's types, the kernel's (NULL: unknown), and which of these each of those may be. */
struct core {
	const struct btf *local, *target;
	struct core_cands *cands; /* [local type id] */
};

/* Neither BTF is referenced. core_done() also after failure. -ENOMEM. */
int core_init(struct core *c, const struct btf *local, const struct btf *target) MUST_CHECK;
void core_done(struct core *c);
/* Apply relocation r to its instruction, with which `left` instructions begin. What does not exist in the kernel becomes an
 * instruction that no program may have: it is refused only where it is reached.
 * -EINVAL, -E2BIG, -ERANGE, -EOPNOTSUPP, -ENOMEM: the log says why. */
int core_relocate(struct core *c, const struct core_relo *r, struct bpf_insn *insn, u32 left,
		  struct core_log *log) MUST_CHECK;

#endif
