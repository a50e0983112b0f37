/* Conditional jumps: which way, and what is known on each side.
 *
 * Sound because: an edge is dropped only when no member of the operands takes it (then they are marked
 * precise, since pruning must respect the decision); on each edge values only shrink to what satisfies
 * the comparison, for the operands and for all that is known to equal them. */
#include "verifier/object.h"

#define MAX_PACKET 0xffff /* largest packet; ranges beyond prove nothing */

/* What was learnt about a packet pointer that lies at or behind the packet's end (value.beyond). */
enum { AT_END = -1, BEYOND_END = -2 };

static bool is_jmp32(const struct bpf_insn *i)
{
	return BPF_CLASS(i->code) == BPF_JMP32;
}

static bool is_packet_any(const struct value *val)
{
	return is_packet(val) || val->kind == V_PKT_END;
}

/* Linux decides comparisons with null only for these kinds; for others it walks both sides. An object of the
 * kernel's that nobody vouches for may well be null, and so may memory that is read by probe loads. */
static bool is_never_null(const struct value *val)
{
	switch (val->kind) {
	case V_MAP:
	case V_MAP_VALUE:
	case V_MAP_KEY:
	case V_SOCK_COMMON:
	case V_SOCK:
	case V_TCP_SOCK:
	case V_ALLOC: return !(val->flags & VF_OR_NULL);
	case V_MEM: return !(val->flags & (VF_OR_NULL | VF_UNTRUSTED));
	case V_BTF: return is_trusted(val) && !(val->flags & VF_OR_NULL);
	default: return false;
	}
}

/* What equals it is not null: pointers that are in fact never null, which trust alone does not make sure of. */
static bool proves_not_null(const struct value *val)
{
	return (is_never_null(val) && val->kind != V_BTF) ||
	       (val->kind == V_XDP_SOCK && !(val->flags & VF_OR_NULL));
}

/* The same comparison with its operands swapped. */
static u8 swapped(u8 op)
{
	switch (op) {
	case BPF_JGT: return BPF_JLT;
	case BPF_JLT: return BPF_JGT;
	case BPF_JGE: return BPF_JLE;
	case BPF_JLE: return BPF_JGE;
	default: return op;
	}
}

/* pkt OP end, where pkt was found at or beyond the end before. */
static int packet_branch(const struct value *dst, const struct value *src, u8 op)
{
	const struct value *pkt = dst;

	if (src->kind == V_PKT && dst->kind == V_PKT_END) {
		pkt = src;
		op = swapped(op);
	} else if (dst->kind != V_PKT || src->kind != V_PKT_END) {
		return -1;
	}
	if (!pkt->beyond)
		return -1;
	switch (op) {
	case BPF_JGE: return 1;
	case BPF_JLT: return 0;
	case BPF_JGT: return pkt->beyond == BEYOND_END ? 1 : -1;
	case BPF_JLE: return pkt->beyond == BEYOND_END ? 0 : -1;
	default: return -1;
	}
}

/* 1: always jumps, 0: never, -1: may do either */
static int decide(const struct bpf_insn *i, const struct value *dst, const struct value *src)
{
	u8 op = BPF_OP(i->code);

	if (is_packet_any(dst) && is_packet_any(src) && !is_jmp32(i))
		return packet_branch(dst, src, op);
	if (value_is_pointer(dst) || value_is_pointer(src)) {
		if (is_jmp32(i) || !is_never_null(dst) || !value_is_zero(src))
			return -1;
		return op == BPF_JEQ ? 0 : op == BPF_JNE ? 1 : -1;
	}
	return scalar_branch(i->code, &dst->var, &src->var);
}

/* --- values with a common id --- */

static u32 base_id(u32 id)
{
	return id & ~SCALAR_ID_FLAGS;
}

/* Register r of frame f will not be read any more: it is left as it is. */
static bool is_dead(const struct verifier *v, const struct state *s, const struct frame *f, u32 r)
{
	u32 insn = f->no == s->depth ? v->insn : s->frame[f->no + 1]->callsite;

	return r < 11 && !(v->aux[insn].live >> r & 1);
}

/* Note in the current step which scalars are linked to id; more than fit lose their link. */
static void note_linked(struct verifier *v, u32 id)
{
	struct step *step;

	if (!v->cur->nr_steps)
		return;
	step = &v->cur->steps[v->cur->nr_steps - 1];
	FOR_EACH_VALUE (v->cur, f, val) {
		if (val->kind != V_SCALAR || !val->id || base_id(val->id) != base_id(id) ||
		    is_dead(v, v->cur, f, vi_))
			continue;
		if (step_nr_links(step) == STEP_MAX_LINKS) {
			val->id = 0;
			val->fixed = 0;
			continue;
		}
		step_add_link(step, f->no, vi_ < 11 ? vi_ : 16 + vi_ - 11);
		step->flags |= STEP_LINKED;
	}
}

static void note_all_linked(struct verifier *v, const struct value *dst, const struct value *src)
{
	u32 dst_id = dst->kind == V_SCALAR ? dst->id : 0,
	    src_id = src->kind == V_SCALAR ? src->id : 0;

	if (dst_id)
		note_linked(v, dst_id);
	if (src_id && base_id(src_id) != base_id(dst_id))
		note_linked(v, src_id);
	note_linked_step(v);
}

static s64 distance(const struct value *val)
{
	return val->id & SCALAR_ID_ADD ? val->fixed : 0;
}

static struct scalar add_const(const struct scalar *s, s64 by, bool wide)
{
	if (!by)
		return *s;
	return scalar_alu((wide ? BPF_ALU64 : BPF_ALU) | BPF_ADD | BPF_K, 0, *s,
			  scalar_const((u64)by));
}

/* What val is, if the other value of its id is `known`. Sums of 32 and of 64 bits tell each other nothing.
 * Sound because: with ADD32 the value that both are sums of is below 2^32, so it is the 32-bit difference,
 * and sums of 64 bits wrap alike in both directions. */
static struct scalar linked_value(const struct value *known, const struct value *val)
{
	bool both = (known->id & SCALAR_ID_ADD) && (val->id & SCALAR_ID_ADD);
	bool wide = !((known->id | val->id) & SCALAR_ID_ADD32);

	if (both && (known->id & SCALAR_ID_ADD32) != (val->id & SCALAR_ID_ADD32))
		return val->var;
	return add_const(&known->var, distance(val) - distance(known), wide);
}

/* `known` was narrowed: so is all that equals it, at whatever constant distance. What is at the same one is the
 * same number, and says so as `known` does: with its kind of sum. */
static void sync_linked(const struct verifier *v, struct state *s, const struct value *known_in)
{
	const struct value known = *known_in;

	if (known.kind != V_SCALAR || !known.id)
		return;
	FOR_EACH_VALUE (s, f, val) {
		if (is_dead(v, s, f, vi_) || val == known_in || val->kind != V_SCALAR || !val->id ||
		    base_id(val->id) != base_id(known.id))
			continue;
		val->var = linked_value(&known, val);
		if (distance(val) == distance(&known) && !(val->id & known.id & SCALAR_ID_ADD)) {
			val->id = known.id;
			val->fixed = known.fixed;
		}
	}
}

/* --- packets --- */

/* On this path everything up to `ptr` (one byte more if `open`) lies inside the packet: so it does for
 * all pointers of the same origin. */
static void extend_range(struct state *s, const struct value *ptr, bool open)
{
	const struct value p = *ptr;
	u32 range;

	if (p.fixed < 0 || (p.fixed == 0 && open))
		return;
	if (p.var.umax > MAX_PACKET || p.var.umax + (u64)p.fixed > MAX_PACKET)
		return;
	range = (u32)p.fixed + open;
	FOR_EACH_VALUE (s, f, val) {
		(void)f;
		if (val->kind == p.kind && val->id == p.id && !val->beyond)
			val->range = MAX(val->range, range);
	}
}

static void mark_end(struct value *ptr, s32 how)
{
	if (ptr->kind != V_PKT)
		return;
	ptr->beyond = how;
	ptr->range = 0;
}

/* A packet pointer whose offset is zero: the packet's start. */
static bool is_packet_start(const struct value *val)
{
	return val->kind == V_PKT && !val->fixed && scalar_is_const(&val->var) &&
	       val->var.bits.value == 0;
}

static bool bounds_packet(const struct value *ptr, const struct value *end)
{
	return (ptr->kind == V_PKT && end->kind == V_PKT_END) ||
	       (ptr->kind == V_PKT_META && is_packet_start(end));
}

/* ptr OP end, in registers r (of ptr): learn on both edges. Returns false if this is no such pair. */
static bool learn_packet(struct state *jump, struct state *fall, u32 r, u8 op)
{
	struct value *j = &state_frame(jump)->reg[r], *f = &state_frame(fall)->reg[r];

	switch (op) {
	case BPF_JGT: /* falls through: ptr <= end */
		extend_range(fall, f, false);
		mark_end(j, BEYOND_END);
		return true;
	case BPF_JLT: /* jumps: ptr < end */
		extend_range(jump, j, true);
		mark_end(f, AT_END);
		return true;
	case BPF_JGE: /* falls through: ptr < end */
		extend_range(fall, f, true);
		mark_end(j, AT_END);
		return true;
	case BPF_JLE: /* jumps: ptr <= end */
		extend_range(jump, j, false);
		mark_end(f, BEYOND_END);
		return true;
	default: return false;
	}
}

static bool learn_packets(struct verifier *v, const struct bpf_insn *i, struct state *jump)
{
	const struct value *dst = reg(v, i->dst_reg), *src;
	u8 op = BPF_OP(i->code);

	if (BPF_SRC(i->code) != BPF_X || is_jmp32(i))
		return false;
	src = reg(v, i->src_reg);
	if (bounds_packet(dst, src))
		return learn_packet(jump, v->cur, i->dst_reg, op);
	if (bounds_packet(src, dst))
		return learn_packet(jump, v->cur, i->src_reg, swapped(op));
	return false;
}

/* --- null or not --- */

/* What a map of maps holds is a map like its template. Which one matters where its values refer to
 * it (timers). */
static void enter_inner_map(struct value *val)
{
	val->kind = V_MAP;
	val->map = val->map->inner;
	val->map_uid = record_has(val->map->record, FIELD_ASYNC) ? val->id : SOME_INNER_MAP;
}

/* What a map of sockets holds is a socket: no memory of the map's. A reference stays one. */
static void enter_socket(struct value *val, enum value_kind kind)
{
	val->kind = (u8)kind;
	val->map = NULL;
	val->map_uid = 0;
}

/* A look-up's result is no longer null: what did it find? */
static void enter_found(struct value *val)
{
	if (val->kind != V_MAP_VALUE)
		return;
	if (val->map->inner)
		enter_inner_map(val);
	else if (val->map->type->type == BPF_MAP_TYPE_XSKMAP)
		enter_socket(val, V_XDP_SOCK);
	else if (map_holds_sockets(val->map))
		enter_socket(val, V_SOCK);
}

/* The pointers of this id turned out to be null, or not. */
static void decide_null(struct verifier *v, struct state *s, u32 r, bool null)
{
	const struct value ptr = state_frame(s)->reg[r];

	FOR_EACH_VALUE (s, f, val) {
		(void)f;
		if (!(val->flags & VF_OR_NULL) || val->id != ptr.id || val->kind != ptr.kind)
			continue;
		if (null) {
			set_const(val, 0);
			continue;
		}
		val->flags &= (u16)~VF_OR_NULL;
		enter_found(val);
		/* The id stays where it tells whose lock this is. */
		if (!record_has(value_record(val), FIELD_LOCKS))
			val->id = 0;
	}
	if (null && ptr.ref && ptr.ref == ptr.id) { /* there is nothing to release */
		for (u32 n = 0; n < s->nr_refs; n++) {
			if (s->refs[n].kind != REF_PTR || s->refs[n].id != ptr.ref)
				continue;
			s->refs[n] = s->refs[--s->nr_refs];
			break;
		}
	}
	if (s == v->cur)
		touch_reg(v, r);
}

static bool learn_null(struct verifier *v, const struct bpf_insn *i, struct state *jump)
{
	u8 op = BPF_OP(i->code);

	if (is_jmp32(i) || BPF_SRC(i->code) != BPF_K || i->imm ||
	    (op != BPF_JEQ && op != BPF_JNE) || !(reg(v, i->dst_reg)->flags & VF_OR_NULL))
		return false;
	decide_null(v, v->cur, i->dst_reg, op == BPF_JNE);
	decide_null(v, jump, i->dst_reg, op == BPF_JEQ);
	return true;
}

/* Equal to a pointer that is not null: not null. */
static void learn_equal_pointers(struct verifier *v, const struct bpf_insn *i, struct state *jump)
{
	const struct value *dst = reg(v, i->dst_reg), *src;
	u8 op = BPF_OP(i->code);
	struct state *equal;

	if (is_jmp32(i) || BPF_SRC(i->code) != BPF_X || (op != BPF_JEQ && op != BPF_JNE))
		return;
	src = reg(v, i->src_reg);
	equal = op == BPF_JEQ ? jump : v->cur;
	if ((dst->flags & VF_OR_NULL) && proves_not_null(src))
		decide_null(v, equal, i->dst_reg, false);
	else if ((src->flags & VF_OR_NULL) && proves_not_null(dst))
		decide_null(v, equal, i->src_reg, false);
}

/* --- numbers --- */

/* Narrow the operands in state s, where the jump is taken or not. */
static void learn_numbers(const struct verifier *v, struct state *s, const struct bpf_insn *i,
			  bool taken, bool src_is_reg)
{
	struct value *dst = &state_frame(s)->reg[i->dst_reg], *src, imm;
	struct scalar d, x;

	set_const(&imm, (u64)(s64)i->imm);
	src = src_is_reg ? &state_frame(s)->reg[i->src_reg] : &imm;
	if (dst->kind != V_SCALAR || src->kind != V_SCALAR)
		return;
	d = dst->var;
	x = src->var;
	if (dst == src || !scalar_refine(i->code, taken, &d, &x))
		return; /* an edge that nothing takes: what was known before is true there too */
	dst->var = d;
	src->var = x;
	if (src_is_reg)
		sync_linked(v, s, src);
	sync_linked(v, s, dst);
}

static int follow_one(struct verifier *v, const struct bpf_insn *i, bool jumps, u32 *next)
{
	if (reg(v, i->dst_reg)->kind == V_SCALAR)
		TRY(mark_precise(v, i->dst_reg));
	if (BPF_SRC(i->code) == BPF_X && reg(v, i->src_reg)->kind == V_SCALAR)
		TRY(mark_precise(v, i->src_reg));
	if (jumps) {
		v->aux[v->insn].taken = true;
		*next = v->insn + 1 + (u32)(s32)i->off;
	} else {
		v->aux[v->insn].not_taken = true;
	}
	if (logging(v))
		say_state_after(v);
	return 0;
}

static int follow_both(struct verifier *v, const struct bpf_insn *i)
{
	bool src_is_reg = BPF_SRC(i->code) == BPF_X;
	struct value imm, *src = src_is_reg ? reg(v, i->src_reg) : &imm;
	struct state *jump;
	int err = 0;

	set_const(&imm, (u64)(s64)i->imm);
	note_all_linked(v, reg(v, i->dst_reg), src);
	v->aux[v->insn].taken = v->aux[v->insn].not_taken = true;
	jump = push_branch(v, v->insn + 1 + (u32)(s32)i->off, &err);
	if (!jump)
		return err;
	learn_numbers(v, jump, i, true, src_is_reg);
	learn_numbers(v, v->cur, i, false, src_is_reg);
	learn_equal_pointers(v, i, jump);
	if (!learn_null(v, i, jump) && !learn_packets(v, i, jump) &&
	    leaks_pointer(v, reg(v, i->dst_reg)))
		return reject(v, -EACCES, "R%u pointer comparison prohibited", i->dst_reg);
	if (logging(v))
		say_state_after(v);
	return 0;
}

int do_cond_jump(struct verifier *v, const struct bpf_insn *i, u32 *next)
{
	struct value imm, *dst, *src;
	int taken;

	TRY(check_readable(v, i->dst_reg));
	dst = reg(v, i->dst_reg);
	set_const(&imm, (u64)(s64)i->imm);
	src = &imm;
	if (BPF_SRC(i->code) == BPF_X) {
		TRY(check_readable(v, i->src_reg));
		src = reg(v, i->src_reg);
		if (!(is_packet_any(dst) && is_packet_any(src)) && leaks_pointer(v, src))
			return reject(v, -EACCES, "R%u pointer comparison prohibited", i->src_reg);
	}
	note_compared(v, dst, src);
	taken = decide(i, dst, src);
	*next = v->insn + 1;
	if (taken >= 0)
		return follow_one(v, i, taken == 1, next);
	return follow_both(v, i);
}
