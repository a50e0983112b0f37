/* skep: the Linux BPF subsystem as a library. One `struct skep` is one BPF "kernel"; a process may
 * hold several. Errors are negative errno values; skep_last_error() says the cause in words. */
#ifndef SKEP_SKEP_H
#define SKEP_SKEP_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SKEP_API __attribute__((visibility("default")))

struct skep;	    /* an instance */
struct skep_client; /* who calls bpf(2): memory, file descriptors, credentials */
struct skep_prog;
struct skep_map;
struct skep_run; /* a CPU slot on which a program runs */

enum skep_engine { SKEP_ENGINE_AUTO, SKEP_ENGINE_INTERP, SKEP_ENGINE_JIT };

struct skep_options {
	enum skep_engine engine;
	unsigned int nr_cpus; /* CPU slots; 0: the machine's possible CPUs */
	/* Determinism: with fixed_clock, time starts at clock_ns and advances clock_step_ns at every
	 * reading; with fixed_seed, random numbers follow from seed, programs run on the first free slot,
	 * and the current task has number 1. */
	int fixed_clock, fixed_seed;
	uint64_t clock_ns, clock_step_ns, seed;
	/* Clients without CAP_BPF: 0: may load nothing (kernel.unprivileged_bpf_disabled=1 or 2); 1: may load
	 * SOCKET_FILTER and CGROUP_SKB under Linux's stricter rules for them (…=0); 2: so are all clients
	 * treated. */
	int unprivileged_bpf;
	/* Whose rules hold: major << 8 | minor of a Linux version, such as 0x60c for 6.12; 0: the newest known. What
	 * an older version had not yet is refused. -EINVAL for versions without a table. */
	unsigned int kernel;
	/* Native code: name its functions for perf(1) (in /tmp/perf-PID.map) and for gdb(1); keep constants that
	 * programs choose out of it, as bpf_jit_harden=2 does on Linux. */
	int perf_map, gdb, blind;
	/* Checked runs: what programs compute, in the interpreter and slowly, is compared at each instruction with what
	 * the verifier claimed. A difference is told once per program, in words; from the program's thread. */
	int check;
	void (*violation)(void *arg, const char *text);
	void *violation_arg;
	/* Receives each line that programs print (bpf_trace_printk), newline included; NULL: kept in
	 * the instance until skep_trace_read(). Called from the program's thread. */
	void (*trace)(void *arg, const char *line, size_t len);
	void *trace_arg;
};

/* opt may be NULL. On success *out owns the instance. -ENOMEM, -EMFILE, -EINVAL. */
SKEP_API int skep_new(const struct skep_options *opt, struct skep **out);
/* All clients must be gone and no program may be running. Takes NULL. */
SKEP_API void skep_free(struct skep *s);
/* This thread's last refusal in words; "" if none. */
SKEP_API const char *skep_last_error(void);

/* A client in this process: addresses are pointers, file descriptors are the process's own. */
SKEP_API int skep_client_new(struct skep *s, struct skep_client **out);
SKEP_API void skep_client_free(struct skep_client *c);

/* bpf(2): attr is an address in the client's memory, size its length (Linux's rules). Returns what
 * the system call would: >= 0, or a negative errno. */
SKEP_API long skep_bpf(struct skep_client *c, int cmd, uint64_t attr, uint32_t size);

/* The program behind a client's file descriptor, with a reference that skep_prog_put() drops. */
SKEP_API int skep_prog_from_fd(struct skep_client *c, int fd, struct skep_prog **out);
SKEP_API void skep_prog_put(struct skep_prog *p);

/* Run p once on ctx, the *native* context of its type (see prog_type.h). Takes and leaves a CPU slot;
 * to run many times, enter once. Any thread. */
SKEP_API uint64_t skep_prog_run(struct skep_prog *p, void *ctx);
SKEP_API struct skep_run *skep_enter(struct skep *s);
SKEP_API uint64_t skep_run_prog(struct skep_run *run, struct skep_prog *p, void *ctx);
SKEP_API void skep_leave(struct skep_run *run);

/* Native code that `skep aot` made: programs that are the same after verification as those that it was made
 * from run on it, where the engine is chosen automatically. It is not verified: trust it as a plug-in.
 * Before programs are loaded. elf is copied; it begins at a multiple of 8. -EINVAL (skep_last_error() says what), -ENOMEM. */
SKEP_API int skep_add_native(struct skep *s, const void *elf, size_t size);

/* With skep_options.check: instructions compared so far, violations found. */
SKEP_API uint64_t skep_checked(const struct skep *s, uint64_t *violations);

/* Trace output kept by the instance: copies at most size bytes of whole lines, returns how many. */
SKEP_API size_t skep_trace_read(struct skep *s, char *buf, size_t size);

#ifdef __cplusplus
}
#endif
#endif
