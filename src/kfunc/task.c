/* References to tasks (helper/task_image.h). Tasks that are not known here are not found. */
#include "helper/task_image.h"
#include "kfunc/fns.h"

KFUNC_FN(kfunc_task_acquire)
{
	return task_image_ref(run->rt, (const void *)(uintptr_t)r1) ? r1 : 0;
}

KFUNC_FN(kfunc_task_release)
{
	task_image_unref(run->rt, (const void *)(uintptr_t)r1);
	return 0;
}

KFUNC_FN(kfunc_task_from_pid)
{
	return (uintptr_t)task_image_find(run, (u32)r1);
}
