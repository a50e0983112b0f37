/* From a program to executable memory: measuring, emitting, and pages that are writable first and executable then. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/err.h"
#include "exec/jit/jit.h"
#include "exec/jit/symbols.h"

#define CACHE_LINE 64
#define MAX_PASSES 16 /* of shrinking; most programs need two */

static void select_all(struct jit *j)
{
	struct func *next = j->funcs;

	for (j->i = 0; j->i < j->p->len && !j->err;) {
		u32 n;

		if (next < j->funcs + j->p->nr_subs && j->p->subs[next - j->funcs].start == j->i) {
			j->f = next++;
			emit_prologue(j);
		}
		j->at[j->i] = j->a.len;
		n = jit_select_next(j);
		for (u32 k = 1; k < n; k++)
			j->at[j->i + k] = j->a.len; /* nothing leads there */
		j->i += n;
	}
}

static int pass(struct jit *j)
{
	j->a.len = 0;
	j->blind_key = j->blind_seed;
	j->nr_slow = 0;
	j->flags.at = 0;
	if (j->has_callbacks)
		emit_callback_entry(j);
	if (j->has_guarded)
		emit_guarded_call(j);
	emit_entry(j);
	select_all(j);
	jit_end(j);
	emit_slow_paths(j);
	return j->err;
}

/* Does a short form at instruction `at` reach, when what follows has moved up by `shift` already? It can
 * only move nearer after that. */
static bool reaches(const struct jit *j, u32 at, u32 shift)
{
	s64 to = jit_target(at, &j->p->insns[at]);
	s64 where = (s64)j->at[to] - (to > at ? shift : 0);

	return jit_short_reaches(&j->p->insns[at], where - ((s64)j->at[at] + j->lead[at]));
}

/* Make every long jump short that can be, and move the code behind it up. Only jumps change their size, so
 * nothing has to be selected anew. False: there was none. */
static bool shrink(struct jit *j)
{
	u32 shift = 0;
	struct func *next = j->funcs;

	for (u32 at = 0; at < j->p->len; at++) {
		if (next < j->funcs + j->p->nr_subs && j->p->subs[next - j->funcs].start == at)
			next++->at -= shift;
		j->at[at] -= shift;
		if (j->lead[at] == NO_JUMP || j->marks[at] & MARK_SHORT || !reaches(j, at, shift))
			continue;
		j->marks[at] |= MARK_SHORT;
		shift += jit_short_saves(&j->p->insns[at]);
	}
	for (u32 n = 0; n < j->nr_slow; n++)
		j->slow[n].at -= shift;
	j->a.len -= shift;
	return shift;
}

static int measure(struct jit *j)
{
	memset(j->lead, NO_JUMP, j->p->len);
	TRY(pass(j));
	for (u32 n = 0; n < MAX_PASSES && shrink(j); n++)
		;
	return 0;
}

/* Caches go by the lower bits of addresses: programs that call each other must not all begin at the same ones. Takes
 * no page more than the code needs. */
static u32 place_in_page(const struct jit_code *c, size_t page)
{
	u32 lines = (u32)(c->mapped - c->size) / CACHE_LINE;

	return (u32)((uintptr_t)c->pages / page * 5 % (page / CACHE_LINE) % (lines + 1)) *
	       CACHE_LINE;
}

static int map_image(u32 size, struct jit_code *c)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	c->size = size;
	c->mapped = ALIGN_UP((size_t)size, page);
	c->pages =
		mmap(NULL, c->mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (c->pages == MAP_FAILED) {
		c->pages = NULL;
		return fail(-ENOMEM, "no memory for %u bytes of native code", size);
	}
	c->image = c->pages + place_in_page(c, page);
	return 0;
}

/* For those who show the code: the array of instructions' places changes hands. */
static int keep_places(struct jit *j, struct jit_code *c)
{
	u32 *funcs = calloc(j->p->nr_subs, sizeof(*funcs));

	if (!funcs)
		return -ENOMEM;
	for (u32 n = 1; n < j->p->nr_subs; n++)
		funcs[n] = j->funcs[n].at;
	c->native = (struct native_code){ c->image, c->size, j->at, funcs };
	j->at = NULL;
	return 0;
}

static int emit(struct jit *j, struct jit_code *c)
{
	u32 size = j->a.len;

	TRY(map_image(size, c));
	j->a.buf = c->image;
	j->a.cap = size;
	j->a.origin = (u32)(c->image - c->pages);
	TRY(pass(j));
	if (j->a.err || j->a.len != size)
		return fail(-EINVAL, "native code of %u bytes does not fit %u", j->a.len, size);
	c->entry = j->entry_at;
	TRY(keep_places(j, c));
	c->tail_entry = j->funcs[0].at;
	__builtin___clear_cache((char *)c->image, (char *)c->image + size);
	if (mprotect(c->pages, c->mapped, PROT_READ | PROT_EXEC))
		return fail(-ENOMEM, "memory for native code cannot be made executable");
	return 0;
}

static int compile(struct jit *j, struct jit_code *c)
{
	u32 len = j->p->len;

	j->at = calloc(len, sizeof(*j->at));
	j->marks = calloc(len, 1);
	j->lead = calloc(len, 1);
	j->live = calloc(len, sizeof(*j->live));
	j->funcs = calloc(j->p->nr_subs, sizeof(*j->funcs));
	if (!j->at || !j->marks || !j->lead || !j->live || !j->funcs)
		return -ENOMEM;
	TRY(jit_scan(j));
	TRY(measure(j));
	TRY(emit(j, c));
	jit_symbols_add(j, c);
	return 0;
}

static u64 fresh_seed(void)
{
	u64 seed;

	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		seed = (uintptr_t)&seed;
	return seed | 1;
}

int jit_compile(const struct skep_prog *p, bool newer, bool blind, struct jit_code *c)
{
	struct jit j = { .p = p, .newer = newer, .blind_seed = blind ? fresh_seed() : 0 };
	int err;

	if (!p->len || !p->nr_subs)
		return fail(-EINVAL, "no instructions or no functions");
	err = compile(&j, c);
	free(j.at);
	free(j.marks);
	free(j.lead);
	free(j.live);
	free(j.funcs);
	free(j.slow);
	if (err)
		jit_free(c);
	return err;
}

void jit_free(struct jit_code *c)
{
	jit_symbols_remove(c);
	if (c->pages)
		munmap(c->pages, c->mapped);
	c->pages = c->image = NULL;
	free((void *)c->native.at);
	free((void *)c->native.func_at);
	c->native = (struct native_code){ 0 };
}

/* --- the engine --- */

static int prepare_with(struct skep_prog *p, bool newer, bool blind)
{
	struct jit_code *c = calloc(1, sizeof(*c));

	p->code = c;
	if (!c)
		return -ENOMEM;
	TRY(jit_compile(p, newer, blind || p->rt->blind, c));
	p->run = (u64(*)(const struct skep_prog *, void *, struct skep_run *))(uintptr_t)(c->image +
											  c->entry);
	p->jited_len = c->size;
	p->tail_entry = c->image + c->tail_entry;
	p->native = &c->native;
	return 0;
}

static int prepare(struct skep_prog *p)
{
	return prepare_with(p, jit_cpu_is_newer(), false);
}

static int prepare_plain(struct skep_prog *p)
{
	return prepare_with(p, false, false);
}

static int prepare_blind(struct skep_prog *p)
{
	return prepare_with(p, jit_cpu_is_newer(), true);
}

static void release(struct skep_prog *p)
{
	struct jit_code *c = p->code;

	if (c)
		jit_free(c);
	free(c);
	p->code = NULL;
	p->tail_entry = NULL;
	p->native = NULL;
	p->run = NULL;
	p->jited_len = 0;
}

const struct engine engine_jit = {
	.name = "jit",
	.prepare = prepare,
	.release = release,
	.is_jit = true,
};

const struct engine engine_jit_plain = {
	.name = "jit-plain",
	.prepare = prepare_plain,
	.release = release,
	.is_jit = true,
};

const struct engine engine_jit_blind = {
	.name = "jit-blind",
	.prepare = prepare_blind,
	.release = release,
	.is_jit = true,
};
