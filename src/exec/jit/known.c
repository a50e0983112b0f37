/* Helper calls of which the verifier found out enough to do without the helper.
 *
 * Sound because: prog_known_call() speaks of every path; map layouts do not change while the program holds
 * its maps. */
#include "exec/jit/emit.h"

bool jit_layout_of(const struct jit *j, const struct skep_map *m, struct map_layout *l)
{
	if (!m || !j->p->rt->map_layout)
		return false;
	j->p->rt->map_layout(m, l);
	return true;
}

/* Do strides and numbers fit what machines' instructions have as constants? */
static bool is_plain_array(const struct map_layout *l)
{
	return (l->kind == MAP_ARRAY || l->kind == MAP_PERCPU_ARRAY) && l->stride <= INT32_MAX &&
	       l->cpu_stride <= INT32_MAX && l->max <= INT32_MAX;
}

static bool call_map(struct jit *j, const void *fn, u32 args, bool is_int)
{
	if (fn)
		emit_call_map(j, fn, args, is_int);
	return fn;
}

static bool call_on_map(struct jit *j, const struct bpf_insn *i, const struct skep_map *m)
{
	struct map_layout l;

	if (!jit_layout_of(j, m, &l))
		return false;
	switch (i->imm) {
	case BPF_FUNC_map_lookup_elem:
		if (!is_plain_array(&l))
			return call_map(j, l.lookup, 2, false);
		emit_array_lookup(j, &l);
		return true;
	case BPF_FUNC_map_update_elem: return call_map(j, l.update, 4, true);
	case BPF_FUNC_map_delete_elem: return call_map(j, l.remove, 2, true);
	default: return false;
	}
}

bool jit_known_helper(struct jit *j, const struct bpf_insn *i)
{
	const struct known_call *k = prog_known_call(j->p, j->i);
	struct func *f = k && k->callback >= 0 ? jit_func_at(j, k->callback) : NULL;

	if (!k)
		return false;
	if (i->imm != BPF_FUNC_loop)
		return call_on_map(j, i, k->map);
	if (f)
		emit_loop(j, f);
	return f;
}
