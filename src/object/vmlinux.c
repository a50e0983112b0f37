/* See vmlinux.h. Read when first asked for: parsing megabytes costs milliseconds that most runs can
 * do without. */
#include "object/vmlinux.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"

#define VMLINUX_PATH "/sys/kernel/btf/vmlinux"

bool skep_has_vmlinux(void)
{
	return !access(VMLINUX_PATH, R_OK);
}

static int read_all(int fd, void *data, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = read(fd, (char *)data + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		done += (size_t)n;
	}
	return 0;
}

static int read_file(int fd, void **data, u32 *size)
{
	struct stat st;
	void *p;
	int err;

	if (fstat(fd, &st) < 0)
		return -errno;
	p = malloc((size_t)st.st_size + 1);
	err = p ? read_all(fd, p, (size_t)st.st_size) : -ENOMEM;
	if (err) {
		free(p);
		return err;
	}
	*data = p;
	*size = (u32)st.st_size;
	return 0;
}

int vmlinux_read(void **data, u32 *size)
{
	int fd = open(VMLINUX_PATH, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		return fail(-errno, "the host has no type information: %s: %m", VMLINUX_PATH);
	err = read_file(fd, data, size);
	close(fd);
	return err;
}

static int load(struct skep *s, struct btf **out)
{
	void *data;
	u32 size;
	int err;

	TRY(vmlinux_read(&data, &size));
	err = btf_new(data, size, NULL, out);
	free(data);
	TRY(err);
	strcpy((*out)->name, "vmlinux");
	(*out)->kernel = true;
	err = object_publish_at(s, &(*out)->obj, VMLINUX_BTF_ID);
	if (err) {
		btf_unref(*out);
		*out = NULL;
	}
	return err;
}

int skep_vmlinux(struct skep *s, struct btf **out)
{
	int err = 0;

	pthread_mutex_lock(&s->lock);
	if (!s->vmlinux)
		err = load(s, &s->vmlinux);
	if (!err) {
		btf_ref(s->vmlinux);
		*out = s->vmlinux;
	}
	pthread_mutex_unlock(&s->lock);
	return err;
}
