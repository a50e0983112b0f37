/* The notification loop: threads that take trapped calls from the kernel and answer them. One takes calls, one after
 * the other; when a call may take long, another thread goes on taking (up to NOTIFY_THREADS), so a slow call holds up
 * nobody. (With two threads that take calls, the kernel would wake the one that did not answer last, on another CPU.) */
#ifndef SKEP_SUPERVISE_NOTIFY_H
#define SKEP_SUPERVISE_NOTIFY_H

struct caller;
struct session;

/* s->listener is set. 0 or a negative errno. */
int notify_start(struct session *s);
/* Wait until all threads have ended: no call is answered any more. */
void notify_stop(struct session *s);

/* What is done for this call may take long: let another thread take calls from now on. */
void notify_release(struct caller *c);
/* Nobody answers calls on this listener any more: take one that waits, and refuse it if it is BPF's. Others are done
 * by the kernel, which the command needs to go on. */
void notify_refuse(int listener);

#endif
