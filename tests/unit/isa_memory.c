/* RFC 9669's loads, stores and atomic operations. See isa_machine.h. */
#include "unit/isa_machine.h"

/* --- memory --- */

static const u8 sizes[4] = { BPF_B, BPF_H, BPF_W, BPF_DW };
static const u64 masks[4] = { 0xff, 0xffff, 0xffffffff, ~0ull };

TEST("base32, base64: loads of every size, aligned or not, zero- or sign-extended")
{
	static const u64 extended[4] = { 0xffffffffffffff88, 0xffffffffffff9988, 0xffffffffbbaa9988,
					 0xffeeddccbbaa9988 };
	u8 buf[] = { 0, 0, 0, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0 };

	begin();
	for (u32 n = 0; n < 4; n++)
		EACH_PAIR(d, s)
		{
			u64 at = (uintptr_t)buf + 1003;
			struct bpf_insn i = LDX(sizes[n], d, s, -1000);

			run_on(d, 7, s, at, &i, 1);
			EXPECT_EQ(seen[d], 0xffeeddccbbaa9988 & masks[n]);
			expect_untouched(d, d, s, at, "ldx");
			if (n == 3)
				continue;
			i = INSN(BPF_LDX | BPF_MEMSX | sizes[n], d, s, -1000, 0);
			run_on(d, 7, s, at, &i, 1);
			EXPECT_EQ(seen[d], extended[n]);
			expect_untouched(d, d, s, at, "ldsx");
		}
}

TEST("a load may overwrite its own address")
{
	u64 v = 0x1234;

	begin();
	for (u32 r = 0; r < 10; r++) {
		struct bpf_insn i = LDX(BPF_DW, r, r, 8);

		run_on(r, (uintptr_t)&v - 8, r, 0, &i, 1);
		EXPECT_EQ(seen[r], 0x1234);
	}
}

TEST("base32, base64: stores of every size touch their bytes only")
{
	begin();
	for (u32 n = 0; n < 4; n++)
		EACH_PAIR(d, s)
		{
			u8 buf[16];
			u64 at = (uintptr_t)buf - 100, value;
			struct bpf_insn x = STX(sizes[n], d, s, 103), k = ST(sizes[n], d, 103, -2);

			memset(buf, 0x55, sizeof(buf));
			run_on(d, at, s, 0x8877665544332211, &x, 1);
			memcpy(&value, buf + 3, 8);
			EXPECT_EQ(value, (0x8877665544332211 & masks[n]) |
						 (0x5555555555555555 & ~masks[n]));
			EXPECT(buf[2] == 0x55 && buf[11] == 0x55);
			expect_untouched(d, d, s, 0x8877665544332211, "stx");
			run_on(d, at, d, 0, &k, 1);
			memcpy(&value, buf + 3, 8);
			EXPECT_EQ(value & masks[n], (u64)-2 & masks[n]);
			EXPECT(buf[2] == 0x55 && buf[11] == 0x55);
		}
}

TEST("base32: the stack is 512 bytes below r10, whoever writes it")
{
	begin();
	EXPECT_EQ(RUN(NULL, MOV_K(1, 77), STX(BPF_DW, 10, 1, -512), ST(BPF_W, 10, -4, 5),
		      LDX(BPF_DW, 0, 10, -512), LDX(BPF_W, 2, 10, -4), ALU64_X(BPF_ADD, 0, 2),
		      EXIT()),
		  82);
	EXPECT_EQ(RUN(NULL, STX(BPF_DW, 10, 10, -8), LDX(BPF_DW, 0, 10, -8),
		      ALU64_X(BPF_SUB, 0, 10), EXIT()),
		  0);
}

TEST("base64: 64-bit immediates")
{
	begin();
	for (u32 r = 0; r < 10; r++) {
		struct bpf_insn i[] = { LD64(r, 0xfedcba9876543210) };

		run_on(r, 0, r, 0, i, 2);
		EXPECT_EQ(seen[r], 0xfedcba9876543210);
		expect_untouched(r, r, r, 0, "ld_imm64");
	}
}

/* --- atomic32, atomic64 --- */

static const struct {
	const char *name;
	s32 op;
	u64 memory, src, r0; /* before */
	u64 wide, narrow;    /* memory after */
} atomics[] = {
	{ "add", BPF_ADD, 0x00000001fffffff0, 0x0000000100000020, 0, 0x0000000300000010,
	  0x0000000100000010 },
	{ "or", BPF_OR, 0x0f0f0f0f0f0f0f0f, 0xf000000000000010, 0, 0xff0f0f0f0f0f0f1f,
	  0x0f0f0f0f0f0f0f1f },
	{ "and", BPF_AND, 0x0f0f0f0f0f0f0f0f, 0x00ff00ff00ff00ff, 0, 0x000f000f000f000f,
	  0x0f0f0f0f000f000f },
	{ "xor", BPF_XOR, 0x0f0f0f0f0f0f0f0f, 0xffffffff0000ffff, 0, 0xf0f0f0f00f0ff0f0,
	  0x0f0f0f0f0f0ff0f0 },
	{ "xchg", BPF_XCHG, 0x1111111122222222, 0x3333333344444444, 0, 0x3333333344444444,
	  0x1111111144444444 },
	{ "cmpxchg, equal", BPF_CMPXCHG, 0x1111111122222222, 0x3333333344444444, 0x1111111122222222,
	  0x3333333344444444, 0x1111111144444444 },
	{ "cmpxchg, low half equal", BPF_CMPXCHG, 0x1111111122222222, 0x3333333344444444,
	  0x9999999922222222, 0x1111111122222222, 0x1111111144444444 },
	{ "cmpxchg, unequal", BPF_CMPXCHG, 0x1111111122222222, 0x3333333344444444, 5,
	  0x1111111122222222, 0x1111111122222222 },
};

static void check_atomic(size_t row, u8 size, s32 flag, u32 d, u32 s)
{
	bool compares = atomics[row].op == BPF_CMPXCHG;
	bool fetches = flag || atomics[row].op == BPF_XCHG;
	u64 memory = atomics[row].memory, at = (uintptr_t)&memory + 4096;
	u64 old = size == BPF_W ? (u32)memory : memory;
	struct bpf_insn i[] = { LD64(0, atomics[row].r0),
				ATOMIC_OP(size, atomics[row].op | flag, d, s, -4096) };

	if (compares && (!d || !s))
		return; /* r0 is an operand of its own */
	run_on(d, at, s, atomics[row].src, compares ? i : i + 2, compares ? 3 : 1);
	EXPECT(memory == (size == BPF_W ? atomics[row].narrow : atomics[row].wide),
	       "%s r%u r%u: memory %llx", atomics[row].name, d, s, (unsigned long long)memory);
	EXPECT(seen[d] == at);
	if (compares)
		EXPECT_EQ(seen[0], old);
	if (fetches)
		EXPECT_EQ(seen[s], old);
	expect_untouched(d, compares ? 0 : fetches ? s : d, s, atomics[row].src, atomics[row].name);
}

TEST("atomic32, atomic64: with and without fetch, exchange, compare-and-exchange")
{
	begin();
	for (size_t row = 0; row < ARRAY_SIZE(atomics); row++)
		EACH_PAIR(d, s)
		{
			bool plain = atomics[row].op < BPF_XCHG;

			check_atomic(row, BPF_W, 0, d, s);
			check_atomic(row, BPF_DW, 0, d, s);
			if (plain) {
				check_atomic(row, BPF_W, BPF_FETCH, d, s);
				check_atomic(row, BPF_DW, BPF_FETCH, d, s);
			}
		}
}

TEST("load-acquire and store-release of every size")
{
	begin();
	for (u32 n = 0; n < 4; n++)
		EACH_PAIR(d, s)
		{
			u64 memory = 0x8877665544332211, at = (uintptr_t)&memory;
			struct bpf_insn i = ATOMIC_OP(sizes[n], BPF_LOAD_ACQ, d, s, 0);

			run_on(d, 7, s, at, &i, 1);
			EXPECT_EQ(seen[d], memory & masks[n]);
			expect_untouched(d, d, s, at, "load_acquire");
			i.imm = BPF_STORE_REL;
			run_on(d, at, s, 0x0102030405060708, &i, 1);
			EXPECT_EQ(memory, (0x0102030405060708 & masks[n]) |
						  (0x8877665544332211 & ~masks[n]));
		}
}
