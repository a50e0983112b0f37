/* Linux's names for the code of programs: bpf_prog_TAG_FUNCTION. */
#include <stdio.h>
#include <string.h>

#include "btf/btf.h"
#include "exec/prog.h"
#include "insn/tag.h"

void prog_symbol(const struct skep_prog *p, u32 sub, char name[PROG_SYMBOL_LEN])
{
	const char *func = p->btf && sub < p->nr_func_info
				   ? btf_type_name(p->btf, p->func_info[sub].type_id)
				   : "";
	u8 tag[8];
	int n = 0;

	if (sub)
		prog_tag(p->insns + p->subs[sub].start, p->subs[sub].len, tag);
	else
		memcpy(tag, p->tag, sizeof(tag));
	n = snprintf(name, PROG_SYMBOL_LEN, "bpf_prog_");
	for (u32 i = 0; i < sizeof(tag); i++)
		n += snprintf(name + n, PROG_SYMBOL_LEN - (size_t)n, "%02x", tag[i]);
	if (!*func)
		func = sub ? "F" : p->name;
	if (*func)
		snprintf(name + n, PROG_SYMBOL_LEN - (size_t)n, "_%s", func);
}
