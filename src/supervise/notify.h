/* The notification loop: threads that take trapped calls from the kernel and answer them. There is always
 * one more than calls in work (up to NOTIFY_THREADS), so a slow call holds up nobody. */
#ifndef SKEP_SUPERVISE_NOTIFY_H
#define SKEP_SUPERVISE_NOTIFY_H

struct session;

/* s->listener is set. 0 or a negative errno. */
int notify_start(struct session *s);
/* Wait until all threads have ended: no call is answered any more. */
void notify_stop(struct session *s);

/* Nobody answers calls on this listener any more: take one that waits, and refuse it if it is BPF's. Others are done
 * by the kernel, which the command needs to go on. */
void notify_refuse(int listener);

#endif
