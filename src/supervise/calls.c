/* The system calls that are trapped, and how each is answered. A call that turns out not to concern us
 * is passed on (PASS). Passing is no protection: the caller could change what its pointers point to before
 * the kernel looks. Nothing is kept from clients by this table; what the kernel itself would refuse, it
 * still refuses. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "supervise/bpffs_calls.h"
#include "supervise/filter.h"
#include "supervise/iter_fd.h"
#include "supervise/notify.h"
#include "supervise/path.h"
#include "supervise/proc_files.h"
#include "supervise/procfd.h"
#include "supervise/sockets.h"
#include "supervise/sup.h"
#include "supervise/trace.h"
#include "syscall/mmap.h"
#include "syscall/perf_event.h"

/* Flags of open(2): no file's contents are to be read or written. */
#define NOT_OPENING (O_DIRECTORY | O_PATH)

static u64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

/* Programs run by a test run see the client as the current task. */
static long run_as_caller(struct caller *c, int cmd, u64 attr, u32 size)
{
	struct credentials cred;
	struct task_info task;
	long ret;

	sysctls_changed(&c->sup->sysctls, c->sup->skep);
	if (caller_credentials(c, &cred) < 0)
		return -ESRCH;
	task = (struct task_info){ (u32)c->call->pid, cred.tgid, cred.uid, cred.gid, "" };
	memcpy(task.comm, cred.comm, sizeof(task.comm));
	thread_set_task(&task);
	ret = skep_bpf(&c->client, cmd, attr, size);
	thread_set_task(NULL);
	return ret;
}

static long do_bpf(struct caller *c, int cmd, u64 attr, u32 size)
{
	return cmd == BPF_PROG_TEST_RUN ? run_as_caller(c, cmd, attr, size)
					: skep_bpf(&c->client, cmd, attr, size);
}

/* Commands that may take long, or wait. All others are quicker than handing the next call to another thread. */
static bool is_slow(int cmd)
{
	switch (cmd) {
	case BPF_MAP_CREATE:
	case BPF_PROG_LOAD:
	case BPF_OBJ_PIN:
	case BPF_OBJ_GET:
	case BPF_PROG_ATTACH:
	case BPF_PROG_DETACH:
	case BPF_PROG_TEST_RUN:
	case BPF_RAW_TRACEPOINT_OPEN:
	case BPF_BTF_LOAD:
	case BPF_TASK_FD_QUERY:
	case BPF_MAP_LOOKUP_BATCH:
	case BPF_MAP_LOOKUP_AND_DELETE_BATCH:
	case BPF_MAP_UPDATE_BATCH:
	case BPF_MAP_DELETE_BATCH:
	case BPF_LINK_CREATE:
	case BPF_LINK_UPDATE:
	case BPF_LINK_DETACH:
	case BPF_ITER_CREATE: return true;
	default: return false;
	}
}

/* Objects that only a name or a socket held, which is gone. */
static void reap(struct supervisor *sup)
{
	bpffs_reap(&sup->bpffs);
	socket_progs_reap(&sup->socket_progs);
}

static long call_bpf(struct caller *c)
{
	struct bpf_trace t = { .cmd = (int)caller_arg(c, 0), .size = (u32)caller_arg(c, 2) };
	u64 attr = caller_arg(c, 1), begin;
	long ret;

	if (is_slow(t.cmd))
		notify_release(c);
	if (bpf_cmd_reaps(t.cmd))
		reap(c->sup);
	if (!c->session->trace)
		return do_bpf(c, t.cmd, attr, t.size);
	clear_last_error();
	bpf_trace_begin(&t, c, attr);
	begin = now_ns();
	ret = do_bpf(c, t.cmd, attr, t.size);
	bpf_trace_end(&t, c, ret, now_ns() - begin);
	return ret;
}

/* Events that are not the instance's are the kernel's affair. */
static long call_perf_event_open(struct caller *c)
{
	u64 begin = now_ns();
	long ret;

	clear_last_error();
	ret = perf_event_open(&c->client, caller_arg(c, 0), (int)caller_arg(c, 2),
			      caller_arg(c, 4));
	if (ret == -ENOENT)
		return PASS;
	if (c->session->trace)
		perf_trace_open(c, ret, now_ns() - begin);
	return ret;
}

/* NULL: not one of ours. */
static struct object *object_of(struct caller *c, u64 fd)
{
	struct object *o;

	return client_object(&c->client, (int)fd, OBJECT_NONE, NULL, &o) < 0 ? NULL : o;
}

static long call_ioctl(struct caller *c)
{
	struct object *o = object_of(c, caller_arg(c, 0));
	u64 begin = now_ns();
	long ret;

	if (!o)
		return PASS;
	clear_last_error();
	ret = o->kind != OBJECT_PERF ? -ENOTTY
				     : perf_event_ioctl(&c->client, (struct perf_event *)o,
							(u32)caller_arg(c, 1), caller_arg(c, 2));
	object_unref(o);
	if (c->session->trace)
		perf_trace_ioctl(c, ret, now_ns() - begin);
	return ret;
}

/* The kernel maps the memfd itself, once we know that Linux would allow it. */
static long call_mmap(struct caller *c)
{
	struct object *o = object_of(c, caller_arg(c, 4));
	struct mmap_request r = { .addr = caller_arg(c, 0),
				  .len = ALIGN_UP(caller_arg(c, 1), 4096ull),
				  .off = caller_arg(c, 5),
				  .prot = (int)caller_arg(c, 2),
				  .flags = (int)caller_arg(c, 3) };
	int err = 0;

	if (o && o->kind == OBJECT_MAP)
		arena_ask_client(&c->client, (struct skep_map *)o);
	if (o)
		err = object_mmap(o, &r);

	object_unref(o);
	return err ?: PASS;
}

/* Edge-triggered: nobody drains the eventfd, as each write to it is an edge. Its number in our table is
 * what the client's epoll instance knows it by, so it is the same for each operation. */
static long control(struct caller *c, int eventfd)
{
	struct epoll_event ev = { 0 };
	u64 addr = caller_arg(c, 3);
	int op = (int)caller_arg(c, 1), epfd, ret;

	if (op != EPOLL_CTL_DEL)
		TRY(client_read(&c->client, &ev, addr, sizeof(ev)));
	TRY(epfd = c->client.ops->fd_get(&c->client, (int)caller_arg(c, 0)));
	ev.events |= EPOLLET;
	ret = epoll_ctl(epfd, op, eventfd, &ev) < 0 ? -errno : 0;
	close(epfd);
	return ret;
}

static long call_epoll_ctl(struct caller *c)
{
	struct object *o = object_of(c, caller_arg(c, 2));
	int eventfd;
	long ret;

	if (!o)
		return PASS;
	eventfd = object_eventfd(o);
	ret = eventfd < 0 ? -EPERM : control(c, eventfd);
	object_unref(o);
	return ret;
}

/* Which of our file systems has that st_dev? 0: none. */
static u32 magic_of(struct supervisor *sup, u64 dev)
{
	if (bpffs_is(&sup->bpffs, dev))
		return BPF_FS_MAGIC;
	if (sup->tracefs.mounted && dev == sup->tracefs.dev)
		return TRACEFS_MAGIC;
	return sup->tracefs.debug_dev && dev == sup->tracefs.debug_dev ? DEBUGFS_MAGIC : 0;
}

/* Where nothing could be mounted, names alone say what is what. */
static u32 magic_of_name(struct caller *c, const char *path)
{
	char abs[4096];

	if (path_absolute(c, AT_FDCWD, path, abs, sizeof(abs)) < 0)
		return 0;
	if (pins_covers(abs) && pins_is_dir(&c->sup->skep->pins, abs) >= 0)
		return BPF_FS_MAGIC;
	return tracefs_covers(abs) ? TRACEFS_MAGIC : 0;
}

static u32 magic_of_path(struct caller *c, const char *path)
{
	struct stat st;
	u32 magic;
	int fd;

	if (!c->sup->world.bpffs)
		return magic_of_name(c, path);
	fd = path_open(c, AT_FDCWD, path, 0);
	if (fd < 0)
		return 0; /* the kernel knows what is wrong with it */
	magic = fstat(fd, &st) < 0 ? 0 : magic_of(c->sup, st.st_dev);
	close(fd);
	return magic;
}

static long give_statfs(struct caller *c, u32 magic)
{
	struct statfs st = { .f_type = magic, .f_bsize = 4096, .f_frsize = 4096, .f_namelen = 255 };

	return magic ? client_write(&c->client, caller_arg(c, 1), &st, sizeof(st)) : PASS;
}

static long call_statfs(struct caller *c)
{
	char path[4096];
	s64 n = client_strncpy(&c->client, path, caller_arg(c, 0), sizeof(path));

	return n <= 0 || n == sizeof(path) ? PASS : give_statfs(c, magic_of_path(c, path));
}

static long call_fstatfs(struct caller *c)
{
	struct stat st;

	if (caller_stat_fd(c, (int)caller_arg(c, 0), &st) < 0)
		return PASS;
	return give_statfs(c, magic_of(c->sup, st.st_dev));
}

/* A file by the name that the client means; PASS: the kernel's. */
static long open_absolute(struct caller *c, const char *path, int flags)
{
	if (!strncmp(path, "/proc/", 6))
		return proc_files_open(c, path);
	if (!strncmp(path, "/sys/kernel/", 12))
		return tracefs_open(c, path, flags);
	return PASS;
}

/* Relative names are rarely ours: only these are looked at, so that the others cost little. */
static bool may_be_ours(const char *path)
{
	static const char *const names[] = { "trace", "format", "id", "trace_pipe" };
	const char *slash = strrchr(path, '/');

	for (u32 i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(slash ? slash + 1 : path, names[i]))
			return true;
	return false;
}

static long open_for_reading(struct caller *c, int dirfd, const char *path, int flags)
{
	char abs[4096];

	if (path[0] == '/')
		return open_absolute(c, path, flags);
	if (!may_be_ours(path) || path_absolute(c, dirfd, path, abs, sizeof(abs)) < 0)
		return PASS;
	return open_absolute(c, abs, flags);
}

static long open_path(struct caller *c, int dirfd, u64 name, int flags)
{
	char path[4096];
	s64 n = client_strncpy(&c->client, path, name, sizeof(path));
	long ret = PASS;

	if (n <= 0 || n >= (s64)sizeof(path))
		return PASS;
	if (!(flags & (O_ACCMODE | O_CREAT)) && n < 256)
		ret = open_for_reading(c, dirfd, path, flags);
	return ret == PASS ? bpffs_open(c, dirfd, path, flags) : ret;
}

static long call_openat(struct caller *c)
{
	return open_path(c, (int)caller_arg(c, 0), caller_arg(c, 1), (int)caller_arg(c, 2));
}

static long call_openat2(struct caller *c)
{
	struct open_how how;

	if (caller_arg(c, 3) < sizeof(how) ||
	    client_read(&c->client, &how, caller_arg(c, 2), sizeof(how)) < 0 || how.resolve ||
	    (how.flags & NOT_OPENING))
		return PASS;
	return open_path(c, (int)caller_arg(c, 0), caller_arg(c, 1), (int)how.flags);
}

static long call_mkdirat(struct caller *c)
{
	return bpffs_make(c, (int)caller_arg(c, 0), caller_arg(c, 1));
}

static long call_symlinkat(struct caller *c)
{
	return bpffs_make(c, (int)caller_arg(c, 1), caller_arg(c, 2));
}

static long call_linkat(struct caller *c) /* renameat, renameat2 */
{
	return bpffs_make(c, (int)caller_arg(c, 2), caller_arg(c, 3));
}

static long call_mknodat(struct caller *c)
{
	return bpffs_mknod(c, (int)caller_arg(c, 0), caller_arg(c, 1), (u32)caller_arg(c, 2));
}

static long call_mount(struct caller *c)
{
	return bpffs_mount(c, caller_arg(c, 1), caller_arg(c, 2), caller_arg(c, 3),
			   caller_arg(c, 4));
}

/* An absolute path among the arguments; false: not one that can concern us. */
static bool read_proc_path(struct caller *c, u32 arg, char path[64])
{
	s64 n = client_strncpy(&c->client, path, caller_arg(c, arg), 64);

	return n > 6 && n < 64 && !strncmp(path, "/proc/", 6);
}

static long readlink_path(struct caller *c, u32 arg)
{
	char path[64];

	if (!read_proc_path(c, arg, path))
		return PASS;
	return procfd_readlink(c, path, caller_arg(c, arg + 1), (u32)caller_arg(c, arg + 2));
}

static long call_readlinkat(struct caller *c)
{
	return readlink_path(c, 1);
}

static long call_iter_fcntl(struct caller *c)
{
	int cmd = (int)caller_arg(c, 1);

	return cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC ? call_iter_move(c) : PASS;
}

#ifdef SYS_open /* old architectures have these, too */
static long call_open(struct caller *c)
{
	return open_path(c, AT_FDCWD, caller_arg(c, 0), (int)caller_arg(c, 1));
}

static long call_creat(struct caller *c)
{
	return open_path(c, AT_FDCWD, caller_arg(c, 0), O_CREAT | O_WRONLY | O_TRUNC);
}

static long call_mkdir(struct caller *c)
{
	return bpffs_make(c, AT_FDCWD, caller_arg(c, 0));
}

static long call_link(struct caller *c) /* symlink, rename */
{
	return bpffs_make(c, AT_FDCWD, caller_arg(c, 1));
}

static long call_mknod(struct caller *c)
{
	return bpffs_mknod(c, AT_FDCWD, caller_arg(c, 0), (u32)caller_arg(c, 1));
}

static long call_readlink(struct caller *c)
{
	return readlink_path(c, 0);
}
#endif

/* Descriptors may become something else: the kernel does it, we forget what they were. */
static long call_close(struct caller *c)
{
	u32 fd = (u32)caller_arg(c, 0);

	known_fds_forget(&c->session->known, fd, fd);
	return PASS;
}

static long call_dup2(struct caller *c)
{
	u32 fd = (u32)caller_arg(c, 1);

	known_fds_forget(&c->session->known, fd, fd);
	return call_iter_move(c);
}

static long call_close_range(struct caller *c)
{
	known_fds_forget(&c->session->known, (u32)caller_arg(c, 0), (u32)caller_arg(c, 1));
	return PASS;
}

static long call_forget_all(struct caller *c)
{
	known_fds_forget(&c->session->known, 0, KNOWN_FDS - 1);
	return PASS;
}

#define PERF_IOC_TYPE '$'

/* One row per system call, or per kind of it. */
const struct trap traps[] = {
	{ SYS_bpf, 0, 0, 0, call_bpf },
	{ SYS_perf_event_open, 0, 0, 0, call_perf_event_open },
	{ SYS_ioctl, 1, 0xff00, PERF_IOC_TYPE << 8, call_ioctl },
	/* shared mappings of files: bit 0 of the type is set for both kinds of shared ones */
	{ SYS_mmap, 3, MAP_ANONYMOUS | MAP_SHARED, MAP_SHARED, call_mmap },
	{ SYS_epoll_ctl, 0, 0, 0, call_epoll_ctl },
	/* SO_ATTACH_BPF, SO_ATTACH_REUSEPORT_EBPF, and two others that nobody sets; what ends those: */
	{ SYS_setsockopt, 2, ~6u, SO_ATTACH_BPF &SO_ATTACH_REUSEPORT_EBPF, call_setsockopt },
	{ SYS_setsockopt, 2, ~1u, SO_ATTACH_FILTER, call_setsockopt }, /* SO_DETACH_FILTER, too */
	{ SYS_setsockopt, 2, ~0u, SO_LOCK_FILTER, call_setsockopt },
	{ SYS_setsockopt, 2, ~0u, SO_ATTACH_REUSEPORT_CBPF, call_setsockopt },
	{ SYS_setsockopt, 2, ~0u, SO_DETACH_REUSEPORT_BPF, call_setsockopt },
	{ SYS_getsockopt, 2, ~0u, SO_GET_FILTER, call_getsockopt },
	{ SYS_getsockopt, 2, ~0u, SO_LOCK_FILTER, call_getsockopt },
	{ SYS_statfs, 0, 0, 0, call_statfs },
	{ SYS_fstatfs, 0, 0, 0, call_fstatfs },
	/* a filter cannot see the path, so all files come by */
	{ SYS_openat, 2, NOT_OPENING, 0, call_openat },
	{ SYS_openat2, 0, 0, 0, call_openat2 },
	{ SYS_mkdirat, 0, 0, 0, call_mkdirat },
	{ SYS_symlinkat, 0, 0, 0, call_symlinkat },
	{ SYS_linkat, 0, 0, 0, call_linkat },
	{ SYS_renameat2, 0, 0, 0, call_linkat },
#ifdef SYS_renameat
	{ SYS_renameat, 0, 0, 0, call_linkat },
#endif
	{ SYS_mknodat, 0, 0, 0, call_mknodat },
	{ SYS_mount, 0, 0, 0, call_mount },
	{ SYS_readlinkat, 0, 0, 0, call_readlinkat },
	/* iterators' sessions: their numbers tell (dup2 and dup3 are below) */
	{ SYS_read, 0, ~(ITER_FDS - 1u), ITER_FD_FIRST, call_read },
	{ SYS_dup, 0, ~(ITER_FDS - 1u), ITER_FD_FIRST, call_iter_move },
	{ SYS_fcntl, 0, ~(ITER_FDS - 1u), ITER_FD_FIRST, call_iter_fcntl },
	{ SYS_readv, 0, ~(ITER_FDS - 1u), ITER_FD_FIRST, call_iter_move },
	{ SYS_splice, 0, ~(ITER_FDS - 1u), ITER_FD_FIRST, call_iter_move },
	{ SYS_copy_file_range, 0, ~(ITER_FDS - 1u), ITER_FD_FIRST, call_iter_move },
	{ SYS_socket, 0, 0xffffffff, AF_NETLINK, call_socket },
	{ SYS_sendto, 0, ~(NETLINK_FDS - 1u), NETLINK_FD_FIRST, call_sendto },
	{ SYS_sendmsg, 0, ~(NETLINK_FDS - 1u), NETLINK_FD_FIRST, call_sendmsg },
	{ SYS_recvfrom, 0, ~(NETLINK_FDS - 1u), NETLINK_FD_FIRST, call_recvfrom },
	{ SYS_recvmsg, 0, ~(NETLINK_FDS - 1u), NETLINK_FD_FIRST, call_recvmsg },
	{ SYS_close, 0, ~(KNOWN_FDS - 1u), 0, call_close },
	{ SYS_dup3, 1, ~(KNOWN_FDS - 1u), 0, call_dup2 },
	{ SYS_close_range, 0, 0, 0, call_close_range },
	{ SYS_unshare, 0, CLONE_FILES, CLONE_FILES, call_forget_all },
	{ SYS_execve, 0, 0, 0, call_forget_all },
	{ SYS_execveat, 0, 0, 0, call_forget_all },
#ifdef SYS_open
	{ SYS_dup2, 1, ~(KNOWN_FDS - 1u), 0, call_dup2 },
	{ SYS_open, 1, NOT_OPENING, 0, call_open },
	{ SYS_creat, 0, 0, 0, call_creat },
	{ SYS_mkdir, 0, 0, 0, call_mkdir },
	{ SYS_symlink, 0, 0, 0, call_link },
	{ SYS_link, 0, 0, 0, call_link },
	{ SYS_rename, 0, 0, 0, call_link },
	{ SYS_mknod, 0, 0, 0, call_mknod },
	{ SYS_readlink, 0, 0, 0, call_readlink },
#endif
};
const u32 nr_traps = ARRAY_SIZE(traps);
