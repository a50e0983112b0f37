/* Statistics of programs are kept while somebody wants them. */
#ifndef SKEP_SYSCALL_STATS_H
#define SKEP_SYSCALL_STATS_H

struct skep;

/* One more, or one less, wants them. */
void stats_count_users(struct skep *s, int change);

#endif
