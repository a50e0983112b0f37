/* Tasks as programs see them: images (btf/image.h) of struct task_struct with what user space knows of a task: its
 * ids, name, user, CPUs, parent and thread group, when it started. All else is 0, so chains of pointers end soon.
 *
 * A task has one image as long as a run is the task's or a program holds a reference, so pointers to a task are
 * equal. Invariant: an address is only looked for among those images, never followed; programs may pass any. */
#ifndef SKEP_HELPER_TASK_IMAGE_H
#define SKEP_HELPER_TASK_IMAGE_H

#include "exec/run.h"

/* The run's current task. NULL: the host tells no type information, or no memory. */
void *task_image_current(struct skep_run *run);
/* One more reference to the task with that image; false: there is none at that address. */
bool task_image_ref(struct runtime *rt, const void *task);
void task_image_unref(struct runtime *rt, const void *task);
/* A reference to the task with that thread id; NULL: no image is known of one, or no such process. */
void *task_image_find(struct skep_run *run, u32 pid);
void task_images_free(struct runtime *rt);

#endif
