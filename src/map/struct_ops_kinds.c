/* The structures of functions that Linux lets programs be, and what each wants. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "map/struct_ops.h"

/* --- tcp_congestion_ops --- */

#define TCP_CONG_MASK 0x1fu /* Linux 6.18's flags, TCP_CONG_NON_RESTRICTED and its neighbours */

static bool is_name(const char *s, size_t size)
{
	size_t n = strnlen(s, size);

	if (!n || n == size)
		return false;
	return strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.") == n;
}

static int tcp_member(const char *name, const void *value, u32 size)
{
	u32 flags;

	if (!strcmp(name, "name"))
		return is_name(value, size) ? 1
					    : fail(-EINVAL, "struct_ops: tcp_congestion_ops "
							    "without a name");
	if (strcmp(name, "flags"))
		return 0;
	memcpy(&flags, value, sizeof(flags));
	return flags & ~TCP_CONG_MASK ? fail(-EINVAL, "struct_ops: flags 0x%x", flags) : 1;
}

static int tcp_check(bool (*has)(const void *arg, const char *name), const void *arg)
{
	if (has(arg, "ssthresh") && has(arg, "undo_cwnd") &&
	    (has(arg, "cong_avoid") || has(arg, "cong_control")))
		return 0;
	return fail(-EINVAL,
		    "struct_ops: tcp_congestion_ops needs ssthresh, undo_cwnd, and cong_avoid "
		    "or cong_control");
}

/* The system's own congestion controls are there, too. */
static int tcp_may_register(const char *name)
{
	FILE *f = fopen("/proc/sys/net/ipv4/tcp_available_congestion_control", "re");
	char known[64];
	int err = 0;

	while (f && fscanf(f, "%63s", known) == 1)
		if (!strcmp(known, name))
			err = -EEXIST;
	if (f)
		fclose(f);
	return err;
}

static const char *const tcp_no_program[] = { "get_info", NULL };

/* --- bpf_dummy_ops: the kernel's own test; programs for it can be run, not registered --- */

static int dummy_member(const char *name, const void *value, u32 size)
{
	return -EOPNOTSUPP;
}

static const char *const dummy_sleepable[] = { "test_sleepable", NULL };

static const struct ops_kind kinds[] = {
	{ .name = "tcp_congestion_ops",
	  .member = tcp_member,
	  .check = tcp_check,
	  .may_register = tcp_may_register,
	  .may_update = true,
	  .no_program = tcp_no_program,
	  .no_sockopt = "release" },
	{ .name = "bpf_dummy_ops",
	  .member = dummy_member,
	  .no_helpers = true,
	  .sleepable = dummy_sleepable },
};

const struct ops_kind *ops_kind_find(const char *name)
{
	for (u32 n = 0; n < ARRAY_SIZE(kinds); n++)
		if (!strcmp(kinds[n].name, name))
			return &kinds[n];
	return NULL;
}
