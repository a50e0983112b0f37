/* Kernel functions by name, as the machine's own kernel numbers them: skep reads the same BTF. */
#include "case/asm.h"

#include <bpf/btf.h>

s32 asm_kfunc(const char *name)
{
	static struct btf *kernel; /* kept: loading it takes longer than a case */

	if (!kernel)
		kernel = btf__load_vmlinux_btf();
	return kernel ? btf__find_by_name_kind(kernel, name, BTF_KIND_FUNC) : -1;
}
