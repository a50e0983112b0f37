/* See input.h. */
#include "input.h"

#include <string.h>

static u64 next(u64 *state) /* xorshift64, 13 7 17 */
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* QinQ, IPv4, TCP to port 443. */
static void prepare_packet(u8 *p)
{
	static const u8 headers[] = {
		0x02, 0x00, 0x00, 0x00, 0x00, 0x01, 0x02, 0x00, 0x00, 0x00, 0x00, 0x02, /* unicast */
		0x88, 0xa8, 0x00, 0x64, 0x81, 0x00, 0x00, 0xc8, 0x08, 0x00, /* two tags */
		0x45, 0x00, 0x05, 0xc6, 0x00, 0x01, 0x40, 0x00, 0x40, 0x06, 0x00, 0x00, /* DF, TTL 64 */
		10,   1,    2,	  3,	192,  0,    2,	  9,	0xc0, 0x01, 0x01, 0xbb, 0,
		0,    0,    1,	  0,	0,    0,    1,	     /* 49153 to 443 */
		0x50, 0x18, 0x10, 0x00, 0,    0,    0,	  0, /* PSH, ACK */
	};

	memcpy(p, headers, sizeof(headers));
}

/* Tokens of every kind the state machine knows, in random order. */
static void prepare_text(u8 *p)
{
	static const char *const tokens[] = {
		"Content-Type:", "gzip ",	   "deflate ",	       "q=0.5, ",
		"1500 ",	 "\"a\\n\\\"b\" ", "# comment\r",      "\r\n",
		"  \t",		 "3.14159 ",	   "X-Forwarded-For:", "keep_alive ",
	};
	u64 state = 88172645463325252;
	u32 at = 0;

	while (at < 512) {
		const char *t = tokens[(next(&state) >> 24) % ARRAY_SIZE(tokens)];

		for (; *t && at < 512; t++)
			p[at++] = (u8)*t;
	}
}

static void put32(u8 *p, u32 v)
{
	memcpy(p, &v, sizeof(v));
}

static void put16(u8 *p, u16 v)
{
	memcpy(p, &v, sizeof(v));
}

/* A rule matches the source in a quarter of cases, the destination in a quarter of those, never the
 * port; but the last matches all. */
static void prepare_rules(u8 *p)
{
	u32 src, dst;

	memcpy(&src, p, 4);
	memcpy(&dst, p + 4, 4);
	put16(p + 8, 30000);
	for (u32 i = 0; i < 64; i++) {
		u8 *r = p + 16 + i * 20;
		bool src_fits = i % 4 == 0 || i == 63, dst_fits = i % 16 == 0 || i == 63;

		put32(r, (src & 0xffffff00) ^ !src_fits << 8);
		put32(r + 4, 0xffffff00);
		put32(r + 8, (dst & 0xffff0000) ^ !dst_fits << 16);
		put32(r + 12, 0xffff0000);
		put16(r + 16, i == 63 ? 0 : 40000);
		put16(r + 18, 65535);
	}
}

/* PROGRAM(name, expected, prepare) */
#define EACH_PROGRAM                                                                               \
	PROGRAM(empty, 2, NULL)                                                                    \
	PROGRAM(pktparse, 0x2a02, prepare_packet)                                                  \
	PROGRAM(csum1500, 0x1de1, NULL)                                                            \
	PROGRAM(jhash64, 0xd26b7014, NULL)                                                         \
	PROGRAM(siphash64, 0x7e9dee05, NULL)                                                       \
	PROGRAM(xorshift1k, 0x092ba82b, NULL)                                                      \
	PROGRAM(bubble32, 0x35008604, NULL)                                                        \
	PROGRAM(bubble32br, 0x35008604, NULL)                                                      \
	PROGRAM(fsm512, 0, prepare_text)                                                           \
	PROGRAM(divvar, 0x31d17366, NULL)                                                          \
	PROGRAM(divconst, 0x4a3e0a82, NULL)                                                        \
	PROGRAM(acl64, 0x40, prepare_rules)

/* Weak: there may be no gcc. */
#define PROGRAM(name, ...)                                                                         \
	u64 native_##name(const u8 *mem, u64 len);                                                 \
	__attribute__((weak)) u64 native_gcc_##name(const u8 *mem, u64 len);
EACH_PROGRAM
#undef PROGRAM

#define PROGRAM(name_, expected_, prepare_)                                                        \
	{ .name = #name_,                                                                          \
	  .expected = (expected_),                                                                 \
	  .prepare = (prepare_),                                                                   \
	  .native = native_##name_,                                                                \
	  .native_gcc = native_gcc_##name_ },
const struct compute_program compute_programs[] = { EACH_PROGRAM{ .name = NULL } };

void input_fill(const struct compute_program *p, u8 input[INPUT_SIZE])
{
	u64 state = 88172645463325252;

	for (u32 i = 0; i < INPUT_SIZE; i++)
		input[i] = (u8)(next(&state) >> 24);
	if (p->prepare)
		p->prepare(input);
}
