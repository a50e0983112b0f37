/* Capture files: what is written is read back; damage, foreign link types and full disks are errors
 * with a sentence. */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "hook/capture.h"
#include "test.h"

static char dir[] = "/tmp/skep-test-XXXXXX";

static const char *path(const char *name)
{
	static char buf[2][128];
	static int i;

	if (strstr(dir, "XXXXXX") && !mkdtemp(dir))
		return "";
	i = !i;
	snprintf(buf[i], sizeof(buf[i]), "%s/%s", dir, name);
	return buf[i];
}

__attribute__((destructor)) static void clean_up(void)
{
	char cmd[64];

	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", dir);
	if (!strstr(dir, "XXXXXX") && system(cmd))
		perror(dir);
}

static const u32 lengths[] = { 60, 0, 1, 65536, 14 };

static int write_some(const char *name, bool nano)
{
	static u8 data[65536];
	struct capture_writer *w;
	int err = capture_create(path(name), nano, NULL, &w);

	if (err)
		return err;
	for (u32 i = 0; i < ARRAY_SIZE(lengths) && !err; i++) {
		struct capture_packet p = {
			data, lengths[i], lengths[i] + i, { 100 + i, 123456789 }
		};

		memset(data, (int)i + 1, sizeof(data));
		err = capture_write(w, &p);
	}
	return capture_finish(w) ?: err;
}

static void check_content(bool nano)
{
	struct capture_packet p;
	struct capture *c;

	REQUIRE(write_some("a.pcap", nano) == 0);
	REQUIRE(capture_open(path("a.pcap"), &c) == 0, "(%s)", last_error());
	EXPECT_EQ(capture_is_nano(c), nano);
	for (u32 i = 0; i < ARRAY_SIZE(lengths); i++) {
		REQUIRE(capture_next(c, &p) == 1, "(%s)", last_error());
		EXPECT_EQ(p.len, lengths[i]);
		EXPECT_EQ(p.wire_len, lengths[i] + i);
		EXPECT_EQ(p.time.tv_sec, 100 + i);
		EXPECT_EQ(p.time.tv_nsec, nano ? 123456789 : 123456000);
		if (p.len)
			EXPECT(p.data[0] == i + 1 && p.data[p.len - 1] == i + 1);
	}
	EXPECT_EQ(capture_next(c, &p), 0);
	EXPECT(capture_progress(c) > 0.99);
	capture_close(c);
}

TEST("microseconds: packets of 0 to 65536 bytes are read back as written")
{
	check_content(false);
}

TEST("nanoseconds: packets of 0 to 65536 bytes are read back as written")
{
	check_content(true);
}

TEST("a capture that breaks off gives its whole packets, then an error that says where")
{
	struct capture_packet p;
	struct capture *c;

	REQUIRE(write_some("t.pcap", false) == 0);
	REQUIRE(truncate(path("t.pcap"), 24 + 16 + 60 + 16 + 16 + 1 + 16 + 1000) == 0);
	REQUIRE(capture_open(path("t.pcap"), &c) == 0);
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(capture_next(c, &p), 1);
	EXPECT_EQ(capture_next(c, &p), -EIO);
	EXPECT(strstr(last_error(), "t.pcap: after packet 3: ") &&
		       strstr(last_error(), "truncated"),
	       "(%s)", last_error());
	capture_close(c);
}

static void write_bytes(const char *name, const void *data, size_t len)
{
	FILE *f = fopen(path(name), "w");

	EXPECT(f && fwrite(data, 1, len, f) == len && !fclose(f));
}

TEST("other files, other link types, directories and missing files are refused in words")
{
	u32 header[6] = { 0xa1b2c3d4, 4 << 16 | 2, 0, 0, 65535, 0 };
	struct capture *c;

	header[5] = 101; /* raw IP */
	write_bytes("raw.pcap", header, sizeof(header));
	EXPECT_EQ(capture_open(path("raw.pcap"), &c), -EPROTONOSUPPORT);
	EXPECT(strstr(last_error(), "raw.pcap: its link type is RAW"), "(%s)", last_error());
	write_bytes("junk",
		    "\x7f"
		    "ELF and so on, long enough to hold a header",
		    40);
	EXPECT_EQ(capture_open(path("junk"), &c), -EINVAL);
	EXPECT(strstr(last_error(), "not a capture"), "(%s)", last_error());
	write_bytes("empty", "", 0);
	EXPECT_EQ(capture_open(path("empty"), &c), -EINVAL);
	EXPECT_EQ(capture_open(path("none"), &c), -ENOENT);
	EXPECT_EQ(capture_open(dir, &c), -EISDIR);
}

TEST("pcapng is read")
{
	static const u32 file[] = {
		0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0xffffffff, 0xffffffff, 28, /* section header */
		1,	    20, 1,	    0, 20,			   /* interface: Ethernet */
		6,	    48, 0,	    0, 77,	   14,	       14, /* packet, in µs */
		1,	    2,	3,	    4, 48,
	};
	struct capture_packet p;
	struct capture *c;

	write_bytes("a.pcapng", file, sizeof(file));
	REQUIRE(capture_open(path("a.pcapng"), &c) == 0, "(%s)", last_error());
	EXPECT_EQ(capture_next(c, &p), 1);
	EXPECT_EQ(p.len, 14);
	EXPECT_EQ(p.time.tv_nsec, 77000);
	EXPECT_EQ(p.data[4], 2);
	EXPECT_EQ(capture_next(c, &p), 0);
	capture_close(c);
}

TEST("a full disk is an error, once")
{
	struct capture_writer *w;
	struct capture_packet p = { (const u8 *)"", 0, 0, { 0, 0 } };

	REQUIRE(capture_create("/dev/full", false, NULL, &w) == 0);
	EXPECT_EQ(capture_write(w, &p), 0); /* buffered */
	EXPECT_EQ(capture_finish(w), -ENOSPC);
	EXPECT(strstr(last_error(), "/dev/full: No space left"), "(%s)", last_error());
}

TEST("the capture that is being read is not overwritten")
{
	struct capture_writer *w;
	struct capture *c;
	struct stat st;

	REQUIRE(write_some("b.pcap", false) == 0);
	REQUIRE(capture_open(path("b.pcap"), &c) == 0);
	EXPECT_EQ(capture_create(path("b.pcap"), false, c, &w), -EEXIST);
	EXPECT(stat(path("b.pcap"), &st) == 0 && st.st_size > 65536);
	capture_close(c);
}
