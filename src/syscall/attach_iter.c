/* Links of iterators, and BPF_ITER_CREATE. What they go over, and reading, is src/iter's. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "btf/btf.h"
#include "iter/iter.h"
#include "syscall/attach_here.h"
#include "syscall/attach_iter.h"

struct iter_link {
	struct link link; /* first */
	const struct iter_target *target;
	struct iter_choice choice;
};

static void link_free(struct link *link)
{
	struct iter_link *l = (struct iter_link *)link;

	map_unref(l->choice.map);
	free(l);
}

static u32 link_info(struct link *link, struct abi_link_info *info, char *name, u32 name_size)
{
	struct iter_link *l = (struct iter_link *)link;

	if (l->choice.map)
		info->iter.map_id = l->choice.map->obj.id;
	info->iter.task.tid = l->choice.tid;
	info->iter.task.pid = l->choice.pid;
	return (u32)snprintf(name, name_size, "%s", l->target->name) + 1;
}

static void link_fdinfo(struct link *link, struct buf *out)
{
	struct iter_link *l = (struct iter_link *)link;

	buf_printf(out, "target_name:\t%s\n", l->target->name);
	if (l->choice.map)
		buf_printf(out, "map_id:\t%u\n", l->choice.map->obj.id);
	if (strncmp(l->target->name, "task", 4))
		return;
	if (l->choice.tid)
		buf_printf(out, "task_type:\ttid\ntid:\t%u\n", l->choice.tid);
	else if (l->choice.pid)
		buf_printf(out, "task_type:\tpid\npid:\t%u\n", l->choice.pid);
	else
		buf_puts(out, "task_type:\tall\n");
}

/* A program for the same target. */
static int link_update(struct link *l, struct skep_prog *new, struct skep_prog *old)
{
	struct skep_prog *before = NULL;
	int err = 0;

	pthread_mutex_lock(&l->lock);
	if (old && l->prog != old) {
		err = -EPERM;
	} else if (l->prog->type != new->type ||
		   l->prog->expected_attach_type != new->expected_attach_type ||
		   l->prog->attach_btf_id != new->attach_btf_id) {
		err = -EINVAL;
	} else {
		prog_ref(new);
		before = l->prog;
		l->prog = new;
	}
	pthread_mutex_unlock(&l->lock);
	prog_unref(before);
	return err;
}

static const struct link_ops ops = {
	.info = link_info, .free = link_free, .fdinfo = link_fdinfo, .update = link_update
};

/* --- what to go over --- */

static bool has_elements(const struct skep_map *m)
{
	switch (m->type->type) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY: return true;
	default: return false;
	}
}

/* Does the program stay inside of keys and values?
 * Sound because: nothing else bounds its accesses. What it may change are plain values: not fields that are not
 * data, nor values that programs were verified to see unchanged. */
static int check_map(const struct skep_prog *p, const struct skep_map *m)
{
	if (!has_elements(m))
		return fail(-EINVAL, "%s maps have no elements to go over", m->type->name);
	if (p->max_rdonly_access > m->key_size || p->max_rdwr_access > map_user_value_size(m))
		return fail(-EACCES,
			    "the program reads %u bytes of keys of %u and uses %u of values of %u",
			    p->max_rdonly_access, m->key_size, p->max_rdwr_access,
			    map_user_value_size(m));
	if (p->writes_buf && (m->record || (m->flags & BPF_F_RDONLY_PROG)))
		return fail(-EACCES, "the program must not write to this map's values");
	return 0;
}

static int choose_map(struct call *c, const union abi_iter_info *info, struct skep_prog *p,
		      struct iter_choice *out)
{
	int err;

	if (!info->map_fd)
		return -EBADF;
	TRY(call_map(c, info->map_fd, NULL, &out->map));
	err = check_map(p, out->map);
	if (err) {
		map_unref(out->map);
		out->map = NULL;
	}
	return err;
}

/* The process behind a pidfd, as our own /proc numbers it. */
static int pid_of(struct call *c, u32 pidfd, u32 *pid)
{
	int fd = c->client->ops->fd_get(c->client, (int)pidfd);
	char path[48], line[128];
	s32 found = 0;
	FILE *f;

	if (fd < 0)
		return -EBADF;
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f) && sscanf(line, "Pid: %d", &found) != 1)
		;
	if (f)
		fclose(f);
	close(fd);
	*pid = (u32)found;
	return found > 0 ? 0 : found < 0 ? -ESRCH : -EBADF;
}

static int choose_task(struct call *c, const union abi_iter_info *info, struct iter_choice *out)
{
	if (!!info->task.tid + !!info->task.pid + !!info->task.pid_fd > 1)
		return -EINVAL;
	out->tid = info->task.tid;
	out->pid = info->task.pid;
	return info->task.pid_fd ? pid_of(c, info->task.pid_fd, &out->pid) : 0;
}

static int choose(struct call *c, const struct iter_target *t, const union abi_iter_info *info,
		  struct skep_prog *p, struct iter_choice *out)
{
	if (!strcmp(t->name, "bpf_map_elem"))
		return choose_map(c, info, p, out);
	return !strncmp(t->name, "task", 4) ? choose_task(c, info, out) : 0;
}

static int read_info(struct call *c, const struct attr_link_create *a, union abi_iter_info *info)
{
	*info = (union abi_iter_info){ .cgroup = { 0 } };
	if (!a->iter_info != !a->iter_info_len)
		return -EINVAL;
	if (!a->iter_info)
		return 0;
	TRY(check_tail_zero(c, a->iter_info, sizeof(*info), a->iter_info_len));
	return client_read(c->client, info, a->iter_info, MIN(a->iter_info_len, sizeof(*info)));
}

/* Sleepable programs are for targets that hold no lock around them. */
static bool may_sleep(const struct iter_target *t)
{
	return !strncmp(t->name, "task", 4);
}

static int find_target(struct skep_prog *p, const struct iter_target **out)
{
	const char *name = btf_type_name(p->attach_btf, p->attach_btf_id);

	if (strncmp(name, "bpf_iter_", 9))
		return -ENOENT;
	*out = iter_target_find(name + 9);
	if (!*out)
		return fail(-EOPNOTSUPP, "skep does not go over objects of that kind yet: %s",
			    name + 9);
	return p->sleepable && !may_sleep(*out) ? -EINVAL : 0;
}

static int make_link(struct call *c, const struct attr_link_create *a, struct skep_prog *prog,
		     struct link **out)
{
	const struct iter_target *t;
	union abi_iter_info info;
	struct iter_choice choice = { 0 };
	struct iter_link *l;

	if (prog->expected_attach_type != a->attach_type || a->target_fd || a->flags)
		return -EINVAL;
	TRY(read_info(c, a, &info));
	TRY(find_target(prog, &t));
	TRY(choose(c, t, &info, prog, &choice));
	l = calloc(1, sizeof(*l));
	if (!l) {
		map_unref(choice.map);
		return -ENOMEM;
	}
	link_init(&l->link, BPF_LINK_TYPE_ITER, &ops, prog);
	l->target = t;
	l->choice = choice;
	*out = &l->link;
	return 0;
}

const struct attach_ops attach_iter = { .link = make_link };

/* --- sessions --- */

int iter_open(struct link *link, struct iter **out)
{
	struct iter_link *l = (struct iter_link *)link;
	struct skep_prog *p;
	int err;

	if (link->ops != &ops)
		return -EINVAL;
	pthread_mutex_lock(&link->lock);
	p = link->prog;
	prog_ref(p);
	pthread_mutex_unlock(&link->lock);
	err = iter_new(link->obj.owner, l->target, p, &l->choice, out);
	prog_unref(p);
	return err;
}

bool link_is_iter(const struct link *l)
{
	return l->ops == &ops;
}

int iter_give(struct skep_client *c, struct iter *it)
{
	int fd = object_open(&it->obj, O_RDONLY);

	if (fd < 0)
		return fd;
	return c->ops->fd_install_iter ? c->ops->fd_install_iter(c, fd) : c->ops->fd_install(c, fd);
}

long sys_iter_create(struct call *c)
{
	struct iter *it;
	struct link *l;
	long fd;

	if (c->attr.iter_create.flags)
		return -EINVAL;
	TRY(call_link(c, c->attr.iter_create.link_fd, &l));
	fd = iter_open(l, &it);
	link_unref(l);
	TRY(fd);
	fd = iter_give(c->client, it);
	object_unref(&it->obj);
	return fd;
}
