/* The in-process client: addresses are pointers and descriptors are the process's own, but neither
 * is trusted. Memory is copied by process_vm_readv(2) on ourselves, which answers a bad address with
 * EFAULT where a memcpy would crash.
 *
 * Fast path: the calling thread's own stack, from this frame up to its base, is mapped, readable and
 * writable by construction, so what lies wholly in it (bpf_attr always, keys and values mostly) is
 * copied directly. Nothing else is: any other page may be unmapped by another thread meanwhile. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "syscall/client.h"
#include "syscall/fd_cache.h"

struct range {
	u64 low, high;
};

static __attribute__((noinline, cold)) struct range ask_thread_stack(void)
{
	struct range stack = { 0 };
	pthread_attr_t attr;
	size_t size;
	void *low;

	if (pthread_getattr_np(pthread_self(), &attr))
		return stack;
	if (!pthread_attr_getstack(&attr, &low, &size))
		stack = (struct range){ (u64)low, (u64)low + size };
	pthread_attr_destroy(&attr);
	return stack;
}

/* This thread's stack; empty if unknown. */
static inline struct range thread_stack(void)
{
	static _Thread_local struct range stack;

	if (unlikely(!stack.high))
		stack = ask_thread_stack();
	return stack;
}

/* Signal handlers and coroutines may run on other stacks: then this frame is not on the thread's. */
static inline __attribute__((always_inline)) bool on_stack(u64 addr, size_t len)
{
#ifdef __SANITIZE_ADDRESS__
	return false; /* clients may pass sizes beyond a variable, as the system call allows */
#else
	u64 here = (u64)__builtin_frame_address(0);
	struct range stack = thread_stack();

	return here >= stack.low && here < stack.high && addr >= here && addr < stack.high &&
	       len <= stack.high - addr;
#endif
}

/* Keys and values are small. */
static inline void copy_small(void *dst, const void *src, size_t len)
{
	if (len == 8)
		memcpy(dst, src, 8);
	else if (len == 4)
		memcpy(dst, src, 4);
	else
		memcpy(dst, src, len);
}

#define PIPE_ATOMIC 4096 /* PIPE_BUF: so much at once never blocks in an empty pipe */

static int copy_by_pipe(u64 dst, u64 src, size_t len)
{
	int fd[2], err = 0;

	if (pipe2(fd, O_CLOEXEC))
		return -errno;
	while (len && !err) {
		size_t n = MIN(len, (size_t)PIPE_ATOMIC);

		if (write(fd[1], (const void *)src, n) != (ssize_t)n ||
		    read(fd[0], (void *)dst, n) != (ssize_t)n)
			err = -EFAULT;
		dst += n;
		src += n;
		len -= n;
	}
	close(fd[0]);
	close(fd[1]);
	return err;
}

/* What process_vm_readv or process_vm_writev returned. */
static int copied(ssize_t n, u64 dst, u64 src, size_t len)
{
	if (n < 0 && (errno == ENOSYS || errno == EPERM))
		return copy_by_pipe(dst, src, len);
	return n == (ssize_t)len ? 0 : -EFAULT;
}

static int local_read(struct skep_client *c, void *dst, u64 addr, size_t len)
{
	struct iovec to = { dst, len }, from = { (void *)addr, len };

	if (on_stack(addr, len)) {
		copy_small(dst, (const void *)addr, len);
		return 0;
	}
	return copied(process_vm_readv(getpid(), &to, 1, &from, 1, 0), (u64)dst, addr, len);
}

static int local_write(struct skep_client *c, u64 addr, const void *src, size_t len)
{
	struct iovec from = { (void *)src, len }, to = { (void *)addr, len };

	if (on_stack(addr, len)) {
		copy_small((void *)addr, src, len);
		return 0;
	}
	return copied(process_vm_writev(getpid(), &from, 1, &to, 1, 0), addr, (u64)src, len);
}

static int local_fd_install(struct skep_client *c, int fd)
{
	return fd;
}

static int local_fd_close(struct skep_client *c, int fd)
{
	return close(fd) ? -errno : 0;
}

static int local_fd_identify(struct skep_client *c, int fd, struct fd_id *id, bool access)
{
	struct stat st;
	int flags;

	if (fstat(fd, &st) < 0)
		return -EBADF;
	id->file = (struct file_id){ st.st_dev, st.st_ino };
	if (access) {
		flags = fcntl(fd, F_GETFL);
		if (flags < 0)
			return -EBADF;
		id->access = flags & O_ACCMODE;
	}
	return 0;
}

static int local_fd_get(struct skep_client *c, int fd)
{
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	return own < 0 ? -errno : own;
}

static int local_netns(struct skep_client *c, struct file_id *id)
{
	struct stat st;

	if (stat("/proc/thread-self/ns/net", &st) < 0)
		return -errno;
	*id = (struct file_id){ st.st_dev, st.st_ino };
	return 0;
}

static int local_mapping(struct skep_client *c, const struct file_id *file, u64 except, u64 *addr,
			 u64 *len)
{
	return client_mapping("/proc/self/maps", file, except, addr, len);
}

static bool local_maps_writable(struct skep_client *c, const struct file_id *file)
{
	return client_maps_writable("/proc/self/maps", file, c->skep->rt.va);
}

/* dirfd/path as an absolute path without "..". */
static int absolute(int dirfd, const char *path, char *out, size_t size)
{
	char link[32], cwd[4096] = "/";
	ssize_t n;

	if (path[0] != '/') {
		if (dirfd == AT_FDCWD)
			snprintf(link, sizeof(link), "/proc/self/cwd");
		else
			snprintf(link, sizeof(link), "/proc/self/fd/%d", dirfd);
		n = readlink(link, cwd, sizeof(cwd) - 1);
		if (n < 0)
			return dirfd == AT_FDCWD ? -errno : -EBADF;
		cwd[n] = '\0';
	}
	return pins_normalise(cwd, path, out, size);
}

/* Linux's answer for a name outside of bpffs: creating needs the directory and then bpffs. */
static int pin_elsewhere(const char *path)
{
	char dir[4096];
	struct stat st;

	if (!lstat(path, &st))
		return -EEXIST;
	snprintf(dir, sizeof(dir), "%s", path);
	*strrchr(dir, '/') = '\0';
	if (stat(dir[0] ? dir : "/", &st) < 0)
		return -errno;
	return S_ISDIR(st.st_mode) ? -EPERM : -ENOTDIR;
}

static int local_pin(struct skep_client *c, int dirfd, const char *path, struct object *o)
{
	char abs[4096];
	int err = absolute(dirfd, path, abs, sizeof(abs));

	if (err)
		return err;
	return pins_covers(abs) ? pins_add(&c->skep->pins, abs, o) : pin_elsewhere(abs);
}

static int local_pin_get(struct skep_client *c, int dirfd, const char *path, int access,
			 struct object **out)
{
	char abs[4096];
	struct stat st;
	int err = absolute(dirfd, path, abs, sizeof(abs));

	if (err)
		return err;
	if (pins_covers(abs))
		return pins_get(&c->skep->pins, abs, out);
	return stat(abs, &st) < 0 ? -errno : -EACCES;
}

/* An instance is the embedder's own: whoever can call it may do everything with it. */
static bool local_capable(struct skep_client *c, int cap)
{
	return true;
}

static u32 local_uid(struct skep_client *c)
{
	return getuid();
}

static void local_free(struct skep_client *c)
{
	fd_cache_free(c->fds);
	free(c);
}

static const struct client_ops local_ops = {
	.read = local_read,
	.write = local_write,
	.fd_install = local_fd_install,
	.fd_close = local_fd_close,
	.fd_identify = local_fd_identify,
	.fd_get = local_fd_get,
	.netns = local_netns,
	.maps_writable = local_maps_writable,
	.mapping = local_mapping,
	.pin = local_pin,
	.pin_get = local_pin_get,
	.capable = local_capable,
	.uid = local_uid,
	.free = local_free,
};

int skep_client_new(struct skep *s, struct skep_client **out)
{
	struct skep_client *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	*c = (struct skep_client){ .ops = &local_ops, .skep = s };
	*out = c;
	return 0;
}
