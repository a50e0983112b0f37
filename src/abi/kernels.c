/* See kernels.h. */
#include "abi/kernels.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"

#define VERSION(major, minor) ((major) << 8 | (minor))

static const u16 known[] = {
#define KERNEL(major, minor) VERSION(major, minor),
#include "abi/kernels.def"
};

static const u16 features[NR_FEATURES] = {
#define FEATURE(name, major, minor) [FEATURE_##name] = VERSION(major, minor),
#include "abi/kernels.def"
};

static const struct {
	enum kernel_count what;
	u16 since;
	u32 n;
} counts[] = {
#define COUNT(what, major, minor, n) { COUNT_##what, VERSION(major, minor), n },
#include "abi/kernels.def"
};

static const struct {
	const char *prefix;
	u16 since;
} kfuncs[] = {
#define KFUNCS(prefix, major, minor) { prefix, VERSION(major, minor) },
#include "abi/kernels.def"
};

static int unknown(const char *name)
{
	char list[KERNEL_NAMES_MAX] = "";
	int at = 0;

	for (u32 i = 0; i < ARRAY_SIZE(known); i++)
		at += snprintf(list + at, sizeof(list) - (size_t)at, "%s%u.%u", i ? ", " : "",
			       known[i] >> 8, known[i] & 0xff);
	return fail(-EINVAL, "no rules are known for Linux %s, only for %s", name, list);
}

int kernel_resolve(u32 version, u32 *out)
{
	char name[24];

	*out = version ?: known[ARRAY_SIZE(known) - 1];
	for (u32 i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i] == *out)
			return 0;
	snprintf(name, sizeof(name), "%u.%u", version >> 8, version & 0xff);
	return unknown(name);
}

int kernel_parse(const char *name, u32 *out)
{
	unsigned int major, minor;
	int end = 0;

	if (sscanf(name, "%3u.%3u%n", &major, &minor, &end) != 2 || name[end] || minor > 0xff ||
	    !major)
		return unknown(name);
	return kernel_resolve(VERSION(major, minor), out);
}

bool kernel_has(u32 version, enum kernel_feature f)
{
	return version >= features[f];
}

static u32 count_in(u32 version, enum kernel_count what)
{
	u32 n = 0;

	for (u32 i = 0; i < ARRAY_SIZE(counts); i++)
		if (counts[i].what == what && counts[i].since <= version)
			n = counts[i].n;
	return n;
}

bool kernel_lacks(u32 version, enum kernel_count what, u32 id)
{
	return id >= count_in(version, what) && id < count_in(UINT32_MAX, what);
}

bool kernel_has_kfunc(u32 version, const char *name)
{
	for (u32 i = 0; i < ARRAY_SIZE(kfuncs); i++)
		if (!strncmp(name, kfuncs[i].prefix, strlen(kfuncs[i].prefix)))
			return kfuncs[i].since <= version;
	return true;
}
