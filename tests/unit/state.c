/* Copies of states share nothing and reuse what the destination has. */
#include "test.h"
#include "verifier/state.h"

static struct pool pool;

static struct state make(u32 depth)
{
	struct state s = { .depth = depth };

	for (u32 i = 0; i <= depth; i++) {
		s.frame[i] = pool_zalloc(&pool, sizeof(struct frame));
		s.frame[i]->no = i;
		s.frame[i]->reg[1].kind = V_CTX;
	}
	return s;
}

TEST("slots appear as never written, and keep what was in them")
{
	struct state s = make(0);
	struct frame *f = s.frame[0];

	REQUIRE(!frame_reserve_slots(&pool, f, 3));
	EXPECT_EQ(f->nr_slots, 3);
	EXPECT(f->stack[2].byte[0] == SB_INVALID && f->stack[2].v.kind == V_NONE);
	f->stack[2].byte[0] = SB_MISC;
	REQUIRE(!frame_reserve_slots(&pool, f, 64));
	REQUIRE(!frame_reserve_slots(&pool, f, 10));
	EXPECT_EQ(f->nr_slots, 64);
	EXPECT_EQ(f->stack[2].byte[0], SB_MISC);
	EXPECT_EQ(f->stack[63].byte[7], SB_INVALID);
	state_done(&pool, &s);
}

TEST("a copy is deep")
{
	struct state a = make(1), b = { 0 };

	a.refs = pool_zalloc(&pool, 4 * sizeof(*a.refs));
	a.cap_refs = 4;
	a.nr_refs = 1;
	a.refs[0].id = 7;
	a.steps = pool_zalloc(&pool, 2 * sizeof(*a.steps));
	a.cap_steps = a.nr_steps = 2;
	a.steps[1].insn = 9;
	a.insn = 42;
	REQUIRE(!frame_reserve_slots(&pool, a.frame[0], 2));
	a.frame[0]->stack[1].byte[3] = SB_ZERO;
	REQUIRE(!state_copy(&pool, &b, &a));
	a.frame[0]->stack[1].byte[3] = SB_MISC;
	a.frame[1]->reg[1].kind = V_PKT;
	a.refs[0].id = 8;
	a.steps[1].insn = 10;
	EXPECT_EQ(b.depth, 1);
	EXPECT_EQ(b.insn, 42);
	EXPECT_EQ(b.frame[0]->stack[1].byte[3], SB_ZERO);
	EXPECT_EQ(b.frame[1]->reg[1].kind, V_CTX);
	EXPECT_EQ(b.refs[0].id, 7);
	EXPECT_EQ(b.steps[1].insn, 9);
	state_done(&pool, &a);
	state_done(&pool, &b);
}

TEST("a destination that was used is reused: no frame stays behind, memory is not moved")
{
	struct state deep = make(3), flat = make(0), dst = { 0 };
	struct slot *stack;

	REQUIRE(!frame_reserve_slots(&pool, deep.frame[0], 20));
	REQUIRE(!frame_reserve_slots(&pool, flat.frame[0], 1));
	REQUIRE(!state_copy(&pool, &dst, &deep));
	stack = dst.frame[0]->stack;
	REQUIRE(!state_copy(&pool, &dst, &flat));
	EXPECT_EQ(dst.frame[0]->nr_slots, 1);
	EXPECT(dst.frame[0]->stack == stack && !dst.frame[1] && !dst.frame[3]);
	REQUIRE(!frame_reserve_slots(&pool, dst.frame[0], 20)); /* what deep had there is gone */
	EXPECT_EQ(dst.frame[0]->stack[19].byte[0], SB_INVALID);
	state_done(&pool, &deep);
	state_done(&pool, &flat);
	state_done(&pool, &dst);
}

TEST("a state done is empty and can be used again")
{
	struct state a = make(2), b = { 0 };

	REQUIRE(!state_copy(&pool, &b, &a));
	state_done(&pool, &b);
	EXPECT(!b.frame[0] && !b.refs && !b.steps);
	REQUIRE(!state_copy(&pool, &b, &a));
	EXPECT_EQ(b.frame[2]->no, 2);
	state_done(&pool, &a);
	state_done(&pool, &b);
	state_done(&pool, &b);
}
