/* core_patch(): a relocation's number goes into its instruction. Instructions that hold what the program's own types do not
 * say were not made for this relocation. */
#include <errno.h>
#include <limits.h>

#include "btf/core_value.h"

#define POISON_HELPER 195896080 /* Linux's number for it: "bad relo" */

typedef unsigned long long ull; /* for %llu */

struct patch {
	const struct core_value *v;
	struct bpf_insn *insn;
	u32 at, left;
	struct core_log *log;
};

static void poison(struct patch *p)
{
	bool wide = p->insn->code == (BPF_LD | BPF_IMM | BPF_DW) && p->left > 1;

	/* The second half first: alone it would be no instruction. */
	for (u32 i = wide; i != UINT_MAX; i--) {
		core_say(p->log, "substituting insn #%u w/ invalid insn\n", p->at + i);
		p->insn[i] = (struct bpf_insn){ .code = BPF_JMP | BPF_CALL, .imm = POISON_HELPER };
	}
}

static int unexpected(struct patch *p, const char *what, u64 got)
{
	core_say(p->log, "unexpected insn #%u (%s) value: got %llu, exp %llu -> %llu\n", p->at,
		 what, (ull)got, (ull)p->v->orig, (ull)p->v->new);
	return -EINVAL;
}

static int patch_alu(struct patch *p)
{
	s32 was = p->insn->imm;

	if (BPF_SRC(p->insn->code) != BPF_K)
		return -EINVAL;
	if (p->v->validate && (u64)(s64)was != p->v->orig)
		return unexpected(p, "ALU/ALU64", (u32)was);
	p->insn->imm = (s32)p->v->new;
	core_say(p->log, "patched insn #%u (ALU/ALU64) imm %d -> %llu\n", p->at, was,
		 (ull)p->v->new);
	return 0;
}

static u32 insn_bytes(const struct bpf_insn *i)
{
	static const u8 bytes[] = {
		[BPF_W >> 3] = 4, [BPF_H >> 3] = 2, [BPF_B >> 3] = 1, [BPF_DW >> 3] = 8
	};

	return bytes[BPF_SIZE(i->code) >> 3];
}

static int size_code(u32 bytes)
{
	switch (bytes) {
	case 1: return BPF_B;
	case 2: return BPF_H;
	case 4: return BPF_W;
	case 8: return BPF_DW;
	default: return -1;
	}
}

static int patch_width(struct patch *p)
{
	u32 from = p->v->orig_size, to = p->v->new_size;
	int code = size_code(to);

	if (from == to)
		return 0;
	if (insn_bytes(p->insn) != from) {
		core_say(p->log, "insn #%u (LDX/ST/STX) unexpected mem size: got %u, exp %u\n",
			 p->at, insn_bytes(p->insn), from);
		return -EINVAL;
	}
	if (code < 0) {
		core_say(p->log, "insn #%u (LDX/ST/STX) invalid new mem size: %u\n", p->at, to);
		return -EINVAL;
	}
	p->insn->code = (u8)(BPF_MODE(p->insn->code) | code | BPF_CLASS(p->insn->code));
	core_say(p->log, "patched insn #%u (LDX/ST/STX) mem_sz %u -> %u\n", p->at, from, to);
	return 0;
}

static int patch_mem(struct patch *p)
{
	s16 was = p->insn->off;

	if (p->v->validate && (u64)(s64)was != p->v->orig)
		return unexpected(p, "LDX/ST/STX", (u32)was);
	if (p->v->new > SHRT_MAX) {
		core_say(p->log, "insn #%u (LDX/ST/STX) value too big: %llu\n", p->at,
			 (ull)p->v->new);
		return -ERANGE;
	}
	if (p->v->bad_width) {
		core_say(p->log,
			 "insn #%u (LDX/ST/STX) accesses field incorrectly. Make sure you are "
			 "accessing pointers, unsigned integers, or fields of matching type and "
			 "size.\n",
			 p->at);
		poison(p);
		return 0;
	}
	p->insn->off = (s16)p->v->new;
	core_say(p->log, "patched insn #%u (LDX/ST/STX) off %d -> %llu\n", p->at, was,
		 (ull)p->v->new);
	return patch_width(p);
}

static int patch_imm64(struct patch *p)
{
	struct bpf_insn *i = p->insn;
	u64 was;

	if (i->code != (BPF_LD | BPF_IMM | BPF_DW) || i->src_reg || i->off || p->left < 2 ||
	    i[1].code || i[1].src_reg || i[1].dst_reg || i[1].off) {
		core_say(p->log, "insn #%u (LDIMM64) has unexpected form\n", p->at);
		return -EINVAL;
	}
	was = (u64)(u32)i[1].imm << 32 | (u32)i->imm;
	if (p->v->validate && was != p->v->orig)
		return unexpected(p, "LDIMM64", was);
	i->imm = (s32)p->v->new;
	i[1].imm = (s32)(p->v->new >> 32);
	core_say(p->log, "patched insn #%u (LDIMM64) imm64 %llu -> %llu\n", p->at, (ull)was,
		 (ull)p->v->new);
	return 0;
}

int core_patch(const struct core_relo *r, const struct core_value *v, struct bpf_insn *insn,
	       u32 left, struct core_log *log)
{
	struct patch p = { v, insn, r->insn_off / 8, left, log };

	if (v->poison) {
		poison(&p);
		return 0;
	}
	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64: return patch_alu(&p);
	case BPF_LDX:
	case BPF_ST:
	case BPF_STX: return patch_mem(&p);
	case BPF_LD: return patch_imm64(&p);
	}
	core_say(log,
		 "trying to relocate unrecognized insn #%u, code:0x%x, src:0x%x, dst:0x%x, "
		 "off:0x%x, imm:0x%x\n",
		 p.at, insn->code, insn->src_reg, insn->dst_reg, (u32)insn->off, (u32)insn->imm);
	return -EINVAL;
}
