/* Kernel functions and other types by name, as the machine's own kernel numbers them: skep reads the same BTF. */
#include "case/asm.h"

#include <bpf/btf.h>

static s32 find(const char *name, u32 kind)
{
	static struct btf *kernel; /* kept: loading it takes longer than a case */

	if (!kernel)
		kernel = btf__load_vmlinux_btf();
	return kernel ? btf__find_by_name_kind(kernel, name, kind) : -1;
}

s32 asm_kfunc(const char *name)
{
	return find(name, BTF_KIND_FUNC);
}

s32 asm_kernel_type(const char *name)
{
	static const u32 kinds[] = { BTF_KIND_FUNC, BTF_KIND_VAR, BTF_KIND_TYPEDEF,
				     BTF_KIND_STRUCT };
	s32 id = -1;

	for (u32 k = 0; id < 0 && k < sizeof(kinds) / sizeof(kinds[0]); k++)
		id = find(name, kinds[k]);
	return id;
}
