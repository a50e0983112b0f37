/* What info says of a program's native code: image, functions, where lines begin. Addresses, and code, which
 * contains addresses, are for clients that may read the kernel's; others get lengths, and zeros. */
#include <linux/capability.h>

#include "syscall/info.h"
#include "syscall/ksym.h"

#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif

static bool may_see(struct call *c)
{
	return client_capable(c->client, CAP_PERFMON) || client_capable(c->client, CAP_SYS_ADMIN);
}

static u32 func_begin(const struct skep_prog *p, u32 n)
{
	if (!p->native || !n)
		return n ? p->jited_len : 0;
	return n < p->nr_subs ? p->native->func_at[n] : p->native->size;
}

static int put_functions(struct call *c, const struct skep_prog *p,
			 const struct abi_prog_info *info, u64 base)
{
	u32 n = MAX(p->nr_subs, 1u);

	for (u32 i = 0; i < MIN(info->nr_jited_ksyms, n); i++) {
		u64 addr = base ? base + func_begin(p, i) : 0;

		TRY(client_write(c->client, info->jited_ksyms + i * sizeof(addr), &addr,
				 sizeof(addr)));
	}
	for (u32 i = 0; i < MIN(info->nr_jited_func_lens, n); i++) {
		u32 len = func_begin(p, i + 1) - func_begin(p, i);

		TRY(client_write(c->client, info->jited_func_lens + i * sizeof(len), &len,
				 sizeof(len)));
	}
	return 0;
}

/* A function's first line begins with the function, as libbpf insists. */
static u32 line_begin(const struct skep_prog *p, u32 insn)
{
	for (u32 i = 0; i < p->nr_subs; i++)
		if (p->subs[i].start == insn)
			return func_begin(p, i);
	return p->native->at[insn];
}

static int put_lines(struct call *c, const struct skep_prog *p, const struct abi_prog_info *info,
		     u64 base)
{
	u32 at = 0;

	for (u32 i = 0; i < MIN(info->nr_jited_line_info, p->nr_line_info); i++) {
		u64 addr = 0;

		if (base) { /* instructions may have become one, but libbpf wants lines to ascend */
			at = MAX(line_begin(p, p->line_info[i].insn_off), i ? at + 1 : 0);
			addr = base + at;
		}
		TRY(client_write(c->client, info->jited_line_info + i * sizeof(addr), &addr,
				 sizeof(addr)));
	}
	return 0;
}

int info_put_native(struct call *c, const struct skep_prog *p, struct abi_prog_info *info)
{
	u64 base = p->native && may_see(c) ? ksym_code(p->native->image) : 0;
	u32 n = MAX(p->nr_subs, 1u), room = info->jited_prog_len;

	info->jited_prog_len = p->jited_len;
	if (room && base)
		TRY(client_write(c->client, info->jited_prog_insns, p->native->image,
				 MIN(room, p->native->size)));
	else if (room && p->jited_len)
		info->jited_prog_insns = 0; /* as Linux says that it is not to be seen */
	TRY(put_functions(c, p, info, base));
	TRY(put_lines(c, p, info, base));
	info->nr_jited_ksyms = n;
	info->nr_jited_func_lens = n;
	info->nr_jited_line_info = p->native ? p->nr_line_info : 0;
	return 0;
}
