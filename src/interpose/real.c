/* See real.h. The state here is the process's, as the functions that we define are. */
#include "interpose/real.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>

#include "skep/libbpf.h"
#include "syscall/fd_cache.h"

static struct skep_client *_Atomic process_client;
static _Thread_local struct skep_client *thread_client;

/* From now on we see which descriptors are closed. */
static void watch_descriptors(struct skep_client *c)
{
	if (c && !c->fds)
		c->fds = fd_cache_new();
}

void skep_libbpf_use(struct skep_client *c)
{
	watch_descriptors(c);
	atomic_store(&process_client, c);
	epoll_forget(c ? c->skep : NULL);
}

void skep_libbpf_use_thread(struct skep_client *c)
{
	watch_descriptors(c);
	thread_client = c;
}

struct skep_client *interposed_client(void)
{
	return thread_client ?: atomic_load(&process_client);
}

void *real_function(void *_Atomic *slot, const char *name)
{
	void *fn = atomic_load_explicit(slot, memory_order_relaxed);

	if (!fn) {
		fn = dlsym(RTLD_NEXT, name);
		atomic_store_explicit(slot, fn, memory_order_relaxed);
	}
	return fn;
}

struct object *interposed_object(int fd, enum object_kind kind)
{
	struct skep_client *c = interposed_client();
	struct object *o;

	if (!c || fd < 0 || client_object(c, fd, kind, NULL, &o) < 0)
		return NULL;
	return o;
}

long set_errno(long ret)
{
	if (ret >= 0)
		return ret;
	errno = (int)-ret;
	return -1;
}
