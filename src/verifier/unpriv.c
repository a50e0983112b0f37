/* What programs of clients without CAP_BPF and CAP_PERFMON may not do beyond what all may not: leak
 * addresses (leaks_pointer() at each place), loop, call functions of their own, use most helpers, and move
 * pointers where a mispredicted path could move them out of their object.
 *
 * Linux masks such moves at run time and refuses where one mask cannot do: where the amount has no sign or
 * limit, or another path moves another object by the same instruction. Here nothing is masked (programs run
 * in the process's own address space), but what Linux refuses is refused.
 * Sound because: everything here only refuses. */
#include "verifier/env.h"

#include <stdlib.h>

/* --- before the walk --- */

int check_unpriv_calls(struct verifier *v)
{
	if (!v->unpriv)
		return 0;
	for (u32 i = 0; i < v->len; i++) {
		const struct bpf_insn *insn = &v->insns[i];

		if (insn_is_subprog_call(insn) || insn_is_func_addr(insn) ||
		    (insn_is_call(insn) && insn->src_reg == BPF_PSEUDO_KFUNC_CALL))
			return reject(v, -EPERM,
				      "loading/calling other bpf or kernel functions are allowed "
				      "for CAP_BPF and CAP_SYS_ADMIN");
		i += insn_is_ld_imm64(insn);
	}
	return 0;
}

enum { UNSEEN, OPEN, OPEN_JUMP, DONE }; /* OPEN_JUMP: on the jump's way, the fall-through is done */

static bool is_jump(const struct bpf_insn *i)
{
	u8 class = BPF_CLASS(i->code), op = BPF_OP(i->code);

	return (class == BPF_JMP || class == BPF_JMP32) && op != BPF_CALL && op != BPF_EXIT;
}

static s64 next_of(const struct verifier *v, u32 at, u32 way)
{
	const struct bpf_insn *i = &v->insns[at];
	bool ja = is_jump(i) && BPF_OP(i->code) == BPF_JA;

	if (i->code == (BPF_JMP | BPF_EXIT) || (way && (!is_jump(i) || ja)))
		return -1;
	if (ja || way)
		return (s64)at + 1 + (i->code == (BPF_JMP32 | BPF_JA) ? i->imm : i->off);
	return at + (insn_is_ld_imm64(i) ? 2 : 1);
}

/* Depth first; a way back to what is still open is a loop. */
static int find_loop(struct verifier *v, u8 *seen, u32 *path)
{
	u32 n = 0;

	path[n++] = 0;
	seen[0] = OPEN;
	while (n) {
		u32 at = path[n - 1];
		s64 next = seen[at] == DONE ? -1 : next_of(v, at, seen[at] == OPEN_JUMP);

		if (seen[at] != DONE)
			seen[at]++;
		if (next < 0) {
			if (seen[at] == DONE)
				n--;
			continue;
		}
		if (seen[next] == UNSEEN) {
			seen[next] = OPEN;
			path[n++] = (u32)next;
		} else if (seen[next] != DONE || (u32)next == at) {
			return reject(v, -EINVAL, "back-edge from insn %u to %u", at, (u32)next);
		}
	}
	return 0;
}

int check_unpriv_loops(struct verifier *v)
{
	u8 *seen;
	u32 *path;
	int err = -ENOMEM;

	if (!v->unpriv)
		return 0;
	seen = calloc(v->len, 1);
	path = calloc(v->len, sizeof(*path));
	if (seen && path)
		err = find_loop(v, seen, path);
	free(seen);
	free(path);
	return err;
}

/* --- helpers --- */

static const u32 helpers[] = {
	BPF_FUNC_map_lookup_elem,
	BPF_FUNC_map_update_elem,
	BPF_FUNC_map_delete_elem,
	BPF_FUNC_map_push_elem,
	BPF_FUNC_map_pop_elem,
	BPF_FUNC_map_peek_elem,
	BPF_FUNC_map_lookup_percpu_elem,
	BPF_FUNC_get_prandom_u32,
	BPF_FUNC_get_smp_processor_id,
	BPF_FUNC_get_numa_node_id,
	BPF_FUNC_tail_call,
	BPF_FUNC_ktime_get_ns,
	BPF_FUNC_ktime_get_boot_ns,
	BPF_FUNC_ringbuf_output,
	BPF_FUNC_ringbuf_reserve,
	BPF_FUNC_ringbuf_submit,
	BPF_FUNC_ringbuf_discard,
	BPF_FUNC_ringbuf_query,
	BPF_FUNC_strtol,
	BPF_FUNC_strtoul,
	BPF_FUNC_strncmp,
	BPF_FUNC_get_current_pid_tgid,
	BPF_FUNC_skb_load_bytes,
	BPF_FUNC_skb_load_bytes_relative,
	BPF_FUNC_get_socket_cookie,
	BPF_FUNC_get_socket_uid,
	BPF_FUNC_perf_event_output,
	BPF_FUNC_sk_fullsock,
	BPF_FUNC_sk_storage_get,
	BPF_FUNC_sk_storage_delete,
};

bool unpriv_may_call(const struct verifier *v, u32 id)
{
	for (u32 n = 0; v->unpriv && n < ARRAY_SIZE(helpers); n++)
		if (helpers[n] == id)
			return true;
	return !v->unpriv;
}

/* --- moves of pointers --- */

#define NO_MOVE "pointer arithmetic with it prohibited for !root"

enum { MOVE_NUMBERS = 1, MOVE_LEFT = 2, MOVE_KNOWN = 4, MOVE_DST = 8, MOVE_POINTER = 16 };

/* All paths must mean the same by an instruction: one mask is all there is. */
static int note_move(struct verifier *v, const struct bpf_insn *i, u8 how, u32 limit)
{
	struct insn_aux *a = &v->aux[v->insn];

	if (a->move && (a->move != how || a->move_limit != limit))
		return reject(v, -EACCES,
			      "R%u tried to %s from different maps, paths or scalars, " NO_MOVE,
			      i->dst_reg, BPF_OP(i->code) == BPF_ADD ? "add" : "sub");
	a->move = how;
	a->move_limit = limit;
	return 0;
}

static bool is_sum(const struct bpf_insn *i)
{
	return BPF_OP(i->code) == BPF_ADD || BPF_OP(i->code) == BPF_SUB;
}

int note_unpriv_sum(struct verifier *v, const struct bpf_insn *i)
{
	if (!v->unpriv || !is_sum(i) || BPF_SRC(i->code) == BPF_K)
		return 0;
	return note_move(v, i, MOVE_NUMBERS, 0);
}

/* How far may the pointer go that way before it leaves its object? -1: nobody knows. */
static s64 room(const struct value *p, bool left, s64 *max)
{
	if (p->kind == V_STACK) {
		s64 off = (s64)p->var.bits.value + p->fixed;

		*max = SKEP_STACK_SIZE + left;
		return left ? SKEP_STACK_SIZE + off : -off - 1;
	}
	if (p->kind == V_MAP_VALUE) {
		*max = p->map->value_size;
		return (left ? p->var.smin : (s64)p->var.umax) + p->fixed;
	}
	return -1;
}

/* r: the register that holds the pointer. */
int check_unpriv_move(struct verifier *v, const struct bpf_insn *i, u32 r, const struct value *ptr,
		      const struct value *off)
{
	bool known = scalar_is_const(&off->var), negative = off->var.smin < 0, left;
	u32 number = r == i->dst_reg ? i->src_reg : i->dst_reg;
	s64 limit, max;

	if (!v->unpriv || !is_sum(i) || BPF_SRC(i->code) == BPF_K)
		return 0;
	if (!known && negative != (off->var.smax < 0))
		return reject(v, -EACCES,
			      "R%u has unknown scalar with mixed signed bounds, " NO_MOVE, number);
	left = (BPF_OP(i->code) == BPF_ADD) == negative;
	limit = room(ptr, left, &max);
	if (ptr->kind != V_STACK && ptr->kind != V_MAP_VALUE)
		return reject(v, -EACCES,
			      "R%u has pointer with unsupported alu operation, " NO_MOVE, r);
	if (limit < 0 || limit >= max)
		return reject(v, -EACCES, "R%u tried to %s beyond pointer bounds, " NO_MOVE,
			      i->dst_reg, BPF_OP(i->code) == BPF_ADD ? "add" : "sub");
	return note_move(v, i,
			 (u8)(MOVE_POINTER | (left ? MOVE_LEFT : 0) | (known ? MOVE_KNOWN : 0) |
			      (r == i->dst_reg ? 0 : MOVE_DST)),
			 known ? (u32)labs((long)off->var.smin) : (u32)limit);
}

/* Where the pointer in r went must be inside its object, used or not. */
int check_unpriv_target(struct verifier *v, u32 r)
{
	const struct value *p = reg(v, r);
	s64 off = (s64)p->var.bits.value + p->fixed;

	if (!v->unpriv)
		return 0;
	if (p->kind == V_STACK && !scalar_is_const(&p->var))
		return reject(v, -EACCES,
			      "R%u variable stack access prohibited for !root, var_off=%s off=%lld",
			      r, tnum_text(v, p->var.bits), (long long)off);
	if (p->kind == V_STACK && (off >= 0 || off < -SKEP_STACK_SIZE))
		return reject(v, -EACCES,
			      "R%u stack pointer arithmetic goes out of range, prohibited for "
			      "!root; off=%lld",
			      r, (long long)off);
	if (p->kind == V_MAP_VALUE && check_region(v, r, p->fixed, 1, p->map->value_size, false))
		return reject(v, -EACCES,
			      "R%u pointer arithmetic of map value goes out of range, prohibited "
			      "for !root",
			      r);
	return 0;
}
