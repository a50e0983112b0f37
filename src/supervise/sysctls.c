/* See sysctls.h. A file is made, mounted where it belongs, and its name removed: the mount keeps it. */
#include "supervise/sysctls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <unistd.h>

#include "object/instance.h"
#include "syscall/stats.h"

#define STATS	     "/proc/sys/kernel/bpf_stats_enabled"
#define UNPRIVILEGED "/proc/sys/kernel/unprivileged_bpf_disabled"

/* As on a Linux whose JIT is always on, as ours is. */
static const struct {
	const char *path, *value;
	mode_t mode;
} files[] = {
	{ STATS, "0\n", 0644 },
	{ UNPRIVILEGED, "2\n", 0644 },
	{ "/proc/sys/net/core/bpf_jit_enable", "1\n", 0644 },
	{ "/proc/sys/net/core/bpf_jit_harden", "0\n", 0600 },
	{ "/proc/sys/net/core/bpf_jit_kallsyms", "1\n", 0600 },
	{ "/proc/sys/net/core/bpf_jit_limit", "528482304\n", 0600 },
};

static bool make(const char *name, const char *value, mode_t mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	size_t n = strlen(value);
	bool ok = fd >= 0 && write(fd, value, n) == (ssize_t)n;

	if (fd >= 0)
		close(fd);
	return ok;
}

void sysctls_mount(struct sysctls *s, const char *room)
{
	char name[64];

	snprintf(name, sizeof(name), "%s/.sysctl", room);
	for (u32 i = 0; i < ARRAY_SIZE(files); i++) {
		if (!access(files[i].path, F_OK) && make(name, files[i].value, files[i].mode) &&
		    mount(name, files[i].path, NULL, MS_BIND, NULL) < 0)
			errno = 0; /* the host's stays */
		unlink(name);
	}
	s->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (s->inotify >= 0 && (inotify_add_watch(s->inotify, STATS, IN_MODIFY) < 0 ||
				inotify_add_watch(s->inotify, UNPRIVILEGED, IN_MODIFY) < 0))
		errno = 0; /* a kernel without BPF: there is no such file */
}

void sysctls_done(struct sysctls *s)
{
	if (s->inotify >= 0)
		close(s->inotify);
}

/* The file's first character; otherwise: if it cannot be read. */
static char first_of(const char *path, char otherwise)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char c;

	if (fd < 0)
		return otherwise;
	if (read(fd, &c, 1) != 1)
		c = otherwise;
	close(fd);
	return c;
}

void sysctls_allow_unprivileged(const struct sysctls *s)
{
	int fd = s->inotify < 0 ? -1 : open(UNPRIVILEGED, O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, "0\n", 2) < 0)
		errno = 0; /* it only says what is so */
	close(fd);
}

void sysctls_changed(struct sysctls *s, struct skep *skep)
{
	char buf[1024];
	bool on;

	if (s->inotify < 0 || read(s->inotify, buf, sizeof(buf)) <= 0)
		return;
	pthread_mutex_lock(&s->lock);
	on = first_of(STATS, '0') != '0';
	if (on != s->stats)
		stats_count_users(skep, on ? 1 : -1);
	s->stats = on;
	skep->unprivileged_bpf = first_of(UNPRIVILEGED, '2') == '0';
	pthread_mutex_unlock(&s->lock);
}
