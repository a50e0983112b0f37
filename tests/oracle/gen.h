/* The inside of the generator of random programs (generate.h): what its files share.
 *
 * A statement is a function gen_*(): it writes a few instructions that fit what it guesses registers and slots
 * hold, and notes what they hold then. It may do nothing. */
#ifndef SKEP_ORACLE_GEN_H
#define SKEP_ORACLE_GEN_H

#include "oracle/generate.h"

#define STACK	   128
#define SLOTS	   (STACK / 8)
#define MAX_OUTS   256
#define UNBOUNDED  (~0u)
#define VALUE_SIZE 32

enum kind {
	NOTHING,
	NUMBER,
	CONTEXT,
	FRAME,
	VALUE,
	VALUE_OR_NULL,
	PACKET,
	PACKET_END,
	RECORD,
	KEY,
	DYNPTR, /* a slot: the higher one of a dynptr's two */
	DYNPTR_LOW,
	ITERATOR
};

struct guess { /* what a register or slot probably holds */
	enum kind kind;
	u32 map;
	s32 off;  /* of pointers, constant part */
	u32 var;  /* … at most this more */
	u32 max;  /* of numbers */
	u32 size; /* PACKET: bytes checked; RECORD, DYNPTR: its size */
};

enum role { ROLE_MAIN, ROLE_SUB, ROLE_GLOBAL, ROLE_LOOP, ROLE_EACH };

struct func { /* to be generated */
	enum role role;
	struct guess arg[6];
	u32 from; /* the instruction that names it */
};

struct gen {
	struct generated *p;
	u64 state;
	struct guess reg[11], slot[SLOTS];
	struct func funcs[GENERATE_MAX_FUNCS];
	enum role role;
	u32 outs[MAX_OUTS], nr_outs;
	u32 depth, held; /* of blocks; records and locks held */
	u32 size;	 /* of main: statements */
	u64 without[2];	 /* kinds of statements that this program has not: programs differ more */
	bool in_loop;
	bool unclear; /* some frame's stack may hold what is chance: nothing written, pointers */
};

/* --- gen.c --- */
u32 below(struct gen *g, u32 n); /* 0 … n - 1 */
bool one_in(struct gen *g, u32 n);
s32 constant(struct gen *g);
u8 any_size(struct gen *g);
u32 put(struct gen *g, struct bpf_insn i);
void land(struct gen *g, u32 jump); /* jump comes here */
void jump_out(struct gen *g, struct bpf_insn i);
void put_map(struct gen *g, u8 r, u32 map, bool value, s32 off);
void put_func(struct gen *g, u8 r, struct func f);
void put_call(struct gen *g, u32 helper);
void put_kfunc(struct gen *g, enum generate_kfunc k);
bool slot_is_object(const struct gen *g, u32 n); /* a dynptr or an iterator, mostly left alone */
struct guess number(u32 max);
int find(struct gen *g, enum kind kind);
u8 target(struct gen *g);
u8 any_number(struct gen *g);
u8 own_number(struct gen *g);
int small_number(struct gen *g);

/* --- gen_number.c --- */
void gen_load_context(struct gen *g);
void gen_constant(struct gen *g);
void gen_alu(struct gen *g);
void gen_unary(struct gen *g);
void gen_copy(struct gen *g);
void gen_bound(struct gen *g);
void gen_bound_copy(struct gen *g);

/* --- gen_memory.c --- */
int any_pointer(struct gen *g);
void region(const struct guess *p, s32 *lo, s32 *hi);
void gen_load(struct gen *g);
void gen_store(struct gen *g);
void gen_atomic(struct gen *g);
void gen_ordered(struct gen *g);
void gen_spill(struct gen *g);
void gen_fill(struct gen *g);

/* --- gen_pointer.c --- */
void gen_frame_pointer(struct gen *g);
void gen_value_address(struct gen *g);
void gen_move_pointer(struct gen *g);
void gen_check_packet(struct gen *g);
u32 usual_map(struct gen *g);
void put_map_and_key(struct gen *g, u32 map);
void null_check(struct gen *g, u8 r);
void gen_look_up(struct gen *g);

/* --- gen_helper.c --- */
bool put_memory(struct gen *g, u8 r, bool written, u32 *size);
void put_size(struct gen *g, u8 r, u32 max);
void gen_probe_read(struct gen *g);
void gen_load_bytes(struct gen *g);
void gen_csum_diff(struct gen *g);
void gen_map_change(struct gen *g);
void gen_strtol(struct gen *g);
void gen_snprintf(struct gen *g);
void gen_ringbuf_output(struct gen *g);
void gen_simple_call(struct gen *g);
void gen_move_packet(struct gen *g);
void gen_tail_call(struct gen *g);
void gen_ld_abs(struct gen *g);

/* --- gen_flow.c --- */
void gen_branch(struct gen *g);
void gen_loop(struct gen *g);
void gen_may_goto(struct gen *g);
void gen_iterator(struct gen *g);
void block(struct gen *g, u32 n); /* statements that may be skipped or repeated */

/* --- gen_function.c --- */
void gen_call(struct gen *g);
void gen_global_call(struct gen *g);
void gen_bpf_loop(struct gen *g);
void gen_for_each(struct gen *g);
void gen_record(struct gen *g);
void gen_lock(struct gen *g);

/* --- gen_dynptr.c --- */
void gen_dynptr(struct gen *g);
void gen_dynptr_read(struct gen *g);
void gen_dynptr_write(struct gen *g);
void gen_dynptr_slice(struct gen *g);
void gen_dynptr_record(struct gen *g);

/* --- generate.c --- */
void statements(struct gen *g, u32 n);

#endif
