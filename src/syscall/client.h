/* Who calls bpf(2) (DESIGN D3): an interface that gives the syscall layer the caller's memory, file
 * descriptors, names in its file system, and credentials. Commands never dereference a caller's
 * address. In-process callers are client_local.c; supervised processes are supervise/caller.c. */
#ifndef SKEP_SYSCALL_CLIENT_H
#define SKEP_SYSCALL_CLIENT_H

#include "object/instance.h"
#include "skep/skep.h"

struct fd_id { /* what a client's descriptor is */
	struct file_id file;
	int access; /* O_RDWR, O_RDONLY or O_WRONLY; set only if asked for */
};

struct client_piece { /* of a client's memory, and where its copy goes */
	void *dst;
	u64 addr;
	size_t len;
};

struct client_ops {
	/* Copy len bytes from or to the client's memory. 0 or -EFAULT; on failure part of the copy may
	 * have been made. */
	int (*read)(struct skep_client *c, void *dst, u64 addr, size_t len);
	int (*write)(struct skep_client *c, u64 addr, const void *src, size_t len);
	/* As read, for several pieces at once, at most CLIENT_PIECES; NULL: one after the other. */
	int (*read_pieces)(struct skep_client *c, const struct client_piece *v, u32 n);
	/* As read, but faster: what was read may turn out not to be the client's. So before it has any effect,
	 * another operation of this client must have succeeded. NULL: read. */
	int (*read_early)(struct skep_client *c, void *dst, u64 addr, size_t len);

	/* Give the client fd, a descriptor of this process, which is consumed. The client's number for
	 * it (close-on-exec), or a negative errno. */
	int (*fd_install)(struct skep_client *c, int fd);
	/* The same with a given number, which the client's table has. */
	int (*fd_install_at)(struct skep_client *c, int fd, int number);
	/* Close the client's descriptor. 0; 1: only what it stood for, the number is still taken: for fd_install_at(). -EBADF. */
	int (*fd_close)(struct skep_client *c, int fd);
	/* The same as fd_install for an iterator's session, from which the client will read(2). NULL: fd_install. */
	int (*fd_install_iter)(struct skep_client *c, int fd);
	/* What is behind the client's descriptor? -EBADF. */
	int (*fd_identify)(struct skep_client *c, int fd, struct fd_id *id, bool access);
	/* A descriptor of this process for the client's (not bpf) fd, to be closed. -EBADF. */
	int (*fd_get)(struct skep_client *c, int fd);
	/* The client's network namespace. */
	int (*netns)(struct skep_client *c, struct file_id *id);
	/* Has the client a writable shared mapping of that file (client_maps_writable())? */
	bool (*maps_writable)(struct skep_client *c, const struct file_id *file);

	/* Where the client has that file mapped shared, from its beginning, but not inside [except, except + 4 GiB)
	 * (client_mapping()). -ENOENT. */
	int (*mapping)(struct skep_client *c, const struct file_id *file, u64 except, u64 *addr,
		       u64 *len);

	/* BPF_OBJ_PIN, BPF_OBJ_GET (access: O_RDWR, O_RDONLY or O_WRONLY), path as the client wrote it,
	 * relative to dirfd. */
	int (*pin)(struct skep_client *c, int dirfd, const char *path, struct object *o);
	int (*pin_get)(struct skep_client *c, int dirfd, const char *path, int access,
		       struct object **out);

	bool (*capable)(struct skep_client *c, int cap); /* CAP_* */
	u32 (*uid)(struct skep_client *c);
	/* Does nobody wait for this call any more: killed, or interrupted by a signal? NULL: never. */
	bool (*interrupted)(struct skep_client *c);
	void (*free)(struct skep_client *c);
	bool elsewhere; /* its memory is another process's: nothing there is ours */
};

struct skep_client {
	const struct client_ops *ops;
	struct skep *skep;
	struct fd_cache *fds; /* NULL: descriptors are asked for each time */
};

static inline int client_read(struct skep_client *c, void *dst, u64 addr, size_t len)
{
	return len ? c->ops->read(c, dst, addr, len) : 0;
}
static inline int client_read_early(struct skep_client *c, void *dst, u64 addr, size_t len)
{
	return len && c->ops->read_early ? c->ops->read_early(c, dst, addr, len)
					 : client_read(c, dst, addr, len);
}
#define CLIENT_PIECES 4
int client_read_pieces(struct skep_client *c, const struct client_piece *v, u32 n);
static inline int client_write(struct skep_client *c, u64 addr, const void *src, size_t len)
{
	return len ? c->ops->write(c, addr, src, len) : 0;
}
static inline bool client_capable(struct skep_client *c, int cap)
{
	return c->ops->capable(c, cap);
}
/* Copy a string with its NUL, at most size bytes. Its length, -EFAULT, or size if it does not end
 * before (then dst is not terminated). */
s64 client_strncpy(struct skep_client *c, char *dst, u64 addr, size_t size);
/* len bytes copied to memory that the caller frees. -ENOMEM, -EFAULT. len may be 0. */
int client_dup(struct skep_client *c, u64 addr, size_t len, void **out) MUST_CHECK;

/* Is file mapped shared and writable, according to a /proc/PID/maps? Our own mappings in `except` (may be
 * NULL) do not count. */
bool client_maps_writable(const char *maps, const struct file_id *file, struct va *except);

/* The first such mapping in a /proc/PID/maps. */
int client_mapping(const char *maps, const struct file_id *file, u64 except, u64 *addr, u64 *len);

/* The object behind a descriptor, with a reference. -EBADF (no descriptor), -EINVAL (none of this
 * instance's objects, or not of that kind; OBJECT_NONE: any). access may be NULL; else it receives
 * how the file was opened. */
int client_object(struct skep_client *c, int fd, enum object_kind kind, int *access,
		  struct object **out) MUST_CHECK;
/* A descriptor in the client for o. flags: O_RDWR, O_RDONLY, O_WRONLY. */
int client_open(struct skep_client *c, struct object *o, int flags) MUST_CHECK;

#endif
