/* bpf_probe_read*: copy from an address that may be wrong; what could not be copied is zeroed.
 *
 * Programs of an instance see one address space, so kernel and user forms read the same memory. They
 * differ, as in Linux, about addresses that the kernel cannot have: those are -ERANGE to the kernel
 * forms, not -EFAULT. The old forms take the upper half as kernel, the lower as user addresses. */
#include "helper/helper.h"

#include <string.h>

#include "base/err.h"
#include "helper/memory.h"

#define FIRST_PAGE 4096
#define HALF	   (1ull << 47) /* x86-64: where user addresses end; nothing can be between the halves */

static bool in_lower_half(u64 addr)
{
	return addr < HALF;
}

/* Linux has nothing at the first page either, so that a NULL pointer's member does not exist. */
static bool kernel_cannot_have(u64 addr)
{
	return addr < FIRST_PAGE || (addr >= HALF && addr < -HALF);
}

static int read_kernel(struct skep_run *run, void *dst, u32 size, u64 addr)
{
	return kernel_cannot_have(addr) ? -ERANGE : memory_read(run, dst, addr, size);
}

static int read_user(struct skep_run *run, void *dst, u32 size, u64 addr)
{
	return memory_read(run, dst, addr, size);
}

static int read_old(struct skep_run *run, void *dst, u32 size, u64 addr)
{
	return in_lower_half(addr) ? read_user(run, dst, size, addr)
				   : read_kernel(run, dst, size, addr);
}

static s64 read_kernel_str(struct skep_run *run, char *dst, u32 size, u64 addr)
{
	return size && kernel_cannot_have(addr) ? -ERANGE : memory_read_str(run, dst, addr, size);
}

static s64 read_user_str(struct skep_run *run, char *dst, u32 size, u64 addr)
{
	return memory_read_str(run, dst, addr, size);
}

static s64 read_old_str(struct skep_run *run, char *dst, u32 size, u64 addr)
{
	return in_lower_half(addr) ? read_user_str(run, dst, size, addr)
				   : read_kernel_str(run, dst, size, addr);
}

/* One helper of the family: its name and which of the above does the work. */
#define PROBE_READ(word, how)                                                                      \
	HELPER_FN(word)                                                                            \
	{                                                                                          \
		s64 ret = how(run, helper_ptr(r1), (u32)r2, r3);                                   \
                                                                                                   \
		if (ret < 0)                                                                       \
			memset(helper_ptr(r1), 0, (u32)r2);                                        \
		return helper_result(ret);                                                         \
	}                                                                                          \
	const struct skep_helper helper_##word = {                                                 \
		HELPER_ID(word),                                                                   \
		.flags = SKEP_HELPER_GPL,                                                          \
		.arg = { SKEP_ARG_MEM_UNINIT, SKEP_ARG_SIZE_OR_ZERO, SKEP_ARG_ANYTHING },          \
	};
PROBE_READ(probe_read, read_old)
PROBE_READ(probe_read_kernel, read_kernel)
PROBE_READ(probe_read_user, read_user)
PROBE_READ(probe_read_str, read_old_str)
PROBE_READ(probe_read_kernel_str, read_kernel_str)
PROBE_READ(probe_read_user_str, read_user_str)

/* Of whoever has a syscall program run; other programs know no memory but the instance's. */
HELPER_FN(copy_from_user)
{
	struct run_caller *c = run->caller;
	s64 err = 0;

	if ((u32)r2)
		err = c ? c->read(c, helper_ptr(r1), r3, (u32)r2)
			: memory_read(run, helper_ptr(r1), r3, (u32)r2);
	if (err)
		memset(helper_ptr(r1), 0, (u32)r2);
	return helper_result(err);
}

const struct skep_helper helper_copy_from_user = {
	HELPER_ID(copy_from_user),
	.flags = SKEP_HELPER_MIGHT_SLEEP,
	.arg = { SKEP_ARG_MEM_UNINIT, SKEP_ARG_SIZE_OR_ZERO, SKEP_ARG_ANYTHING },
};
