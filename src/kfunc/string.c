/* Strings anywhere: what cannot be read is -EFAULT, what does not end is -E2BIG. */
#include <errno.h>
#include <ctype.h>

#include "kfunc/fns.h"

#define MAX_STRING 65536 /* Linux: XATTR_SIZE_MAX */

/* The byte at addr, or -EFAULT. */
static int byte_at(struct skep_run *run, u64 addr)
{
	return run_owns(run, addr, 1) ? *(const u8 *)(uintptr_t)addr : -EFAULT;
}

static s64 compare(struct skep_run *run, u64 a, u64 b, bool fold)
{
	for (u32 i = 0; i < MAX_STRING; i++) {
		int x = byte_at(run, a + i), y = byte_at(run, b + i);

		if (x < 0 || y < 0)
			return -EFAULT;
		if (fold) {
			x = tolower(x);
			y = tolower(y);
		}
		if (x != y)
			return x < y ? -1 : 1;
		if (!x)
			return 0;
	}
	return -E2BIG;
}

/* Where c is first among at most n bytes; end: the NUL will do instead. */
static s64 find(struct skep_run *run, u64 s, u64 n, u8 c, bool end)
{
	for (u64 i = 0; i < n && i < MAX_STRING; i++) {
		int x = byte_at(run, s + i);

		if (x < 0)
			return -EFAULT;
		if (x == c || (end && !x))
			return (s64)i;
		if (!x)
			return -ENOENT;
	}
	return n < MAX_STRING ? -ENOENT : -E2BIG;
}

static s64 length(struct skep_run *run, u64 s, u64 n)
{
	for (u64 i = 0; i < n && i < MAX_STRING; i++) {
		int x = byte_at(run, s + i);

		if (x < 0)
			return -EFAULT;
		if (!x)
			return (s64)i;
	}
	return n < MAX_STRING ? (s64)n : -E2BIG;
}

/* How many bytes at s are (not) among those of set. */
static s64 span(struct skep_run *run, u64 s, u64 set, bool in)
{
	for (u32 i = 0; i < MAX_STRING; i++) {
		int x = byte_at(run, s + i);
		s64 at;

		if (x < 0)
			return -EFAULT;
		if (!x)
			return i;
		at = find(run, set, MAX_STRING, (u8)x, false);
		if (at == -EFAULT || at == -E2BIG)
			return at;
		if ((at >= 0) != in)
			return i;
	}
	return -E2BIG;
}

/* 1: s begins with sub (within n bytes), 0: it does not, -ENOENT: s ends before. */
static s64 begins(struct skep_run *run, u64 s, u64 sub, u64 n)
{
	for (u64 i = 0; i < MAX_STRING; i++) {
		int y = byte_at(run, sub + i), x;

		if (y < 0)
			return -EFAULT;
		if (!y)
			return 1;
		if (i == n)
			return -ENOENT;
		x = byte_at(run, s + i);
		if (x < 0)
			return -EFAULT;
		if (x != y)
			return x ? 0 : -ENOENT;
	}
	return -E2BIG;
}

static s64 search(struct skep_run *run, u64 s, u64 sub, u64 n)
{
	for (u64 i = 0; i < MAX_STRING; i++) {
		s64 found = begins(run, s + i, sub, n - i);

		if (found)
			return found > 0 ? (s64)i : found;
	}
	return -E2BIG;
}

KFUNC_FN(kfunc_strcmp)
{
	return (u64)compare(run, r1, r2, false);
}

KFUNC_FN(kfunc_strcasecmp)
{
	return (u64)compare(run, r1, r2, true);
}

KFUNC_FN(kfunc_strchr)
{
	return (u64)find(run, r1, MAX_STRING, (u8)r2, false);
}

KFUNC_FN(kfunc_strchrnul)
{
	return (u64)find(run, r1, MAX_STRING, (u8)r2, true);
}

KFUNC_FN(kfunc_strnchr)
{
	return (u64)find(run, r1, r2, (u8)r3, false);
}

KFUNC_FN(kfunc_strrchr)
{
	s64 last = -ENOENT;

	for (u32 i = 0; i < MAX_STRING; i++) {
		int x = byte_at(run, r1 + i);

		if (x < 0)
			return (u64)-EFAULT;
		if (x == (u8)r2)
			last = i;
		if (!x)
			return (u64)last;
	}
	return (u64)-E2BIG;
}

KFUNC_FN(kfunc_strlen)
{
	return (u64)length(run, r1, MAX_STRING);
}

KFUNC_FN(kfunc_strnlen)
{
	return (u64)length(run, r1, r2);
}

KFUNC_FN(kfunc_strspn)
{
	return (u64)span(run, r1, r2, true);
}

KFUNC_FN(kfunc_strcspn)
{
	return (u64)span(run, r1, r2, false);
}

KFUNC_FN(kfunc_strstr)
{
	return (u64)search(run, r1, r2, MAX_STRING);
}

KFUNC_FN(kfunc_strnstr)
{
	return (u64)search(run, r1, r2, r3);
}
