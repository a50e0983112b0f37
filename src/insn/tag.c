/* See tag.h. */
#include "insn/tag.h"

#include <sha2.h>
#include <string.h>

#include "insn/insn.h"

static bool is_map_ref(const struct bpf_insn *i)
{
	return insn_is_ld_imm64(i) &&
	       (i->src_reg == BPF_PSEUDO_MAP_FD || i->src_reg == BPF_PSEUDO_MAP_VALUE);
}

void prog_tag(const struct bpf_insn *insns, u32 len, u8 tag[8])
{
	u8 digest[SHA256_DIGEST_LENGTH];
	bool second = false; /* half of a map reference */
	SHA2_CTX ctx;

	SHA256Init(&ctx);
	for (u32 i = 0; i < len; i++) {
		struct bpf_insn insn = insns[i];
		bool first = !second && is_map_ref(&insn);

		if (first || second)
			insn.imm = 0;
		SHA256Update(&ctx, (const u8 *)&insn, sizeof(insn));
		second = first;
	}
	SHA256Final(digest, &ctx);
	memcpy(tag, digest, 8);
}
