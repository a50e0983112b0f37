/* BPF_PROG_TEST_RUN: the client's data and context in, the program type runs it, results out. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "syscall/sys.h"

#define DATA_MAX (1u << 24) /* more than any type takes: do not copy megabytes just to refuse them */

static int check_attr(const struct attr_test *a)
{
	if (!a->ctx_in != !a->ctx_size_in || !a->ctx_out != !a->ctx_size_out)
		return fail(-EINVAL, "test_run: a context needs a pointer and a size");
	if (a->data_size_in > DATA_MAX || a->ctx_size_in > DATA_MAX)
		return fail(-EINVAL, "test_run: %u bytes are too much",
			    MAX(a->data_size_in, a->ctx_size_in));
	return 0;
}

struct buffers {
	void *data_in, *data_out, *ctx_in, *ctx_out;
};

/* Room for results is what the client has, but not without limit: a result is never larger than
 * DATA_MAX, whatever room is announced. */
static u32 room(u32 size)
{
	return MIN(size, DATA_MAX);
}

static int alloc(struct call *c, struct buffers *b, struct skep_test_run *t)
{
	const struct attr_test *a = &c->attr.test;

	/* data_size_in without data_in asks for that much zeroed data: types decide. */
	if (a->data_in)
		TRY(client_dup(c->client, a->data_in, a->data_size_in, &b->data_in));
	if (a->ctx_in)
		TRY(client_dup(c->client, a->ctx_in, a->ctx_size_in, &b->ctx_in));
	if (a->data_out)
		b->data_out = malloc(room(a->data_size_out ?: DATA_MAX));
	if (a->ctx_out)
		b->ctx_out = calloc(1, room(a->ctx_size_out));
	if ((a->data_out && !b->data_out) || (a->ctx_out && !b->ctx_out))
		return -ENOMEM;
	*t = (struct skep_test_run){
		.data_in = b->data_in,
		.data_size_in = a->data_size_in,
		.data_out = b->data_out,
		.data_size_out = a->data_out ? room(a->data_size_out ?: DATA_MAX) : 0,
		.ctx_in = b->ctx_in,
		.ctx_size_in = a->ctx_size_in,
		.ctx_out = b->ctx_out,
		.ctx_size_out = room(a->ctx_size_out),
		.repeat = a->repeat,
		.flags = a->flags,
		.cpu = a->cpu,
		.batch_size = a->batch_size,
	};
	return 0;
}

static void buffers_free(struct buffers *b)
{
	free(b->data_in);
	free(b->data_out);
	free(b->ctx_in);
	free(b->ctx_out);
}

/* What fits is copied, the true size is told, and ENOSPC if it did not fit. */
static int put_data(struct call *c, const struct skep_test_run *t, u32 had_room)
{
	const struct attr_test *a = &c->attr.test;

	if (a->data_out)
		TRY(client_write(c->client, a->data_out, t->data_out,
				 MIN(t->data_size_out, had_room)));
	return PUT_ATTR(c, test.data_size_out, t->data_size_out);
}

static int put_ctx(struct call *c, const struct skep_test_run *t, u32 had_room)
{
	TRY(client_write(c->client, c->attr.test.ctx_out, t->ctx_out,
			 MIN(t->ctx_size_out, had_room)));
	return PUT_ATTR(c, test.ctx_size_out, t->ctx_size_out);
}

static int put_results(struct call *c, const struct skep_test_run *t,
		       const struct skep_test_run *before, int err)
{
	const struct attr_test *a = &c->attr.test;

	if (err && err != -ENOSPC)
		return err;
	if (t->has_data_out) {
		TRY(put_data(c, t, before->data_size_out));
		if (a->data_size_out && t->data_size_out > a->data_size_out)
			err = -ENOSPC;
	}
	TRY(PUT_ATTR(c, test.retval, t->retval));
	TRY(PUT_ATTR(c, test.duration, t->duration));
	if (t->has_ctx_out && a->ctx_out) {
		TRY(put_ctx(c, t, before->ctx_size_out));
		if (t->ctx_size_out > a->ctx_size_out)
			err = -ENOSPC;
	}
	return err;
}

static int run(struct call *c, struct skep_prog *p)
{
	struct buffers b = { 0 };
	struct skep_test_run t, before;
	int err = alloc(c, &b, &t);

	if (!err) {
		before = t;
		err = put_results(c, &t, &before, p->type->test_run(p, &t));
	}
	buffers_free(&b);
	return err;
}

long sys_prog_test_run(struct call *c)
{
	struct skep_prog *p;
	int err;

	TRY(check_attr(&c->attr.test));
	TRY(call_prog(c, c->attr.test.prog_fd, &p));
	err = p->type->test_run ? run(c, p) : -ENOTSUPP;
	prog_unref(p);
	return err;
}
