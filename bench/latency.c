/* usage: latency SKEP [ROUNDS]: what bpf(2) costs under `skep exec`, beside the least that it can cost.
 *
 * The least: a loop that takes a trapped call from the kernel and answers 0, nothing else; and one that reads the
 * attributes in between, which no supervisor can do without. All are measured in turn, in processes of their own;
 * the best of the rounds, and the ratios.
 *
 * latency --client CALLS: what a round runs; prints nanoseconds per BPF_MAP_UPDATE_ELEM, and per bpf(-1). */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CALLS	   "4000" /* per round: some rounds fall between what else the machine does */
#define MAX_ROUNDS 99

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS	   _IOW('!', 4, uint64_t)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

struct pair {
	double update, nothing;
};

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static long bpf(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The median of single calls: what else the machine does in between does not count. */
static double measure(int cmd, union bpf_attr *attr, int calls)
{
	double *ns = calloc((size_t)calls, sizeof(*ns)), start, median;

	if (!ns)
		exit(1);
	for (int i = 0; i < calls; i++) {
		start = now_ns();
		bpf(cmd, attr);
		ns[i] = now_ns() - start;
	}
	qsort(ns, (size_t)calls, sizeof(*ns), compare);
	median = ns[calls / 2];
	free(ns);
	return median;
}

static int client(int calls)
{
	union bpf_attr create = {
		.map_type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = 8, .max_entries = 16
	};
	uint32_t key = 1;
	uint64_t value = 2;
	union bpf_attr update = { .map_fd = (uint32_t)bpf(BPF_MAP_CREATE, &create),
				  .key = (uintptr_t)&key,
				  .value = (uintptr_t)&value };

	if ((int)update.map_fd < 0)
		update.map_fd = 0; /* under the empty loop all calls say 0 */
	printf("%f %f\n", measure(BPF_MAP_UPDATE_ELEM, &update, calls),
	       measure(-1, &update, calls));
	return 0;
}

/* --- the empty loop --- */

static int install(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_bpf, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof(code) / sizeof(*code), code };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
			    &prog);
}

static void send_fd(int sock, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec io = { "", 1 };
	struct msghdr m = { .msg_iov = &io,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);

	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(h), &fd, sizeof(fd));
	if (fd < 0 || sendmsg(sock, &m, 0) != 1)
		_exit(1);
}

static int receive_fd(int sock)
{
	char control[CMSG_SPACE(sizeof(int))], byte;
	struct iovec io = { &byte, 1 };
	struct msghdr m = { .msg_iov = &io,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };
	int fd = -1;

	if (recvmsg(sock, &m, 0) == 1 && CMSG_FIRSTHDR(&m))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(fd));
	return fd;
}

static void answer_all(int listener, bool reads)
{
	union bpf_attr attr;
	struct iovec to = { &attr, sizeof(attr) }, from = { 0, sizeof(attr) };
	struct seccomp_notif call;
	struct seccomp_notif_resp resp;

	ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
	for (;;) {
		memset(&call, 0, sizeof(call));
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0)
			break;
		from.iov_base = (void *)call.data.args[1];
		if (reads && process_vm_readv((pid_t)call.pid, &to, 1, &from, 1, 0) < 0)
			_exit(1);
		resp = (struct seccomp_notif_resp){ .id = call.id };
		ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &resp);
	}
	_exit(0);
}

/* In a child: its own child answers. */
static void become_client(const char *self, bool reads)
{
	int sock[2], listener;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sock))
		_exit(1);
	if (fork() == 0) {
		close(sock[1]);
		close(1);
		listener = receive_fd(sock[0]);
		answer_all(listener, reads);
	}
	listener = install();
	send_fd(sock[1], listener);
	close(listener);
	close(sock[0]);
	close(sock[1]);
	execl(self, self, "--client", CALLS, NULL);
	_exit(1);
}

/* --- rounds --- */

/* skep: NULL: the empty loop. */
static struct pair run(const char *self, const char *skep, bool reads)
{
	struct pair p = { 0, 0 };
	int ends[2];
	FILE *f;

	if (pipe(ends))
		exit(1);
	if (fork() == 0) {
		dup2(ends[1], 1);
		close(ends[0]);
		close(ends[1]);
		if (!skep)
			become_client(self, reads);
		execl(skep, skep, "exec", "--private", "--", self, "--client", CALLS, NULL);
		_exit(1);
	}
	close(ends[1]);
	f = fdopen(ends[0], "r");
	if (!f || fscanf(f, "%lf %lf", &p.update, &p.nothing) != 2) {
		fprintf(stderr, "latency: a client failed\n");
		exit(1);
	}
	fclose(f);
	while (wait(NULL) > 0)
		;
	return p;
}

static double best(const double *v, int n)
{
	double min = v[0];

	for (int i = 1; i < n; i++)
		min = v[i] < min ? v[i] : min;
	return min;
}

int main(int argc, char **argv)
{
	double least[MAX_ROUNDS], update[MAX_ROUNDS], nothing[MAX_ROUNDS], l, r, u;
	double reading[MAX_ROUNDS];
	char self[4096] = "";
	int rounds = argc > 2 ? atoi(argv[2]) : 41;

	if (argc == 3 && !strcmp(argv[1], "--client"))
		return client(atoi(argv[2]));
	if (argc < 2 || rounds < 1 || rounds > MAX_ROUNDS ||
	    readlink("/proc/self/exe", self, sizeof(self) - 1) < 0) {
		fprintf(stderr, "usage: latency SKEP [ROUNDS]\n");
		return 2;
	}
	for (int i = 0; i < rounds; i++) {
		struct pair p = run(self, argv[1], false);

		least[i] = run(self, NULL, false).nothing;
		reading[i] = run(self, NULL, true).nothing;
		update[i] = p.update;
		nothing[i] = p.nothing;
	}
	l = best(least, rounds);
	r = best(reading, rounds);
	u = best(update, rounds);
	printf("trap and answer %.2f us, trap, read and answer %.2f us, bpf(-1) %.2f us, "
	       "MAP_UPDATE_ELEM "
	       "%.2f us: ratio %.2f to the first, %.2f to the second\n",
	       l / 1e3, r / 1e3, best(nothing, rounds) / 1e3, u / 1e3, u / l, u / r);
	return 0;
}
