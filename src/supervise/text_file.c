/* See text_file.h. */
#include "supervise/text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

long give_file(struct caller *c, int fd, const struct buf *text)
{
	char path[32];
	int file;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	file = write(fd, buf_str(text), text->len) == (ssize_t)text->len
		       ? open(path, O_RDONLY | O_CLOEXEC)
		       : -1;
	close(fd);
	return file < 0 ? -EIO : c->client.ops->fd_install(&c->client, file);
}

long give_text(struct caller *c, const char *name, const struct buf *text)
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	return fd < 0 ? -errno : give_file(c, fd, text);
}
