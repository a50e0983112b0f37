/* See capture.h. libpcap does the formats; we own the streams, for their buffers' size and for exact
 * errors: libpcap's dump functions do not say whether they could write. */
#include "hook/capture.h"

#include <fcntl.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"

#define BUFFER	    (256 << 10)
#define SNAPLEN	    (256 << 10) /* libpcap's maximum for Ethernet */
#define MAGIC_MICRO 0xa1b2c3d4u

struct capture {
	pcap_t *pcap;
	FILE *file; /* pcap's: closed with it */
	char *name;
	off_t size; /* 0: unknown */
	bool nano;
	u64 packets;
};

struct capture_writer {
	pcap_t *format;
	pcap_dumper_t *dumper;
	FILE *file; /* dumper's */
	char *name;
	bool nano, failed;
};

static const char *shown(const char *path, const char *std)
{
	return strcmp(path, "-") ? path : std;
}

/* Classic captures in microseconds say so in their first bytes; of others we know nothing. Pipes
 * cannot be looked into without taking bytes from libpcap. */
static bool file_is_nano(int fd)
{
	u32 magic;

	if (pread(fd, &magic, sizeof(magic), 0) != sizeof(magic))
		return true;
	return magic != MAGIC_MICRO && magic != __builtin_bswap32(MAGIC_MICRO);
}

static int open_stream(struct capture *c, const char *path)
{
	int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : dup(STDIN_FILENO);
	struct stat st;

	if (fd < 0)
		return fail(-errno, "%s: %s", c->name, strerror(errno));
	if (fstat(fd, &st) == 0) {
		if (S_ISDIR(st.st_mode)) {
			close(fd);
			return fail(-EISDIR, "%s: is a directory, not a capture", c->name);
		}
		c->size = S_ISREG(st.st_mode) ? st.st_size : 0;
	}
	c->nano = file_is_nano(fd);
	c->file = fdopen(fd, "r");
	if (!c->file) {
		close(fd);
		return -ENOMEM;
	}
	setvbuf(c->file, NULL, _IOFBF, BUFFER);
	return 0;
}

static int open_capture(struct capture *c)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	const char *type;

	c->pcap =
		pcap_fopen_offline_with_tstamp_precision(c->file, PCAP_TSTAMP_PRECISION_NANO, why);
	if (!c->pcap)
		return fail(-EINVAL, "%s: not a capture that libpcap can read: %s", c->name, why);
	c->file = pcap_file(c->pcap);
	if (pcap_datalink(c->pcap) == DLT_EN10MB)
		return 0;
	type = pcap_datalink_val_to_name(pcap_datalink(c->pcap));
	return fail(-EPROTONOSUPPORT,
		    "%s: its link type is %s (%d); only Ethernet (EN10MB) captures can be run",
		    c->name, type ? type : "unknown", pcap_datalink(c->pcap));
}

int capture_open(const char *path, struct capture **out)
{
	struct capture *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return -ENOMEM;
	c->name = strdup(shown(path, "standard input"));
	err = c->name ? 0 : -ENOMEM;
	err = err ?: open_stream(c, path) ?: open_capture(c);
	if (err < 0) {
		capture_close(c);
		return err;
	}
	*out = c;
	return 0;
}

int capture_next(struct capture *c, struct capture_packet *p)
{
	struct pcap_pkthdr *h;
	const u8 *data;
	int ret = pcap_next_ex(c->pcap, &h, &data);

	if (ret == PCAP_ERROR_BREAK)
		return 0;
	if (ret != 1)
		return fail(-EIO, "%s: after packet %llu: %s", c->name,
			    (unsigned long long)c->packets, pcap_geterr(c->pcap));
	c->packets++;
	*p = (struct capture_packet){ .data = data,
				      .len = h->caplen,
				      .wire_len = MAX(h->len, h->caplen),
				      /* asked for in nanoseconds, whatever the field is called */
				      .time = { h->ts.tv_sec, h->ts.tv_usec } };
	return 1;
}

double capture_progress(const struct capture *c)
{
	off_t at = c->size ? ftello(c->file) : -1;

	return at < 0 ? -1 : (double)at / (double)c->size;
}

bool capture_is_nano(const struct capture *c)
{
	return c->nano;
}

void capture_close(struct capture *c)
{
	if (!c)
		return;
	if (c->pcap)
		pcap_close(c->pcap);
	else if (c->file)
		fclose(c->file);
	free(c->name);
	free(c);
}

/* --- writing --- */

static bool same_file(int fd, const struct capture *from)
{
	struct stat a, b;

	return from && !fstat(fd, &a) && !fstat(fileno(from->file), &b) && S_ISREG(a.st_mode) &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* Truncate only when the file is known to be another than the one being read. */
static int create_stream(struct capture_writer *w, const char *path, const struct capture *from)
{
	int fd = strcmp(path, "-") ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666)
				   : dup(STDOUT_FILENO);
	struct stat st;
	int err = 0;

	if (fd < 0)
		return fail(-errno, "%s: %s", w->name, strerror(errno));
	if (same_file(fd, from))
		err = fail(-EEXIST, "%s: cannot be overwritten while it is being read", w->name);
	else if (strcmp(path, "-") && !fstat(fd, &st) && S_ISREG(st.st_mode) && ftruncate(fd, 0))
		err = fail(-errno, "%s: %s", w->name, strerror(errno));
	w->file = err ? NULL : fdopen(fd, "w");
	if (!w->file) {
		close(fd);
		return err ?: -ENOMEM;
	}
	setvbuf(w->file, NULL, _IOFBF, BUFFER);
	return 0;
}

static int create_dumper(struct capture_writer *w)
{
	w->format = pcap_open_dead_with_tstamp_precision(DLT_EN10MB, SNAPLEN,
							 w->nano ? PCAP_TSTAMP_PRECISION_NANO
								 : PCAP_TSTAMP_PRECISION_MICRO);
	if (!w->format)
		return -ENOMEM;
	w->dumper = pcap_dump_fopen(w->format, w->file);
	return w->dumper ? 0 : fail(-EIO, "%s: %s", w->name, pcap_geterr(w->format));
}

static void writer_free(struct capture_writer *w)
{
	if (w->dumper)
		pcap_dump_close(w->dumper); /* closes the stream */
	else if (w->file)
		fclose(w->file);
	if (w->format)
		pcap_close(w->format);
	free(w->name);
	free(w);
}

int capture_create(const char *path, bool nano, const struct capture *from,
		   struct capture_writer **out)
{
	struct capture_writer *w = calloc(1, sizeof(*w));
	int err;

	if (!w)
		return -ENOMEM;
	w->nano = nano;
	w->name = strdup(shown(path, "standard output"));
	err = w->name ? 0 : -ENOMEM;
	err = err ?: create_stream(w, path, from) ?: create_dumper(w);
	if (err < 0) {
		writer_free(w);
		return err;
	}
	*out = w;
	return 0;
}

static int write_error(struct capture_writer *w)
{
	int err = errno ? errno : EIO;

	if (w->failed)
		return 0;
	w->failed = true;
	return fail(-err, "%s: %s", w->name, strerror(err));
}

int capture_write(struct capture_writer *w, const struct capture_packet *p)
{
	struct pcap_pkthdr h = { .caplen = p->len, .len = p->wire_len };

	h.ts.tv_sec = p->time.tv_sec;
	h.ts.tv_usec = w->nano ? p->time.tv_nsec : p->time.tv_nsec / 1000;
	errno = 0;
	pcap_dump((u8 *)w->dumper, &h, p->data);
	return ferror(w->file) ? write_error(w) : 0;
}

int capture_finish(struct capture_writer *w)
{
	int err = 0;

	if (!w)
		return 0;
	errno = 0;
	if (pcap_dump_flush(w->dumper) || ferror(w->file))
		err = write_error(w);
	writer_free(w);
	return err;
}

const char *capture_library(void)
{
	return pcap_lib_version();
}
