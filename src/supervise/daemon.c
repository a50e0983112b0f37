/* The daemon's side of daemon.h. The main thread accepts, and attends to the world; each command has a thread that
 * waits for its end, beside those that answer its calls (notify.c). */
#include "supervise/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "supervise/daemon_msg.h"
#include "supervise/daemon_socket.h"
#include "supervise/fdpass.h"
#include "supervise/host.h"
#include "supervise/notify.h"

struct daemon {
	struct supervisor sup;
	struct daemon_socket socket;
	int signals, quit; /* quit: an eventfd that is readable from the end on */
	struct daemon_hello hello;
	int ns[DAEMON_PLACES]; /* of hello; -1 behind the last */

	pthread_mutex_t lock;
	pthread_cond_t gone;
	u32 nr_commands; /* under lock */
};

struct served { /* a command */
	struct daemon *d;
	int sock;
	struct session session;
};

static int complain(int code, const char *what, int err)
{
	fprintf(stderr, "skep daemon: %s%s%s%s%s\n", what, err ? ": " : "",
		err ? strerror(-err) : "", *last_error() ? ": " : "", last_error());
	return code;
}

/* --- a command --- */

static int greet(const struct daemon *d, int sock)
{
	return fdpass_send(sock, &d->hello, sizeof(d->hello), d->ns, DAEMON_PLACES);
}

/* Wait for fd, or for the daemon's end. False: it is the end. */
static bool await(const struct daemon *d, int fd, short events)
{
	struct pollfd fds[] = { { d->quit, POLLIN, 0 }, { fd, events, 0 } };

	while (poll(fds, 2, -1) < 0 && errno == EINTR)
		;
	return !fds[0].revents;
}

static int receive_request(struct served *v)
{
	struct daemon_request request;
	int fds[2];

	if (!await(v->d, v->sock, POLLIN))
		return -ESHUTDOWN;
	TRY(fdpass_receive(v->sock, &request, sizeof(request), fds, 2));
	v->session.listener = fds[0];
	v->session.log = fds[1];
	v->session.trace = request.trace;
	return fds[0] < 0 || fds[1] < 0 ? -EPROTO : 0;
}

/* The connection stays open as long as the command is served: that tells `skep exec` that we are there. */
static void serve(struct served *v)
{
	struct session *s = &v->session;

	if (greet(v->d, v->sock) || receive_request(v) || notify_start(s))
		return;
	await(v->d, s->listener, 0);
	notify_stop(s);
}

static void *serve_thread(void *arg)
{
	struct served *v = arg;
	struct daemon *d = v->d;

	serve(v);
	if (v->session.listener >= 0)
		close(v->session.listener);
	if (v->session.log >= 0)
		close(v->session.log);
	close(v->sock);
	free(v);
	pthread_mutex_lock(&d->lock);
	d->nr_commands--;
	pthread_cond_signal(&d->gone);
	pthread_mutex_unlock(&d->lock);
	return NULL;
}

static void add_command(struct daemon *d, int sock)
{
	struct served *v = calloc(1, sizeof(*v));
	pthread_t t;

	if (!v) {
		close(sock);
		return;
	}
	v->d = d;
	v->sock = sock;
	v->session = (struct session){ .sup = &d->sup,
				       .listener = -1,
				       .log = -1,
				       .lock = PTHREAD_MUTEX_INITIALIZER,
				       .relay = PTHREAD_COND_INITIALIZER };
	pthread_mutex_lock(&d->lock);
	if (pthread_create(&t, NULL, serve_thread, v)) {
		close(sock);
		free(v);
	} else {
		pthread_detach(t);
		d->nr_commands++;
	}
	pthread_mutex_unlock(&d->lock);
}

static void accept_one(struct daemon *d)
{
	int sock = accept4(d->socket.fd, NULL, NULL, SOCK_CLOEXEC);
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (sock < 0)
		return;
	/* in a user namespace our user is 0, and all others are nobody */
	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0 || peer.uid != geteuid())
		close(sock);
	else
		add_command(d, sock);
}

static void end_commands(struct daemon *d)
{
	u64 one = 1;

	if (write(d->quit, &one, sizeof(one)) < 0)
		errno = 0; /* cannot fail: nobody else writes */
	pthread_mutex_lock(&d->lock);
	while (d->nr_commands)
		pthread_cond_wait(&d->gone, &d->lock);
	pthread_mutex_unlock(&d->lock);
}

/* --- the daemon --- */

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static bool add_namespace(struct daemon *d, u32 *n, const char *name)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/ns/%s", name);
	d->ns[*n] = open(path, O_RDONLY | O_CLOEXEC);
	if (d->ns[*n] < 0)
		return false;
	++*n;
	return true;
}

/* Commands join these. */
static void open_namespaces(struct daemon *d)
{
	struct daemon_hello *h = &d->hello;
	u32 n = 0;

	*h = (struct daemon_hello){ DAEMON_MAGIC, DAEMON_PROTOCOL, getpid(), 0, 0, 0, 0 };
	h->has_mounts = d->sup.world.mounts && add_namespace(d, &n, "mnt");
	h->has_user = h->has_mounts && d->sup.world.user && add_namespace(d, &n, "user");
	h->has_net = d->sup.net.on && add_namespace(d, &n, "net");
}

static int start(struct daemon *d, bool net)
{
	static const struct skep_options options = { 0 };

	TRY(daemon_socket_open(&d->socket));
	host_enter(&d->sup, false, net, "skep daemon");
	open_namespaces(d);
	d->signals = open_signals();
	d->quit = eventfd(0, EFD_CLOEXEC);
	if (d->signals < 0 || d->quit < 0)
		return -errno;
	TRY(host_open(&d->sup, &options));
	return daemon_socket_listen(&d->socket);
}

static void attend(struct daemon *d)
{
	struct pollfd fds[2 + HOST_FDS] = { { d->signals, POLLIN, 0 },
					    { d->socket.fd, POLLIN, 0 } };

	host_poll(&d->sup, fds + 2);
	do {
		if (poll(fds, ARRAY_SIZE(fds), -1) < 0)
			continue;
		if (fds[1].revents)
			accept_one(d);
		host_attend(&d->sup, fds + 2);
	} while (!fds[0].revents);
}

static void finish(struct daemon *d)
{
	const int fds[] = { d->signals, d->quit, d->ns[0], d->ns[1], d->ns[2] };

	host_close(&d->sup);
	for (u32 i = 0; i < ARRAY_SIZE(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

/* ready: told a byte when the daemon can be reached, if it is a descriptor. */
static int run(int ready, bool net)
{
	struct daemon d = { .signals = -1,
			    .quit = -1,
			    .ns = { -1, -1, -1 },
			    .lock = PTHREAD_MUTEX_INITIALIZER,
			    .gone = PTHREAD_COND_INITIALIZER };
	int err = start(&d, net);

	if (err)
		return complain(1, "cannot start", err);
	if (ready >= 0) {
		if (write(ready, "", 1) < 0)
			errno = 0; /* nobody waits */
		close(ready);
		dup2(STDOUT_FILENO, STDERR_FILENO);
	} else {
		printf("skep daemon: %s\n", d.socket.path);
		fflush(stdout);
	}
	attend(&d);
	daemon_socket_close(&d.socket);
	end_commands(&d);
	finish(&d);
	return 0;
}

static void leave_terminal(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	if (chdir("/") < 0 || null < 0)
		return;
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
}

/* Its messages go to our standard error; a reader of that should not wait for a daemon's end. */
static int run_detached(bool net)
{
	int ends[2];
	pid_t pid;
	char byte;
	ssize_t n;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return complain(1, "pipe", -errno);
	pid = fork();
	if (pid < 0)
		return complain(1, "fork", -errno);
	if (pid == 0) {
		leave_terminal();
		close(ends[0]);
		_exit(run(ends[1], net));
	}
	close(ends[1]);
	do
		n = read(ends[0], &byte, 1);
	while (n < 0 && errno == EINTR);
	close(ends[0]);
	return n == 1 ? 0 : 1; /* it has said why */
}

int daemon_serve(bool detach, bool net)
{
	return detach ? run_detached(net) : run(-1, net);
}
