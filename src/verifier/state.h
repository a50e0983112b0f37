/* Abstract machine state: what the verifier knows at one instruction on one path.
 *
 * A state owns its frames and their stacks, which lie in the pool that is passed; state_copy() is deep. Stacks grow on
 * demand: a slot that was never written is not stored. */
#ifndef SKEP_VERIFIER_STATE_H
#define SKEP_VERIFIER_STATE_H

#include "exec/run.h"
#include "verifier/pool.h"
#include "verifier/scalar.h"

struct btf;
struct skep_map;

enum value_kind {
	V_NONE, /* not initialised: may not be read */
	V_SCALAR,
	V_CTX,
	V_MAP,	     /* a map itself (CONST_PTR_TO_MAP) */
	V_MAP_VALUE, /* into a value of `map` */
	V_MAP_KEY,   /* into a key of `map` (callbacks) */
	V_STACK,     /* into the stack of frame `frame` */
	V_PKT,
	V_PKT_META,
	V_PKT_END,
	V_MEM,	 /* `mem_size` bytes */
	V_ALLOC, /* ring buffer memory: as V_MEM, with a reference to release */
	V_FUNC,	 /* address of subprogram `subprog` */
	/* Objects of a type that BTF describes: the kernel's, or with VF_ALLOC the program's own
	 * (bpf_obj_new, kptrs). Loads through them fault to zero unless VF_ALLOC (probe memory). */
	V_BTF,
	V_SOCK_COMMON, /* struct sock_common, sock, tcp_sock, xdp_sock as UAPI contexts */
	V_SOCK,
	V_TCP_SOCK,
	V_XDP_SOCK,
	V_BUF,	     /* a buffer of iterators and tracepoints, bounded when the program attaches */
	V_TP_BUFFER, /* a writable raw tracepoint's */
	V_FLOW_KEYS, /* struct bpf_flow_keys */
	V_ARENA,     /* into an arena: any address, faults give zero */
	V_DYNPTR,    /* struct bpf_dynptr that helpers hand to callbacks; others are stack slots */
};

enum {
	VF_OR_NULL = 1, /* pointer or 0, not yet decided; kin share `id` */
	VF_RDONLY = 2,
	/* What may be done with a V_BTF pointer (some of them with others, too): */
	VF_TRUSTED = 4,	   /* refers to a live object: kfuncs may take it */
	VF_RCU = 8,	   /* … as long as this RCU section lasts */
	VF_UNTRUSTED = 16, /* may point anywhere: loads only */
	VF_PERCPU = 32,
	VF_ALLOC = 64,	  /* the program's own object: may be written */
	VF_NON_OWN = 128, /* … that a list or tree owns: valid while the lock is held */
	VF_USER = 512,	  /* of a user's memory */
	VF_UNINIT = 256,  /* a dynptr argument to be made */
};

/* Flags of a scalar's id: this scalar is another one with the same id, plus `fixed`. With ADD32 the other
 * one is below 2^32 and the sum is cut to 32 bits. */
#define SCALAR_ID_ADD	0x80000000u
#define SCALAR_ID_ADD32 0x40000000u
#define SCALAR_ID_FLAGS (SCALAR_ID_ADD | SCALAR_ID_ADD32)

struct value {
	u8 kind;
	u8 frame;     /* V_STACK */
	u16 flags;    /* VF_* */
	bool precise; /* scalars: this exact range mattered, pruning must respect it */
	bool first;   /* V_DYNPTR in a slot: the one at the lower address */
	u32 id;	      /* scalars: equal ids, equal values. OR_NULL: decided together. Packets: same
			 * variable offset. Map values: which look-up */
	u32 ref;      /* reference that this pointer must release, 0 none */
	s32 fixed;    /* constant offset of pointers */
	/* Packet pointers: bytes known readable from the packet pointer without fixed. V_MEM: the id of the
	 * dynptr that it is a slice of. */
	u32 range;
	s32 beyond; /* V_PKT compared with `> end`: Linux's at/beyond packet end marks (≤ 0) */
	struct scalar var; /* scalars: the value; pointers: the variable part of the offset */
	union {
		struct skep_map *map;
		u32 mem_size;
		u32 subprog;
		u32 dynptr;	       /* V_DYNPTR: enum skep_dynptr */
		const struct btf *btf; /* V_BTF: where its type is described (outlives the walk) */
	};
	u32 btf_id;  /* V_BTF: the type; 0 otherwise */
	u32 map_uid; /* V_MAP_VALUE from a map-in-map: which inner map; 0 otherwise */
};

enum slot_byte {	     /* what a byte of stack holds */
		 SB_INVALID, /* never written */
		 SB_SPILL,   /* part of a spilled register */
		 SB_MISC,    /* something, readable as an unknown number */
		 SB_ZERO,    /* zero */
		 SB_DYNPTR,  /* part of a struct bpf_dynptr */
		 SB_ITER,    /* part of an open-coded iterator */
		 SB_IRQ,     /* saved interrupt flags */
};

struct slot { /* 8 bytes of stack; slot 0 is fp-8 … fp-1 */
	struct value
		v; /* where byte[0] is SB_SPILL (or SB_DYNPTR: dynptr.c); narrow spills lie at the low end */
	u8 byte[8]; /* byte[i] describes fp - 8*n - 8 + i: [0] is the lowest address */
};

struct frame {
	struct value reg[11];
	struct slot *stack;
	u32 nr_slots, cap_slots;
	u32 callsite; /* instruction of the call that made this frame; main: 0 with frame 0 */
	u32 no;	      /* index in state.frame */
	u32 subprog;
	bool in_callback;   /* entered as a callback of a helper */
	bool in_async;	    /* … called later, by nobody's frame: this is frame 0 */
	u32 callback_depth; /* how many times the callback of this call was entered before */
	struct {
		s64 min, max;
		bool set;
	} callback_ret; /* allowed return of a callback */
};

struct ref { /* an acquired resource */
	u32 id;
	u32 insn; /* where it was acquired */
	u8 kind;  /* enum ref_kind */
	void *ptr;
	u32 lock_id; /* locks: ptr is the map or the object's types, this is the value's id */
};
enum ref_kind { REF_PTR, REF_IRQ, REF_LOCK, REF_RES_LOCK, REF_RES_LOCK_IRQ };
#define ref_is_lock(r) ((r)->kind >= REF_LOCK)

/* Executed instructions of a path, for precision tracking (precision.c): one, or with STEP_RUN those from insn - links to
 * insn, of which nothing is noted. The last step of a path is always one: what happens there is noted in it. */
struct step {
	u32 insn;
	u8 flags;	/* STEP_* */
	u8 depth;	/* the frame that it ran in */
	u8 frame, slot; /* STEP_STACK: the 8-byte stack slot that it spilled to or filled from */
	/* Conditional jumps: scalars that shared an id with an operand and were narrowed along with it: how many in the low four
	 * bits, above them ten bits for each, as step_link() has them. There are as many steps as instructions walked: small. */
	u64 links;
};
enum {
	STEP_STACK = 1,
	STEP_LINKED = 2,
	STEP_CALLBACK_RETURN = 4,
	STEP_COUNTED = 8,
	STEP_DST_STACK = 16, /* a comparison with a pointer to the stack: no number to be traced */
	STEP_SRC_STACK = 32,
	STEP_RUN = 64,
};
static inline u32 step_first(const struct step *s)
{
	return s->flags & STEP_RUN ? s->insn - (u32)s->links : s->insn;
}
#define STEP_MAX_LINKS 6
/* The n'th: frame << 7 | (register or 16 + slot) */
static inline u32 step_nr_links(const struct step *s)
{
	return s->links & 15;
}
static inline u32 step_link(const struct step *s, u32 n)
{
	return s->links >> (4 + 10 * n) & 0x3ff;
}
static inline void step_add_link(struct step *s, u32 frame,
				 u32 what) /* fewer than STEP_MAX_LINKS are there */
{
	s->links |= (u64)(frame << 7 | what) << (4 + 10 * step_nr_links(s));
	s->links++;
}

struct state {
	struct frame *frame[SKEP_MAX_FRAMES];
	u32 depth; /* index of the current frame */
	u32 insn;  /* about to be executed when the state was saved */
	u32 first_insn, last_insn;
	struct ref *refs;
	u32 nr_refs, cap_refs;
	u32 active_locks;
	bool may_sleep;	   /* what runs here is sleepable */
	u32 async_entries; /* functions handed over to be called later, on the way here */
	u32 active_rcu, active_preempt; /* sections entered and not left */
	u32 active_irq;			/* the reference of the innermost saved flags, 0: none */
	struct state *parent;		/* the checkpoint that this path came from */
	u32 branches;			/* paths from here that have not ended */
	struct step *steps;		/* the path since the parent, oldest first */
	u32 nr_steps, cap_steps;
	u32 nr_jumps; /* of those steps, the ones that Linux would keep: see record_step() */
	/* A path from here ended in a state that was still open: the entry of the outermost loop known to
	 * do so. Then all numbers are compared, since what mattered may not be known in full. */
	struct state *loop;
	u32 serial; /* of checkpoints: older ones have smaller numbers */
	u32 tree; /* of the paths that begin where this one does: the program, a function that is called later */
	/* Slots of each frame: entirely written since the parent; read on some path from here before they
	 * are (remembered states), see stack_live.c. */
	u64 written[SKEP_MAX_FRAMES], read[SKEP_MAX_FRAMES];
	u32 callback_unroll_depth;
	u32 claim;	    /* the last one recorded on this path (claims.h) */
	u32 may_goto_depth; /* how many may_gotos this path has passed without leaving */
};

/* dst: zeroed or reusable */
int state_copy(struct pool *p, struct state *dst, const struct state *src) MUST_CHECK;
void state_done(struct pool *p, struct state *s);
static inline struct frame *state_frame(const struct state *s)
{
	return s->frame[s->depth];
}
/* Make slot n exist (SB_INVALID). -ENOMEM. */
int frame_reserve_slots(struct pool *p, struct frame *f, u32 nr) MUST_CHECK;
void frame_free(struct pool *p, struct frame *f); /* takes NULL */

static inline bool value_is_pointer(const struct value *v)
{
	return v->kind > V_SCALAR;
}
static inline bool slot_is_spill(const struct slot *s)
{
	return s->byte[0] == SB_SPILL;
}

#endif
