/* The host kernel's own type information, object VMLINUX_BTF_ID of every instance. Taken when first asked for: indexing
 * megabytes costs milliseconds that most runs can do without. */
#include <unistd.h>

#include "base/err.h"
#include "btf/btf.h"
#include "object/instance.h"

#define VMLINUX_PATH "/sys/kernel/btf/vmlinux"

bool skep_has_vmlinux(void)
{
	return !access(VMLINUX_PATH, R_OK);
}

static int load(struct skep *s, struct btf **out)
{
	int err;

	TRY(btf_new_kernel(VMLINUX_PATH, out));
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
