/* See task_image.h. */
#include "helper/task_image.h"

#include <stdlib.h>
#include <string.h>

#include "btf/task_fields.h"

struct task_entry {
	struct task_entry *next;
	struct task_info info;
	struct proc_task seen; /* when the image was made */
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

static void set_cpus(const struct runtime *rt, const struct image *task)
{
	u32 size;
	u8 *bits = image_member(task, "cpus_mask", &size);

	for (u32 cpu = 0; bits && cpu < rt->nr_cpus && cpu / 8 < size; cpu++)
		bits[cpu / 8] |= (u8)(1u << cpu % 8);
	image_set_ptr(task, "cpus_ptr", bits);
	image_set(task, "nr_cpus_allowed", rt->nr_cpus);
}

/* What the run says of it goes before what /proc does, which may not know it. */
static void set_identity(struct task_entry *e, const struct task_info *t)
{
	struct proc_task *p = &e->seen;

	e->info = *t;
	memcpy(p->comm, t->comm, sizeof(p->comm));
	for (u32 n = 0; n < NR_PROC_IDS; n++) {
		p->uid[n] = t->uid;
		p->gid[n] = t->gid;
	}
	task_fields_set(&e->task, &(struct proc_tid){ t->pid, t->tgid }, p);
	task_fields_set_cred(&e->task, &e->cred, p);
}

static void set_parent(struct task_entry *e, u32 ppid)
{
	struct proc_tid id = { ppid, ppid };
	struct proc_task p;

	if (proc_task(&id, &p) < 0)
		memset(&p, 0, sizeof(p));
	task_fields_set(&e->parent, &id, &p);
	image_set_ptr(&e->parent, "group_leader", e->parent.at);
	image_set_ptr(&e->task, "real_parent", e->parent.at);
	image_set_ptr(&e->task, "parent", e->parent.at);
}

static void fill(struct runtime *rt, struct task_entry *e, const struct task_info *t)
{
	if (proc_task(&(struct proc_tid){ t->pid, t->tgid }, &e->seen) < 0)
		e->seen.state = 'R';
	set_identity(e, t);
	set_parent(e, e->seen.ppid);
	set_cpus(rt, &e->task);
	image_set(&e->task, "usage.refs.counter", 1);
	image_set(&e->task, "rcu_users.refs.counter", 1);
	image_set_ptr(&e->task, "group_leader", t->pid == t->tgid ? e->task.at : NULL);
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
		set_identity(e, &run->task);
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
