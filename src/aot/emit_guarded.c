/* Accesses that may find nothing (exec/guarded.h). Plain loads and stores through an arena's pointer look at the page's mark;
 * the rest is left to guarded_access(). */
#include "exec/guarded.h"

#include <stddef.h>

#include "aot/emit.h"

void emit_guarded_prelude(struct buf *out)
{
	buf_puts(out, "typedef u64 guarded_fn(u64, u64, u32, void *, u64, u64);\n");
	buf_printf(out,
		   "#define PROBED (at_ - *(u64 *)((u8 *)run + %zu) < *(u64 *)((u8 *)run + %zu))\n"
		   "#define ARENA_HAS(env, bits) (!(at_ & (bits / 8 - 1)) && *(u8 *)(env[%u] + "
		   "(u64)((s64)at_ >> 12) + %dll))\n"
		   "#define ARENA_AT(env, t) (*(volatile t##_plain *)(env[%u] + at_))\n"
		   "#define GUARDED(env, how) ((guarded_fn *)env[%u])(at_, value_, how, run, r0, "
		   "env[%u])\n",
		   offsetof(struct skep_run, probe_base), offsetof(struct skep_run, probe_len),
		   AOT_ENV_WINDOW, ARENA_PRESENT, AOT_ENV_WINDOW, AOT_ENV_GUARDED, AOT_ENV_ARENA);
}

static void put_probe(struct emit *e, const struct guarded *g, const char *bits)
{
	char sign = g->how & GUARDED_SIGN ? 's' : 'u';

	PUT(e, "if (PROBED) r%u = (u64)(%c64)*(volatile %c%s_plain *)at_; else ", g->result, sign,
	    sign, bits);
}

static void put_direct(struct emit *e, const struct guarded *g, const char *bits)
{
	char sign = g->how & GUARDED_SIGN ? 's' : 'u';

	PUT(e, "if (ARENA_HAS(p%u_env, %s)) ", e->no, bits);
	if (g->how & GUARDED_STORE)
		PUT(e, "ARENA_AT(p%u_env, u%s) = (u%s)value_; else ", e->no, bits, bits);
	else
		PUT(e, "r%u = (u64)(%c64)ARENA_AT(p%u_env, %c%s); else ", g->result, sign, e->no,
		    sign, bits);
}

int emit_guarded_access(struct emit *e, const struct bpf_insn *i, u32 n)
{
	struct guarded g = guarded_insn(i);
	bool arena = g.how & GUARDED_ARENA;

	if (arena && !e->p->arena)
		return emit_refuse(e, n);
	PUT(e, "{ u64 at_ = (u%d)r%u + %lldull, value_ = ", arena ? 32 : 64, g.base,
	    (long long)g.off);
	if (g.value == NO_REG)
		PUT(e, "%#llxull; ", (unsigned long long)g.imm);
	else
		PUT(e, "r%u; ", g.value);
	if (!arena)
		put_probe(e, &g, emit_type_of(i->code));
	else if (!(g.how & GUARDED_ATOMIC))
		put_direct(e, &g, emit_type_of(i->code));
	if (g.result != NO_REG)
		PUT(e, "r%u = ", g.result);
	PUT(e, "GUARDED(p%u_env, %u); }\n", e->no, g.how);
	return 0;
}

void emit_cast_user(struct emit *e, const struct bpf_insn *i)
{
	PUT(e, "r%u = (u32)r%u ? p%u_env[%u] + (u32)(r%u - p%u_env[%u]) : 0;\n", i->dst_reg,
	    i->src_reg, e->no, AOT_ENV_CAST_HIGH, i->src_reg, e->no, AOT_ENV_CAST_LOW);
}
