/* BPF_BTF_LOAD. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "btf/record.h"
#include "syscall/log.h"
#include "syscall/privilege.h"
#include "syscall/sys.h"

#define BTF_SIZE_MAX (16u << 20) /* Linux's limit */

static int parse(struct call *c, struct vlog *log, struct btf **out)
{
	const struct attr_btf_load *a = &c->attr.btf_load;
	struct buf text = { 0 };
	struct btf *kernel;
	void *data;
	int err;

	TRY(client_dup(c->client, a->btf, a->btf_size, &data));
	err = btf_new(data, a->btf_size, log->level ? &text : NULL, out);
	if (!err)
		err = btf_make_records(*out);
	if (!err && (*out)->records && skep_has_vmlinux() && !skep_vmlinux(c->skep, &kernel)) {
		btf_bind_records(*out, kernel);
		btf_unref(kernel); /* the instance keeps it */
	}
	free(data);
	vlog_put(log, buf_str(&text), text.len);
	buf_done(&text);
	return err;
}

static int check_attr(struct call *c)
{
	const struct attr_btf_load *a = &c->attr.btf_load;
	struct object *o;

	if (a->btf_flags & ~ABI_F_TOKEN_FD)
		return fail(-EINVAL, "btf: unknown flags %#x", a->btf_flags);
	if (a->btf_flags & ABI_F_TOKEN_FD) {
		TRY(client_object(c->client, a->btf_token_fd, OBJECT_NONE, NULL, &o));
		object_unref(o);
		return fail(-EINVAL, "btf: the descriptor is no token");
	}
	if (a->btf_size > BTF_SIZE_MAX)
		return fail(-E2BIG, "btf: %u bytes are more than 16 MiB", a->btf_size);
	return 0;
}

long sys_btf_load(struct call *c)
{
	const struct attr_btf_load *a = &c->attr.btf_load;
	struct log_attr la = { a->btf_log_buf, a->btf_log_level, a->btf_log_size,
			       offsetof(union abi_attr, btf_load.btf_log_true_size) };
	struct btf *btf = NULL;
	struct vlog log;
	int err;

	TRY(check_attr(c));
	TRY(need_bpf(c, "BTF: to load it"));
	TRY(log_start(&log, &la));
	err = log_finish(c, &log, &la, parse(c, &log, &btf));
	if (err) {
		btf_unref(btf);
		return err;
	}
	return call_publish(c, &btf->obj, O_RDWR);
}
