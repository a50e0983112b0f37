/* See compile.h. clang writes the object into a pipe, so that nothing is left in the file system
 * whenever we are interrupted. */
#include "cli/compile.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aot/aot.h"
#include "cli/cli.h"

extern char **environ;

static const char *const clang[] = {
	"clang",
	"-g",
	"-O2",
	"-target",
	"bpf",
	"-Wall",
	"-I/usr/include/" SKEP_MULTIARCH,
	"-D__TARGET_ARCH_" SKEP_TARGET_ARCH,
	"-c",
	"-o",
	"-",
};

bool is_source(const char *path)
{
	size_t len = strlen(path);

	return len > 2 && !strcmp(path + len - 2, ".c");
}

static int spawn(char **argv, int out, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	int err;

	if (posix_spawn_file_actions_init(&actions))
		return ENOMEM;
	err = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	if (!err)
		err = posix_spawnp(pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return err;
}

static void read_all(int fd, struct buf *b)
{
	char chunk[16384];
	ssize_t n;

	while ((n = read(fd, chunk, sizeof(chunk))) > 0 || (n < 0 && errno == EINTR))
		if (n > 0)
			buf_put(b, chunk, (size_t)n);
}

/* 0, or an errno why the compiler could not be started. *status: as of waitpid(2). */
static int run_compiler(char **argv, struct buf *object, int *status)
{
	int fds[2], err;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return errno;
	err = spawn(argv, fds[1], &pid);
	close(fds[1]);
	if (!err) {
		read_all(fds[0], object);
		while (waitpid(pid, status, 0) < 0 && errno == EINTR)
			;
	}
	close(fds[0]);
	return err;
}

int compile(const char *path, const char *const *options, u32 nr_options, struct buf *object)
{
	char **argv = calloc(ARRAY_SIZE(clang) + nr_options + 3, sizeof(*argv));
	size_t n = ARRAY_SIZE(clang);
	int err, status = 0;

	if (!argv)
		return complain("no memory");
	/* the strings are not changed: argv is not const for historical reasons only */
	memcpy(argv, clang, sizeof(clang));
	if (nr_options)
		memcpy(argv + n, options, nr_options * sizeof(*argv));
	n += nr_options;
	argv[n++] = (char *)"--";
	argv[n++] = (char *)path;
	err = run_compiler(argv, object, &status);
	free(argv);
	if (err)
		return complain("%s: cannot run clang (%s); install it, or give a compiled object",
				path, strerror(err));
	if (status)
		return complain("%s: clang could not compile it", path);
	return buf_error(object) ? complain("%s: no memory for the object", path) : DONE;
}

int compile_native(const char *cc, const char *const *options, u32 nr_options, const char *path,
		   const char *out)
{
	char **argv = calloc(AOT_NR_CFLAGS + nr_options + 5, sizeof(*argv));
	struct buf nothing = { 0 };
	size_t n = 0;
	int err, status = 0;

	if (!argv)
		return complain("no memory");
	argv[n++] = (char *)cc;
	memcpy(argv + n, aot_cflags, AOT_NR_CFLAGS * sizeof(*argv));
	n += AOT_NR_CFLAGS;
	if (nr_options)
		memcpy(argv + n, options, nr_options * sizeof(*argv));
	n += nr_options;
	argv[n++] = (char *)"-o";
	argv[n++] = (char *)out;
	argv[n++] = (char *)path;
	err = run_compiler(argv, &nothing, &status);
	free(argv);
	buf_done(&nothing);
	if (err)
		return complain("cannot run %s (%s)", cc, strerror(err));
	return status ? complain("%s could not compile %s", cc, path) : DONE;
}
