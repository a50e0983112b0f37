/* The members of struct task_struct and struct cred that we know of a task: what every image of one has, whoever makes it. */
#ifndef SKEP_BTF_TASK_FIELDS_H
#define SKEP_BTF_TASK_FIELDS_H

#include "base/proc_task.h"
#include "btf/image.h"

void task_fields_set(const struct image *task, const struct proc_tid *t, const struct proc_task *p);
/* Fills cred and makes it the task's. */
void task_fields_set_cred(const struct image *task, const struct image *cred,
			  const struct proc_task *p);

#endif
