/* task, task_file, task_vma: tasks that /proc shows, the files and the mappings of processes.
 *
 * Approximated: which tasks there are is asked once, when the session begins; a thread that has files of its own is
 * taken for one that shares its process's. A file's operations are known for BPF objects only. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "btf/btf.h"
#include "btf/task_fields.h"
#include "exec/prog.h"
#include "iter/fops.h"
#include "iter/proc.h"
#include "iter/targets.h"
#include "map/map.h"
#include "object/link.h"

struct tasks {
	struct proc_tids tids;
	u32 at; /* in tids */
	bool began;
	void *task; /* image of the current one; NULL: not yet looked at */
	/* of task_file */
	u32 *fds, nr_fds, fd_at;
	/* of task_vma */
	FILE *maps;
	struct proc_vma vma;
	bool has_vma;
};

static int begin(struct iter *it, bool leaders)
{
	struct tasks *s = it->state;

	if (s->began)
		return 0;
	s->began = true;
	return proc_tids(it->choice.tid, it->choice.pid, leaders, &s->tids);
}

static void leave_task(struct tasks *s)
{
	free(s->fds);
	s->fds = NULL;
	s->nr_fds = s->fd_at = 0;
	if (s->maps)
		fclose(s->maps);
	s->maps = NULL;
	s->has_vma = false;
	s->task = NULL;
}

static void done(struct iter *it)
{
	struct tasks *s = it->state;

	leave_task(s);
	free(s->tids.v);
}

/* --- images --- */

/* NULL: the task is gone, or there is no memory. relatives: leader and parent, too. */
static void *task_image(struct iter *it, const struct proc_tid *t, bool relatives)
{
	struct proc_task p;
	struct image i, cred, mm;

	if (proc_task(t, &p) < 0)
		return NULL;
	i = iter_image(it, "task_struct", 0);
	cred = iter_image(it, "cred", 0);
	task_fields_set(&i, t, &p);
	task_fields_set_cred(&i, &cred, &p);
	if (!(p.flags & 0x200000)) { /* PF_KTHREAD */
		mm = iter_image(it, "mm_struct", 0);
		image_set_ptr(&i, "mm", mm.at);
	}
	if (!relatives)
		return i.at;
	image_set_ptr(&i, "group_leader",
		      t->tid == t->tgid
			      ? i.at
			      : task_image(it, &(struct proc_tid){ t->tgid, t->tgid }, false));
	if (p.ppid) {
		void *parent = task_image(it, &(struct proc_tid){ p.ppid, p.ppid }, false);

		image_set_ptr(&i, "real_parent", parent);
		image_set_ptr(&i, "parent", parent);
	}
	return i.at;
}

/* The task where the session stands, or the next one that is still there: 1, 0, or an error. */
static int find_task(struct iter *it)
{
	struct tasks *s = it->state;

	while (!s->task && s->at < s->tids.n) {
		s->task = task_image(it, &s->tids.v[s->at], true);
		if (!s->task)
			s->at++;
	}
	it->args[1] = (uintptr_t)s->task;
	return s->task != NULL;
}

static void next_task(struct iter *it)
{
	struct tasks *s = it->state;

	leave_task(s);
	s->at++;
}

/* --- task --- */

static int get_task(struct iter *it)
{
	TRY(begin(it, false));
	return find_task(it);
}

const struct iter_target iter_task = { .name = "task",
				       .state = sizeof(struct tasks),
				       .nr_args = 2,
				       .get = get_task,
				       .advance = next_task,
				       .done = done };

/* --- task_file --- */

static void *object_image(struct iter *it, struct object *o)
{
	switch (o->kind) {
	case OBJECT_PROG: return iter_prog_image(it, (struct skep_prog *)o);
	case OBJECT_MAP: return iter_map_image(it, (struct skep_map *)o);
	case OBJECT_LINK: return iter_link_image(it, (struct link *)o);
	case OBJECT_BTF: return iter_btf_image(it, (struct btf *)o);
	default: return NULL;
	}
}

static void set_inode(struct iter *it, const struct image *file, const struct stat *st)
{
	struct image inode = iter_image(it, "inode", 0), sb = iter_image(it, "super_block", 0);

	image_set(&inode, "i_ino", st->st_ino);
	image_set(&inode, "i_mode", st->st_mode);
	image_set(&inode, "i_uid.val", st->st_uid);
	image_set(&inode, "i_gid.val", st->st_gid);
	image_set(&inode, "i_size", (u64)st->st_size);
	image_set(&inode, "i_rdev", major(st->st_rdev) << 20 | minor(st->st_rdev));
	image_set(&sb, "s_dev", major(st->st_dev) << 20 | minor(st->st_dev));
	image_set_ptr(&inode, "i_sb", sb.at);
	image_set_ptr(file, "f_inode", inode.at);
}

static void set_position(const struct image *file, u32 tgid, u32 fd)
{
	unsigned long long pos = 0;
	u32 flags = 0;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%u/fdinfo/%u", tgid, fd);
	f = fopen(path, "re");
	if (f && fscanf(f, "pos: %llu flags: %o", &pos, &flags) == 2) {
		image_set(file, "f_pos", pos);
		image_set(file, "f_flags", flags & ~(u32)O_CLOEXEC);
	}
	if (f)
		fclose(f);
}

/* NULL: it is closed, or there is no memory. */
static void *file_image(struct iter *it, u32 tgid, u32 fd)
{
	struct object *o;
	struct image i;
	struct stat st;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u/fd/%u", tgid, fd);
	if (stat(path, &st) < 0)
		return NULL;
	i = iter_image(it, "file", 0);
	set_inode(it, &i, &st);
	set_position(&i, tgid, fd);
	o = files_find(&it->skep->files, &(struct file_id){ st.st_dev, st.st_ino });
	if (!o)
		return i.at;
	image_set(&i, "f_op", fops_address(o->kind));
	image_set_ptr(&i, "private_data", object_image(it, o));
	object_unref(o);
	return i.at;
}

static bool find_file(struct iter *it, struct tasks *s)
{
	u32 tgid = s->tids.v[s->at].tgid;

	for (; s->fd_at < s->nr_fds; s->fd_at++) {
		void *file = file_image(it, tgid, s->fds[s->fd_at]);

		if (!file)
			continue;
		it->args[2] = s->fds[s->fd_at];
		it->args[3] = (uintptr_t)file;
		return true;
	}
	return false;
}

static int get_file(struct iter *it)
{
	struct tasks *s = it->state;

	TRY(begin(it, !it->choice.tid));
	for (;;) {
		TRY_FOUND(find_task(it));
		if (!s->fds)
			TRY(proc_fds(s->tids.v[s->at].tgid, &s->fds, &s->nr_fds));
		if (find_file(it, s))
			return 1;
		next_task(it);
	}
}

static void next_file(struct iter *it)
{
	((struct tasks *)it->state)->fd_at++;
}

const struct iter_target iter_task_file = { .name = "task_file",
					    .state = sizeof(struct tasks),
					    .nr_args = 4,
					    .get = get_file,
					    .advance = next_file,
					    .done = done };

/* --- task_vma --- */

static void *vma_image(struct iter *it, const struct proc_vma *v)
{
	struct image i = iter_image(it, "vm_area_struct", 0), file;
	struct stat st = { .st_ino = v->ino, .st_dev = makedev(v->dev >> 20, v->dev & 0xfffff) };

	image_set(&i, "vm_start", v->start);
	image_set(&i, "vm_end", v->end);
	image_set(&i, "vm_flags", v->flags);
	image_set(&i, "vm_pgoff", v->offset / 4096);
	if (v->ino) {
		file = iter_image(it, "file", 0);
		set_inode(it, &file, &st);
		image_set_ptr(&i, "vm_file", file.at);
	}
	return i.at;
}

static bool find_vma(struct iter *it, struct tasks *s)
{
	if (!s->has_vma && (!s->maps || !proc_vma(s->maps, &s->vma)))
		return false;
	s->has_vma = true;
	it->args[2] = (uintptr_t)vma_image(it, &s->vma);
	return it->args[2] != 0;
}

static int get_vma(struct iter *it)
{
	struct tasks *s = it->state;
	char path[48];

	TRY(begin(it, !it->choice.tid));
	for (;;) {
		TRY_FOUND(find_task(it));
		snprintf(path, sizeof(path), "/proc/%u/maps", s->tids.v[s->at].tgid);
		if (!s->maps)
			s->maps = fopen(path, "re");
		if (find_vma(it, s))
			return 1;
		next_task(it);
	}
}

static void next_vma(struct iter *it)
{
	((struct tasks *)it->state)->has_vma = false;
}

const struct iter_target iter_task_vma = { .name = "task_vma",
					   .state = sizeof(struct tasks),
					   .nr_args = 3,
					   .get = get_vma,
					   .advance = next_vma,
					   .done = done };
