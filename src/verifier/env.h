/* The verifier's working data, shared by its files and by no one else.
 *
 * verify() is a pipeline: encoding and maps (setup.c) → control flow (cfg.c) → liveness (liveness.c)
 * → abstract execution of every path (explore.c and the files it calls) → rewriting (rewrite.c).
 * Functions return 0 or a negative errno; who refuses says why with reject(). */
#ifndef SKEP_VERIFIER_ENV_H
#define SKEP_VERIFIER_ENV_H

#include "abi/kernels.h"
#include "base/err.h"
#include "btf/record.h"
#include "insn/insn.h"
#include "map/map.h"
#include "verifier/verifier.h"

#define MAX_PROCESSED	     1000000 /* instructions walked, over all paths (Linux) */
#define MAX_PENDING	     8192    /* branches waiting to be walked (Linux) */
#define MAX_OFF		     (1 << 29) /* bound on pointer offsets: sums of a few cannot overflow s32 */
#define MAX_SUBPROGS	     256
#define MAX_USED_MAPS	     64
#define MAX_CALL_DEPTH_STACK 512 /* bytes of stack over a chain of calls */

/* struct value.map_uid of what comes from a map of maps, where it need not be told which. */
#define SOME_INNER_MAP UINT32_MAX

#define LIVE_STACK ((u16)0x8000) /* in insn_aux.live: the frame's stack may still be read */

struct insn_aux {
	u16 live; /* LIVE_STACK, and bit r: register r may be read before it is written, from here on */
	u8 ptr_kind; /* what kind of pointer this load or store goes through; V_NONE: not seen yet */
	bool seen : 1;	      /* some path executes it */
	bool prune_point : 1; /* states are remembered here */
	bool jump_point : 1;  /* may be reached otherwise than from the instruction before */
	bool checkpoint : 1;  /* … always */
	bool calls_callback : 1;
	bool call_seen : 1;		   /* map and callback say something */
	bool arena_alu : 1, plain_alu : 1; /* arithmetic: with an arena's pointer; with others */
	bool taken : 1, not_taken : 1;	   /* conditional jumps: the edges that some path follows */
	struct skep_map *
		map; /* ld_imm64 of a map or map value; helper calls: the map passed, the same each time */
	u32 callback;	/* bpf_loop without flags: subprogram + 1, the same each time */
	u32 map_off;	/* ld_imm64 of a map value */
	u32 subprog;	/* callee of a pseudo call or function address */
	u32 move_limit; /* unprivileged sums: unpriv.c */
	u8 move;
	u16 kfunc;     /* calls of kernel functions: row of kfuncs.def + 1 */
	u8 hidden_reg; /* … and this register gets `hidden` before the call; 0: none */
	u64 hidden;
	bool iter_next;		      /* … that advance an iterator */
	const struct btf_type *proto; /* … what the function looks like */
	u32 btf_id;		      /* ld_imm64 of a kernel variable: its type; 0: a number */
	u32 mem_size;		      /* … or its size */
	bool percpu, is_ksym;
	/* fastcall.c */
	bool jumped_to : 1, in_pattern : 1, dropped : 1, spares_regs : 1;
	u8 nr_saved; /* calls that leave registers alone: how many are saved around it */
};

#define MAX_SUB_ARGS 5

enum sub_arg_kind {
	SUB_ARG_NUMBER,
	SUB_ARG_CTX,
	SUB_ARG_MEM,
	SUB_ARG_TRUSTED,   /* an object of the kernel's */
	SUB_ARG_UNTRUSTED, /* read by probe loads: as an object, or without `kernel` as memory */
	SUB_ARG_DYNPTR,
	SUB_ARG_ARENA,
};

struct sub_arg { /* of a global function: what any caller may pass */
	u8 kind;
	bool or_null;
	u32 size;		  /* SUB_ARG_MEM */
	const struct btf *kernel; /* objects: … and their type in it */
	u32 btf_id;
};

struct sub_info {
	u32 start, end;
	u32 stack_depth; /* bytes touched below r10, rounded up to 8 */
	s32 free_below;	 /* fastcall.c: only saved registers lie below this offset */
	bool keeps_patterns;
	bool has_tail_call, has_ld_abs, is_callback, is_async;
	bool changes_pkt, might_sleep; /* it or its callees */
	bool may_throw;		       /* … and an exception may come out of it */
	bool called, verified; /* global functions: some path calls it; its own walk is done */
	bool args_known;
	u32 nr_args;
	struct sub_arg args[MAX_SUB_ARGS];
};

struct checkpoint { /* a state remembered at a prune point */
	struct state st;
	struct checkpoint *next; /* in its bucket; of those that are to be freed */
	struct checkpoint *all_next, *all_prev;
	struct checkpoint *open_before; /* open, at the same instruction, made before this one */
	bool evicted;			/* out of its bucket */
	u32 hits, misses;
};

/* A path that ended in a checkpoint whose own paths were still open. What turns out to matter in that
 * one later mattered on this path, too. */
struct backedge {
	struct state path; /* steps and parent only */
	const struct state *to;
	struct backedge *next;
};

struct pending { /* a branch to be walked later */
	struct state st;
	u32 insn, prev_insn;
	u64 log_mark;
	struct pending *next;
};

struct id_pair {
	u32 old, cur;
};
#define MAX_ID_PAIRS 600

struct verifier {
	struct skep_prog *p;
	struct claims *claims; /* for checked runs; NULL: nobody asks */
	const struct verify_env *env;
	struct vlog *log;
	struct skep_prog_desc desc;
	bool unpriv;	    /* for a client without CAP_BPF and CAP_PERFMON */
	struct btf *kernel; /* NULL until needed */
	struct {	    /* what the program is for, where BTF says it: btf_ctx.c */
		const char *name;
		const struct btf_type *proto;
		u32 skip; /* arguments in front that programs do not see */
	} target;
	u32 arena_flags;      /* of the program's arena */
	bool allow_ptr_leaks; /* privileged: pointers may become numbers */
	bool allow_unwritten; /* privileged: stack that was never written may be read */

	struct bpf_insn *insns;
	u32 len;
	struct insn_aux *aux;
	struct sub_info *subs;
	u32 nr_subs;
	u32 exception_cb; /* the function that bpf_throw() ends in; 0: none */

	struct pool pool;  /* of all states and what belongs to them */
	struct state *cur; /* the path being walked */
	u32 insn, prev_insn;
	struct pending *pending;
	u32 nr_pending;
	struct checkpoint **buckets; /* by instruction */
	struct checkpoint **open;    /* by instruction: the last made of those that are open */
	struct checkpoint *all, *dead;
	u32 nr_trees;
	struct backedge *backedges; /* into loops that are still open */
	u32 open_loops, nr_marked;  /* loops entered and not closed; numbers found precise so far */
	u32 id_gen;

	u32 processed, jumps; /* so far */
	u32 last_checkpoint_processed, last_checkpoint_jumps;
	u32 total_states, peak_states, max_states_per_insn;

	/* For the log: what the current instruction touched, and where its line ends. */
	u32 touched_regs;
	u64 touched_slots;
	u64 line_end;
	u32 line_len;
	const struct bpf_line_info *last_line;
	bool print_whole_state;

	struct id_pair pairs[MAX_ID_PAIRS]; /* prune.c */
	u32 nr_pairs, temp_id;
	struct buf text, name; /* scratch for messages */
	struct buf reasons;    /* all messages of the refusal, a line each (explain.c) */
	u32 reasons_at;	       /* `processed` when they were said */
};

/* --- say.c: the log --- */
int reject(struct verifier *v, int err, const char *fmt, ...) PRINTF(3, 4);
void say(struct verifier *v, const char *fmt, ...) PRINTF(2, 3);
static inline bool logging(const struct verifier *v) /* instructions and states are printed */
{
	return v->log->level & (VLOG_LEVEL1 | VLOG_LEVEL2);
}
static inline bool logging_all(const struct verifier *v)
{
	return v->log->level & VLOG_LEVEL2;
}
void say_line_info(struct verifier *v, u32 insn, const char *prefix);
void say_insn(struct verifier *v, u32 insn); /* "3: (b7) r0 = 1\n" and remember where it ended */
void insn_text(struct verifier *v, struct buf *out, u32 insn);
void say_insn_text(struct verifier *v, u32 insn); /* the same without bookkeeping */
void say_state_after(struct verifier *v);	  /* what the last instruction changed */
void say_state_of(struct verifier *v, const struct state *s);
void say_frame(struct verifier *v, const struct state *s, u32 no, bool all);
void touch_reg(struct verifier *v, u32 r);
void touch_slot(struct verifier *v, u32 frame, u32 slot);
void touch_all(struct verifier *v);
const char *tnum_text(struct verifier *v, struct tnum t);

/* --- setup.c --- */
int resolve_maps(struct verifier *v);
/* --- cfg.c --- */
int find_subprogs(struct verifier *v);
int check_jumps(struct verifier *v);
int check_early_ends(struct verifier *v);
bool is_global(const struct verifier *v, u32 sub); /* by its BTF */
int check_cfg(struct verifier *v);
/* --- unpriv.c: what unprivileged programs may not do; all answer "yes" to others --- */
int check_unpriv_calls(struct verifier *v);
int check_unpriv_loops(struct verifier *v);
bool unpriv_may_call(const struct verifier *v, u32 id);
int note_unpriv_sum(struct verifier *v, const struct bpf_insn *i);
int check_unpriv_move(struct verifier *v, const struct bpf_insn *i, u32 r, const struct value *ptr,
		      const struct value *off);
int check_unpriv_target(struct verifier *v, u32 r);
/* --- depth.c --- */
int check_stack_depth(struct verifier *v);
/* --- liveness.c --- */
int find_liveness(struct verifier *v);

/* --- explore.c --- */
int explore(struct verifier *v);
/* Remember a branch of the current path: it starts at insn with a copy of the current state, which is
 * returned for refinement. NULL with v->err… on -ENOMEM or too many (then *err is set). */
struct state *push_branch(struct verifier *v, u32 insn, int *err);

/* --- regs.c: registers --- */
static inline struct frame *cur_frame(struct verifier *v)
{
	return state_frame(v->cur);
}
static inline struct value *reg(struct verifier *v, u32 r)
{
	return &state_frame(v->cur)->reg[r];
}
int check_readable(struct verifier *v, u32 r);
int check_writable(struct verifier *v, u32 r); /* r10 is not */
void set_unknown(struct value *d);
void set_scalar(struct value *d, struct scalar s);
void set_const(struct value *d, u64 x);
void set_pointer(struct value *d, enum value_kind kind);
void link_scalar(struct verifier *v, struct value *src); /* before src is copied */
bool value_is_const(const struct value *v, u64 *x);
bool value_is_zero(const struct value *v);
bool is_packet(const struct value *v);
bool is_sock(const struct value *v); /* any view of a socket but BTF's */
bool leaks_pointer(struct verifier *v, const struct value *val); /* unprivileged and a pointer */
static inline u32 new_id(struct verifier *v)
{
	return ++v->id_gen;
}
/* Do something with every register and spilled register of every frame. */
#define FOR_EACH_VALUE(state, f_, val_)                                                            \
	for (u32 fi_ = 0; fi_ <= (state)->depth; fi_++)                                            \
		for (struct frame *f_ = (state)->frame[fi_]; f_; f_ = NULL)                        \
			for (u32 vi_ = 0; vi_ < 11 + f_->nr_slots; vi_++)                          \
				for (struct value *val_ = value_at(f_, vi_); val_; val_ = NULL)
static inline struct value *value_at(struct frame *f, u32 i) /* NULL: no value in that slot */
{
	if (i < 11)
		return &f->reg[i];
	return slot_is_spill(&f->stack[i - 11]) ? &f->stack[i - 11].v : NULL;
}

/* --- loop.c: loops whose number of rounds no number decides --- */
const struct state *last_entry(const struct verifier *v, const struct state *s, u32 insn);
void widen_since(const struct state *old, struct state *cur);
int do_may_goto(struct verifier *v, const struct bpf_insn *i, u32 *next);

/* --- alu.c --- */
int do_alu(struct verifier *v, const struct bpf_insn *i);
/* --- branch.c --- */
int do_cond_jump(struct verifier *v, const struct bpf_insn *i, u32 *next);
/* --- memory.c --- */
int do_ldx(struct verifier *v, const struct bpf_insn *i);
int do_stx(struct verifier *v, const struct bpf_insn *i);
int do_st(struct verifier *v, const struct bpf_insn *i);
int do_atomic(struct verifier *v, const struct bpf_insn *i);
int do_ld_imm64(struct verifier *v, const struct bpf_insn *i);
int do_ld_abs(struct verifier *v, const struct bpf_insn *i, u32 *next);
enum access { ACCESS_READ = 1, ACCESS_WRITE = 2 };
/* Load (value_reg: destination, -1 none) or store (source, -1: an unknown number or imm) of size bytes
 * at r + off. imm: what a BPF_ST stores, NULL otherwise. */
int check_mem(struct verifier *v, u32 r, s32 off, u32 size, enum access how, int value_reg,
	      bool sign_extend, const s32 *imm);
/* What a load of a number leaves in register dst (-1: none). */
void load_number(struct verifier *v, int dst, u32 size, bool sign);
/* Is r + off a multiple of size? Asked where the memory or the program needs it, or always (strict). */
int check_alignment(struct verifier *v, u32 r, s32 off, u32 size, bool strict);
/* May a helper access size bytes (zero allowed or not) through r? Marks stack as written if so. */
int check_helper_mem(struct verifier *v, u32 r, u64 size, enum access how, bool zero_ok);
int check_fields_untouched(struct verifier *v, const struct btf_record *r, s64 lo, s64 hi);
int check_ptr_off(struct verifier *v, const struct value *p, u32 r); /* no offset at all */
/* [reg + off, + size) within a region of mem_size bytes */
int check_region(struct verifier *v, u32 r, s32 off, u64 size, u64 mem_size, bool zero_ok);

/* --- stack.c --- */
int stack_read(struct verifier *v, struct value *p, u32 r, s32 off, u32 size, int dst);
int stack_write(struct verifier *v, struct value *p, u32 r, s32 off, u32 size, int src,
		const s32 *imm);
int check_stack_range(struct verifier *v, u32 r, u64 size, enum access how, bool zero_ok);

/* --- dynptr.c --- */
/* r must point to (or be) a dynptr of that kind (0: any), which *ret then is. */
int check_dynptr_arg(struct verifier *v, u32 r, u16 flags, u32 kind, const struct value **ret);
int check_dynptr_uninit(struct verifier *v, u32 r); /* … to room for one */
int check_dynptr_release(struct verifier *v, u32 r);
int make_dynptr(struct verifier *v, const struct value *p, u32 kind, bool acquire, u32 ref);
int release_dynptr(struct verifier *v, u32 r);
/* A store to that slot ends the dynptr that lies there. */
int dynptr_overwritten(struct verifier *v, u32 frame, u32 slot);

/* --- call.c, args.c --- */
int do_helper_call(struct verifier *v, const struct bpf_insn *i, u32 *next);
struct call_meta { /* what the arguments of one helper call told */
	const struct skep_helper *h;
	struct skep_map *map;
	u32 map_uid;
	u64 alloc_size;
	u32 release_ref;
	u32 cast_ref; /* of the socket passed */
	u32 release_reg;
	u32 callback;			     /* subprog + 1 */
	struct value field;		     /* the timer argument; V_NONE: there is none */
	u32 dynptr, dynptr_ref, dynptr_kind; /* id, reference … of the dynptr argument */
	u32 make_dynptr;		     /* register of the dynptr to be made, 0: none */
	struct value make_at;		     /* … as it was before the call */
	u32 make_kind;
	bool release_dynptr;
	const struct btf_field *kptr; /* bpf_kptr_xchg: the field */
	struct value percpu;	      /* the SKEP_ARG_PERCPU argument */
	u64 size_max;		      /* of the last size argument */
	const char *format;	      /* a constant string argument */
	bool has_const_key;	      /* the map key is known */
	u64 const_key;
};
int find_const_key(struct verifier *v, struct call_meta *m, u32 r);
int check_args(struct verifier *v, struct call_meta *m);
/* --- helper_btf.c: helpers' arguments and results that are objects of the kernel's --- */
bool takes_btf(u16 arg);
/* Is the V_BTF pointer in r as good as the argument wants? names: for the message. */
int check_btf_kind(struct verifier *v, u32 r, u16 arg, const char *names);
int refuse_btf_memory(struct verifier *v, const struct call_meta *m, u32 r, const char *names);
int check_btf_object(struct verifier *v, u32 r, u16 arg, const struct btf *b, u32 id);
int check_btf_arg(struct verifier *v, const struct call_meta *m, u32 r, u16 arg); /* its type */
int return_btf(struct verifier *v, const struct call_meta *m);
int return_percpu(struct verifier *v, const struct call_meta *m);

/* --- subprog.c --- */
int do_subprog_call(struct verifier *v, const struct bpf_insn *i, u32 *next);
int do_exit(struct verifier *v, u32 *next, bool *path_ends);
int end_with_zero(struct verifier *v, u32 *next);
int check_return_range(struct verifier *v, u32 r, s64 min, s64 max, const char *where);
int check_return(struct verifier *v, u32 r); /* may the program return what r holds? */
int check_tail_call(struct verifier *v, const struct skep_map *m);
int do_tail_call(struct verifier *v, u32 *next);
/* Walk a callback once from a branch of the current state, which is the caller in *caller; *f is the
 * callback's frame, its arguments to be set. It must return [min, max]. */
int push_callback(struct verifier *v, u32 subprog, s64 min, s64 max, struct frame **caller,
		  struct frame **f);
int enter_callback(struct verifier *v, const struct call_meta *m);
int push_frame(struct verifier *v, struct state *s, u32 subprog, u32 callsite);

/* --- global.c: global functions, each verified once --- */
const char *subprog_name(const struct verifier *v, u32 sub); /* "" without BTF */
int global_args(struct verifier *v, u32 sub);		     /* read the prototype, once */
void find_effects(struct verifier *v);
int do_global_call(struct verifier *v, u32 sub);
int set_up_global(struct verifier *v, u32 sub, struct frame *f);

/* --- refs.c: references and locks --- */
int ref_acquire(struct verifier *v, struct state *s, u32 *id);
int ref_release(struct verifier *v, u32 id);
int check_no_refs(struct verifier *v, const char *where);
/* Take (or give back) the lock that r points at. kind: of the reference. */
int lock_value(struct verifier *v, u32 r, bool lock, u32 kind);
/* A pointer that may not be followed any more. */
void forget_value(struct verifier *v, struct value *val, bool in_register);
void forget_packets(struct verifier *v); /* a helper may have moved the packet */
void invalidate(struct value *val);

/* --- precision.c --- */
int mark_precise(struct verifier *v, u32 r);
int mark_precise_slot(struct verifier *v, u32 frame, u32 slot);
/* Everything precise in `from` (a remembered state that covers the one at the end of path) matters
 * along the path, too. */
void spread_precision(struct verifier *v, const struct state *from, struct state *path);
int record_step(struct verifier *v, struct state *s, u32 insn);
void note_linked_step(struct verifier *v);
void note_compared(struct verifier *v, const struct value *dst, const struct value *src);
void note_stack_access(struct verifier *v, u32 frame, u32 slot);

/* --- prune.c --- */
enum cmp { CMP_COVERS, CMP_RANGES, CMP_EXACT };
bool state_covered(struct verifier *v, struct state *old, struct state *cur, enum cmp how);
bool value_covered(struct verifier *v, const struct value *old, const struct value *cur,
		   enum cmp how);
bool slot_covered(struct verifier *v, const struct slot *old, const struct slot *cur, enum cmp how);
/* 1: the current state is covered by a remembered one; 0: go on. */
int visit_prune_point(struct verifier *v);
/* All paths from s have ended; if s is a loop's entry, so has the loop. */
void close_loop(struct verifier *v, const struct state *s);
void free_backedges(struct verifier *v);

/* --- remember.c --- */
int remember(struct verifier *v); /* the current state, which goes on as its child */
void evict(struct verifier *v,
	   struct checkpoint *c); /* it is out of its bucket, and may be freed */
/* The current path has ended: so have the remembered states that no other path leads on from. */
void end_path(struct verifier *v);
void forget_states(struct verifier *v); /* all that were remembered */

/* --- stack_live.c --- */
void note_slot_read(struct verifier *v, u32 frame, u32 slot);
void note_slot_written(struct verifier *v, u32 frame, u32 slot);
u64 slots_that_matter(const struct state *s, u32 frame);
void spread_reads(struct verifier *v, const struct state *to);

/* --- btf_walk.c: pointers to kernel objects --- */
bool in_rcu_section(const struct verifier *v);
bool is_trusted(const struct value *p);
int access_btf(struct verifier *v, u32 r, s32 off, u32 size, enum access how, int dst, bool sign);
int access_map_ptr(struct verifier *v, u32 r, s32 off, u32 size, enum access how, int dst,
		   bool sign);
bool btf_ids_match(const struct btf *b, u32 id, s64 off, const struct btf *want_in, u32 want,
		   bool strict);
/* --- btf_ctx.c: contexts by BTF --- */
int find_target(struct verifier *v);
/* target_helpers.c: what the target adds to the program type's helpers, or forbids */
bool target_adds_helper(const struct verifier *v, u32 id);
int target_forbids_helper(struct verifier *v, u32 id);
bool target_ret_range(const struct verifier *v, int64_t *min, int64_t *max); /* false: any */
int access_btf_ctx(struct verifier *v, s32 off, u32 size, enum access how, int dst, bool sign);
int check_buf(struct verifier *v, u32 r, s32 off, u32 size, enum access how);
int access_buf(struct verifier *v, u32 r, s32 off, u32 size, enum access how, int dst, bool sign);
/* --- struct_ops.c: members of structures of functions --- */
const char *
prog_ops_name(const struct verifier *v); /* "tcp_congestion_ops"; "" for other programs */
int check_ops_member(struct verifier *v, const char *ops, const char *member);
/* May it write [off, off + size) of the kernel object p? */
int check_ops_write(struct verifier *v, const struct value *p, s32 off, u32 size);
bool ops_may_call(const struct verifier *v, u32 helper);
bool ops_arg_is_nullable(const struct verifier *v, u32 n);
/* --- ksym.c, kfunc.c, kfunc_args.c, iter.c: kernel variables and functions --- */
int kernel_btf(struct verifier *v, struct btf **out);
int resolve_ksym(struct verifier *v, struct bpf_insn *i);
int load_ksym(struct verifier *v, struct value *d);
struct kfunc;
struct kfunc_call {
	const struct kfunc *k;
	u32 row;
	const struct btf *btf;
	const struct btf_type *proto;
	u32 ref; /* of the argument that has one */
	u32 release_ref;
	u32 ret_size; /* of the memory returned, where an argument says it */
	bool ret_rdonly;
	u64 constant; /* a __k argument */
	bool has_constant;
	const struct value *ptr; /* the first pointer argument */
	struct slot *iter;	 /* the iterator on the stack */
	struct value field;	 /* the work queue argument; V_NONE: there is none */
	u32 callback;		 /* subprog + 1 */
	u32 iter_frame, iter_slot;
};
int note_hidden(struct verifier *v, u32 r, u64 x); /* what the engine passes in r */
int resolve_kfunc(struct verifier *v, struct bpf_insn *i);
u32 kfunc_nr_args(const struct verifier *v, u32 insn);
int do_kfunc_call(struct verifier *v, const struct bpf_insn *i, u32 *next, bool *path_ends);
bool is_res_lock(u32 row);
bool takes_res_lock(u32 row);
int check_kfunc_args(struct verifier *v, struct kfunc_call *c);
int check_iter_arg(struct verifier *v, struct kfunc_call *c, u32 r, u32 iter_id);
int iter_next(struct verifier *v, struct kfunc_call *c);
bool iter_slot_covered(const struct slot *old, const struct slot *cur);
bool iter_is_active(const struct verifier *v, const struct state *s, u32 insn);
bool iter_depths_differ(const struct state *old, const struct state *cur);
int kern_ctx_id(const struct verifier *v, const struct btf *b);
/* The kernel's structure behind what programs of that type call `ctx`, in the kernel's BTF; -ENOENT. */
int kern_ctx_of(u32 prog_type, const char *ctx, const struct btf *b);
u32 ref_insn(const struct state *s, u32 id);
int irq_restore(struct verifier *v, u32 id);
int check_const_str(struct verifier *v, u32 r, const char **str);

int note_kind(struct verifier *v, u8 kind); /* of the pointer that the instruction goes through */
/* --- arena.c --- */
int use_arena(struct verifier *v, struct skep_map *m);
int do_cast(struct verifier *v, const struct bpf_insn *i);
bool arena_alu(struct verifier *v, const struct bpf_insn *i, const struct value *src);
void arena_rewrite(const struct verifier *v, u32 n, struct bpf_insn *out);
/* --- rewrite.c --- */
int rewrite(struct verifier *v);

#endif
