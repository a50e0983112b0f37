/* See arena.h. The pages are a memfd's: clients map the file, programs see it through the window. A page is there if the
 * file has it, whoever made it: bpf_arena_alloc_pages(), or a client by touching it. Freeing punches a hole, for all.
 *
 * Invariants: `lock` guards what is free and all changes of present[]. The free ranges are disjoint and never adjacent; a page that
 * is in none is allocated, reserved or touched. present[] is set only where the window has the file mapped. */
#include "map/arena.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "abi/abi.h"

#define REGION (2 * ARENA_GUARD_MAP + ARENA_NR_PAGES + 2 * ARENA_GUARD + ARENA_WINDOW)

struct free_range { /* in pages of the arena */
	u32 start, len;
};

struct arena_map {
	struct arena a; /* first */
	u8 *region;	/* page map, guard, window, guard */
	u64 len;	/* of the user's addresses; 0 as long as user_start */
	int fd;
	pthread_mutex_t lock;
	struct free_range *free; /* the most recently made last */
	u32 nr_free, cap_free;
};

static struct arena_map *arena_of(const struct skep_map *m)
{
	return m->priv;
}

/* The window's page of the arena's page n. */
static u32 window_page(const struct arena_map *am, u32 n)
{
	return ((u32)am->a.user_start / ARENA_PAGE + n) % ARENA_NR_PAGES;
}

/* --- what is free: the smallest range that suffices, of those the most recently made, as in Linux --- */

static void drop_range(struct arena_map *am, u32 n)
{
	memmove(&am->free[n], &am->free[n + 1], (--am->nr_free - n) * sizeof(*am->free));
}

static int add_range(struct arena_map *am, u32 start, u32 len)
{
	if (!len)
		return 0;
	if (am->nr_free == am->cap_free) {
		u32 cap = MAX(2 * am->cap_free, 16u);
		struct free_range *r = realloc(am->free, cap * sizeof(*r));

		if (!r)
			return -ENOMEM;
		am->free = r;
		am->cap_free = cap;
	}
	am->free[am->nr_free++] = (struct free_range){ start, len };
	return 0;
}

static bool overlaps(const struct free_range *r, u32 start, u32 len)
{
	return r->start < start + len && start < r->start + r->len;
}

/* [start, start + len) is no longer free. */
static int take(struct arena_map *am, u32 start, u32 len)
{
	for (u32 n = am->nr_free; n-- > 0;) {
		struct free_range r = am->free[n];

		if (!overlaps(&r, start, len))
			continue;
		drop_range(am, n);
		if (r.start < start)
			TRY(add_range(am, r.start, start - r.start));
		if (r.start + r.len > start + len)
			TRY(add_range(am, start + len, r.start + r.len - start - len));
	}
	return 0;
}

static int give(struct arena_map *am, u32 start, u32 len)
{
	TRY(take(am, start, len));
	for (u32 n = am->nr_free; n-- > 0;) {
		struct free_range r = am->free[n];

		if (r.start + r.len != start && start + len != r.start)
			continue;
		start = MIN(start, r.start);
		len += r.len;
		drop_range(am, n);
	}
	return add_range(am, start, len);
}

static bool is_free(const struct arena_map *am, u32 start, u32 len)
{
	for (u32 n = 0; n < am->nr_free; n++)
		if (am->free[n].start <= start &&
		    start + len <= am->free[n].start + am->free[n].len)
			return true;
	return false;
}

static bool best_range(const struct arena_map *am, u32 len, u32 *start)
{
	const struct free_range *best = NULL;

	for (u32 n = 0; n < am->nr_free; n++)
		if (am->free[n].len >= len && (!best || am->free[n].len <= best->len))
			best = &am->free[n];
	if (best)
		*start = best->start;
	return best;
}

/* --- pages --- */

static void mark(struct arena_map *am, u32 start, u32 len, u8 present)
{
	for (u32 n = start; n < start + len; n++)
		__atomic_store_n(arena_present(&am->a, window_page(am, n)), present,
				 __ATOMIC_RELEASE);
}

/* The first page from start on that the file has, but before end; else end. */
static u32 first_page(const struct arena_map *am, u32 start, u32 end)
{
	off_t at = lseek(am->fd, (off_t)start * ARENA_PAGE, SEEK_DATA);

	return at < 0 || at / ARENA_PAGE >= end ? end : (u32)(at / ARENA_PAGE);
}

/* guarded_access() found a page marked absent. */
static bool find_page(struct arena *a, u32 page)
{
	struct arena_map *am = (struct arena_map *)a;
	u32 n = (page - (u32)a->user_start / ARENA_PAGE) % ARENA_NR_PAGES;
	bool found;

	if (!am->len || n >= am->len / ARENA_PAGE)
		return false;
	pthread_mutex_lock(&am->lock);
	found = *arena_present(a, page);
	if (!found && first_page(am, n, n + 1) == n && !take(am, n, 1)) {
		mark(am, n, 1, 1);
		found = true;
	}
	pthread_mutex_unlock(&am->lock);
	return found;
}

/* Pages that a client has touched are not ours to give away. True if there are none in the range. */
static bool untouched(struct arena_map *am, u32 start, u32 len)
{
	u32 n = first_page(am, start, start + len);

	if (n == start + len)
		return true;
	if (!take(am, n, 1))
		mark(am, n, 1, 1);
	return false;
}

static int populate(struct arena_map *am, u32 start, u32 len)
{
	TRY(take(am, start, len));
	if (fallocate(am->fd, 0, (off_t)start * ARENA_PAGE, (off_t)len * ARENA_PAGE) < 0) {
		give(am, start, len);
		return -ENOMEM;
	}
	mark(am, start, len, 1);
	return 0;
}

static void discard(struct arena_map *am, u32 start, u32 len)
{
	mark(am, start, len, 0);
	/* A frozen map's file refuses: then the pages stay, and are found again as if a client had touched them. */
	if (fallocate(am->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)start * ARENA_PAGE,
		      (off_t)len * ARENA_PAGE) < 0)
		for (u32 n = first_page(am, start, start + len); n < start + len;
		     n = first_page(am, n + 1, start + len))
			memset(am->a.window + (u64)window_page(am, n) * ARENA_PAGE, 0, ARENA_PAGE);
	give(am, start, len);
}

/* --- what programs call: addresses count by their lower half --- */

static u64 page_addr(const struct arena_map *am, u32 n)
{
	return am->a.user_start + (u64)n * ARENA_PAGE;
}

/* The page at an address, and how many there are from there on; false if it lies outside. */
static bool locate(const struct arena_map *am, u64 addr, u32 *page, u32 *left)
{
	u32 off = (u32)addr - (u32)am->a.user_start;

	if ((!am->a.wraps && (u32)addr < (u32)am->a.user_start) || off >= am->len)
		return false;
	*page = off / ARENA_PAGE;
	*left = (u32)(am->len / ARENA_PAGE) - *page;
	return true;
}

static u64 alloc_at(struct arena_map *am, u64 addr, u32 pages)
{
	u32 start, left;

	if (addr % ARENA_PAGE || !locate(am, addr, &start, &left) || pages > left)
		return 0;
	while (is_free(am, start, pages))
		if (untouched(am, start, pages))
			return populate(am, start, pages) ? 0 : page_addr(am, start);
	return 0;
}

static u64 alloc_anywhere(struct arena_map *am, u32 pages)
{
	u32 start;

	while (best_range(am, pages, &start))
		if (untouched(am, start, pages))
			return populate(am, start, pages) ? 0 : page_addr(am, start);
	return 0;
}

u64 arena_alloc(struct skep_map *m, u64 addr, u32 pages, s32 node, u64 flags)
{
	struct arena_map *am = arena_of(m);
	u64 at;

	if (flags || !pages || (node && node != -1) || pages > arena_len(m) / ARENA_PAGE)
		return 0;
	pthread_mutex_lock(&am->lock);
	at = addr ? alloc_at(am, addr, pages) : alloc_anywhere(am, pages);
	pthread_mutex_unlock(&am->lock);
	return at;
}

void arena_free(struct skep_map *m, u64 addr, u32 pages)
{
	struct arena_map *am = arena_of(m);
	u32 start, left;

	pthread_mutex_lock(&am->lock);
	if (pages && locate(am, addr, &start, &left))
		discard(am, start, MIN(pages, left));
	pthread_mutex_unlock(&am->lock);
}

int arena_reserve(struct skep_map *m, u64 addr, u32 pages)
{
	struct arena_map *am = arena_of(m);
	u32 start, left;
	int err = 0;

	if (!pages)
		return 0;
	pthread_mutex_lock(&am->lock);
	if (!locate(am, addr, &start, &left) || pages > left)
		err = -EINVAL;
	else if (!is_free(am, start, pages) || !untouched(am, start, pages))
		err = -EBUSY;
	else
		err = take(am, start, pages);
	pthread_mutex_unlock(&am->lock);
	return err;
}

/* --- where clients have it --- */

struct arena *arena_of_map(const struct skep_map *m)
{
	return m->type->type == ABI_MAP_TYPE_ARENA && m->priv ? &arena_of(m)->a : NULL;
}

u64 arena_len(const struct skep_map *m)
{
	return __atomic_load_n(&arena_of(m)->len, __ATOMIC_ACQUIRE);
}

static bool crosses(u64 addr, u64 len)
{
	return addr >> 32 != (addr + len - 1) >> 32;
}

int arena_may_be_at(const struct skep_map *m, u64 addr, u64 len)
{
	u64 known = arena_len(m);

	if (len > (known ?: ARENA_WINDOW))
		return -E2BIG;
	if (!len || addr % ARENA_PAGE)
		return -EINVAL;
	if (known)
		return addr == arena_of(m)->a.user_start && len == known ? 0 : -EINVAL;
	return crosses(addr, len) ? -EINVAL : 0;
}

/* Not mmap(): where clients' calls are intercepted in this process, this is none. */
static int map_pages(struct arena_map *am, u64 at, u64 len, u64 from)
{
	if (len && syscall(SYS_mmap, am->a.window + at, len, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_FIXED, am->fd, from) < 0)
		return -ENOMEM;
	return 0;
}

/* Linux chooses addresses that cross no boundary of 4 GiB. Where the kernel has chosen one for a client that we could
 * not influence, it may. */
static int set_user(struct arena_map *am, u64 addr, u64 len)
{
	u64 first = MIN(len, ARENA_WINDOW - (u32)addr);

	if (!len || len > ARENA_WINDOW || addr % ARENA_PAGE || len % ARENA_PAGE)
		return -EINVAL;
	TRY(map_pages(am, (u32)addr, first, 0));
	TRY(map_pages(am, 0, len - first, first));
	TRY(add_range(am, 0, (u32)(len / ARENA_PAGE)));
	am->a.user_start = addr;
	am->a.wraps = first < len;
	__atomic_store_n(&am->len, len, __ATOMIC_RELEASE);
	return 0;
}

int arena_set_user(struct skep_map *m, u64 addr, u64 len)
{
	struct arena_map *am = arena_of(m);
	int err;

	pthread_mutex_lock(&am->lock);
	if (am->len)
		err = addr == am->a.user_start && len == am->len ? 0 : -EINVAL;
	else
		err = set_user(am, addr, len);
	pthread_mutex_unlock(&am->lock);
	return err;
}

/* --- the type --- */

static int arena_check_attr(const struct map_attr *a)
{
	u64 len = (u64)a->max_entries * ARENA_PAGE;

	if (a->key_size || a->value_size || !a->max_entries || !(a->flags & BPF_F_MMAPABLE))
		return fail(-EINVAL, "arena: no key, no value, but pages and BPF_F_MMAPABLE");
	if (a->extra % ARENA_PAGE)
		return fail(-EINVAL, "arena: map_extra is the address of a page");
	if (len > ARENA_WINDOW)
		return fail(-E2BIG, "arena: %u pages are more than 4 GiB", a->max_entries);
	if (crosses(a->extra, len))
		return fail(-ERANGE, "arena: crosses a boundary of 4 GiB");
	return 0;
}

static int make_file(struct skep_map *m, struct arena_map *am)
{
	/* Without an address, the first client that maps it says how long it is. */
	u64 len = m->extra ? (u64)m->max_entries * ARENA_PAGE : ARENA_WINDOW;

	am->fd = m->seg.fd = memfd_create("bpf-map", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (am->fd < 0)
		return -errno;
	if (ftruncate(am->fd, (off_t)len) < 0 ||
	    fcntl(am->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) < 0)
		return -errno;
	return 0;
}

static int make_window(struct arena_map *am)
{
	u64 map = 2 * ARENA_GUARD_MAP + ARENA_NR_PAGES;

	am->region =
		mmap(NULL, REGION, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (am->region == MAP_FAILED) {
		am->region = NULL;
		return fail(-ENOMEM, "arena: no %llu bytes of address space left",
			    (unsigned long long)REGION);
	}
	am->a.window = am->region + map + ARENA_GUARD;
	return mprotect(am->region, map, PROT_READ | PROT_WRITE) ? -ENOMEM : 0;
}

static int arena_init(struct skep_map *m, const struct map_attr *a)
{
	struct arena_map *am = calloc(1, sizeof(*am));

	if (!am)
		return -ENOMEM;
	m->priv = am;
	am->fd = -1;
	am->a.find = find_page;
	pthread_mutex_init(&am->lock, NULL);
	TRY(make_file(m, am));
	TRY(make_window(am));
	return a->extra ? arena_set_user(m, a->extra, (u64)a->max_entries * ARENA_PAGE) : 0;
}

static void arena_done(struct skep_map *m)
{
	struct arena_map *am = m->priv;

	if (!am)
		return;
	if (am->region)
		munmap(am->region, REGION);
	if (am->fd >= 0)
		close(am->fd);
	m->seg.fd = -1;
	free(am->free);
	pthread_mutex_destroy(&am->lock);
	free(am);
}

static int arena_lookup(struct skep_map *m, const void *key, void *value, u64 flags)
{
	return -EINVAL;
}

static int arena_update(struct skep_map *m, const void *key, const void *value, u64 flags,
			struct skep_run *run)
{
	return -EOPNOTSUPP;
}

static int arena_remove(struct skep_map *m, const void *key, struct skep_run *run)
{
	return -EOPNOTSUPP;
}

static int arena_next_key(struct skep_map *m, const void *key, void *next)
{
	return -EOPNOTSUPP;
}

/* What __arena variables' addresses are: the user's. The end is one, too. */
static int arena_value_addr(struct skep_map *m, u32 off, u64 *addr)
{
	if (off > arena_len(m))
		return -ERANGE;
	*addr = arena_of(m)->a.user_start + off;
	return 0;
}

const struct skep_map_type map_arena = {
	.type = ABI_MAP_TYPE_ARENA,
	.name = "arena",
	.kernel_struct = "bpf_arena",
	.flags = BPF_F_MMAPABLE | BPF_F_SEGV_ON_FAULT | BPF_F_NO_USER_CONV,
	.has_extra = true,
	.user_mmap = true,
	.check_attr = arena_check_attr,
	.init = arena_init,
	.done = arena_done,
	.sys_lookup = arena_lookup,
	.update = arena_update,
	.remove = arena_remove,
	.next_key = arena_next_key,
	.value_addr = arena_value_addr,
};
