/* Context accesses: which are allowed, and what they become natively. Reads only the field tables,
 * so it serves embedders' program types as it does skep's. */
#include "prog/prog.h"

#include "base/err.h"
#include "insn/insn.h"

static u32 elem_size(const struct skep_ctx_field *f)
{
	return f->elem ? f->elem : f->size;
}

static bool covers(const struct skep_ctx_field *f, s32 off, u32 size)
{
	return off >= f->off && (u32)off + size <= (u32)f->off + f->size;
}

static bool size_allowed(const struct skep_ctx_field *f, s32 off, u32 size, bool write)
{
	u32 elem = elem_size(f), within = (u32)(off - f->off) % elem;

	if (f->flags & SKEP_ANY)
		return true;
	if (within == 0 && (size == elem || ((f->flags & SKEP_PAIRS) && size == 2 * elem)))
		return true;
	if (write || within + size > elem)
		return false;
	return (f->flags & SKEP_NARROW) || ((f->flags & SKEP_NARROW_LOW) && within == 0) ||
	       ((f->flags & SKEP_NARROW_HALF) && size * 2 == elem);
}

const struct skep_ctx_field *field_find(const struct skep_ctx_field *fields, u32 n, s32 off,
					u32 size, bool write)
{
	u8 need = write ? SKEP_WRITE : SKEP_READ;

	if (off < 0 || !IS_POWER_OF_2(size) || size > 8 || (u32)off % size)
		return NULL;
	for (u32 i = 0; i < n; i++)
		if (covers(&fields[i], off, size))
			return (fields[i].flags & need) &&
					       size_allowed(&fields[i], off, size, write)
				       ? &fields[i]
				       : NULL;
	return NULL;
}

const struct skep_ctx_field *ctx_access(const struct skep_prog_type *t,
					const struct skep_prog_desc *d, s32 off, u32 size,
					bool write)
{
	const struct skep_ctx_field *f = field_find(t->fields, t->nr_fields, off, size, write);

	if (f && t->check_ctx && t->check_ctx(d, f, (u32)off, size, write))
		return NULL;
	return f;
}

struct native { /* what an access touches: size bytes at off; size 0: nothing, it reads as zero */
	u32 off, size;
};

/* A value of native_elem bytes stands for an element of elem bytes. Both are powers of two and the
 * access is aligned, so it lies wholly inside the native value, wholly outside, or covers it. */
static struct native locate(const struct skep_ctx_field *f, s32 off, u32 size)
{
	u32 elem = elem_size(f), rel = (u32)(off - f->off), within = rel % elem;
	u32 base = f->native_off + rel / elem * f->native_elem;

	if ((f->flags & SKEP_ANY) || size > elem)
		return (struct native){ f->native_off + rel, size };
	if (f->kind != SKEP_FIELD_SCALAR)
		return (struct native){ base, f->native_elem };
	if (within >= f->native_elem)
		return (struct native){ base, 0 };
	size = MIN(size, f->native_elem - within);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	within = f->native_elem - within - size;
#endif
	return (struct native){ base + within, size };
}

static u8 size_code(u32 size)
{
	switch (size) {
	case 1: return BPF_B;
	case 2: return BPF_H;
	case 4: return BPF_W;
	default: return BPF_DW;
	}
}

static u32 rewrite_load(const struct bpf_insn *insn, struct native n, struct bpf_insn *out)
{
	u32 size = access_size(insn->code);

	if (n.size == 0) {
		*out = (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_K,
					  .dst_reg = insn->dst_reg };
		return 1;
	}
	*out = *insn;
	out->code = BPF_LDX | BPF_MEM | size_code(n.size);
	out->off = (s16)n.off;
	if (BPF_MODE(insn->code) != BPF_MEMSX)
		return 1;
	/* The sign is that of the access as the program made it, the native value may be shorter.
	 */
	out[1] = (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_X,
				    .dst_reg = insn->dst_reg,
				    .src_reg = insn->dst_reg,
				    .off = (s16)(size * 8) };
	return 2;
}

static u32 rewrite_store(const struct bpf_insn *insn, struct native n, struct bpf_insn *out)
{
	*out = *insn;
	out->code = (u8)((insn->code & ~BPF_SIZE(0xff)) | size_code(n.size));
	out->off = (s16)n.off;
	return 1;
}

/* Store only what is less than the native element's largest value. */
static u32 rewrite_guarded_store(const struct bpf_insn *insn, struct native n, struct bpf_insn *out)
{
	u32 limit = (u32)((1ULL << (8 * n.size)) - 1);

	if (BPF_CLASS(insn->code) == BPF_STX) {
		*out = (struct bpf_insn){ .code = BPF_JMP32 | BPF_JGE | BPF_K,
					  .dst_reg = insn->src_reg,
					  .off = 1,
					  .imm = (s32)limit };
		return 1 + rewrite_store(insn, n, out + 1);
	}
	if ((u32)insn->imm < limit)
		return rewrite_store(insn, n, out);
	*out = (struct bpf_insn){ .code = BPF_JMP | BPF_JA };
	return 1;
}

u32 ctx_rewrite(const struct skep_ctx_field *f, const struct bpf_insn *insn,
		struct bpf_insn out[CTX_REWRITE_MAX])
{
	struct native n = locate(f, insn->off, access_size(insn->code));

	if (BPF_CLASS(insn->code) == BPF_LDX)
		return rewrite_load(insn, n, out);
	return f->flags & SKEP_SATURATED ? rewrite_guarded_store(insn, n, out)
					 : rewrite_store(insn, n, out);
}
