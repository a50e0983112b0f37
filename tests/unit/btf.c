/* BTF: what is accepted and refused (with the kernel as witness where it answers), and look-ups. */
#include <linux/bpf.h>
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "btf/btf.h"
#include "test.h"

/* A blob under construction: 24 bytes of header, then types; finish() adds the strings. */
struct blob {
	u32 w[256];
	u32 n;
};
static const char strings[] = "\0int\0foo\0bar\0.bss\0 a";
enum { S_INT = 1, S_FOO = 5, S_BAR = 9, S_BSS = 13, S_SPACE = 18 };

#define INFO(kind, vlen) ((u32)BTF_KIND_##kind << 24 | (vlen))

static void put(struct blob *b, int n, ...)
{
	va_list ap;

	va_start(ap, n);
	while (n--)
		b->w[b->n++] = va_arg(ap, u32);
	va_end(ap);
}
#define PUT(b, ...) put(b, sizeof((u32[]){ __VA_ARGS__ }) / 4, __VA_ARGS__)

static void start(struct blob *b)
{
	memset(b, 0, sizeof(*b));
	b->n = 6;
	PUT(b, S_INT, INFO(INT, 0), 4, BTF_INT_SIGNED << 24 | 32); /* [1] */
}

static u32 finish(struct blob *b)
{
	u32 types = (b->n - 6) * 4;
	struct btf_header h = { BTF_MAGIC, 1, 0, 24, 0, types, types, sizeof(strings) };

	memcpy(b->w, &h, sizeof(h));
	memcpy(b->w + b->n, strings, sizeof(strings));
	return 24 + types + sizeof(strings);
}

/* 0 or the error; 1 if the kernel does not answer. */
static int ask_kernel(const void *data, u32 size)
{
	union bpf_attr a = { .btf = (u64)(uintptr_t)data, .btf_size = size };
	long fd = syscall(SYS_bpf, BPF_BTF_LOAD, &a, 28);

	if (fd < 0)
		return errno == EPERM || errno == ENOSYS ? 1 : -errno;
	close((int)fd);
	return 0;
}

static int load(struct blob *b)
{
	u32 size = finish(b);
	int kernel = ask_kernel(b->w, size), err;
	struct buf log = { 0 };
	struct btf *btf = NULL;

	err = btf_new(b->w, size, &log, &btf);
	if (kernel <= 0)
		EXPECT(kernel == err, "(kernel: %d, skep: %d %s)", kernel, err, buf_str(&log));
	btf_unref(btf);
	buf_done(&log);
	return err;
}

TEST("an int is accepted, with an impossible encoding or width not")
{
	struct blob b;

	start(&b);
	EXPECT_EQ(load(&b), 0);
	b.w[9] = 3 << 24 | 32;
	EXPECT(load(&b) < 0);
	b.w[9] = 33;
	EXPECT_EQ(load(&b), -EINVAL);
}

TEST("a struct that contains itself is a loop, a pointer to itself is fine")
{
	struct blob b;

	start(&b);
	PUT(&b, S_FOO, INFO(STRUCT, 1), 8, S_BAR, 3, 0, 0, INFO(PTR, 0), 2);
	EXPECT_EQ(load(&b), 0);
	b.w[14] = 4;
	PUT(&b, 0, INFO(CONST, 0), 2);
	EXPECT_EQ(load(&b), -EEXIST);
}

TEST("a chain of 32 modifiers is accepted, of 33 not")
{
	struct blob b;

	for (u32 n = 32; n <= 33; n++) {
		start(&b);
		for (u32 i = 0; i < n; i++)
			PUT(&b, 0, INFO(CONST, 0), i + 1 < n ? i + 3 : 1);
		EXPECT_EQ(load(&b), n == 32 ? 0 : -E2BIG);
	}
}

TEST("members must lie inside their struct")
{
	struct blob b;

	start(&b);
	PUT(&b, S_FOO, INFO(STRUCT, 2), 8, S_INT, 1, 0, S_BAR, 1, 32);
	EXPECT_EQ(load(&b), 0);
	b.w[12] = 7;
	EXPECT_EQ(load(&b), -EINVAL);
}

TEST("names: members need identifiers or nothing, sections may be anything printable")
{
	struct blob b;

	start(&b);
	PUT(&b, S_FOO, INFO(STRUCT, 1), 4, S_SPACE, 1, 0);
	EXPECT_EQ(load(&b), -EINVAL);
	start(&b);
	PUT(&b, S_FOO, INFO(VAR, 0), 1, 1, S_SPACE, INFO(DATASEC, 1), 4, 2, 0, 4);
	EXPECT_EQ(load(&b), 0);
}

TEST("sizes multiply through arrays and typedefs; offsets are found")
{
	struct blob b;
	struct btf *btf;

	start(&b);
	PUT(&b, 0, INFO(ARRAY, 0), 0, 1, 1, 3);		       /* [2] int[3] */
	PUT(&b, S_BAR, INFO(TYPEDEF, 0), 2);		       /* [3] */
	PUT(&b, 0, INFO(ARRAY, 0), 0, 3, 1, 5);		       /* [4] bar[5] */
	PUT(&b, S_FOO, INFO(STRUCT, 1), 4, 0, 1, 0);	       /* [5] struct foo */
	PUT(&b, 0, INFO(STRUCT, 2), 8, 0, 1, 0, S_BAR, 5, 32); /* [6] */
	REQUIRE(btf_new(b.w, finish(&b), NULL, &btf) == 0);
	EXPECT_EQ(btf_type_size(btf, 4), 60);
	EXPECT_EQ(btf_type_size(btf, 0), -EINVAL);
	EXPECT_EQ(btf_type_size(btf, 99), -EINVAL);
	EXPECT_EQ(btf_find(btf, "foo", BTF_KIND_STRUCT), 5);
	EXPECT_EQ(btf_find(btf, "foo", BTF_KIND_UNION), -ENOENT);
	EXPECT_EQ(btf_find_struct_member(btf, 6, "foo"), 4);
	EXPECT_EQ(btf_find_struct_member(btf, 6, "bar"), -ENOENT);
	btf_unref(btf);
}

TEST("every truncation of a blob is refused")
{
	struct blob b;
	struct btf *btf;

	start(&b);
	for (u32 size = finish(&b); size--;)
		EXPECT(btf_new(b.w, size, NULL, &btf) < 0, "(%u bytes)", size);
}

TEST("the running kernel's BTF passes all checks")
{
	struct btf *btf;
	int err = btf_new_kernel("/sys/kernel/btf/vmlinux", &btf);

	if (err == -ENOENT)
		SKIP("this kernel has no BTF");
	REQUIRE(err == 0, "(%d)", err);
	EXPECT(btf_find(btf, "task_struct", BTF_KIND_STRUCT) > 0);
	EXPECT(btf->kernel);
	EXPECT_STR(btf->name, "vmlinux");
	btf_unref(btf);
}
