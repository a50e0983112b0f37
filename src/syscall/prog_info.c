/* See prog_info.h. The checks are structural: they need only the instructions' own calls. */
#include "syscall/prog_info.h"

#include <stdlib.h>

#include "btf/btf.h"
#include "insn/insn.h"
#include "verifier/verifier.h"

#define MAX_INFO_REC_SIZE 252 /* Linux: the largest record size it looks at */

/* Where functions begin: sorted, without doubles, the main program first. */
struct starts {
	u32 *v, n;
};

static int compare_u32(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return x < y ? -1 : x > y;
}

static bool begins_function(const struct bpf_insn *i, u32 at, u32 len, u32 *target)
{
	if (!insn_is_subprog_call(i) && !insn_is_func_addr(i))
		return false;
	*target = at + (u32)i->imm + 1;
	return *target < len; /* others are the verifier's to refuse */
}

/* callback: the one for exceptions, which nothing need call; 0: none. */
static int find_starts(const struct skep_prog *p, u32 callback, struct starts *s)
{
	u32 n = 1, unique = 1;

	s->v = malloc((p->len + 2) * sizeof(*s->v));
	if (!s->v)
		return -ENOMEM;
	s->v[0] = 0;
	if (callback && callback < p->len)
		s->v[n++] = callback;
	for (u32 i = 0; i < p->len; i++) {
		n += begins_function(&p->insns[i], i, p->len, &s->v[n]);
		i += insn_is_ld_imm64(&p->insns[i]);
	}
	qsort(s->v, n, sizeof(*s->v), compare_u32);
	for (u32 i = 1; i < n; i++)
		if (s->v[i] != s->v[unique - 1])
			s->v[unique++] = s->v[i];
	s->n = unique;
	return 0;
}

int read_record(struct call *c, const struct records *r, u32 i, void *dst, struct vlog *log)
{
	u64 addr = r->addr + (u64)i * r->size;
	int err = check_tail_zero(c, addr, r->known, r->size);

	if (err == -E2BIG) {
		vlog_printf(log, "nonzero tailing record in %s", r->what);
		TRY(client_write(c->client, c->uattr + r->size_off, &r->known, sizeof(r->known)));
	}
	return err ?: client_read(c->client, dst, addr, MIN(r->known, r->size));
}

static bool record_size_valid(u32 size, u32 min)
{
	return size >= min && size <= MAX_INFO_REC_SIZE && size % sizeof(u32) == 0;
}

int records_valid(const struct records *r)
{
	return r->n <= INT32_MAX / r->known && record_size_valid(r->size, r->known) ? 0 : -EINVAL;
}

/* prev: the record before, which has been checked; NULL if this is the first. */
static int check_func(const struct skep_prog *p, const struct bpf_func_info *f,
		      const struct bpf_func_info *prev, struct vlog *log)
{
	const struct btf_type *t = btf_type(p->btf, f->type_id);

	if (!prev && f->insn_off) {
		vlog_printf(log, "nonzero insn_off %u for the first func info record", f->insn_off);
		return -EINVAL;
	}
	if (prev && f->insn_off <= prev->insn_off) {
		vlog_printf(log,
			    "same or smaller insn offset (%u) than previous func info record (%u)",
			    f->insn_off, prev->insn_off);
		return -EINVAL;
	}
	if (!t || BTF_INFO_KIND(t->info) != BTF_KIND_FUNC) {
		vlog_printf(log, "invalid type id %d in func info", f->type_id);
		return -EINVAL;
	}
	return 0;
}

static int count_differs(struct vlog *log)
{
	vlog_printf(log, "number of funcs in func_info doesn't match number of subprogs\n");
	return -EINVAL;
}

static int read_funcs(struct call *c, struct skep_prog *p, struct vlog *log)
{
	const struct attr_prog_load *a = &c->attr.prog_load;
	struct records r = { a->func_info,
			     a->func_info_cnt,
			     a->func_info_rec_size,
			     sizeof(struct bpf_func_info),
			     offsetof(union abi_attr, prog_load.func_info_rec_size),
			     "func info" };
	struct bpf_func_info prev;

	if (!r.n)
		return 0;
	if (!record_size_valid(r.size, r.known)) {
		vlog_printf(log, "invalid func info rec size %u\n", r.size);
		return -EINVAL;
	}
	/* More than there are instructions are checked one by one, but then cannot match. */
	p->func_info = calloc(MIN(r.n, p->len), sizeof(*p->func_info));
	if (!p->func_info)
		return -ENOMEM;
	for (u32 i = 0; i < r.n; i++) {
		struct bpf_func_info f;

		TRY(read_record(c, &r, i, &f, log));
		TRY(check_func(p, &f, i ? &prev : NULL, log));
		if (i < p->len)
			p->func_info[i] = f;
		prev = f;
	}
	p->nr_func_info = MIN(r.n, p->len);
	return r.n > p->len ? count_differs(log) : 0;
}

static int match_funcs(const struct skep_prog *p, const struct starts *s, struct vlog *log)
{
	if (!p->nr_func_info)
		return 0;
	if (p->nr_func_info != s->n)
		return count_differs(log);
	for (u32 i = 0; i < s->n; i++)
		if (p->func_info[i].insn_off != s->v[i]) {
			vlog_printf(log, "func_info BTF section doesn't match subprog layout in "
					 "BPF program\n");
			return -EINVAL;
		}
	return 0;
}

static int check_line(const struct skep_prog *p, u32 i, struct vlog *log)
{
	const struct bpf_line_info *l = &p->line_info[i];
	u32 prev = i ? l[-1].insn_off : 0;

	if ((i && l->insn_off <= prev) || l->insn_off >= p->len) {
		vlog_printf(log,
			    "Invalid line_info[%u].insn_off:%u (prev_offset:%u prog->len:%u)\n", i,
			    l->insn_off, prev, p->len);
		return -EINVAL;
	}
	if (!p->insns[l->insn_off].code) {
		vlog_printf(log, "Invalid insn code at line_info[%u].insn_off\n", i);
		return -EINVAL;
	}
	if (l->line_off >= p->btf->strings_len || l->file_name_off >= p->btf->strings_len) {
		vlog_printf(log, "Invalid line_info[%u].line_off or .file_name_off\n", i);
		return -EINVAL;
	}
	return 0;
}

/* Every function's first instruction has a line; *func counts the functions that had theirs. */
static int match_line(const struct skep_prog *p, const struct starts *s, u32 i, u32 *func,
		      struct vlog *log)
{
	u32 off = p->line_info[i].insn_off;

	if (*func == s->n)
		return 0;
	if (off == s->v[*func]) {
		++*func;
	} else if (s->v[*func] < off) {
		vlog_printf(log, "missing bpf_line_info for func#%u\n", *func);
		return -EINVAL;
	}
	return 0;
}

static int read_all_lines(struct call *c, struct skep_prog *p, const struct records *r,
			  const struct starts *s, struct vlog *log)
{
	u32 func = 0;

	for (u32 i = 0; i < r->n; i++) {
		TRY(read_record(c, r, i, &p->line_info[i], log));
		TRY(check_line(p, i, log));
		TRY(match_line(p, s, i, &func, log));
	}
	if (func == s->n)
		return 0;
	vlog_printf(log, "missing bpf_line_info for %u funcs starting from func#%u\n", s->n - func,
		    func);
	return -EINVAL;
}

static int read_lines(struct call *c, struct skep_prog *p, const struct starts *s, struct vlog *log)
{
	const struct attr_prog_load *a = &c->attr.prog_load;
	struct records r = { a->line_info,
			     a->line_info_cnt,
			     a->line_info_rec_size,
			     sizeof(struct bpf_line_info),
			     offsetof(union abi_attr, prog_load.line_info_rec_size),
			     "line_info" };

	if (!r.n)
		return 0;
	TRY(records_valid(&r));
	/* A record more than there are instructions is enough to find the wrong one. */
	p->line_info = calloc(MIN(r.n, p->len + 1), sizeof(*p->line_info));
	if (!p->line_info)
		return -ENOMEM;
	TRY(read_all_lines(c, p, &r, s, log));
	p->nr_line_info = r.n;
	return 0;
}

static int take_btf(struct call *c, struct skep_prog *p)
{
	TRY(call_btf(c, c->attr.prog_load.prog_btf_fd, &p->btf));
	return p->btf->kernel ? fail(-EACCES, "prog: the kernel's BTF cannot describe a program")
			      : 0;
}

int prog_read_info(struct call *c, struct skep_prog *p, struct vlog *log)
{
	const struct attr_prog_load *a = &c->attr.prog_load;
	struct starts s = { 0 };
	u32 callback;
	int err;

	if (!a->func_info_cnt && !a->line_info_cnt)
		return 0;
	TRY(take_btf(c, p));
	TRY(read_funcs(c, p, log));
	err = find_exception_callback(p, log, &callback) ?: find_starts(p, callback, &s);
	if (!err)
		err = match_funcs(p, &s, log) ?: read_lines(c, p, &s, log) ?: prog_relocate(c, p, log);
	free(s.v);
	return err;
}
