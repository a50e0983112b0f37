/* bpf_strtol, bpf_strtoul, bpf_strncmp and bpf_probe_read*, compared with the kernel's answers. */
#include "helper_call.h"

#define TEXT_AT	  64
#define RESULT_AT 2048

static struct helper_call make_strto(u32 id, const char *text, u32 len, u64 flags)
{
	struct helper_call c = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.id = id,
		.arg = { { CALL_MEM, TEXT_AT },
			 { CALL_NUMBER, len },
			 { CALL_NUMBER, flags },
			 { CALL_MEM, RESULT_AT } },
	};

	memcpy(c.mem + TEXT_AT, text, len);
	memset(c.mem + RESULT_AT, 0xaa, 8);
	return c;
}

static void compare_strto(const char *text, u32 len, u64 flags)
{
	static const u32 ids[] = { BPF_FUNC_strtol, BPF_FUNC_strtoul };

	for (u32 i = 0; i < 2; i++) {
		struct helper_call ours = make_strto(ids[i], text, len, flags), theirs;
		u64 ret, kret, value, kvalue;

		REQUIRE(both_call(&ours, &theirs, &ret, &kret));
		memcpy(&value, ours.mem + RESULT_AT, 8);
		memcpy(&kvalue, theirs.mem + RESULT_AT, 8);
		EXPECT(ret == kret && value == kvalue,
		       "%s('%.*s', %u, %llu): %lld, %llx, not %lld, %llx", i ? "strtoul" : "strtol",
		       (int)len, text, len, (unsigned long long)flags, (long long)ret,
		       (unsigned long long)value, (long long)kret, (unsigned long long)kvalue);
	}
}

TEST("strtol and strtoul read numbers as the kernel does")
{
	static const char *const texts[] = {
		"0",
		"1",
		"-1",
		"+1",
		" 12",
		"\t\n\v\f\r -12x",
		"--1",
		"- 1",
		"-",
		" ",
		"x",
		"0x",
		"0x1f",
		"0xg",
		"-0x1F",
		"0X1f",
		"017",
		"08",
		"7fffffffffffffff",
		"8000000000000000",
		"00x1",
		"9223372036854775807",
		"9223372036854775808",
		"-9223372036854775808",
		"-9223372036854775809",
		"18446744073709551615",
		"18446744073709551616",
		"99999999999999999999999999",
		"-99999999999999999999999999",
		"1\0002",
		"12 34",
		"1_000",
		"000000000000000000000000000000000000000000000000000000000000000000000000000000001"
		"2",
		"                                                                                 "
		"12",
		"000000000000000000000000000000000000000000000000000000000000012",
		"0000000000000000000000000000000000000000000000000000000000000012",
		"0x0x1",
		"-0",
		"\xa0"
		"5",
		"-0x",
		"0x-1",
		"deadbeef",
		"DEADBEEF",
		"0b11",
		"1e5",
		"\x1f"
		"1",
	};
	static const u64 flags[] = {
		0, 8, 10, 16, 1, 2, 7, 9, 15, 17, 31, 32, 64 + 10, 1ull << 63
	};

	if (kernel_missing())
		SKIP(kernel_missing());
	for (u32 i = 0; i < ARRAY_SIZE(texts); i++)
		for (u32 k = 0; k < ARRAY_SIZE(flags); k++) {
			compare_strto(texts[i], (u32)strlen(texts[i]), flags[k]);
			compare_strto(texts[i], (u32)strlen(texts[i]) + 1, flags[k]);
		}
}

TEST("random texts read as the kernel reads them")
{
	static const char alphabet[] = "0123456789abcdefxX- +0000\n";
	static const u64 flags[] = { 0, 8, 10, 16 };

	if (kernel_missing())
		SKIP(kernel_missing());
	srand(2);
	for (u32 round = 0; round < 1000; round++) {
		char text[72];
		u32 len = 1 + (u32)rand() % (round % 8 ? 8 : 70);

		for (u32 i = 0; i < len; i++)
			text[i] = alphabet[(u32)rand() % (sizeof(alphabet) - 1)];
		compare_strto(text, len, flags[rand() % 4]);
	}
}

TEST("strncmp compares as the kernel does")
{
	static const char *const texts[] = {
		"", "a", "ab", "abc", "abd", "b", "\xff", "ab\xff", "A"
	};

	if (kernel_missing())
		SKIP(kernel_missing());
	for (u32 i = 0; i < ARRAY_SIZE(texts); i++)
		for (u32 k = 0; k < ARRAY_SIZE(texts); k++)
			for (u32 size = 1; size < 6; size++) {
				struct helper_call theirs, ours = {
					.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
					.id = BPF_FUNC_strncmp,
					.arg = { { CALL_MEM, TEXT_AT },
						 { CALL_NUMBER, size },
						 { CALL_TEXT, 0 } },
					.text = texts[k],
					.text_size = (u32)strlen(texts[k]) + 1,
				};
				u64 ret, kret;

				memcpy(ours.mem + TEXT_AT, texts[i], strlen(texts[i]));
				REQUIRE(both_call(&ours, &theirs, &ret, &kret));
				EXPECT(ret == kret, "'%s' '%s' %u: %lld, not %lld", texts[i],
				       texts[k], size, (long long)ret, (long long)kret);
			}
}

static struct helper_call make_read(u32 id, u32 size, struct call_arg from)
{
	struct helper_call c = {
		.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.id = id,
		.arg = { { CALL_MEM, RESULT_AT }, { CALL_NUMBER, size }, from },
	};

	memcpy(c.mem + TEXT_AT, "some text", 10);
	memset(c.mem + TEXT_AT + 10, 'x', 400);
	memset(c.mem + RESULT_AT, '#', 512);
	return c;
}

static void compare_read(u32 id, u32 size, struct call_arg from)
{
	struct helper_call ours = make_read(id, size, from), theirs;
	u64 ret, kret;

	REQUIRE(both_call(&ours, &theirs, &ret, &kret));
	EXPECT(ret == kret, "helper %u, %u bytes from %llx: %lld, not %lld", id, size,
	       (unsigned long long)from.value, (long long)ret, (long long)kret);
	EXPECT(!memcmp(ours.mem, theirs.mem, CALL_MEM_SIZE),
	       "helper %u, %u bytes from %llx: '%.40s', not '%.40s'", id, size,
	       (unsigned long long)from.value, (char *)ours.mem + RESULT_AT,
	       (char *)theirs.mem + RESULT_AT);
}

TEST("probe reads copy or fault as in the kernel")
{
	static const u32 ids[] = { BPF_FUNC_probe_read_kernel, BPF_FUNC_probe_read_kernel_str,
				   BPF_FUNC_probe_read, BPF_FUNC_probe_read_str };
	static const u32 sizes[] = { 0, 1, 2, 8, 9, 10, 11, 16, 100, 300 };

	if (kernel_missing())
		SKIP(kernel_missing());
	for (u32 i = 0; i < ARRAY_SIZE(ids); i++)
		for (u32 k = 0; k < ARRAY_SIZE(sizes); k++) {
			compare_read(ids[i], sizes[k], (struct call_arg){ CALL_MEM, TEXT_AT });
			compare_read(ids[i], sizes[k], (struct call_arg){ CALL_MEM, TEXT_AT + 11 });
			compare_read(ids[i], sizes[k], (struct call_arg){ CALL_NUMBER, 0 });
			compare_read(ids[i], sizes[k], (struct call_arg){ CALL_NUMBER, 5 });
			compare_read(ids[i], sizes[k], (struct call_arg){ CALL_NUMBER, (u64)-8 });
			compare_read(ids[i], sizes[k],
				     (struct call_arg){ CALL_NUMBER, 1ull << 63 });
		}
}

TEST("user reads fault as in the kernel")
{
	static const u32 ids[] = { BPF_FUNC_probe_read_user, BPF_FUNC_probe_read_user_str };

	if (kernel_missing())
		SKIP(kernel_missing());
	for (u32 i = 0; i < ARRAY_SIZE(ids); i++)
		for (u32 size = 0; size < 20; size++)
			compare_read(ids[i], size, (struct call_arg){ CALL_NUMBER, 8 });
}

TEST("memory of this process that the instance does not own is a fault")
{
	static char outside[] = "a secret";
	struct helper_call c = make_read(BPF_FUNC_probe_read_kernel, 8,
					 (struct call_arg){ CALL_NUMBER, (uintptr_t)outside });

	EXPECT_EQ(our_call(&c), -EFAULT);
	EXPECT(!memcmp(c.mem + RESULT_AT, "\0\0\0\0\0\0\0\0#", 9));
	c.id = BPF_FUNC_probe_read_user_str;
	EXPECT_EQ(our_call(&c), -EFAULT);
}

TEST("a string may end with the memory, but not be cut off by its end")
{
	struct helper_call c = make_read(BPF_FUNC_probe_read_kernel_str, 100,
					 (struct call_arg){ CALL_MEM, CALL_MEM_SIZE - 4 });

	memcpy(c.mem + CALL_MEM_SIZE - 4, "end", 4);
	EXPECT_EQ(our_call(&c), 4);
	EXPECT(!memcmp(c.mem + RESULT_AT, "end\0#", 5));
	memcpy(c.mem + CALL_MEM_SIZE - 4, "endx", 4);
	/* The next page may belong to another segment, so only look at what was not copied. */
	EXPECT_EQ(our_call(&c), -EFAULT);
	EXPECT(!memcmp(c.mem + RESULT_AT, "\0\0\0\0", 4));
}
