/* Objects as an engine: find the one made from a program, give the program a copy of its code. */
#include <stdlib.h>
#include <string.h>

#include "aot/aot.h"
#include "base/err.h"
#include "exec/guarded.h"
#include "insn/insn.h"
#include "map/map.h"

struct aot_library {
	struct aot_library *next;
	void *elf;
	size_t size;
	u32 nr;
	u8 (*digests)[AOT_DIGEST];
};

int aot_library_add(struct aot_library **lib, const void *elf, size_t size)
{
	struct aot_library *l = calloc(1, sizeof(*l));
	struct aot_image im;
	int err = l ? aot_image_load(elf, size, &im) : -ENOMEM;

	if (err) {
		free(l);
		return err;
	}
	l->nr = im.table->nr_entries;
	l->digests = calloc(l->nr, AOT_DIGEST);
	l->elf = malloc(size);
	l->size = size;
	l->next = *lib;
	*lib = l;
	if (l->digests && l->elf) {
		memcpy(l->elf, elf, size);
		for (u32 n = 0; n < l->nr; n++)
			memcpy(l->digests[n], im.table->entries[n].digest, AOT_DIGEST);
	} else {
		l->nr = 0;
		err = -ENOMEM;
	}
	aot_image_unload(&im);
	return err;
}

void aot_library_free(struct aot_library *lib)
{
	while (lib) {
		struct aot_library *next = lib->next;

		free(lib->elf);
		free(lib->digests);
		free(lib);
		lib = next;
	}
}

/* --- what the code calls --- */

static u64 callback(struct skep_run *run, u64 fn, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	u8 *base = run->stack_top;
	u64 ret;

	if (unlikely(!run_has_stack(run, base)))
		return 1; /* stop; no verified program nests so deep */
	ret = ((u64(*)(u64, u64, u64, u64, u64, struct skep_run *, u8 *))(uintptr_t)fn)(
		a1, a2, a3, a4, a5, run, base);
	run->stack_top = base;
	return ret;
}

/* Goes on in another program, in place of the function whose frame begins at base. False: there is none. */
static bool tail_call(struct skep_run *run, u64 map, u32 index, u8 *base, u64 *ret)
{
	struct skep_prog *p;

	if (run->tail_calls >= SKEP_MAX_TAIL_CALL || !run_has_stack(run, base))
		return false;
	p = run->rt->prog_array_get((struct skep_map *)(uintptr_t)map, index);
	if (!p)
		return false;
	run->tail_calls++;
	run->prog = p;
	run->stack_top = base;
	*ret = p->run(p, run->ctx, run);
	run->callback = callback;
	return true;
}

static bool ld_abs(u64 ctx, s32 off, u32 size, struct skep_run *run, u64 *out)
{
	return run->rt->ld_abs((void *)(uintptr_t)ctx, off, size, out);
}

/* --- the engine --- */

static skep_helper_fn called(const struct skep_prog *p, u32 id)
{
	struct bpf_insn call = { .code = BPF_JMP | BPF_CALL, .imm = (s32)id };

	if (id & AOT_KFUNC) {
		call.src_reg = BPF_PSEUDO_KFUNC_CALL;
		call.off = (s16)id;
	}
	return runtime_call_target(p->rt, &call);
}

static int fill_env(struct skep_prog *p, const struct aot_entry *e)
{
	u64 *env = e->env;
	u32 index, off;

	env[AOT_ENV_CALLBACK] = (uintptr_t)callback;
	env[AOT_ENV_TAIL_CALL] = (uintptr_t)tail_call;
	env[AOT_ENV_LD_ABS] = (uintptr_t)ld_abs;
	env[AOT_ENV_GUARDED] = (uintptr_t)guarded_access;
	env[AOT_ENV_ARENA] = (uintptr_t)p->arena;
	env[AOT_ENV_WINDOW] = p->arena ? (uintptr_t)p->arena->window : 0;
	env[AOT_ENV_CAST_HIGH] = p->arena ? arena_cast_high(p->arena) : 0;
	env[AOT_ENV_CAST_LOW] = p->arena ? arena_cast_low(p->arena) : 0;
	env += AOT_ENV_FIXED;
	/* The digest covers which instruction uses which map. */
	for (u32 n = 0; n < p->len; n++) {
		const struct bpf_insn *i = &p->insns[n];

		if (!insn_is_ld_imm64(i))
			continue;
		if (map_of_insn(p, i, &index, &off))
			env[i->src_reg == BPF_PSEUDO_MAP_VALUE ? e->nr_maps + index : index] =
				insn_imm64(i) - off;
		n++;
	}
	env += 2 * e->nr_maps;
	for (u32 n = 0; n < e->nr_helpers; n++) {
		skep_helper_fn fn = called(p, e->helpers[n]);

		if (!fn)
			return fail(-EINVAL, "native code calls helper %u, which is not there",
				    e->helpers[n]);
		env[n] = (uintptr_t)fn;
	}
	return 0;
}

struct aot_code {
	struct aot_image image;
	const struct aot_library *from;
	u32 index;
};

static int prepare(struct skep_prog *p)
{
	struct aot_code *c = p->code; /* aot_prepare() has put it there */
	const struct aot_entry *e;

	TRY(aot_image_load(c->from->elf, c->from->size, &c->image));
	e = &c->image.table->entries[c->index];
	TRY(fill_env(p, e));
	TRY(aot_image_seal(&c->image));
	p->run = e->run;
	p->jited_len = (u32)c->image.size;
	return 0;
}

static void release(struct skep_prog *p)
{
	struct aot_code *c = p->code;

	if (c)
		aot_image_unload(&c->image);
	free(c);
	p->code = NULL;
	p->run = NULL;
	p->jited_len = 0;
}

const struct engine engine_aot = { .name = "aot", .prepare = prepare, .release = release };

int aot_prepare(const struct aot_library *lib, struct skep_prog *p)
{
	u8 digest[AOT_DIGEST];

	if (!lib)
		return -ENOENT;
	aot_digest(p, digest);
	for (; lib; lib = lib->next) {
		for (u32 n = 0; n < lib->nr; n++) {
			struct aot_code *c;

			if (memcmp(lib->digests[n], digest, AOT_DIGEST))
				continue;
			p->code = c = calloc(1, sizeof(*c));
			if (!c)
				return -ENOMEM;
			c->from = lib;
			c->index = n;
			return exec_prepare_on(p, &engine_aot);
		}
	}
	return -ENOENT;
}
