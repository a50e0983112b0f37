/* Sessions: what a reader gets and when the program runs. See iter.h.
 *
 * As on Linux, a read runs the program until it has as much as was asked for. An object whose text does not fit behind the
 * others' is shown again by the next read; one that does not fit into the empty buffer is an error. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "exec/prog.h"
#include "iter/iter.h"
#include "map/map.h"

#define BUFFER	    (8 * 4096u) /* bytes: Linux's */
#define MAX_OBJECTS 1000000	/* that one read goes over: it must end */

struct kept_image {
	struct kept_image *next;
	struct image image;
};

static struct image keep(struct iter *it, const struct image *i)
{
	struct kept_image *k = malloc(sizeof(*k));

	if (!k) {
		struct image gone = *i;

		image_free(it->skep->rt.images, &gone);
		return gone;
	}
	k->image = *i;
	k->next = it->images;
	it->images = k;
	return *i;
}

struct image iter_image(struct iter *it, const char *type, u32 extra)
{
	struct image i;

	if (image_new(it->skep->rt.images, it->btf, type, extra, &i) < 0)
		return (struct image){ .btf = it->btf };
	return keep(it, &i);
}

void *iter_memory(struct iter *it, u32 size)
{
	struct image i;

	return image_new_raw(it->skep->rt.images, size, &i) < 0 ? NULL : keep(it, &i).at;
}

static void iter_free(struct object *o)
{
	struct iter *it = (struct iter *)o;
	struct kept_image *k, *next;

	if (it->target->done && it->state)
		it->target->done(it);
	for (k = it->images; k; k = next) {
		next = k->next;
		image_free(it->skep->rt.images, &k->image);
		free(k);
	}
	atomic_fetch_sub(&it->skep->iters, 1);
	prog_unref(it->prog);
	map_unref(it->choice.map);
	pthread_mutex_destroy(&it->lock);
	free(it->seq.buf);
	free(it->state);
	free(it);
}

static int make_images(struct iter *it)
{
	static _Atomic u64 sessions; /* numbers only: no two sessions of a process are the same */

	it->meta = iter_image(it, "bpf_iter_meta", 0);
	it->file = iter_image(it, "seq_file", 0);
	if (!it->meta.at || !it->file.at)
		return -ENOMEM;
	image_set_ptr(&it->meta, "seq", it->file.at);
	image_set(&it->meta, "session_id", atomic_fetch_add(&sessions, 1) + 1);
	it->seq.file = it->file.at;
	return 0;
}

int iter_new(struct skep *s, const struct iter_target *t, struct skep_prog *prog,
	     const struct iter_choice *choice, struct iter **out)
{
	const struct btf *btf;
	struct iter *it;
	int err;

	TRY(s->rt.kernel_btf(&s->rt, &btf));
	it = calloc(1, sizeof(*it));
	if (!it)
		return -ENOMEM;
	object_init(&it->obj, OBJECT_ITER, iter_free);
	object_adopt(s, &it->obj);
	pthread_mutex_init(&it->lock, NULL);
	it->skep = s;
	atomic_fetch_add(&s->iters, 1);
	it->target = t;
	it->btf = btf;
	it->choice = *choice;
	it->prog = prog;
	prog_ref(prog);
	if (choice->map)
		map_ref(choice->map);
	it->state = calloc(1, t->state + 1);
	it->seq.buf = malloc(BUFFER);
	it->seq.size = BUFFER;
	err = it->state && it->seq.buf ? make_images(it) : -ENOMEM;
	if (err) {
		object_unref(&it->obj);
		return err;
	}
	*out = it;
	return 0;
}

/* --- running the program --- */

static u64 call_program(struct iter *it, struct skep_run *run, u64 seq_num)
{
	u64 ret;

	it->args[0] = (uintptr_t)it->meta.at;
	image_set(&it->meta, "seq_num", seq_num);
	image_set(&it->file, "count", it->seq.count);
	run->seq = &it->seq;
	ret = prog_run(it->prog, it->args, run);
	run->seq = NULL;
	return ret;
}

/* The object that get() found: 0, 1: it is not there any more, -EAGAIN: the program wants it again, -E2BIG. */
static int show(struct iter *it)
{
	struct skep_run *run = run_enter(&it->skep->rt);
	bool there = !it->target->look || it->target->look(it, run);
	u64 ret = there ? call_program(it, run, it->shown) : 0;

	run_leave(run);
	if (!there)
		return 1;
	if (ret)
		return -EAGAIN;
	return seq_full(&it->seq) ? -E2BIG : 0;
}

/* The program is called a last time, without an object but with the number of the last one. */
static int show_end(struct iter *it)
{
	struct skep_run *run;

	if (it->ended)
		return 0;
	run = run_enter(&it->skep->rt);
	call_program(it, run, it->shown ? it->shown - 1 : 0);
	run_leave(run);
	if (seq_full(&it->seq))
		return -E2BIG;
	it->ended = true;
	return 0;
}

static int find(struct iter *it)
{
	memset(it->args, 0, sizeof(it->args));
	return it->target->get(it);
}

/* Behind the last object: 0, or an error, after which nothing was written. */
static int finish(struct iter *it)
{
	u32 before = it->seq.count;
	int err = show_end(it);

	if (err)
		it->seq.count = before;
	return err;
}

/* One more object. 1: go on, 0: there are no more. After an error nothing was written. */
static int step(struct iter *it)
{
	u32 before = it->seq.count;
	int found = find(it), err;

	if (found <= 0)
		return found ?: finish(it);
	err = show(it);
	if (it->target->put)
		it->target->put(it);
	if (err < 0) {
		it->seq.count = before;
		return err;
	}
	it->target->advance(it);
	it->shown += !err;
	return 1;
}

/* Enough was written; if that was the last object, Linux makes the last call now, too. */
static void look_for_end(struct iter *it)
{
	int found = find(it);

	if (found > 0 && it->target->put)
		it->target->put(it);
	if (!found)
		finish(it); /* an error the next read meets again */
}

/* An error only if there is nothing to read: else the next read meets it again. */
static int fill(struct iter *it, size_t want)
{
	int more = 1;

	it->seq.count = it->from = 0;
	for (u32 n = 0; more > 0 && it->seq.count < want; n++)
		more = n < MAX_OBJECTS ? step(it) : -EAGAIN;
	if (more > 0)
		look_for_end(it);
	return it->seq.count ? 0 : MIN(more, 0);
}

s64 iter_read(struct iter *it, void *buf, size_t size)
{
	int err = 0;
	size_t n;

	if (!size)
		return 0;
	pthread_mutex_lock(&it->lock);
	if (it->from == it->seq.count)
		err = fill(it, size);
	n = MIN(size, (size_t)(it->seq.count - it->from));
	memcpy(buf, it->seq.buf + it->from, n);
	it->from += (u32)n;
	pthread_mutex_unlock(&it->lock);
	return err ?: (s64)n;
}

#define DRAIN_MAX (256u << 20) /* what a client may make us write at once */

int iter_drain(struct iter *it, int fd)
{
	size_t total = 0;
	char *buf;
	s64 n = 1;

	if (atomic_load(&it->drained))
		return 0;
	buf = malloc(BUFFER);
	if (!buf)
		return -ENOMEM;
	while (n > 0 && total < DRAIN_MAX && (n = iter_read(it, buf, BUFFER)) > 0) {
		if (write(fd, buf, (size_t)n) != n)
			n = -EIO;
		total += (size_t)MAX(n, 0);
	}
	free(buf);
	atomic_store(&it->drained, true);
	return 0;
}
