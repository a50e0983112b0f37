/* The names of pinned objects, as far as libbpf touches them: is this bpffs, make a directory, remove
 * a name. Everything outside of the instance's tree is the kernel's. */
#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "interpose/real.h"

/* The tree that path belongs to, and its normal form; NULL: none. */
static struct pins *tree(const char *path, char out[PATH_MAX])
{
	struct skep_client *c = interposed_client();
	char cwd[PATH_MAX];

	if (!c || !getcwd(cwd, sizeof(cwd)) || pins_normalise(cwd, path, out, PATH_MAX) < 0)
		return NULL;
	return pins_covers(out) ? &c->skep->pins : NULL;
}

int statfs(const char *path, struct statfs *buf)
{
	char abs[PATH_MAX];
	struct pins *p = tree(path, abs);
	int err;

	if (!p)
		return REAL(int, statfs, (const char *, struct statfs *), (path, buf));
	err = pins_is_dir(p, abs);
	if (err < 0)
		return (int)set_errno(err);
	*buf = (struct statfs){ .f_type = BPF_FS_MAGIC, .f_bsize = 4096, .f_namelen = NAME_MAX };
	return 0;
}

int mkdir(const char *path, mode_t mode)
{
	char abs[PATH_MAX];
	struct pins *p = tree(path, abs);

	if (!p)
		return REAL(int, mkdir, (const char *, mode_t), (path, mode));
	return (int)set_errno(pins_add(p, abs, NULL));
}

static int remove_name(const char *path, bool dir)
{
	char abs[PATH_MAX];
	struct pins *p = tree(path, abs);

	return p ? pins_remove(p, abs, dir) : -ENOSYS;
}

int unlink(const char *path)
{
	int err = remove_name(path, false);

	return err == -ENOSYS ? REAL(int, unlink, (const char *), (path)) : (int)set_errno(err);
}

int rmdir(const char *path)
{
	int err = remove_name(path, true);

	return err == -ENOSYS ? REAL(int, rmdir, (const char *), (path)) : (int)set_errno(err);
}
