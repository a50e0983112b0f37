/* bpf_snprintf's rules, each compared with the kernel's answer: which formats are possible, the text,
 * its length, and what is left of the buffer. */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "helper/format.h"
#include "helper_call.h"

#define TEXT_AT	   0	/* strings and addresses that arguments point to */
#define OUT_AT	   2048 /* where the text goes */
#define ARGS_AT	   1024
#define OUT_SIZE   1024
#define FORMAT_MAX 128

struct arg {
	bool pointer; /* value is an offset in the strings */
	u64 value;
};

enum { HELLO = 0, ODD = 16, IP = 32, LONG = 64, LONG_END = 1000 };

static void fill_strings(u8 *mem)
{
	memset(mem, 0, CALL_MEM_SIZE);
	memcpy(mem + HELLO, "hello world", 12);
	memcpy(mem + ODD, "bad\x01\xff", 6);
	memcpy(mem + IP, "\xc0\xa8\x01\x02\x00\x0a\xff\x63\x64pqrstuvw", 18);
	memset(mem + LONG, 's', LONG_END - LONG);
	memset(mem + OUT_AT, '#', OUT_SIZE);
}

static struct helper_call make_call(const char *fmt, const struct arg *args, u32 n, u32 size)
{
	struct helper_call c = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.id = BPF_FUNC_snprintf,
		.arg = { { CALL_MEM, OUT_AT },
			 { CALL_NUMBER, size },
			 { CALL_TEXT, 0 },
			 { CALL_MEM, ARGS_AT },
			 { CALL_NUMBER, n * 8 } },
		.text = fmt,
		.text_size = (u32)strlen(fmt) + 1,
	};

	fill_strings(c.mem);
	for (u32 i = 0; i < n; i++) {
		if (args[i].pointer) {
			c.pointer[c.nr_pointers].at = ARGS_AT + i * 8;
			c.pointer[c.nr_pointers++].to = (u32)args[i].value;
		} else {
			memcpy(c.mem + ARGS_AT + i * 8, &args[i].value, 8);
		}
	}
	return c;
}

static void compare(const char *fmt, const struct arg *args, u32 n, u32 size)
{
	struct helper_call ours = make_call(fmt, args, n, size), theirs = ours;
	u64 ret = 0, kret = 0;
	int possible = format_check(fmt, (u32)strlen(fmt) + 1, n);
	int load = kernel_call(&theirs, &kret, NULL, 0);

	if (n <= FORMAT_MAX_ARGS)
		EXPECT((possible == 0) == (load == 0), "'%s' with %u: format_check %d, kernel %d",
		       fmt, n, possible, load);
	ret = our_call(&ours);
	if (load) {
		EXPECT_EQ(ret, -EINVAL);
		return;
	}
	EXPECT(ret == kret, "'%s' with %u into %u: %lld, not %lld", fmt, n, size, (long long)ret,
	       (long long)kret);
	EXPECT(!memcmp(ours.mem + OUT_AT, theirs.mem + OUT_AT, OUT_SIZE),
	       "'%s' into %u: '%.100s', not '%.100s'", fmt, size, (char *)ours.mem + OUT_AT,
	       (char *)theirs.mem + OUT_AT);
}

#define V(x)                                                                                       \
	{                                                                                          \
		false, (u64)(x)                                                                    \
	}
#define P(x)                                                                                       \
	{                                                                                          \
		true, x                                                                            \
	}
/* CMP(format, arguments …) */
#define CMP(fmt, ...)                                                                              \
	do {                                                                                       \
		static const struct arg args_[] = { __VA_ARGS__ };                                 \
		compare(fmt, args_, ARRAY_SIZE(args_), 200);                                       \
	} while (0)

TEST("numbers print as in the kernel")
{
	if (kernel_missing())
		SKIP(kernel_missing());
	CMP("plain");
	CMP("%d", V(-5));
	CMP("%i|%u", V(0xffffffffffull), V(0xffffffffffull));
	CMP("%x %X", V(0xabcdef0123456789ull), V(0xabcdef0123456789ull));
	CMP("%ld %lld %lu %llu", V(-5), V(-6), V(-7), V(-8));
	CMP("%lx %llx %lX %llX", V(-5), V(-6), V(-7), V(-8));
	CMP("%li %lli", V(INT64_MIN), V(INT64_MAX));
	CMP("%08d|%-8d|%+d|% d|%+08d|%5d|%-05d", V(42), V(42), V(42), V(42), V(42), V(42), V(42));
	CMP("%08d|%-8d|%+d|% d|%+08d|%5d|%- 05d", V(-42), V(-42), V(-42), V(-42), V(-42), V(-42),
	    V(42));
	CMP("%0 +-8d|% +d|%+x|%+u|% u", V(4), V(4), V(4), V(4), V(4));
	CMP("%08x %8x %-8x|%016llx", V(0xbeef), V(0xbeef), V(0xbeef), V(0xbeef));
	CMP("%300d", V(4));
	CMP("%99999d", V(4));
	CMP("%9999999999d|", V(4));
	CMP("%2147483648d|%4294967296d|%4294967297d|%4294967300d|", V(1), V(1), V(1), V(1));
	CMP("%2147483647d", V(1));
	CMP("100%%|%% %d|%%%d%%", V(3), V(4));
	CMP("%c%c|%5c|%-5c|%05c|%cx", V('a'), V('b'), V('c'), V('d'), V('e'), V('f'));
	CMP("a%cb", V(0));
	CMP("%c", V(200));
}

TEST("strings print as in the kernel, unreadable ones as nothing")
{
	if (kernel_missing())
		SKIP(kernel_missing());
	CMP("%s|%20s|%-20s|%020s|%+s|%5s", P(HELLO), P(HELLO), P(HELLO), P(HELLO), P(HELLO),
	    P(HELLO));
	CMP("%s", V(0));
	CMP("%s", V(0x1234));
	CMP("%s|%5s|", V(-1), V(0));
	CMP("%s", P(ODD));
	CMP("%pks|%20pks|%pks", P(HELLO), P(HELLO), V(0));
	CMP("%pus|", V(0));
	CMP("%s.%s\n%s%%%d", P(HELLO), P(HELLO), P(HELLO), V(7));
}

TEST("pointers and addresses print as in the kernel")
{
	if (kernel_missing())
		SKIP(kernel_missing());
	CMP("%p|%pK|%px", V(0), V(0), V(0));
	CMP("%p|%pK|%px", V(-11), V(-4095), V(-11));
	CMP("%px|%20px|%-20px|%020px", V(0x123456789abcdef0ull), V(5), V(5), V(5));
	CMP("%20p|%020p|%5p|%+p|%-p|% p|%0p|%-20p|", V(0), V(0), V(0), V(0), V(0), V(0), V(0),
	    V(0));
	CMP("%px4|%pxKq.5|%px\xc0|%px\x80|", V(1), V(2), V(3), V(4));
	CMP("%p:%p %p\n%p%p\xa0%p\xd7", V(0), V(0), V(0), V(0), V(0), V(0));
	CMP("%pB|%ps|%pS", V(0), V(0), V(0));
	CMP("%pB|%ps|%pS", V(5), V(0x123456789abcdef0ull), V(-11));
	CMP("%30ps|%-30pS|%30pB|%030ps", V(5), V(5), V(5), V(5));
	CMP("%pBx|%ps9x|%pS+0x", V(0), V(0), V(0));
	CMP("%pI4|%pi4|%pI6|%pi6", P(IP), P(IP), P(IP), P(IP));
	CMP("%pI4|%pi4|%pI6|%pi6", P(IP + 4), P(IP + 4), P(IP + 4), P(IP + 4));
	CMP("%pI4|%pi4|%pI6|%pi6", V(0), V(5), V(-11), V(0x123456789abcdef0ull));
	CMP("%pI6c|%pI4h|%30pI4|%08pI4|%pI4x9|", P(IP), P(IP), P(IP), P(IP), P(IP));
}

TEST("a hidden pointer is 32 bits, the same for the same pointer")
{
	u64 args[3] = { 0x123456789abcdef0u, 0x123456789abcdef0u, 0x123456789abcdef1u };
	char text[64];

	EXPECT_EQ(format_text(call_run, text, sizeof(text), "%p %pK %p", 10, args, 3), 50);
	EXPECT(!memcmp(text, "00000000", 8) && !strstr(text, "9abcdef0"));
	EXPECT(!memcmp(text, text + 17, 16), "%s", text);
	EXPECT(memcmp(text, text + 34, 16), "%s", text);
}

TEST("the formats refused are the kernel's")
{
	static const char *const formats[] = {
		"%hd",		"%hhd",	  "%o",	  "%lo",   "%e",    "%zu",    "%n",
		"%lc",		"%ls",	  "%",	  "%l",	   "%ll",   "%lll",   "%5",
		"%5%|",		"%#x",	  "%.3d", "%*d",   "%'d",   "%pI5",   "%pI",
		"%pi",		"%pM",	  "%pV",  "%pf",   "%pF",   "%pk",    "%pu",
		"%pe",		"%pd",	  "%pa",  "%p4",   "%pksx", "%sx",    "%s9",
		"%s\x80",	"%p\x80", "%lp",  "a\x01", "a\x7f", "a\x1b",  "\t\n\v\f\r ",
		"\x80\xff\xa0", "%ps",	  "%pB",  "%pKx",  "%s_",   "%s\xa0", "%d%",
		"%%%",		"%llx",	  "%lli", "%-",	   "%+",    "% ",     "%0",
		"%L",
	};
	static const struct arg zero[] = { V(0) };

	if (kernel_missing())
		SKIP(kernel_missing());
	for (u32 i = 0; i < ARRAY_SIZE(formats); i++)
		compare(formats[i], zero, 1, 100);
	for (u32 c = 1; c < 256; c++) {
		char fmt[4][8] = { "x", "%s", "%p", "%" };

		for (u32 i = 0; i < 4; i++) {
			fmt[i][strlen(fmt[i])] = (char)c;
			compare(fmt[i], zero, 1, 100);
		}
	}
}

TEST("the number of arguments is checked as in the kernel")
{
	static const struct arg args[13] = { V(1), V(2), V(3),	V(4),  V(5),  V(6), V(7),
					     V(8), V(9), V(10), V(11), V(12), V(13) };

	if (kernel_missing())
		SKIP(kernel_missing());
	compare("%d %d", args, 1, 100);
	compare("%d", args, 0, 100);
	compare("%d", args, 2, 100);
	compare("x", args, 2, 100);
	compare("%d%d%d%d%d%d%d%d%d%d%d%d", args, 12, 100);
	compare("%d%d%d%d%d%d%d%d%d%d%d%d%d", args, 12, 100);
	compare("%d%d%d%d%d%d%d%d%d%d%d%d%d", args, 13, 100);
	compare("x", args, 13, 100);
}

TEST("short buffers are cut and terminated")
{
	static const struct arg number[] = { V(123456) }, text[] = { P(HELLO) },
				address[] = { P(IP) };

	if (kernel_missing())
		SKIP(kernel_missing());
	for (u32 size = 0; size < 15; size++) {
		compare("%d", number, 1, size);
		compare("%s", text, 1, size);
		compare("%10d", number, 1, size);
		compare("0123456%pI4", address, 1, size);
		compare("abcdefg", NULL, 0, size);
		compare("", NULL, 0, size);
	}
}

/* Arguments for fmt: a string of len characters for the first %s, small numbers for the others. */
static u32 args_with_string(const char *fmt, u32 len, struct arg *args)
{
	bool had_string = false;
	u32 n = 0;

	for (const char *p = fmt; (p = strchr(p, '%')); p++, n++) {
		args[n] = (struct arg)V(p[1] == 'c' ? 'A' : 0);
		if (p[1] == 's' && !had_string) {
			args[n] = (struct arg)P(LONG_END - len);
			had_string = true;
		}
	}
	return n;
}

TEST("arguments share 512 bytes of room")
{
	static const char *const formats[] = {
		"%s",	  "%s%s",   "%s%d",   "%s%lld", "%s%c",	  "%s%p",     "%s%pI4",	  "%s%pi6",
		"%s%pI6", "%s%d%d", "%c%s%c", "%d%s%d", "%c%d%s", "%c%lld%s", "%s%c%d%s", "%s%px%s",
	};
	struct arg args[FORMAT_MAX_ARGS];

	if (kernel_missing())
		SKIP(kernel_missing());
	for (u32 len = 470; len < 514; len++)
		for (u32 i = 0; i < ARRAY_SIZE(formats); i++) {
			u32 n = args_with_string(formats[i], len, args);

			compare(formats[i], args, n, 1000);
		}
}

/* Values under which every conversion prints the same here and there: no address that shows. */
static struct arg random_arg(bool may_show)
{
	static const u32 strings[] = { HELLO, ODD, IP, LONG_END - 40 };

	if (!may_show)
		return (struct arg){ true, strings[(u32)rand() % ARRAY_SIZE(strings)] };
	return (struct arg)V(rand() % 2 ? rand() % 100 - 50 : -(s64)rand() * rand());
}

/* A format made of pieces that are often meaningful; each argument fits all conversions in it. */
static u32 random_format(char *fmt, struct arg *args, u32 *size)
{
	static const char *const texts[] = {
		"%s", "%pI4", "%pi6", "%pks", "%12s", "%-5pI6", "%-30s"
	};
	static const char *const numbers[] = {
		"%",  "d",  "i",  "u",	 "x",	"X",   "l",   "ll",  "%c", " ",	 "0",  "-",
		"+",  "12", "7",  "abc", "%%",	"%d",  "%lx", "%px", ".",  "\n", "%5", "%0",
		"%-", "%+", "%i", "%px", "%pS", "%pB", "c",   "p",   "s",  "%s",
	};
	bool number = rand() % 4;
	u32 n = (u32)rand() % 5;

	/* Behind the end Linux loses its place among the arguments if there are addresses. */
	*size = number ? 64 : OUT_SIZE;
	fmt[0] = '\0';
	for (u32 k = 1 + (u32)rand() % 8; k; k--)
		strcat(fmt, number ? numbers[(u32)rand() % ARRAY_SIZE(numbers)]
				   : texts[(u32)rand() % ARRAY_SIZE(texts)]);
	for (u32 i = 0; i < n; i++)
		args[i] = random_arg(number);
	return n;
}

/* %p and %pK alone show a hash, which differs: NULL and errors do not. */
static void avoid_hashes(const char *fmt, struct arg *args, u32 n)
{
	for (const char *p = fmt; (p = strchr(p, 'p')); p++)
		if (!p[1] || !strchr("xSBIik", p[1]))
			for (u32 i = 0; i < n; i++)
				args[i] = (struct arg)V(i % 2 ? 0 : -5);
}

TEST("random formats print as in the kernel")
{
	struct arg args[8];
	char fmt[FORMAT_MAX];

	if (kernel_missing())
		SKIP(kernel_missing());
	srand(1);
	for (u32 round = 0; round < 1500; round++) {
		u32 size, n = random_format(fmt, args, &size);

		avoid_hashes(fmt, args, n);
		compare(fmt, args, n, size);
	}
}

#define CHANGING 8 /* bytes of the format, none to spare */
static char *changing;
static _Atomic bool done;

/* Another process with the same memory, say: through the file, for no data race is meant here. */
static void *change_format(void *arg)
{
	int mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	u64 seed = 3;

	while (mem >= 0 && !atomic_load(&done)) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		if (pwrite(mem, &"%dlpsI4"[seed >> 61], 1,
			   (off_t)(uintptr_t)changing + (off_t)(seed >> 33) % CHANGING) < 0)
			break;
	}
	if (mem >= 0)
		close(mem);
	return NULL;
}

TEST("a format that changes while it is read does no harm")
{
	const u64 args[12] = { 0 };
	pthread_t t;
	char out[64];

	changing = malloc(CHANGING); /* exactly: a sanitizer sees what is read behind it */
	memcpy(changing, "%d%d%d", 7);
	changing[7] = 0;
	atomic_store(&done, false);
	REQUIRE(!pthread_create(&t, NULL, change_format, NULL));
	for (u32 i = 0; i < 200000; i++) {
		s64 ret = format_text(call_run, out, sizeof(out), changing, CHANGING, args, 12);

		if (ret >= 0 && strlen(out) >= sizeof(out))
			EXPECT(false, "%lld characters", (long long)ret);
	}
	atomic_store(&done, true);
	pthread_join(t, NULL);
	free(changing);
}
