/* See runner.h. The loop over packets makes no system call and no allocation of its own: libpcap fills
 * a buffer, the packet is copied into the instance's memory, the program runs there. */
#include "cli/runner.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "cli/cli.h"
#include "exec/prog.h"
#include "prog/packet.h"

#define PROGRESS_AFTER 1000000000ull /* ns: short runs show none */
#define PROGRESS_EVERY 200000000ull
#define NOBODY_LOOKS   UINT64_MAX

/* A signal handler has no other way to speak to the program it interrupts. */
static volatile sig_atomic_t interrupted;

static void on_sigint(int sig)
{
	interrupted = 1;
}

/* Without SA_RESTART, so that reading from a pipe that says nothing ends as well. The second ^C kills
 * in the usual way. */
static void catch_sigint(struct sigaction *old)
{
	struct sigaction sa = { .sa_handler = on_sigint, .sa_flags = (int)SA_RESETHAND };

	interrupted = 0;
	sigaction(SIGINT, &sa, old);
}

static u64 now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

/* Reading the clock takes longer than a small program: once there are many runs, only some are timed, and what
 * reading it costs is taken off. A slot is kept for a batch of runs, as a real CPU's is for a batch of packets:
 * then whoever waits for programs to end gets his turn. */
#define TIME_ALL_UP_TO 1000
#define TIME_EVERY     32
#define BATCH	       64

struct runner {
	struct skep_run *run; /* the slot, NULL: none */
	u32 batch;	      /* runs left in it */
	u64 clock_cost, timed;
	bool keeps_slot; /* from packet to packet: reading the next cannot block */
	struct skep_prog *prog;
	struct packet packet;
	const struct run_input *in;
	struct run_result *r;
	u64 start, next_progress; /* when */
	bool progress_shown;
	u8 tagged[PACKET_MAX + 4]; /* room for a frame with its tag put back, or a test run's */
};

bool runs_on_packets(u32 prog_type)
{
	switch (prog_type) {
	case BPF_PROG_TYPE_XDP:
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
	case BPF_PROG_TYPE_SOCKET_FILTER: return true;
	}
	return false;
}

static void show_progress(struct runner *u, u64 t)
{
	double part = u->in->capture ? capture_progress(u->in->capture) : -1;
	double seconds = (double)(t - u->start) / 1e9;

	u->next_progress = t + PROGRESS_EVERY;
	u->progress_shown = true;
	fprintf(stderr, "\r%llu packets", (unsigned long long)u->r->packets);
	if (part >= 0)
		fprintf(stderr, ", %.0f %%", part * 100);
	fprintf(stderr, ", %.2f million runs/s \033[K", (double)u->r->runs / seconds / 1e6);
}

static u64 clock_cost(void)
{
	u64 best = UINT64_MAX;

	for (u32 i = 0; i < 100; i++) {
		u64 start = now(), end = now();

		best = MIN(best, end - start);
	}
	return best;
}

static void take_slot(struct runner *u)
{
	if (u->run)
		return;
	u->run = run_enter(u->prog->rt);
	u->batch = BATCH;
}

static void leave_slot(struct runner *u)
{
	if (u->run)
		run_leave(u->run);
	u->run = NULL;
}

static u32 run_timed(struct runner *u, void *ctx)
{
	u64 start = now(), end;
	u32 ret = (u32)prog_run(u->prog, ctx, u->run);

	end = now();
	u->timed++;
	u->r->ns += end - start > u->clock_cost ? end - start - u->clock_cost : 0;
	if (unlikely(end >= u->next_progress))
		show_progress(u, end);
	return ret;
}

/* One run on a fresh copy. The native context stays valid until the next. */
static u32 run_once(struct runner *u, const struct capture_packet *p)
{
	bool xdp = u->prog->type->type == BPF_PROG_TYPE_XDP;
	void *ctx;
	u32 ret;

	if (packet_set(&u->packet, p->data, p->len)) /* the caller has looked at the length */
		return 0;
	ctx = xdp ? (void *)packet_xdp(&u->packet, p->len)
		  : (void *)packet_skb(&u->packet, p->len, &packet_loopback);
	take_slot(u);
	u->run->ctx_size = xdp ? sizeof(struct skep_xdp) : sizeof(struct skep_skb);
	if (u->r->runs < TIME_ALL_UP_TO || u->r->runs % TIME_EVERY == 0)
		ret = run_timed(u, ctx);
	else
		ret = (u32)prog_run(u->prog, ctx, u->run);
	if (!--u->batch)
		leave_slot(u);
	u->r->runs++;
	tally_add(&u->r->verdicts, ret);
	return ret;
}

/* The frame as it would go out: a VLAN tag that the stack keeps beside it is put back. */
static struct capture_packet frame_out(struct runner *u, const struct capture_packet *in, u32 ret)
{
	const struct skep_skb *skb = u->packet.skb;
	struct capture_packet out = *in;
	u16 tag[2];

	if (u->prog->type->type == BPF_PROG_TYPE_XDP) {
		out.data = u->packet.xdp->data;
		out.len = (u32)(u->packet.xdp->data_end - out.data);
	} else {
		out.data = skb->data;
		out.len = (u32)(skb->data_end - out.data);
		if (skb->vlan_present && out.len >= 2 * ETH_ALEN && out.len <= PACKET_MAX) {
			tag[0] = skb->vlan_proto;
			tag[1] = __builtin_bswap16(skb->vlan_tci);
			memcpy(u->tagged, out.data, 2 * ETH_ALEN);
			memcpy(u->tagged + 2 * ETH_ALEN, tag, sizeof(tag));
			memcpy(u->tagged + 2 * ETH_ALEN + sizeof(tag), out.data + 2 * ETH_ALEN,
			       out.len - 2 * ETH_ALEN);
			out.data = u->tagged;
			out.len += (u32)sizeof(tag);
		}
	}
	/* what the capture had not of the packet is still missing */
	out.wire_len = out.len + (in->wire_len - in->len);
	if (u->prog->type->type == BPF_PROG_TYPE_SOCKET_FILTER)
		out.len = MIN(out.len,
			      ret); /* as packet sockets do it: the length on the wire stays */
	return out;
}

static int run_on_packet(struct runner *u, const struct capture_packet *p)
{
	struct run_result *r = u->r;
	struct capture_packet out;
	u32 ret = 0;

	r->packets++;
	r->bytes += p->len;
	r->snapped += p->len < p->wire_len;
	/* a network device hands on no frame without a header, and the stack needs one */
	if (p->len < ETH_HLEN && u->prog->type->type != BPF_PROG_TYPE_XDP) {
		r->short_frames++;
		return 0;
	}
	if (p->len > PACKET_MAX) {
		r->long_packets++;
		return 0;
	}
	for (u64 i = 0; i < u->in->repeat && !interrupted; i++)
		ret = run_once(u, p);
	if (!u->keeps_slot)
		leave_slot(u);
	if (!u->in->out || !action_keeps(u->prog->type->type, ret))
		return 0;
	out = frame_out(u, p, ret);
	r->written++;
	return capture_write(u->in->out, &out);
}

static int run_on_capture(struct runner *u)
{
	struct capture_packet p;
	int err = 0, more = 0;

	while (!interrupted && !err && (more = capture_next(u->in->capture, &p)) > 0)
		err = run_on_packet(u, &p);
	return interrupted ? 0 : err ?: MIN(more, 0);
}

static int run_on_packets(struct runner *u)
{
	struct capture_packet one = { u->in->data, u->in->data_size, u->in->data_size, { 0, 0 } };
	int err = packet_init(&u->packet, u->prog->rt->va);

	if (err)
		return fail(err, "no memory for packets");
	u->clock_cost = clock_cost();
	u->keeps_slot = u->in->capture && capture_progress(u->in->capture) >= 0;
	u->start = now();
	u->next_progress = isatty(STDERR_FILENO) ? u->start + PROGRESS_AFTER : NOBODY_LOOKS;
	err = u->in->capture ? run_on_capture(u) : run_on_packet(u, &one);
	leave_slot(u);
	if (u->timed) /* as if all had been timed */
		u->r->ns = (u64)((double)u->r->ns / (double)u->timed * (double)u->r->runs);
	if (u->progress_shown)
		fprintf(stderr, "\r\033[K");
	packet_done(&u->packet);
	return err;
}

static int write_result(struct runner *u, u32 ret, u32 len)
{
	struct capture_packet p = { u->tagged, len, len, { 0, 0 } };

	if (!u->in->out || !action_keeps(u->prog->type->type, ret))
		return 0;
	u->r->written++;
	return capture_write(u->in->out, &p);
}

/* Programs with a context of the user's: exactly what BPF_PROG_TEST_RUN does, each run on its own. */
static int run_by_test(struct runner *u, int fd)
{
	const struct run_input *in = u->in;
	struct run_result *r = u->r;
	int err = 0;

	for (u64 i = 0; i < in->repeat && !interrupted && !err; i++) {
		LIBBPF_OPTS(bpf_test_run_opts, t, .data_in = in->data,
			    .data_size_in = in->data_size, .ctx_in = in->ctx,
			    .ctx_size_in = in->ctx_size);

		if (in->data) {
			t.data_out = u->tagged;
			t.data_size_out = sizeof(u->tagged);
		}
		err = bpf_prog_test_run_opts(fd, &t);
		if (err)
			return fail(err, "the test run is refused: %s", strerror(-err));
		r->runs++;
		tally_add(&r->verdicts, t.retval);
		if (i + 1 == in->repeat && in->data)
			err = write_result(u, t.retval, t.data_size_out);
	}
	return err;
}

/* Test runs are timed by the instance: the call around them costs more than the program. */
static int run_and_time_by_test(struct runner *u, int fd)
{
	int stats = bpf_enable_stats(BPF_STATS_RUN_TIME);
	struct bpf_prog_info info = { 0 };
	u32 len = sizeof(info);
	int err = run_by_test(u, fd);

	if (!bpf_obj_get_info_by_fd(fd, &info, &len))
		u->r->ns = info.run_time_ns;
	if (stats >= 0)
		close(stats);
	return err;
}

static int run_somehow(struct runner *u, struct session *s, int fd)
{
	int err = skep_prog_from_fd(s->client, fd, &u->prog);

	if (err)
		return fail(err, "the loaded program cannot be found: %s", strerror(-err));
	if (u->in->ctx || !runs_on_packets(u->prog->type->type))
		err = run_and_time_by_test(u, fd);
	else
		err = run_on_packets(u);
	skep_prog_put(u->prog);
	return err;
}

void run_program(struct session *s, int fd, const struct run_input *in, struct run_result *r)
{
	struct runner *u = calloc(1, sizeof(*u));
	struct sigaction old;
	int err = -ENOMEM;

	memset(r, 0, sizeof(*r));
	catch_sigint(&old);
	if (u) {
		u->in = in;
		u->r = r;
		err = run_somehow(u, s, fd);
	}
	sigaction(SIGINT, &old, NULL);
	tally_sort(&r->verdicts);
	r->interrupted = interrupted;
	r->failed = err < 0;
	if (err)
		complain("%s", err == -ENOMEM ? "no memory" : last_error());
	free(u);
}
