/* Text of values and frames. The expectations were recorded from logs of Linux 6.18. */
#include "map/map.h"
#include "test.h"
#include "verifier/log.h"

static struct skep_map named = { .name = "my_arr", .key_size = 4, .value_size = 8 };
static struct skep_map nameless = { .key_size = 4, .value_size = 40000 };

static struct value pointer(u8 kind)
{
	return (struct value){ .kind = kind, .var = scalar_const(0) };
}

static struct value number(u64 x)
{
	return (struct value){ .kind = V_SCALAR, .var = scalar_const(x) };
}

static struct value byte(void)
{
	return (struct value){ .kind = V_SCALAR, .var = scalar_urange(0, 255) };
}

static void expect(struct value v, const char *want)
{
	struct state s = { .depth = 1 };
	struct buf b = { 0 };

	text_value(&b, &s, &v);
	EXPECT_STR(buf_str(&b), want);
	buf_done(&b);
}

TEST("known numbers are decimal where they fit 16 bits")
{
	expect(number(0), "0");
	expect(number(32767), "32767");
	expect(number(32768), "0x8000");
	expect(number(65535), "0xffff");
	expect(number((u64)-32768), "-32768");
	expect(number((u64)-32769), "0xffffffffffff7fff");
	expect(number((u64)-1), "-1");
	expect(number(0xffffffff), "0xffffffff");
}

TEST("a precise number has a P, a linked one its id and distance")
{
	struct value v = byte();

	expect(v, "scalar(smin=smin32=0,smax=umax=smax32=umax32=255,var_off=(0x0; 0xff))");
	v.precise = true;
	expect(v, "Pscalar(smin=smin32=0,smax=umax=smax32=umax32=255,var_off=(0x0; 0xff))");
	v = (struct value){ .kind = V_SCALAR, .var = scalar_unknown() };
	expect(v, "scalar()");
	v.id = 1;
	expect(v, "scalar(id=1)");
	v.id |= SCALAR_ID_ADD;
	v.fixed = 5;
	expect(v, "scalar(id=1+5)");
	v.fixed = -32772;
	expect(v, "scalar(id=1-32772)");
	v = number(4);
	v.precise = true;
	v.id = 7;
	expect(v, "P4");
}

TEST("pointers that carry nothing else")
{
	expect(pointer(V_CTX), "ctx()");
	expect(pointer(V_PKT_END), "pkt_end()");
	expect(pointer(V_FUNC), "func()");
}

TEST("maps, their values and keys")
{
	struct value v = pointer(V_MAP);

	v.map = &named;
	expect(v, "map_ptr(map=my_arr,ks=4,vs=8)");
	v.map = &nameless;
	expect(v, "map_ptr(ks=4,vs=40000)");
	v.kind = V_MAP_VALUE;
	v.fixed = 16;
	expect(v, "map_value(ks=4,vs=40000,off=16)");
	v.map = &named;
	v.fixed = 3;
	v.var = byte().var;
	expect(v, "map_value(map=my_arr,ks=4,vs=8,off=3,smin=smin32=0,smax=umax=smax32=umax32=255,"
		  "var_off=(0x0; 0xff))");
	v = pointer(V_MAP_VALUE);
	v.map = &named;
	v.flags = VF_OR_NULL;
	v.id = 1;
	expect(v, "map_value_or_null(id=1,map=my_arr,ks=4,vs=8)");
	v = pointer(V_MAP_KEY);
	v.map = &named;
	expect(v, "map_key(map=my_arr,ks=4,vs=8)");
}

TEST("packets")
{
	struct value v = pointer(V_PKT);

	expect(v, "pkt(r=0)");
	v.fixed = 14;
	v.range = 14;
	expect(v, "pkt(off=14,r=14)");
	v.id = 1;
	v.fixed = v.range = 8;
	v.var = scalar_alu(0x57, 0, byte().var, scalar_const(0x3c)); /* BPF_ALU64 | BPF_AND */
	expect(v,
	       "pkt(id=1,off=8,r=8,smin=smin32=0,smax=umax=smax32=umax32=60,var_off=(0x0; 0x3c))");
	v = pointer(V_PKT);
	v.fixed = 14;
	v.beyond = -2;
	expect(v, "pkt(off=14,r=0xfffffffffffffffe)");
	v = pointer(V_PKT_META);
	v.fixed = 4;
	expect(v, "pkt_meta(off=4,r=0)");
}

TEST("memory")
{
	struct value v = pointer(V_ALLOC);

	v.mem_size = 24;
	v.ref = 2;
	v.fixed = 8;
	expect(v, "ringbuf_mem(ref_obj_id=2,off=8,sz=24)");
	v.fixed = 0;
	v.flags = VF_OR_NULL;
	v.id = 2;
	expect(v, "ringbuf_mem_or_null(id=2,ref_obj_id=2,sz=24)");
	v = pointer(V_MEM);
	v.mem_size = 4;
	expect(v, "mem(sz=4)");
	v.flags = VF_OR_NULL;
	v.id = 1;
	expect(v, "mem_or_null(id=1,sz=4)");
}

TEST("stack pointers name the frame if it is another one")
{
	struct value v = pointer(V_STACK);

	v.frame = 1;
	expect(v, "fp0");
	v.fixed = -8;
	expect(v, "fp-8");
	v.frame = 0;
	expect(v, "fp[0]-8");
	v.fixed = 0;
	expect(v, "fp[0]0");
	v.frame = 1;
	v.fixed = -16;
	v.var = scalar_urange(2, 7);
	expect(v, "fp(off=-16,smin=umin=smin32=umin32=2,smax=umax=smax32=umax32=7,var_off=(0x0; "
		  "0x7))");
}

/* --- frames --- */

static void fill(struct slot *s, const char *from_highest, struct value v)
{
	for (u32 i = 0; i < 8; i++) {
		char c = from_highest[7 - i];

		s->byte[i] = c == 's'	? SB_SPILL
			     : c == 'm' ? SB_MISC
			     : c == '0' ? SB_ZERO
					: SB_INVALID;
	}
	s->v = v;
}

static void expect_frame(const struct state *s, u32 no, bool all, u32 regs, u64 slots,
			 const char *want)
{
	struct buf b = { 0 };

	text_frame(&b, s, no, all, regs, slots);
	EXPECT_STR(buf_str(&b), want);
	buf_done(&b);
}

TEST("a frame shows its registers and slots: all, or those that are asked for")
{
	struct slot stack[6] = { 0 };
	struct frame f = { .stack = stack, .nr_slots = 6 };
	struct state s = { .frame = { &f } };

	f.reg[0] = number(5);
	f.reg[6] = pointer(V_CTX);
	f.reg[10] = pointer(V_STACK);
	fill(&stack[0], "mm0mmmmm", number(0));
	fill(&stack[1], "????ssss", number(0));
	fill(&stack[2], "ssssssss", pointer(V_CTX));
	fill(&stack[3], "?0????ss", number(0));
	fill(&stack[5], "0000mmmm", number(0));
	expect_frame(&s, 0, true, 0, 0,
		     " R0=5 R6=ctx() R10=fp0 fp-8=mm0mmmmm fp-16=????0 fp-24=ctx() fp-32=?0????0 "
		     "fp-48=0000mmmm");
	expect_frame(&s, 0, false, 1 << 10 | 1 << 3 | 1, 1 << 1 | 1 << 4,
		     " R0=5 R10=fp0 fp-16=????0");
	expect_frame(&s, 0, false, 0, 0, "");
}

TEST("another frame says so; references and callbacks come last")
{
	struct ref refs[] = { { .id = 2 }, { .id = 4 } };
	struct frame main = { 0 }, f = { .no = 1, .in_callback = true };
	struct state s = { .frame = { &main, &f }, .depth = 1, .refs = refs, .nr_refs = 2 };

	f.reg[2] = pointer(V_STACK);
	f.reg[2].fixed = -8;
	expect_frame(&s, 1, true, 0, 0, " frame1: R2=fp[0]-8 refs=2,4 cb");
	s.nr_refs = 1;
	expect_frame(&s, 0, true, 0, 0, " refs=2");
}
