/* Which version of Linux an instance follows, and what that version has: the table is kernels.def.
 *
 * A version is major << 8 | minor. Older rules only ever take away: whatever is accepted under them is accepted by the
 * newest, too. */
#ifndef SKEP_ABI_KERNELS_H
#define SKEP_ABI_KERNELS_H

#include "base/types.h"

enum kernel_feature {
#define FEATURE(name, major, minor) FEATURE_##name,
#include "abi/kernels.def"
	NR_FEATURES
};

enum kernel_count {
	COUNT_HELPERS,
	COUNT_MAP_TYPES,
	COUNT_PROG_TYPES,
};

#define KERNEL_NAMES_MAX 80

/* 0 stands for the newest version known. -EINVAL where no rules are known, with the list in words. */
int kernel_resolve(u32 version, u32 *out) MUST_CHECK;
/* "6.12"; -EINVAL as above. */
int kernel_parse(const char *name, u32 *out) MUST_CHECK;

bool kernel_has(u32 version, enum kernel_feature f);
/* Is the id one of those that came later? Ids beyond the newest version's are the embedder's own. */
bool kernel_lacks(u32 version, enum kernel_count what, u32 id);
bool kernel_has_kfunc(u32 version, const char *name);

#endif
