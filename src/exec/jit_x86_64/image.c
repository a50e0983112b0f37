/* From a program to executable memory: passes, and pages that are writable first and executable then. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "exec/jit_x86_64/jit.h"

#define MAX_PASSES 16 /* of shrinking; most programs need three */

static void select_all(struct jit *j)
{
	struct func *next = j->funcs;

	for (j->i = 0; j->i < j->p->len && !j->err;) {
		const struct bpf_insn *i = &j->p->insns[j->i];
		u32 n;

		if (next < j->funcs + j->p->nr_subs && j->p->subs[next - j->funcs].start == j->i) {
			j->f = next++;
			emit_prologue(j);
		}
		j->at[j->i] = j->a.len;
		n = jit_fuse(j, i);
		if (!n) {
			jit_select(j, i);
			n = insn_is_ld_imm64(i) ? 2 : 1;
		}
		for (u32 k = 1; k < n; k++)
			j->at[j->i + k] = j->a.len; /* nothing leads there */
		j->i += n;
	}
}

static int pass(struct jit *j)
{
	j->a.len = 0;
	j->shrunk = false;
	if (j->has_callbacks)
		emit_callback_entry(j);
	emit_entry(j);
	select_all(j);
	x64_put(&j->a, 0xcc); /* no verified program runs past its end */
	return j->err;
}

/* Jumps are long until a pass finds that a short one reaches. */
static int measure(struct jit *j)
{
	for (u32 n = 0; n < MAX_PASSES; n++) {
		j->frozen = !n; /* nothing is known of what comes later */
		TRY(pass(j));
		if (n && !j->shrunk)
			return 0;
	}
	j->frozen = true;
	return pass(j);
}

static int map_image(u32 size, struct jit_code *c)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	c->size = size;
	c->mapped = ALIGN_UP((size_t)size, page);
	c->image =
		mmap(NULL, c->mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (c->image == MAP_FAILED) {
		c->image = NULL;
		return fail(-ENOMEM, "no memory for %u bytes of native code", size);
	}
	memset(c->image + size, 0xcc, c->mapped - size);
	return 0;
}

static int emit(struct jit *j, struct jit_code *c)
{
	u32 size = j->a.len;

	TRY(map_image(size, c));
	j->a.buf = c->image;
	j->a.cap = size;
	j->frozen = true;
	TRY(pass(j));
	if (j->a.err || j->a.len != size)
		return fail(-EINVAL, "native code of %u bytes does not fit %u", j->a.len, size);
	c->entry = j->entry_at;
	c->tail_entry = j->funcs[0].at;
	if (mprotect(c->image, c->mapped, PROT_READ | PROT_EXEC))
		return fail(-ENOMEM, "memory for native code cannot be made executable");
	return 0;
}

static int compile(struct jit *j, struct jit_code *c)
{
	u32 len = j->p->len;

	j->at = calloc(len, sizeof(*j->at));
	j->marks = calloc(len, 1);
	j->live = calloc(len, sizeof(*j->live));
	j->funcs = calloc(j->p->nr_subs, sizeof(*j->funcs));
	if (!j->at || !j->marks || !j->live || !j->funcs)
		return -ENOMEM;
	TRY(jit_scan(j));
	TRY(measure(j));
	return emit(j, c);
}

int x64_compile(const struct skep_prog *p, bool bmi2, struct jit_code *c)
{
	struct jit j = { .p = p, .bmi2 = bmi2 };
	int err;

	if (!p->len || !p->nr_subs)
		return fail(-EINVAL, "no instructions or no functions");
	err = compile(&j, c);
	free(j.at);
	free(j.marks);
	free(j.live);
	free(j.funcs);
	if (err)
		x64_free(c);
	return err;
}

void x64_free(struct jit_code *c)
{
	if (c->image)
		munmap(c->image, c->mapped);
	c->image = NULL;
}

/* --- the engine --- */

static int prepare_with(struct skep_prog *p, bool bmi2)
{
	struct jit_code *c = calloc(1, sizeof(*c));

	p->code = c;
	if (!c)
		return -ENOMEM;
	TRY(x64_compile(p, bmi2, c));
	p->run = (u64(*)(const struct skep_prog *, void *, struct skep_run *))(uintptr_t)(c->image +
											  c->entry);
	p->jited_len = c->size;
	return 0;
}

static int prepare(struct skep_prog *p)
{
	return prepare_with(p, __builtin_cpu_supports("bmi2"));
}

static int prepare_plain(struct skep_prog *p)
{
	return prepare_with(p, false);
}

static void release(struct skep_prog *p)
{
	struct jit_code *c = p->code;

	if (c)
		x64_free(c);
	free(c);
	p->code = NULL;
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
