/* BPF_ENABLE_STATS: programs are counted and timed while a descriptor of this kind is open. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "syscall/stats.h"
#include "syscall/privilege.h"
#include "syscall/sys.h"

void stats_count_users(struct skep *s, int change)
{
	pthread_mutex_lock(&s->lock);
	s->stats_users += (u32)change;
	atomic_store(&s->rt.stats, s->stats_users > 0);
	pthread_mutex_unlock(&s->lock);
}

static void stats_free(struct object *o)
{
	stats_count_users(o->owner, -1);
	free(o);
}

long sys_enable_stats(struct call *c)
{
	struct object *o;
	int fd;

	if (c->attr.enable_stats.type != BPF_STATS_RUN_TIME)
		return -EINVAL;
	TRY(need_sys_admin(c, "statistics: to turn them on"));
	o = malloc(sizeof(*o));
	if (!o)
		return -ENOMEM;
	object_init(o, OBJECT_STATS, stats_free);
	object_adopt(c->skep, o);
	stats_count_users(c->skep, 1);
	fd = client_open(c->client, o, O_RDWR);
	object_unref(o);
	return fd;
}
