/* See mmap.h. */
#include "syscall/mmap.h"

#include <errno.h>
#include <sys/mman.h>

#include "abi/abi.h"
#include "base/err.h"
#include "map/arena.h"
#include "syscall/client.h"
#include "syscall/perf_event.h"

#define PAGE 4096ull

/* Arrays: whole pages of the values, if created for it. */
static int check_array(const struct skep_map *m, const struct mmap_request *r)
{
	if (!(m->flags & BPF_F_MMAPABLE))
		return -EINVAL;
	if (r->prot & PROT_EXEC)
		return -EPERM;
	if (r->off + r->len > ALIGN_UP((u64)m->max_entries * m->value_stride, PAGE))
		return -EINVAL;
	return 0;
}

/* Ring buffers: the first page is the consumer's and alone may be written. */
static int check_ringbuf(const struct skep_map *m, const struct mmap_request *r)
{
	if ((r->prot & PROT_WRITE) && (r->off || r->len != PAGE))
		return -EPERM;
	return r->off + r->len > 2 * PAGE + 2ull * m->max_entries ? -EINVAL : 0;
}

/* … of users: the first page is ours, and all but it may be written. */
static int check_user_ringbuf(const struct skep_map *m, const struct mmap_request *r)
{
	if ((r->prot & PROT_WRITE) && !r->off)
		return -EPERM;
	return r->off + r->len > 2 * PAGE + 2ull * m->max_entries ? -EINVAL : 0;
}

static int check_arena(const struct skep_map *m, const struct mmap_request *r)
{
	bool known = arena_len(m);

	if (r->prot & PROT_EXEC)
		return -EPERM;
	if (r->off)
		return -EINVAL;
	/* Where the kernel will put it shows only afterwards. */
	return known || (r->flags & MAP_FIXED) ? arena_may_be_at(m, r->addr, r->len)
					       : arena_may_be_at(m, ARENA_WINDOW, r->len);
}

static int check_map(struct skep_map *m, const struct mmap_request *r)
{
	if (!m->type->user_mmap || m->record)
		return -ENOTSUPP;
	if ((r->flags & MAP_TYPE) == MAP_PRIVATE)
		return -EINVAL;
	if ((r->prot & PROT_WRITE) && atomic_load(&m->frozen))
		return -EPERM;
	if (r->len > UINT32_MAX * 4ull || r->off > UINT32_MAX * 4ull)
		return -EINVAL;
	switch (m->type->type) {
	case BPF_MAP_TYPE_RINGBUF: return check_ringbuf(m, r);
	case BPF_MAP_TYPE_USER_RINGBUF: return check_user_ringbuf(m, r);
	case ABI_MAP_TYPE_ARENA: return check_arena(m, r);
	default: return check_array(m, r);
	}
}

int object_mmap(struct object *o, const struct mmap_request *r)
{
	switch (o->kind) {
	case OBJECT_MAP: return check_map((struct skep_map *)o, r);
	case OBJECT_PERF: return perf_event_map((struct perf_event *)o, r->len, r->off);
	default: return -ENODEV;
	}
}

u64 object_mmap_addr(struct object *o, const struct mmap_request *r)
{
	const struct skep_map *m = (const struct skep_map *)o;
	u64 room = r->len + ARENA_WINDOW, addr;
	void *p;

	if (o->kind != OBJECT_MAP || !arena_of_map(m) || arena_len(m) || (r->flags & MAP_FIXED))
		return 0;
	p = mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return 0;
	addr = (u64)(uintptr_t)p;
	if (addr >> 32 != (addr + r->len - 1) >> 32)
		addr = ALIGN_UP(addr, ARENA_WINDOW);
	if (addr > (u64)(uintptr_t)p)
		munmap(p, addr - (u64)(uintptr_t)p);
	munmap((void *)(uintptr_t)(addr + r->len), (u64)(uintptr_t)p + room - addr - r->len);
	return addr;
}

void arena_ask_client(struct skep_client *c, struct skep_map *m)
{
	struct arena *a = arena_of_map(m);
	struct file_id file = { m->obj.dev, m->obj.ino };
	u64 addr, len;

	if (a && !arena_len(m) && !c->ops->mapping(c, &file, (uintptr_t)a->window, &addr, &len) &&
	    arena_set_user(m, addr, len))
		fail(-EINVAL, "arena: mapped where it cannot be"); /* the verifier will say so */
}

int object_eventfd(struct object *o)
{
	struct skep_map *m = (struct skep_map *)o;

	if (o->kind == OBJECT_PERF)
		return perf_event_eventfd((struct perf_event *)o);
	if (o->kind == OBJECT_MAP && m->type->eventfd)
		return m->type->eventfd(m);
	return -1;
}
