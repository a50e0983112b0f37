/* Local storages through bpf(2), compared with the kernel's: which descriptors are keys, what each command answers,
 * and when an entry goes. */
#include "storage.h"

#include <signal.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static const u32 types[] = { BPF_MAP_TYPE_SK_STORAGE, BPF_MAP_TYPE_INODE_STORAGE,
			     BPF_MAP_TYPE_TASK_STORAGE, BPF_MAP_TYPE_CGRP_STORAGE };

static int storage(struct side *s, u32 type, u32 value_id)
{
	int btf = side_btf(s);
	int fd = side_map_btf(s, type, 4, 8, 0, BPF_F_NO_PREALLOC, btf, STORAGE_INT, value_id);

	close(btf);
	return fd;
}

static void say_create(struct side *s, struct attr_map_create *a)
{
	int fd = (int)side_bpf(s, BPF_MAP_CREATE, a, sizeof(*a));

	SAY(s, "type %u key %u/%u value %u/%u entries %u flags 0x%x: %d\n", a->map_type,
	    a->key_size, a->btf_key_type_id, a->value_size, a->btf_value_type_id, a->max_entries,
	    a->map_flags, fd < 0 ? fd : 0);
	if (fd >= 0)
		close(fd);
}

static void creation(struct side *s)
{
	static const u32 sizes[] = { 0, 1, 4, 8, 65407, 65408, 0x80000000 };
	int btf = side_btf(s);

	for (u32 t = 0; t < ARRAY_SIZE(types); t++) {
		struct attr_map_create a = { types[t], 4, 8, 0, BPF_F_NO_PREALLOC };

		a.btf_fd = (u32)btf;
		for (u32 key = 0; key <= STORAGE_TYPEDEF + 1; key++)
			for (u32 value = 0; value <= STORAGE_TYPEDEF + 1; value++)
				for (u32 size = 4; size <= 8; size += 4) {
					a.btf_key_type_id = key;
					a.btf_value_type_id = value;
					a.value_size = size;
					say_create(s, &a);
				}
		a.btf_key_type_id = STORAGE_INT;
		a.btf_value_type_id = STORAGE_LONG;
		for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
			a.value_size = sizes[i];
			say_create(s, &a);
			a.value_size = 8;
			a.key_size = sizes[i];
			say_create(s, &a);
			a.key_size = 4;
		}
		a.max_entries = 1;
		say_create(s, &a);
		a.max_entries = 0;
		for (u32 bit = 0; bit < 16; bit++) {
			a.map_flags = BPF_F_NO_PREALLOC | 1u << bit;
			say_create(s, &a);
			a.map_flags = 1u << bit;
			say_create(s, &a);
		}
	}
	close(btf);
}

TEST("local storages are created as on Linux, by sizes, flags and BTF")
{
	run_both(creation);
}

struct keys { /* descriptors of all kinds */
	int fd[10];
	u32 n;
};

static struct keys open_keys(void)
{
	struct keys k = { .n = 9 };
	int pipes[2];

	if (pipe(pipes))
		abort();
	close(pipes[1]);
	k.fd[0] = socket(AF_INET, SOCK_DGRAM, 0);
	k.fd[1] = socket(AF_UNIX, SOCK_STREAM, 0);
	k.fd[2] = open("/etc/hostname", O_RDONLY);
	k.fd[3] = open("/", O_RDONLY | O_DIRECTORY);
	k.fd[4] = open("/etc/hostname", O_PATH);
	k.fd[5] = (int)syscall(SYS_pidfd_open, getpid(), 0);
	k.fd[6] = pipes[0];
	k.fd[7] = 9999;
	k.fd[8] = -1;
	return k;
}

static void close_keys(const struct keys *k)
{
	for (u32 i = 0; i < 7; i++)
		close(k->fd[i]);
}

static void use(struct side *s, int map, int key, u32 n)
{
	static const u64 flags[] = { BPF_EXIST, BPF_ANY, BPF_NOEXIST, BPF_EXIST,
				     3,		8,	 BPF_F_LOCK,  BPF_F_LOCK | BPF_NOEXIST,
				     BPF_ANY };
	u64 value;

	SAY(s, "key %u: look up %ld, delete %ld\n", n,
	    side_elem(s, BPF_MAP_LOOKUP_ELEM, map, &key, &value, 0),
	    side_elem(s, BPF_MAP_DELETE_ELEM, map, &key, NULL, 0));
	for (u32 i = 0; i < ARRAY_SIZE(flags); i++) {
		u64 seen = 0x1111111111111111;

		value = 0x0102030405060708 + i;
		SAY(s, "flags %llu: %ld", (unsigned long long)flags[i],
		    side_elem(s, BPF_MAP_UPDATE_ELEM, map, &key, &value, flags[i]));
		SAY(s, ", look up %ld", side_elem(s, BPF_MAP_LOOKUP_ELEM, map, &key, &seen, 0));
		SAY(s, " %llx, locked %ld\n", (unsigned long long)seen,
		    side_elem(s, BPF_MAP_LOOKUP_ELEM, map, &key, &seen, BPF_F_LOCK));
	}
	SAY(s, "take %ld, ", side_elem(s, BPF_MAP_LOOKUP_AND_DELETE_ELEM, map, &key, &value, 0));
	SAY(s, "delete %ld, ", side_elem(s, BPF_MAP_DELETE_ELEM, map, &key, NULL, 0));
	SAY(s, "again %ld, ", side_elem(s, BPF_MAP_DELETE_ELEM, map, &key, NULL, 0));
	SAY(s, "next %ld\n", side_elem(s, BPF_MAP_GET_NEXT_KEY, map, NULL, &value, 0));
}

static void commands(struct side *s)
{
	struct keys k = open_keys();

	for (u32 t = 0; t < ARRAY_SIZE(types); t++)
		for (u32 value = STORAGE_LONG; value <= STORAGE_LOCKED; value += 2) {
			int map = storage(s, types[t], value);

			SAY(s, "type %u, value %u\n", types[t], value);
			for (u32 i = 0; i < k.n; i++)
				use(s, map, k.fd[i], i);
			close(map);
		}
	close_keys(&k);
}

TEST("local storages answer every command as Linux does, for descriptors of all kinds")
{
	run_both(commands);
}

static long put(struct side *s, int map, int key, u64 value)
{
	return side_elem(s, BPF_MAP_UPDATE_ELEM, map, &key, &value, 0);
}

static void say_value(struct side *s, const char *what, int map, int key)
{
	u64 value = 0;
	long err = side_elem(s, BPF_MAP_LOOKUP_ELEM, map, &key, &value, 0);

	SAY(s, "%s: %ld %llu\n", what, err, (unsigned long long)value);
}

static void entries_are_their_owners(struct side *s)
{
	int map = storage(s, BPF_MAP_TYPE_SK_STORAGE, STORAGE_LONG);
	int other = storage(s, BPF_MAP_TYPE_SK_STORAGE, STORAGE_LONG);
	int a = socket(AF_INET, SOCK_STREAM, 0), b = socket(AF_INET, SOCK_STREAM, 0), same = dup(a);

	SAY_CALL(s, put(s, map, a, 1));
	SAY_CALL(s, put(s, map, b, 2));
	SAY_CALL(s, put(s, other, a, 3));
	say_value(s, "a", map, a);
	say_value(s, "b", map, b);
	say_value(s, "a by another descriptor", map, same);
	say_value(s, "a in another map", other, a);
	say_value(s, "b in another map", other, b);
	SAY_CALL(s, put(s, map, same, 4));
	say_value(s, "a", map, a);
	close(a);
	close(same);
	a = socket(AF_INET, SOCK_STREAM, 0);
	say_value(s, "a socket with a's number", map, a);
	close(a);
	close(b);
	close(map);
	close(other);
}

TEST("an entry is the socket's, whatever its descriptor is")
{
	run_both(entries_are_their_owners);
}

static void tasks(struct side *s)
{
	int map = storage(s, BPF_MAP_TYPE_TASK_STORAGE, STORAGE_LONG), me, child;
	pid_t pid = fork();

	if (!pid) {
		pause();
		_exit(0);
	}
	me = (int)syscall(SYS_pidfd_open, getpid(), 0);
	child = (int)syscall(SYS_pidfd_open, pid, 0);
	SAY_CALL(s, put(s, map, me, 1));
	SAY_CALL(s, put(s, map, child, 2));
	say_value(s, "me", map, me);
	say_value(s, "child", map, child);
	kill(pid, SIGKILL);
	siginfo_t info;
	waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
	say_value(s, "a zombie", map, child);
	waitpid(pid, NULL, 0);
	say_value(s, "a reaped child", map, child);
	SAY_CALL(s, put(s, map, child, 3));
	say_value(s, "me", map, me);
	close(me);
	close(child);
	close(map);
}

TEST("a task's entry goes when it is reaped")
{
	run_both(tasks);
}

static void inodes(struct side *s)
{
	char path[] = "/tmp/skep-storage-XXXXXX", link_path[64];
	int map = storage(s, BPF_MAP_TYPE_INODE_STORAGE, STORAGE_LONG), fd = mkstemp(path), again;

	SAY_CALL(s, put(s, map, fd, 1));
	again = open(path, O_RDONLY);
	say_value(s, "the file opened again", map, again);
	snprintf(link_path, sizeof(link_path), "%s-link", path);
	SAY(s, "link %d unlink %d\n", link(path, link_path), unlink(path));
	say_value(s, "under another name", map, fd);
	unlink(link_path);
	say_value(s, "without a name", map, fd);
	close(fd);
	say_value(s, "… and one descriptor left", map, again);
	close(again);
	fd = mkstemp(strcpy(path, "/tmp/skep-storage-XXXXXX"));
	say_value(s, "a new file", map, fd);
	unlink(path);
	close(fd);
	close(map);
}

TEST("a file's entry stays while it has a name or is open")
{
	run_both(inodes);
}

/* Where cgroup2 can be mounted: in a mount namespace of our own. */
static void cgroups(struct side *s)
{
	char dir[] = "/tmp/skep-cgroup-XXXXXX", path[64], procs[96];
	int map = storage(s, BPF_MAP_TYPE_CGRP_STORAGE, STORAGE_LONG), fd, file;

	if (!mkdtemp(dir))
		abort();
	if (!mount("none", dir, "cgroup2", 0, NULL)) {
		snprintf(path, sizeof(path), "%s/skep-test-%d", dir, getpid());
		SAY(s, "mkdir %d\n", mkdir(path, 0700));
		fd = open(path, O_RDONLY | O_DIRECTORY);
		snprintf(procs, sizeof(procs), "%s/cgroup.procs", path);
		file = open(procs, O_RDONLY);
		use(s, map, fd, 0);
		use(s, map, file, 1);
		SAY_CALL(s, put(s, map, fd, 1));
		say_value(s, "a group", map, fd);
		SAY(s, "rmdir %d\n", rmdir(path));
		say_value(s, "a group removed", map, fd);
		SAY_CALL(s, put(s, map, fd, 1));
		close(fd);
		close(file);
		umount2(dir, MNT_DETACH);
	}
	rmdir(dir);
	close(map);
}

TEST("a control group's entry goes with it")
{
	pid_t pid = fork();
	int status;

	if (!pid) { /* mounts are the child's own */
		int before = test_failures;

		if (!unshare(CLONE_NEWNS) && !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
			run_both(cgroups);
		fflush(stdout);
		_exit(test_failures != before);
	}
	waitpid(pid, &status, 0);
	EXPECT(WIFEXITED(status) && !WEXITSTATUS(status), "the child's status is %d", status);
}
