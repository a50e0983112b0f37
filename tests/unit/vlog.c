/* The log's buffer: which bytes survive, and what a reset forgets. */
#include "test.h"
#include "verifier/log.h"

static const char *text(struct vlog *l)
{
	u64 len;
	const char *t = vlog_text(l, &len);

	EXPECT_EQ(strlen(t), len);
	return t;
}

TEST("all text is kept while it fits")
{
	struct vlog l;

	vlog_init(&l, 1, 100);
	vlog_printf(&l, "%s %d\n", "line", 1);
	vlog_put(&l, "x", 1);
	EXPECT_STR(text(&l), "line 1\nx");
	EXPECT_EQ(l.total, 8);
	vlog_done(&l);
}

TEST("the last bytes survive, also when one piece is longer than the buffer")
{
	struct vlog l;

	vlog_init(&l, 1, 10);
	vlog_put(&l, "0123456", 7);
	vlog_put(&l, "789abc", 6);
	EXPECT_STR(text(&l), "3456789abc");
	vlog_put(&l, "d", 1); /* after the text was asked for */
	EXPECT_STR(text(&l), "456789abcd");
	vlog_put(&l, "ABCDEFGHIJKLMNOP", 16);
	EXPECT_STR(text(&l), "GHIJKLMNOP");
	EXPECT_EQ(l.total, 30);
	vlog_done(&l);
}

TEST("with VLOG_FIXED the first bytes survive and the rest is counted")
{
	struct vlog l;

	vlog_init(&l, VLOG_LEVEL2 | VLOG_FIXED, 10);
	vlog_put(&l, "0123456", 7);
	vlog_put(&l, "789abc", 6);
	vlog_put(&l, "d", 1);
	EXPECT_STR(text(&l), "0123456789");
	EXPECT_EQ(l.total, 14);
	vlog_done(&l);
}

TEST("a reset forgets what came after the mark, and the peak stays")
{
	struct vlog l;
	u64 mark;

	vlog_init(&l, 1, 10);
	vlog_put(&l, "abc", 3);
	mark = l.total;
	vlog_put(&l, "defg", 4);
	vlog_reset(&l, mark);
	EXPECT_STR(text(&l), "abc");
	vlog_put(&l, "0123456789", 10);
	vlog_reset(&l, mark + 4);
	EXPECT_STR(text(&l), "0123");
	vlog_reset(&l, 1); /* overwritten meanwhile: lost */
	EXPECT_STR(text(&l), "");
	vlog_put(&l, "xyz", 3);
	EXPECT_STR(text(&l), "xyz");
	EXPECT_EQ(l.total, 4);
	EXPECT_EQ(l.peak, 13);
	vlog_done(&l);
}

TEST("without room only the length is counted")
{
	struct vlog l;

	vlog_init(&l, 1, 0);
	vlog_printf(&l, "%05d", 7);
	EXPECT_STR(text(&l), "");
	EXPECT_EQ(l.total, 5);
	vlog_done(&l);
}

TEST("any sequence of pieces and resets keeps what a plain string would")
{
	static char all[1 << 16];
	u64 x = 1, len = 0, lost = 0; /* all[lost … len) may still be there */
	struct vlog l;

	vlog_init(&l, 1, 5000);
	for (u32 i = 0; i < 20000; i++) {
		u64 n = (x = x * 6364136223846793005ull + 1442695040888963407ull) >> 33, keep;
		const char *t;

		if (n % 16 == 0 || len + 600 > sizeof(all)) {
			len = len ? n % len : 0;
			vlog_reset(&l, len);
			lost = lost < len ? lost : len;
		} else {
			n = n % 16 == 1 ? n % 600 : n % 30;
			memset(all + len, 'a' + (char)(i % 26), n);
			vlog_put(&l, all + len, n);
			len += n;
			if (len - lost > 5000)
				lost = len - 5000;
		}
		if (i % 7)
			continue;
		t = vlog_text(&l, &keep);
		REQUIRE(keep == len - lost && !memcmp(t, all + lost, keep), "step %u", i);
	}
	vlog_done(&l);
}

TEST("memory follows the text, not the capacity; long pieces are whole")
{
	static char line[5000];
	struct vlog l;
	u64 len;

	memset(line, 'x', sizeof(line) - 1);
	vlog_init(&l, 1, UINT64_MAX / 4);
	vlog_printf(&l, "%s!", line);
	vlog_text(&l, &len);
	EXPECT_EQ(len, sizeof(line));
	EXPECT(l.size < 1 << 20 && !l.failed);
	vlog_done(&l);
}
