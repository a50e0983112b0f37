/* core_relos of PROG_LOAD: who loads without libbpf, as loader programs do, lets the kernel relocate. */
#include "base/err.h"
#include "btf/core.h"
#include "insn/tag.h"
#include "syscall/prog_info.h"

static int relocate_one(struct core *core, struct skep_prog *p, const struct core_relo *r,
			u32 number, struct vlog *log)
{
	struct buf text = { 0 };
	struct core_log l = { log->level ? &text : NULL, number };
	u32 at = r->insn_off / sizeof(*p->insns);
	int err;

	if (r->insn_off % sizeof(*p->insns) || at >= p->len) {
		vlog_printf(log, "Invalid core_relo[%u].insn_off:%u prog->len:%u\n", number,
			    r->insn_off, p->len);
		return -EINVAL;
	}
	err = core_relocate(core, r, &p->insns[at], p->len - at, &l);
	vlog_put(log, buf_str(&text), text.len);
	buf_done(&text);
	return err;
}

static int relocate_all(struct call *c, struct skep_prog *p, const struct records *r,
			struct vlog *log)
{
	struct btf *kernel = NULL;
	struct core core;
	int err;

	if (!skep_vmlinux(c->skep, &kernel))
		btf_unref(kernel); /* the instance keeps it */
	err = core_init(&core, p->btf, kernel);
	for (u32 i = 0; !err && i < r->n; i++) {
		struct core_relo relo;

		err = read_record(c, r, i, &relo, log);
		if (!err)
			err = relocate_one(&core, p, &relo, i, log);
	}
	core_done(&core);
	prog_tag(p->insns, p->len, p->tag); /* of what will run */
	return err;
}

int prog_relocate(struct call *c, struct skep_prog *p, struct vlog *log)
{
	const struct attr_prog_load *a = &c->attr.prog_load;
	struct records r = { a->core_relos,
			     a->core_relo_cnt,
			     a->core_relo_rec_size,
			     sizeof(struct core_relo),
			     offsetof(union abi_attr, prog_load.core_relo_rec_size),
			     "core_relo" };

	if (!r.n)
		return 0;
	TRY(records_valid(&r));
	return relocate_all(c, p, &r, log);
}
