/* BPF_PROG_TEST_RUN: the client's data and context in, the program type runs it, results out. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "syscall/loader.h"
#include "syscall/sys.h"

#define DATA_MAX                                                                                   \
	(1u << 24) /* more than any type takes: do not copy megabytes just to refuse them */

static int check_attr(const struct attr_test *a)
{
	if (!a->ctx_in != !a->ctx_size_in || !a->ctx_out != !a->ctx_size_out)
		return fail(-EINVAL, "test_run: a context needs a pointer and a size");
	if (a->data_size_in > DATA_MAX || a->ctx_size_in > DATA_MAX)
		return fail(-EINVAL, "test_run: %u bytes are too much",
			    MAX(a->data_size_in, a->ctx_size_in));
	return 0;
}

static int interrupted(void *client)
{
	struct skep_client *c = client;

	return c->ops->interrupted(c);
}

static int get_input(struct call *c, struct skep_test_run *t, void **data, void **ctx)
{
	const struct attr_test *a = &c->attr.test;

	*t = (struct skep_test_run){
		.data_size_in = a->data_size_in,
		.ctx_size_in = a->ctx_size_in,
		.has_data_out = a->data_out != 0,
		.has_ctx_out = a->ctx_out != 0,
		.repeat = a->repeat,
		.flags = a->flags,
		.cpu = a->cpu,
		.batch_size = a->batch_size,
		.retval = a->retval,
		.duration = a->duration,
		.interrupted = c->client->ops->interrupted ? interrupted : NULL,
		.client = c->client,
	};
	/* data_size_in without data_in, and data_in of no bytes: types decide. */
	if (a->data_in && a->data_size_in)
		TRY(client_dup(c->client, a->data_in, a->data_size_in, data));
	if (a->ctx_in)
		TRY(client_dup(c->client, a->ctx_in, a->ctx_size_in, ctx));
	t->data_in = a->data_in && !*data ? "" : *data;
	t->ctx_in = *ctx;
	return 0;
}

/* What fits is copied, the true size is told, and ENOSPC if it did not fit. */
static int put_data(struct call *c, const struct skep_test_run *t)
{
	const struct attr_test *a = &c->attr.test;
	u32 room = a->data_size_out ? a->data_size_out : t->data_size_out; /* 0: no limit */

	if (t->data_out)
		TRY(client_write(c->client, a->data_out, t->data_out, MIN(t->data_size_out, room)));
	TRY(PUT_ATTR(c, test.data_size_out, t->data_size_out));
	return t->data_size_out > room ? -ENOSPC : 0;
}

static int put_ctx(struct call *c, const struct skep_test_run *t)
{
	const struct attr_test *a = &c->attr.test;

	if (!a->ctx_out) /* a syscall program's context is the caller's */
		return client_write(c->client, a->ctx_in, t->ctx_out, t->ctx_size_out);
	TRY(client_write(c->client, a->ctx_out, t->ctx_out, MIN(t->ctx_size_out, a->ctx_size_out)));
	TRY(PUT_ATTR(c, test.ctx_size_out, t->ctx_size_out));
	return t->ctx_size_out > a->ctx_size_out ? -ENOSPC : 0;
}

/* Results that do not fit still are all told; other failures end it. */
static int put_results(struct call *c, const struct skep_test_run *t)
{
	int data = 0, ctx = 0;

	if (t->data_size_out)
		data = put_data(c, t);
	if (data && data != -ENOSPC)
		return data;
	TRY(PUT_ATTR(c, test.retval, t->retval));
	TRY(PUT_ATTR(c, test.duration, t->duration));
	if (t->ctx_out)
		ctx = put_ctx(c, t);
	return ctx ? ctx : data;
}

static int run(struct call *c, struct skep_prog *p)
{
	void *data = NULL, *ctx = NULL;
	struct skep_test_run t;
	int err = get_input(c, &t, &data, &ctx);
	struct loader loader;

	if (!err) {
		loader_init(&loader, c->client, t.ctx_in, t.ctx_in ? t.ctx_size_in : 0);
		t.caller = &loader.caller;
		err = p->type->test_run(p, &t);
		if (!err)
			err = t.error;
		if (!err)
			err = put_results(c, &t);
		free(t.data_out);
		free(t.ctx_out);
	}
	free(data);
	free(ctx);
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
