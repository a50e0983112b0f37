/* See task_image.h. */
#include "helper/task_image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "btf/image.h"

struct task_entry {
	struct task_entry *next;
	struct task_info info;
	struct image task, cred, parent;
	u32 refs; /* runs that it is current in, and programs' */
};

static struct task_entry *find(const struct runtime *rt, const void *task)
{
	struct task_entry *e = rt->tasks;

	while (e && e->task.at != task)
		e = e->next;
	return e;
}

static struct task_entry *find_pid(const struct runtime *rt, u32 pid)
{
	struct task_entry *e = rt->tasks;

	while (e && (e->info.pid != pid || !e->refs))
		e = e->next;
	return e;
}

/* Parent and start of a process, as far as the system tells. */
static void read_stat(u32 pid, u32 *ppid, u64 *start_ns)
{
	char path[32], line[512];
	unsigned long long ticks;
	const char *p;
	size_t n;
	FILE *f;

	*ppid = 0;
	*start_ns = 0;
	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	f = fopen(path, "re");
	n = f ? fread(line, 1, sizeof(line) - 1, f) : 0;
	if (f)
		fclose(f);
	line[n] = '\0';
	p = strrchr(line, ')'); /* the name before it may hold anything */
	if (!p || sscanf(p + 1,
			 " %*c %u %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d "
			 "%*d %llu",
			 ppid, &ticks) != 2)
		return;
	*start_ns = ticks * (1000000000ull / (u64)sysconf(_SC_CLK_TCK));
}

static void read_comm(u32 pid, char comm[16])
{
	char path[32];
	FILE *f;

	memset(comm, 0, 16);
	snprintf(path, sizeof(path), "/proc/%u/comm", pid);
	f = fopen(path, "re");
	if (f && fgets(comm, 16, f))
		comm[strcspn(comm, "\n")] = '\0';
	if (f)
		fclose(f);
}

/* The ids in one of struct cred's members, which are structures of their own. */
static void set_ids(const struct image *cred, u32 uid, u32 gid)
{
	static const char *const uids[] = { "uid", "suid", "euid", "fsuid" }, *const gids[] = {
		"gid", "sgid", "egid", "fsgid"
	};
	char path[16];

	for (u32 n = 0; n < ARRAY_SIZE(uids); n++) {
		snprintf(path, sizeof(path), "%s.val", uids[n]);
		image_set(cred, path, uid);
		snprintf(path, sizeof(path), "%s.val", gids[n]);
		image_set(cred, path, gid);
	}
}

static void set_cpus(const struct runtime *rt, const struct image *task)
{
	u32 size;
	u8 *bits = image_member(task, "cpus_mask", &size);

	for (u32 cpu = 0; bits && cpu < rt->nr_cpus && cpu / 8 < size; cpu++)
		bits[cpu / 8] |= (u8)(1u << cpu % 8);
	image_set_ptr(task, "cpus_ptr", bits);
	image_set(task, "nr_cpus_allowed", rt->nr_cpus);
}

/* What may change while it runs. */
static void refresh(struct task_entry *e, const struct task_info *t)
{
	e->info = *t;
	image_set_text(&e->task, "comm", t->comm);
	set_ids(&e->cred, t->uid, t->gid);
}

static void fill(struct runtime *rt, struct task_entry *e, const struct task_info *t)
{
	char comm[16];
	u64 start;
	u32 ppid;

	image_set(&e->task, "pid", t->pid);
	image_set(&e->task, "tgid", t->tgid);
	image_set(&e->task, "usage.refs.counter", 1);
	image_set(&e->task, "rcu_users.refs.counter", 1);
	image_set_ptr(&e->task, "cred", e->cred.at);
	image_set_ptr(&e->task, "real_cred", e->cred.at);
	image_set_ptr(&e->task, "group_leader", t->pid == t->tgid ? e->task.at : NULL);
	image_set_ptr(&e->task, "real_parent", e->parent.at);
	image_set_ptr(&e->task, "parent", e->parent.at);
	set_cpus(rt, &e->task);
	read_stat(t->tgid, &ppid, &start);
	image_set(&e->task, "start_time", start);
	image_set(&e->task, "start_boottime", start);
	image_set(&e->parent, "pid", ppid);
	image_set(&e->parent, "tgid", ppid);
	image_set_ptr(&e->parent, "group_leader", e->parent.at);
	read_comm(ppid, comm);
	image_set_text(&e->parent, "comm", comm);
	refresh(e, t);
}

static void free_images(struct runtime *rt, struct task_entry *e)
{
	image_free(rt->images, &e->task);
	image_free(rt->images, &e->cred);
	image_free(rt->images, &e->parent);
}

/* An entry for that task; one that nobody uses any more is used again. */
static struct task_entry *make(struct runtime *rt, const struct task_info *t)
{
	struct task_entry *e = rt->tasks;
	const struct btf *b;

	if (!rt->kernel_btf || rt->kernel_btf(rt, &b))
		return NULL;
	while (e && e->refs)
		e = e->next;
	if (e) {
		free_images(rt, e);
	} else {
		e = calloc(1, sizeof(*e));
		if (!e)
			return NULL;
		e->next = rt->tasks;
		rt->tasks = e;
	}
	if (image_new(rt->images, b, "task_struct", 0, &e->task) ||
	    image_new(rt->images, b, "cred", 0, &e->cred) ||
	    image_new(rt->images, b, "task_struct", 0, &e->parent)) {
		free_images(rt, e);
		return NULL;
	}
	fill(rt, e, t);
	return e;
}

void *task_image_current(struct skep_run *run)
{
	struct runtime *rt = run->rt;
	struct task_entry *e = run->task_entry;

	if (e && !memcmp(&e->info, &run->task, sizeof(run->task)))
		return e->task.at;
	pthread_mutex_lock(&rt->tasks_lock);
	if (e)
		e->refs--;
	e = find_pid(rt, run->task.pid);
	if (e && e->info.tgid == run->task.tgid)
		refresh(e, &run->task);
	else
		e = make(rt, &run->task);
	if (e)
		e->refs++;
	run->task_entry = e;
	pthread_mutex_unlock(&rt->tasks_lock);
	return e ? e->task.at : NULL;
}

bool task_image_ref(struct runtime *rt, const void *task)
{
	struct task_entry *e;
	bool found;

	pthread_mutex_lock(&rt->tasks_lock);
	e = task ? find(rt, task) : NULL;
	found = e && e->refs;
	if (found)
		e->refs++;
	pthread_mutex_unlock(&rt->tasks_lock);
	return found;
}

/* What is given back was acquired, says the verifier; but one reference in a map may be freed with the map. */
void task_image_unref(struct runtime *rt, const void *task)
{
	struct task_entry *e;

	pthread_mutex_lock(&rt->tasks_lock);
	e = task ? find(rt, task) : NULL;
	if (e && e->refs)
		e->refs--;
	pthread_mutex_unlock(&rt->tasks_lock);
}

void *task_image_find(struct skep_run *run, u32 pid)
{
	struct runtime *rt = run->rt;
	struct task_entry *e;
	void *at = NULL;

	task_image_current(run); /* it is known then */
	pthread_mutex_lock(&rt->tasks_lock);
	e = find_pid(rt, pid);
	if (e) {
		e->refs++;
		at = e->task.at;
	}
	pthread_mutex_unlock(&rt->tasks_lock);
	return at;
}

void task_images_free(struct runtime *rt)
{
	while (rt->tasks) {
		struct task_entry *e = rt->tasks;

		rt->tasks = e->next;
		free_images(rt, e);
		free(e);
	}
}
