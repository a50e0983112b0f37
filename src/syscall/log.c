/* See log.h. */
#include "syscall/log.h"

#define LOG_LEVELS (VLOG_LEVEL1 | VLOG_LEVEL2 | VLOG_STATS | VLOG_FIXED)

int log_start(struct vlog *l, const struct log_attr *a)
{
	if (!a->buf != !a->size)
		return fail(-EINVAL, "log: a buffer needs a size, a size a buffer");
	if (a->buf && !a->level)
		return fail(-EINVAL, "log: a buffer makes no sense at level 0");
	if (a->level & ~(u32)LOG_LEVELS)
		return fail(-EINVAL, "log: there is no level %u", a->level);
	if (a->size > UINT32_MAX >> 2)
		return fail(-EINVAL, "log: a size of %u is too much", a->size);
	vlog_init(l, a->level, a->size ? a->size - 1 : 0); /* the last byte is for NUL */
	return 0;
}

static int copy_text(struct call *c, struct vlog *l, const struct log_attr *a)
{
	u64 len;
	const char *text = vlog_text(l, &len);

	if (l->failed)
		return -ENOMEM;
	if (len >= a->size) { /* whatever the log keeps: never beyond the client's buffer */
		text += len - (a->size - 1);
		len = a->size - 1;
	}
	return client_write(c->client, a->buf, text, len + 1);
}

/* Clients of older kernels pass an attr that ends before the field: it is not written then. */
static int put_true_size(struct call *c, const struct log_attr *a, u32 size)
{
	if (c->size < a->true_size_off + sizeof(size))
		return 0;
	return client_write(c->client, c->uattr + a->true_size_off, &size, sizeof(size));
}

int log_finish(struct call *c, struct vlog *l, const struct log_attr *a, int err)
{
	u64 need = l->level && l->total ? l->peak + 1 : 0;
	int log_err = 0;

	if (a->buf)
		log_err = copy_text(c, l, a);
	if (!log_err && a->buf && need > a->size)
		log_err = -ENOSPC;
	vlog_done(l);
	return put_true_size(c, a, (u32)need) ?: log_err ?: err;
}
