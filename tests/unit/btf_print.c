/* Values as JSON: the shape is that of `bpftool -j map dump` ("formatted"). */
#include <bpf/btf.h>
#include <stdint.h>

#undef BTF_INT_ENCODING /* libbpf and the UAPI header both have them */
#include "btf/print.h"
#include "test.h"

static struct btf *build(struct btf *lib)
{
	u32 size;
	const void *raw = btf__raw_data(lib, &size);
	struct btf *b = NULL;
	struct buf log = { 0 };

	EXPECT(btf_new(raw, size, &log, &b) == 0, "(%s)", buf_str(&log));
	buf_done(&log);
	btf__free(lib);
	return b;
}

static const char *show(struct btf *b, u32 id, const void *data, u32 size, bool pretty)
{
	static char text[4096];
	struct buf out = { 0 };
	struct json j;

	json_init(&j, &out, pretty);
	btf_print_value(b, id, data, size, &j);
	snprintf(text, sizeof(text), "%s", buf_str(&out));
	buf_done(&out);
	return text;
}

TEST("integers: signed, unsigned, bool, 128 bits as hexadecimal text")
{
	struct btf *l = btf__new_empty(), *b;
	int s32_id = btf__add_int(l, "int", 4, BTF_INT_SIGNED),
	    u64_id = btf__add_int(l, "u64", 8, 0);
	int bool_id = btf__add_int(l, "_Bool", 1, BTF_INT_BOOL);
	int i128_id = btf__add_int(l, "__int128", 16, BTF_INT_SIGNED);

	b = build(l);
	REQUIRE(b);
	EXPECT_STR(show(b, s32_id, &(s32){ -7 }, 4, false), "-7");
	EXPECT_STR(show(b, u64_id, &(u64){ ~0ull }, 8, false), "18446744073709551615");
	EXPECT_STR(show(b, bool_id, &(u8){ 3 }, 1, false), "true");
	EXPECT_STR(show(b, i128_id, (u64[]){ 7, 1ull << 36 }, 16, false),
		   "\"0x10000000000000000000000007\"");
	EXPECT_STR(show(b, i128_id, (u64[]){ 5, 0 }, 16, false), "\"0x5\"");
	btf_unref(b);
}

TEST("bit fields are hexadecimal text, across bytes too")
{
	struct btf *l = btf__new_empty(), *b;
	int u = btf__add_int(l, "u64", 8, 0), s;

	s = btf__add_struct(l, "s", 16);
	btf__add_field(l, "a", u, 0, 3);
	btf__add_field(l, "b", u, 3, 5);
	btf__add_field(l, "c", u, 8, 33);
	btf__add_field(l, "d", u, 60, 64);
	b = build(l);
	REQUIRE(b);
	EXPECT_STR(show(b, s, (u64[]){ 0xf000012345678900 | 0xed, 0xabcdef }, 16, false),
		   "{\"a\":\"0x5\",\"b\":\"0x1d\",\"c\":\"0x123456789\",\"d\":\"0xabcdeff\"}");
	btf_unref(b);
}

TEST("char arrays are strings if printable and terminated, else numbers")
{
	struct btf *l = btf__new_empty(), *b;
	int c = btf__add_int(l, "char", 1, BTF_INT_SIGNED), i = btf__add_int(l, "int", 4, 0);
	int str = btf__add_array(l, i, c, 4), bytes, none;

	bytes = btf__add_array(l, i, btf__add_int(l, "unsigned char", 1, 0), 4);
	none = btf__add_array(l, i, c, 0);
	b = build(l);
	REQUIRE(b);
	EXPECT_STR(show(b, str, "a\"\\", 4, false), "\"a\\\"\\\\\"");
	EXPECT_STR(show(b, str, "a\0b", 4, false), "\"a\"");
	EXPECT_STR(show(b, str, "abcd", 4, false), "[97,98,99,100]");
	EXPECT_STR(show(b, str, "\tb\0", 4, false), "[9,98,0,0]");
	EXPECT_STR(show(b, bytes, "abc", 4, false), "[97,98,99,0]");
	EXPECT_STR(show(b, none, "", 0, false), "[]");
	btf_unref(b);
}

TEST("enums by name; unknown values are signed numbers")
{
	struct btf *l = btf__new_empty(), *b;
	int e = btf__add_enum(l, "e", 4), e64, e8;

	btf__add_enum_value(l, "N", -5);
	e8 = btf__add_enum(l, "e8", 1);
	btf__add_enum_value(l, "M", -1);
	e64 = btf__add_enum64(l, "e64", 8, false);
	btf__add_enum64_value(l, "BIG", 0x1ffffffffull);
	b = build(l);
	REQUIRE(b);
	EXPECT_STR(show(b, e, &(s32){ -5 }, 4, false), "\"N\"");
	EXPECT_STR(show(b, e, &(s32){ -6 }, 4, false), "-6");
	EXPECT_STR(show(b, e8, &(s8){ -1 }, 1, false), "\"M\"");
	EXPECT_STR(show(b, e64, &(u64){ 0x1ffffffffull }, 8, false), "\"BIG\"");
	EXPECT_STR(show(b, e64, &(u64){ ~0ull }, 8, false), "18446744073709551615");
	btf_unref(b);
}

TEST("structs, anonymous unions, pointers, data sections; pretty printing")
{
	struct btf *l = btf__new_empty(), *b;
	int i = btf__add_int(l, "int", 4, BTF_INT_SIGNED), a = btf__add_array(l, i, i, 2), u, s, p,
	    sec;

	u = btf__add_union(l, NULL, 8);
	btf__add_field(l, "one", i, 0, 0);
	btf__add_field(l, "two", a, 0, 0);
	p = btf__add_ptr(l, 0);
	s = btf__add_struct(l, "s", 16);
	btf__add_field(l, "", u, 0, 0);
	btf__add_field(l, "p", p, 64, 0);
	btf__add_var(l, "v", BTF_VAR_STATIC, s);
	sec = btf__add_datasec(l, ".bss", 16);
	btf__add_datasec_var_info(l, s + 1, 0, 16);
	b = build(l);
	REQUIRE(b);
	EXPECT_STR(show(b, s, (u64[]){ 1, 4660 }, 16, false),
		   "{\"\":{\"one\":1,\"two\":[1,0]},\"p\":4660}");
	EXPECT_STR(show(b, sec, (u64[]){ 1, 4660 }, 16, true),
		   "{\n    \".bss\": [\n        {\n            \"v\": {\n                \"\": {\n"
		   "                    \"one\": 1,\n                    \"two\": [1, 0]\n"
		   "                },\n                \"p\": 4660\n            }\n        }\n    "
		   "]\n}");
	EXPECT_STR(show(b, s, (u64[]){ 1 }, 8, false), "null");
	EXPECT_STR(show(b, 0, "", 0, false), "null");
	btf_unref(b);
}

TEST("a union of unions of unions ends")
{
	struct btf *l = btf__new_empty(), *b;
	int id = btf__add_int(l, "int", 4, 0);
	struct buf out = { 0 };
	struct json j;

	for (int i = 0; i < 50; i++) {
		int next = btf__add_union(l, NULL, 4);

		btf__add_field(l, "a", id, 0, 0);
		btf__add_field(l, "b", id, 0, 0);
		id = next;
	}
	b = build(l);
	REQUIRE(b);
	json_init(&j, &out, false);
	btf_print_value(b, (u32)id, &(u32){ 1 }, 4, &j);
	EXPECT(out.len > 1000 && out.len < 100 << 20, "(%zu bytes)", out.len);
	EXPECT_EQ(j.depth, 0);
	buf_done(&out);
	btf_unref(b);
}
