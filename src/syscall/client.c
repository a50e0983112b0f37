/* What all clients have in common. See client.h. */
#include "syscall/client.h"

#include "syscall/fd_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

int client_read_pieces(struct skep_client *c, const struct client_piece *v, u32 n)
{
	if (c->ops->read_pieces)
		return c->ops->read_pieces(c, v, n);
	for (u32 i = 0; i < n; i++)
		TRY(client_read(c, v[i].dst, v[i].addr, v[i].len));
	return 0;
}

/* Page by page: a string may end right before memory that cannot be read. */
s64 client_strncpy(struct skep_client *c, char *dst, u64 addr, size_t size)
{
	size_t done = 0;

	while (done < size) {
		size_t n = MIN(size - done, 4096 - (addr + done) % 4096), len;

		if (client_read(c, dst + done, addr + done, n) < 0)
			return -EFAULT;
		len = strnlen(dst + done, n);
		done += len;
		if (len < n)
			break;
	}
	return (s64)done;
}

int client_dup(struct skep_client *c, u64 addr, size_t len, void **out)
{
	void *p = malloc(len ? len : 1);
	int err = p ? client_read(c, p, addr, len) : -ENOMEM;

	if (err)
		free(p);
	else
		*out = p;
	return err;
}

struct mapping { /* a line of /proc/PID/maps */
	unsigned long from, to, off;
	char perm[5];
};

/* Is it a shared mapping of file? */
static bool is_mapping(const char *line, const struct file_id *file, struct mapping *m)
{
	unsigned int major, minor;
	unsigned long ino;

	if (sscanf(line, "%lx-%lx %4s %lx %x:%x %lu", &m->from, &m->to, m->perm, &m->off, &major,
		   &minor, &ino) != 7)
		return false;
	return ino == file->ino && m->perm[3] == 's';
}

/* A writable one, outside our own memory? */
static bool is_writable_mapping(const char *line, const struct file_id *file, struct va *except)
{
	struct mapping m;

	return is_mapping(line, file, &m) && m.perm[1] == 'w' &&
	       !(except && va_owns(except, m.from, m.to - m.from));
}

int client_mapping(const char *maps, const struct file_id *file, u64 except, u64 *addr, u64 *len)
{
	FILE *f = fopen(maps, "re");
	char *line = NULL;
	size_t cap = 0;
	struct mapping m;
	int err = -ENOENT;

	while (f && err && getline(&line, &cap, f) > 0) {
		if (!is_mapping(line, file, &m) || m.off || m.from - except <= UINT32_MAX)
			continue;
		*addr = m.from;
		*len = m.to - m.from;
		err = 0;
	}
	free(line);
	if (f)
		fclose(f);
	return err;
}

bool client_maps_writable(const char *maps, const struct file_id *file, struct va *except)
{
	FILE *f = fopen(maps, "re");
	char *line = NULL;
	size_t cap = 0;
	bool found = false;

	while (f && !found && getline(&line, &cap, f) > 0)
		found = is_writable_mapping(line, file, except);
	free(line);
	if (f)
		fclose(f);
	return found;
}

int client_object(struct skep_client *c, int fd, enum object_kind kind, int *access,
		  struct object **out)
{
	struct fd_id id = { .access = O_RDWR };
	struct object *o = c->fds ? fd_cache_get(c->fds, fd, kind, access) : NULL;

	if (o) {
		*out = o;
		return 0;
	}
	if (c->ops->fd_identify(c, fd, &id, false) < 0)
		return -EBADF;
	o = files_find(&c->skep->files, &id.file);
	if (!o || (kind != OBJECT_NONE && o->kind != kind)) {
		object_unref(o);
		return -EINVAL;
	}
	if ((access || c->fds) && atomic_load_explicit(&o->restricted, memory_order_relaxed))
		c->ops->fd_identify(c, fd, &id, true);
	if (c->fds)
		fd_cache_put(c->fds, fd, o, id.access);
	if (access)
		*access = id.access;
	*out = o;
	return 0;
}

int client_open(struct skep_client *c, struct object *o, int flags)
{
	int fd = object_open(o, flags);

	return fd < 0 ? fd : c->ops->fd_install(c, fd);
}

void skep_client_free(struct skep_client *c)
{
	if (c)
		c->ops->free(c);
}
