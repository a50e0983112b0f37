/* base/buf: a growing string. */
#include "base/buf.h"

#include "test.h"

TEST("an untouched buf is the empty string")
{
	struct buf b = { 0 };

	EXPECT_STR(buf_str(&b), "");
	EXPECT_EQ(b.len, 0);
	buf_done(&b);
}

TEST("appending grows and stays NUL-terminated")
{
	struct buf b = { 0 };

	for (int i = 0; i < 1000; i++)
		buf_printf(&b, "%d,", i % 10);
	EXPECT_EQ(b.len, 2000);
	EXPECT_EQ(strlen(buf_str(&b)), 2000);
	buf_reset(&b);
	buf_puts(&b, "x");
	EXPECT_STR(buf_str(&b), "x");
	EXPECT_EQ(buf_error(&b), 0);
	buf_done(&b);
}
