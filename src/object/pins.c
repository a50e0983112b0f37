/* See pins.h. */
#include "object/pins.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void pins_init(struct pins *p)
{
	p->first = NULL;
	pthread_mutex_init(&p->lock, NULL);
}

static void pin_free(struct pin *n)
{
	if (n->o)
		object_user_put(n->o);
	object_unref(n->o);
	free(n->path);
	free(n);
}

void pins_done(struct pins *p)
{
	struct pin *n;

	while ((n = p->first)) {
		p->first = n->next;
		pin_free(n);
	}
	pthread_mutex_destroy(&p->lock);
}

bool pins_covers(const char *path)
{
	size_t n = strlen(PINS_ROOT);

	return !strncmp(path, PINS_ROOT, n) && (path[n] == '\0' || path[n] == '/');
}

/* The link that points to the entry of that name (len bytes of path), or to NULL. */
static struct pin **find(struct pins *p, const char *path, size_t len)
{
	struct pin **link;

	for (link = &p->first; *link; link = &(*link)->next)
		if (strlen((*link)->path) == len && !memcmp((*link)->path, path, len))
			break;
	return link;
}

/* 0 if path's parent is a directory, or why it is not. */
static int check_parent(struct pins *p, const char *path)
{
	size_t len = (size_t)(strrchr(path, '/') - path);
	struct pin *parent;

	if (len <= strlen(PINS_ROOT))
		return 0;
	parent = *find(p, path, len);
	if (!parent)
		return -ENOENT;
	return parent->o ? -ENOTDIR : 0;
}

static struct pin *pin_new(const char *path, struct object *o)
{
	struct pin *n = calloc(1, sizeof(*n));

	if (!n || !(n->path = strdup(path))) {
		free(n);
		return NULL;
	}
	n->o = o;
	if (o) {
		object_ref(o);
		object_user_get(o);
	}
	return n;
}

int pins_add(struct pins *p, const char *path, struct object *o)
{
	struct pin **link, *n;
	int err;

	if (!strcmp(path, PINS_ROOT))
		return -EEXIST;
	pthread_mutex_lock(&p->lock);
	err = check_parent(p, path);
	link = find(p, path, strlen(path));
	if (!err && *link)
		err = -EEXIST;
	if (!err && strchr(strrchr(path, '/'), '.'))
		err = -EPERM;
	if (!err) {
		n = pin_new(path, o);
		err = n ? 0 : -ENOMEM;
		*link = n;
	}
	pthread_mutex_unlock(&p->lock);
	return err;
}

int pins_get(struct pins *p, const char *path, struct object **out)
{
	struct pin *n;
	int err;

	if (!strcmp(path, PINS_ROOT))
		return -EACCES;
	pthread_mutex_lock(&p->lock);
	err = check_parent(p, path);
	n = *find(p, path, strlen(path));
	if (!err && !n)
		err = -ENOENT;
	if (!err && !n->o)
		err = -EACCES;
	if (!err) {
		object_ref(n->o);
		*out = n->o;
	}
	pthread_mutex_unlock(&p->lock);
	return err;
}

static bool has_children(struct pins *p, const char *path)
{
	size_t len = strlen(path);

	for (struct pin *n = p->first; n; n = n->next)
		if (!strncmp(n->path, path, len) && n->path[len] == '/')
			return true;
	return false;
}

int pins_remove(struct pins *p, const char *path, bool dir)
{
	struct pin **link, *n;
	int err = 0;

	pthread_mutex_lock(&p->lock);
	link = find(p, path, strlen(path));
	n = *link;
	if (!n)
		err = -ENOENT;
	else if (dir && n->o)
		err = -ENOTDIR;
	else if (!dir && !n->o)
		err = -EISDIR;
	else if (dir && has_children(p, path))
		err = -ENOTEMPTY;
	if (!err)
		*link = n->next;
	pthread_mutex_unlock(&p->lock);
	if (!err)
		pin_free(n); /* may free the object: not under the lock */
	return err;
}

int pins_is_dir(struct pins *p, const char *path)
{
	struct pin *n;
	int ret;

	if (!strcmp(path, PINS_ROOT))
		return 1;
	pthread_mutex_lock(&p->lock);
	n = *find(p, path, strlen(path));
	ret = n ? !n->o : -ENOENT;
	pthread_mutex_unlock(&p->lock);
	return ret;
}

/* Append one part of a path ("." and ".." change or keep what is there). */
static int append(char *out, size_t size, size_t *len, const char *part, size_t n)
{
	if (n == 0 || (n == 1 && part[0] == '.'))
		return 0;
	if (n == 2 && !memcmp(part, "..", 2)) {
		while (*len && out[--*len] != '/')
			;
		return 0;
	}
	if (*len + 1 + n >= size)
		return -ENAMETOOLONG;
	out[(*len)++] = '/';
	memcpy(out + *len, part, n);
	*len += n;
	return 0;
}

static int append_all(char *out, size_t size, size_t *len, const char *path)
{
	int err = 0;

	while (!err && *path) {
		size_t n = strcspn(path, "/");

		err = append(out, size, len, path, n);
		path += n + (path[n] == '/');
	}
	return err;
}

int pins_normalise(const char *cwd, const char *path, char *out, size_t size)
{
	size_t len = 0;
	int err = 0;

	if (!path[0])
		return -ENOENT;
	if (path[0] != '/')
		err = append_all(out, size, &len, cwd);
	if (!err)
		err = append_all(out, size, &len, path);
	if (!len)
		out[len++] = '/';
	out[len] = '\0';
	return err;
}
