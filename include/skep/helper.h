/* Helper functions: one declaration says number, types and code. The verifier, the interpreter, the
 * JIT, feature probes and the documentation all read it. Embedders register their own. */
#ifndef SKEP_HELPER_H
#define SKEP_HELPER_H

#include "skep/skep.h"

#ifdef __cplusplus
extern "C" {
#endif

/* r1..r5 as the program passed them; run is the CPU slot that executes it. The verifier has checked
 * every argument against .arg, so pointers are valid for the sizes declared. */
typedef uint64_t (*skep_helper_fn)(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5,
				   struct skep_run *run);

enum skep_arg {
	SKEP_ARG_NONE,
	SKEP_ARG_ANYTHING,	   /* any initialized register */
	SKEP_ARG_CTX,		   /* the program's context */
	SKEP_ARG_MAP,		   /* a map, known at verification */
	SKEP_ARG_MAP_KEY,	   /* readable memory of the map's key size */
	SKEP_ARG_MAP_VALUE,	   /* readable memory of the map's value size */
	SKEP_ARG_MAP_VALUE_UNINIT, /* writable memory of the map's value size */
	SKEP_ARG_MEM,		   /* readable memory; size in the next argument or in arg_size */
	SKEP_ARG_MEM_UNINIT,	   /* memory that the helper writes */
	SKEP_ARG_SIZE,		   /* size of the memory in the argument before; not zero */
	SKEP_ARG_SIZE_OR_ZERO,
	SKEP_ARG_ALLOC_SIZE,	/* a known constant: size of the memory returned */
	SKEP_ARG_RINGBUF_MEM,	/* memory from bpf_ringbuf_reserve (use with RELEASE) */
	SKEP_ARG_FUNC,		/* address of a static subprogram: a callback */
	SKEP_ARG_STACK_OR_NULL, /* pointer to stack, or 0: a callback's context */
	SKEP_ARG_CONST_STR,	/* NUL-terminated string in a read-only map value */
	SKEP_ARG_SPIN_LOCK,	/* struct bpf_spin_lock in a map value */
	SKEP_ARG_LONG,		/* pointer to 8 writable bytes (bpf_strtol's result) */
	SKEP_ARG_DYNPTR, /* struct bpf_dynptr; arg_size: its kind (enum skep_dynptr), 0 any */
	SKEP_ARG_KPTR,	 /* field of a map value or object that holds an object */
	SKEP_ARG_OBJECT, /* an object of that field's type */
	SKEP_ARG_PROG_ARRAY_INDEX = SKEP_ARG_ANYTHING,
	/* Sockets and memory that is read and written. */
	SKEP_ARG_SOCK = 64,	 /* any view of a socket */
	SKEP_ARG_SOCK_OR_BTF,	 /* … also by BTF */
	SKEP_ARG_SOCK_TO_ASSIGN, /* … as far as the program type may assign it, or null */
	SKEP_ARG_SOCK_FULL,	 /* a full socket */
	SKEP_ARG_TIMER,		 /* struct bpf_timer in a value of the SKEP_ARG_MAP argument */
	SKEP_ARG_MEM_RW,	 /* readable and writable; size as for SKEP_ARG_MEM */
	/* Objects of the kernel's, whose address is checked by nobody before the helper is called. */
	SKEP_ARG_BTF,	 /* of the structure .arg_struct */
	SKEP_ARG_PERCPU, /* a per-CPU variable */
};
#define SKEP_ARG_KIND	 0x00ff
#define SKEP_ARG_OR_NULL 0x0100 /* or the constant 0 */
#define SKEP_ARG_RELEASE 0x0200 /* the reference in this argument ends here */
#define SKEP_ARG_MAKE	 0x0400 /* a dynptr that the helper makes */
#define SKEP_ARG_MUTABLE 0x0800 /* a dynptr that the helper changes */

enum skep_dynptr { /* whose memory it is */
		   SKEP_DYNPTR_ANY,
		   SKEP_DYNPTR_LOCAL,
		   SKEP_DYNPTR_RINGBUF,
		   SKEP_DYNPTR_SKB,
		   SKEP_DYNPTR_XDP,
};

enum skep_ret {
	SKEP_RET_INTEGER,
	SKEP_RET_VOID,
	SKEP_RET_MAP_VALUE_OR_NULL, /* value of the map in the SKEP_ARG_MAP argument */
	SKEP_RET_MAP_VALUE = 64,    /* … which is always there */
	SKEP_RET_SOCK_OR_NULL,
	SKEP_RET_SOCK_COMMON_OR_NULL,
	SKEP_RET_TCP_SOCK_OR_NULL,
	SKEP_RET_ALLOC_MEM_OR_NULL =
		3, /* memory of SKEP_ARG_ALLOC_SIZE bytes, a reference to release */
	SKEP_RET_DYNPTR_MEM_OR_NULL, /* that many bytes of the dynptr in the SKEP_ARG_DYNPTR argument */
	SKEP_RET_KPTR_OR_NULL,	     /* what the SKEP_ARG_KPTR argument held: a reference */
	/* An object of the structure .ret_struct of the kernel's, in memory of its own or nowhere: programs
	 * read it by loads that are checked when they run. */
	SKEP_RET_BTF = 96,
	SKEP_RET_BTF_TRUSTED, /* … that functions may be given, too */
	SKEP_RET_BTF_OR_NULL,
	SKEP_RET_PERCPU, /* a CPU's own instance of the SKEP_ARG_PERCPU argument */
	SKEP_RET_PERCPU_OR_NULL,
};

/* What a callback in a SKEP_ARG_FUNC argument is called with (Linux, kernel/bpf documentation). */
enum skep_callback {
	SKEP_CB_NONE,
	SKEP_CB_LOOP,	      /* (u32 index, ctx) → 0 go on, 1 stop */
	SKEP_CB_FOR_EACH_MAP, /* (map, key, value, ctx) → 0 go on, 1 stop */
	SKEP_CB_USER_RINGBUF, /* (dynptr, ctx) → 0 go on, 1 stop */
	SKEP_CB_FIND_VMA,     /* (task, vm_area_struct, ctx) → 0, 1 */
	SKEP_CB_ASYNC,	      /* (map, key, value) → 0, later, for the SKEP_ARG_TIMER argument */
};

enum {
	SKEP_HELPER_GPL = 1,	      /* only for GPL-compatible programs */
	SKEP_HELPER_PKT_ACCESS = 2,   /* memory arguments may point into the packet */
	SKEP_HELPER_CHANGES_PKT = 4,  /* packet pointers are invalid afterwards */
	SKEP_HELPER_ACQUIRES = 0x100, /* the pointer returned is a reference to release */
	SKEP_HELPER_CASTS = 0x200, /* … is the argument's, seen otherwise: the same reference */
	SKEP_HELPER_MIGHT_SLEEP = 0x400, /* only for sleepable programs */
};

struct skep_helper {
	uint32_t id;	  /* enum bpf_func_id; embedders: from 0x10000 on */
	const char *name; /* without "bpf_" */
	skep_helper_fn fn;
	uint8_t ret;	  /* enum skep_ret */
	uint8_t callback; /* enum skep_callback */
	uint16_t flags;
	uint16_t arg[5];      /* enum skep_arg | flags */
	uint16_t arg_size[5]; /* for MEM arguments without a size argument */
	uint64_t map_types;   /* bit n: maps of type n are accepted; 0: any whose type accepts us */
	const char *arg_struct, *ret_struct; /* of SKEP_ARG_BTF and SKEP_RET_BTF: names in BTF */
};

#ifdef __cplusplus
}
#endif
#endif
