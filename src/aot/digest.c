/* Is it the same program? What native code depends on, hashed: see aot.h. */
#include <sha256.h>
#include <stddef.h>

#include "aot/aot.h"
#include "insn/insn.h"
#include "map/map.h"

static void add(SHA2_CTX *c, const void *data, size_t len)
{
	SHA256Update(c, data, len);
}

/* What native code knows of the run. */
static void add_layout(SHA2_CTX *c)
{
	static const u32 layout[] = {
		AOT_VERSION,
		offsetof(struct skep_run, stack_top),
		offsetof(struct skep_run, callback),
		offsetof(struct skep_run, loops_left),
		offsetof(struct skep_run, probe_base),
		offsetof(struct skep_run, probe_len),
		offsetof(struct skep_run, thrown),
		offsetof(struct skep_run, cpu),
		SKEP_FRAME_LINK,
	};

	add(c, layout, sizeof(layout));
}

static void add_insns(SHA2_CTX *c, const struct skep_prog *p)
{
	for (u32 n = 0; n < p->len; n++) {
		struct bpf_insn i[2] = { p->insns[n] };
		u32 index, off;

		if (!insn_is_ld_imm64(i)) {
			add(c, i, sizeof(*i));
			continue;
		}
		i[1] = p->insns[++n];
		if (map_of_insn(p, i, &index, &off)) { /* addresses are another process's */
			i[0].imm = (s32)index;
			i[1].imm = (s32)off;
		}
		add(c, i, sizeof(i));
	}
}

void aot_digest(const struct skep_prog *p, u8 digest[AOT_DIGEST])
{
	SHA2_CTX c;

	SHA256Init(&c);
	add_layout(&c);
	for (u32 s = 0; s < p->nr_subs; s++)
		add(&c, (u32[]){ p->subs[s].start, p->subs[s].stack_depth }, 8);
	add_insns(&c, p);
	SHA256Final(digest, &c);
}
