/* The notification loop: threads that take trapped calls from the kernel and answer them. There is always
 * one more than calls in work (up to NOTIFY_THREADS), so a slow call holds up nobody. */
#ifndef SKEP_SUPERVISE_NOTIFY_H
#define SKEP_SUPERVISE_NOTIFY_H

struct supervisor;

/* sup->listener is set. 0 or a negative errno. */
int notify_start(struct supervisor *sup);
/* Wait until all threads have ended: no client is left. */
void notify_stop(struct supervisor *sup);

#endif
