/* See caller_memory.h, and caller.h for why reads count only if the call is alive afterwards. */
#include "supervise/caller_memory.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>

#include "base/err.h"
#include "supervise/caller.h"

#define PAGE   4096ull
#define BEFORE 256 /* bytes of the window in front of the attributes */

static struct caller *caller_of(struct skep_client *client)
{
	return (struct caller *)client;
}

static bool copy_in(const struct caller *c, void *dst, u64 addr, size_t len)
{
	struct iovec to = { dst, len }, from = { (void *)addr, len };

	return process_vm_readv(caller_tid(c), &to, 1, &from, 1, 0) == (ssize_t)len;
}

static bool window_holds(const struct window *w, u64 addr, size_t len)
{
	return addr >= w->begin && len <= w->len && addr - w->begin <= w->len - len;
}

static bool window_alive(struct caller *c)
{
	if (!c->window->valid)
		c->window->valid = caller_alive(c);
	return c->window->valid;
}

/* Is it there? If it only could have been: the next call's window will reach as far. */
static bool window_get(struct window *w, void *dst, u64 addr, size_t len)
{
	if (window_holds(w, addr, len)) {
		memcpy(dst, w->bytes + (addr - w->begin), len);
		return true;
	}
	if (addr < w->attr && w->attr - addr <= WINDOW_REACH)
		w->before = MAX(w->before, (u32)(w->attr - addr));
	if (addr >= w->attr && addr - w->attr + len <= WINDOW_REACH)
		w->behind = MAX(w->behind, (u32)(addr - w->attr + len));
	return false;
}

/* What lies before and behind may not be there: then the attributes are read alone. */
static void window_read(struct caller *c, u64 attr, size_t len)
{
	struct window *w = c->window;
	struct iovec to, from;
	ssize_t n;

	w->behind = MAX(w->behind, (u32)MIN(len, WINDOW_REACH));
	w->attr = attr;
	w->begin = attr - MIN(attr, w->before);
	to = (struct iovec){ w->bytes, attr - w->begin + w->behind };
	from = (struct iovec){ (void *)w->begin, to.iov_len };
	n = process_vm_readv(caller_tid(c), &to, 1, &from, 1, 0);
	w->len = n < 0 ? 0 : (u32)n;
	w->valid = false;
}

int caller_read(struct skep_client *client, void *dst, u64 addr, size_t len)
{
	struct caller *c = caller_of(client);

	if (window_get(c->window, dst, addr, len))
		return window_alive(c) ? 0 : -EFAULT;
	return copy_in(c, dst, addr, len) && caller_alive(c) ? 0 : -EFAULT;
}

int caller_read_early(struct skep_client *client, void *dst, u64 addr, size_t len)
{
	struct caller *c = caller_of(client);

	window_read(c, addr, len);
	if (window_get(c->window, dst, addr, len))
		return 0;
	c->window->before /= 2; /* perhaps we reached too far */
	return copy_in(c, dst, addr, len) ? 0 : -EFAULT;
}

/* What the window lacks is read in one go. */
int caller_read_pieces(struct skep_client *client, const struct client_piece *v, u32 n)
{
	struct caller *c = caller_of(client);
	struct iovec to[CLIENT_PIECES], from[CLIENT_PIECES];
	size_t len = 0;
	u32 missing = 0;

	for (u32 i = 0; i < n; i++)
		if (v[i].len && !window_get(c->window, v[i].dst, v[i].addr, v[i].len)) {
			to[missing] = (struct iovec){ v[i].dst, v[i].len };
			from[missing++] = (struct iovec){ (void *)v[i].addr, v[i].len };
			len += v[i].len;
		}
	if (!missing)
		return window_alive(c) ? 0 : -EFAULT;
	if (process_vm_readv(caller_tid(c), to, missing, from, missing, 0) != (ssize_t)len)
		return -EFAULT;
	return caller_alive(c) ? 0 : -EFAULT;
}

int caller_write(struct skep_client *client, u64 addr, const void *src, size_t len)
{
	struct caller *c = caller_of(client);
	struct iovec from = { (void *)src, len }, to = { (void *)addr, len };

	c->window->len = 0;
	if (!caller_alive(c))
		return -EFAULT;
	return process_vm_writev(caller_tid(c), &from, 1, &to, 1, 0) == (ssize_t)len ? 0 : -EFAULT;
}
