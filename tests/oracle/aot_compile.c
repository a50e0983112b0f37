/* See aot_compile.h. */
#include "oracle/aot_compile.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"

bool aot_have_compiler(const char *cc)
{
	char line[256];

	snprintf(line, sizeof(line), "command -v %s >/dev/null 2>&1", cc);
	return !system(line);
}

/* The file's bytes, at an address that malloc() aligns. */
static void *read_file(const char *path, size_t *size)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *data = fd >= 0 && !fstat(fd, &st) ? malloc((size_t)st.st_size) : NULL;

	*size = data ? (size_t)st.st_size : 0;
	if (data && read(fd, data, *size) != (ssize_t)*size)
		*size = 0;
	if (fd >= 0)
		close(fd);
	return data;
}

static int write_source(const char *dir, const struct buf *c)
{
	char path[256];
	FILE *f;
	bool ok;

	snprintf(path, sizeof(path), "%s/x.c", dir);
	f = fopen(path, "we");
	ok = f && fwrite(buf_str(c), 1, c->len, f) == c->len;
	return f && !fclose(f) && ok ? 0 : fail(-EIO, "%s cannot be written", path);
}

static int run_compiler(const char *dir, const char *cc)
{
	char line[512];
	size_t len = (size_t)snprintf(line, sizeof(line), "cd %s && %s", dir, cc);

	for (u32 i = 0; i < AOT_NR_CFLAGS; i++)
		len += (size_t)snprintf(line + len, sizeof(line) - len, " %s", aot_cflags[i]);
	snprintf(line + len, sizeof(line) - len, " x.c");
	return system(line) ? fail(-EIO, "%s", line) : 0;
}

void *aot_compile(const char *cc, struct skep_prog *const *progs, u32 n, size_t *size)
{
	char dir[] = "/tmp/skep-aot-XXXXXX", line[64];
	struct buf c = { 0 };
	void *elf = NULL;

	if (!mkdtemp(dir))
		return NULL;
	if (!aot_emit(&c, progs, n, NULL) && !write_source(dir, &c) && !run_compiler(dir, cc)) {
		snprintf(line, sizeof(line), "%s/x.o", dir);
		elf = read_file(line, size);
	}
	buf_done(&c);
	snprintf(line, sizeof(line), "rm -r %s", dir);
	if (system(line))
		fail(-EIO, "%s", line);
	return elf;
}
