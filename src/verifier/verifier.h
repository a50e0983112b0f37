/* The verifier: checks a loaded program as Linux does and rewrites it for execution. */
#ifndef SKEP_VERIFIER_VERIFIER_H
#define SKEP_VERIFIER_VERIFIER_H

#include "exec/prog.h"
#include "verifier/log.h"

struct btf;
struct explanation;
struct skep_map;

struct verify_env { /* what the syscall layer provides beside the program */
	/* The map behind a file descriptor in ld_imm64 (borrowed reference). -EBADF, -EINVAL. */
	int (*map_from_fd)(void *arg, int fd, struct skep_map **out);
	/* The kernel's type information, borrowed for as long as the program lives. -ENOENT … */
	int (*kernel_btf)(void *arg, struct btf **out);
	/* Maps get what loads through pointers to them read (map/image.h). */
	int (*show_maps)(void *arg);
	int (*fd_array)(void *arg, u32 index, int *fd); /* BPF_PSEUDO_MAP_IDX. -EINVAL if none */
	/* What else is to be right about the program, checked before its instructions are; NULL: nothing.
	 * Says in the log what is wrong. */
	int (*check)(void *arg, struct vlog *log);
	void *arg;
	bool unprivileged;		 /* the client has neither CAP_BPF nor CAP_PERFMON */
	struct explanation *explanation; /* filled at a refusal; NULL: nobody asks */
};

struct verify_stats { /* what the log's last line says */
	u32 insns, max_states_per_insn, total_states, peak_states, mark_read;
	u64 ns;
};

/* On success p->insns, subs, maps, verified_insns … are final and 0 is returned; on refusal a
 * negative errno, the reason is in the log's text and p->insns may be half rewritten. */
int verify(struct skep_prog *p, const struct verify_env *env, struct vlog *log,
	   struct verify_stats *stats) MUST_CHECK;

/* Where the program's callback for exceptions begins, by its func_info; 0: it has none. The log says what is
 * wrong. -EEXIST, -ENOENT, -EINVAL. */
int find_exception_callback(const struct skep_prog *p, struct vlog *log, u32 *at) MUST_CHECK;

#endif
