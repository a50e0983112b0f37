/* Descriptors and ids: what keeps an object alive, and when it is gone. Objects are observed from
 * outside: by GET_NEXT_ID and GET_FD_BY_ID. */
#include "both.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

static struct skep *skep;
static struct skep_client *client;
static struct side us;

static void start(void)
{
	client = side_open(&skep);
	us = (struct side){ .client = client };
}

static void end(void)
{
	skep_client_free(client);
	skep_free(skep);
}

static int new_map(u32 flags)
{
	return side_map(&us, BPF_MAP_TYPE_ARRAY, 4, 8, 8, flags);
}

static u32 next_id(int cmd, u32 after)
{
	struct attr_get_id a = { { after }, 0, 0, 0 };

	return side_bpf(&us, cmd, &a, 8) ? 0 : a.next_id;
}

static u32 count_maps(void)
{
	u32 n = 0;

	for (u32 id = 0; (id = next_id(BPF_MAP_GET_NEXT_ID, id)); n++)
		;
	return n;
}

static int map_by_id(u32 id, u32 flags)
{
	struct attr_get_id a = { { id }, 0, flags, 0 };

	return (int)side_bpf(&us, BPF_MAP_GET_FD_BY_ID, &a, 12);
}

static u32 id_of(int fd)
{
	struct abi_map_info info = { 0 };
	struct attr_info a = { (u32)fd, sizeof(info), (u64)&info };

	return side_bpf(&us, BPF_OBJ_GET_INFO_BY_FD, &a, sizeof(a)) ? 0 : info.id;
}

TEST("close ends an object, dup keeps it")
{
	start();
	int fd = new_map(0), two = dup(fd);

	EXPECT_EQ(count_maps(), 1);
	close(fd);
	EXPECT_EQ(count_maps(), 1);
	EXPECT_EQ(id_of(two), 1);
	close(two);
	EXPECT_EQ(count_maps(), 0);
	end();
}

TEST("descriptors got by id are separate; all have to be closed, in any order")
{
	start();
	int fd[10] = { new_map(0) };

	for (u32 i = 1; i < ARRAY_SIZE(fd); i++)
		EXPECT((fd[i] = map_by_id(1, 0)) >= 0);
	for (u32 i = 0; i < ARRAY_SIZE(fd); i++) {
		EXPECT_EQ(count_maps(), 1);
		close(fd[i]); /* one right after the other: their events are merged */
	}
	EXPECT_EQ(count_maps(), 0);
	EXPECT_EQ(map_by_id(1, 0), -ENOENT);
	end();
}

static void *close_later(void *fd)
{
	usleep(500);
	close(*(int *)fd);
	return NULL;
}

TEST("an object whose last descriptor is closed a moment later is not listed any more")
{
	u32 shown = 0;

	start();
	for (u32 i = 0; i < 20; i++) {
		int fd = new_map(0), two = map_by_id(id_of(fd), 0);
		pthread_t t;

		REQUIRE(!pthread_create(&t, NULL, close_later, &two));
		close(fd);
		shown += count_maps();
		pthread_join(t, NULL);
		EXPECT_EQ(count_maps(), 0);
	}
	EXPECT(shown < 10); /* busy machines may take longer */
	end();
}

TEST("many closes in a row are all noticed")
{
	start();
	int fd[64];

	for (u32 i = 0; i < ARRAY_SIZE(fd); i++)
		REQUIRE((fd[i] = new_map(0)) >= 0);
	EXPECT_EQ(count_maps(), ARRAY_SIZE(fd));
	for (u32 i = 0; i < ARRAY_SIZE(fd); i += 2)
		close(fd[i]);
	EXPECT_EQ(count_maps(), ARRAY_SIZE(fd) / 2);
	for (u32 i = 1; i < ARRAY_SIZE(fd); i += 2)
		close(fd[i]);
	EXPECT_EQ(count_maps(), 0);
	end();
}

TEST("a mapping outlives the descriptor and keeps the map")
{
	start();
	int fd = new_map(BPF_F_MMAPABLE), again;
	u64 value = 0, *mem = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	u32 key = 2;

	REQUIRE(mem != MAP_FAILED);
	close(fd);
	EXPECT_EQ(count_maps(), 1);
	mem[2] = 77;
	again = map_by_id(1, 0);
	EXPECT_EQ(side_elem(&us, BPF_MAP_LOOKUP_ELEM, again, &key, &value, 0), 0);
	EXPECT_EQ(value, 77);
	close(again);
	EXPECT_EQ(count_maps(), 1);
	munmap(mem, 4096);
	EXPECT_EQ(count_maps(), 0);
	end();
}

TEST("a descriptor in another process keeps the object; fork and exit")
{
	int gate[2];
	char c = 0;
	pid_t pid;

	start();
	int fd = new_map(0);

	REQUIRE(!pipe2(gate, O_CLOEXEC));
	pid = fork();
	if (!pid) {
		close(gate[1]);
		_exit(read(gate[0], &c, 1) != 1); /* until the parent lets go */
	}
	close(gate[0]);
	close(fd);
	EXPECT_EQ(count_maps(), 1);
	EXPECT_EQ(write(gate[1], &c, 1), 1);
	waitpid(pid, NULL, 0);
	EXPECT_EQ(count_maps(), 0);
	close(gate[1]);
	end();
}

static void send_fd(int sock, int fd)
{
	char c = 0, control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { &c, 1 };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);

	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(h), &fd, sizeof(fd));
	EXPECT_EQ(sendmsg(sock, &m, 0), 1);
}

static int receive_fd(int sock)
{
	char c, control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { &c, 1 };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };
	int fd = -1;

	if (recvmsg(sock, &m, 0) == 1 && CMSG_FIRSTHDR(&m))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(fd));
	return fd;
}

TEST("a descriptor in flight through a socket keeps the object")
{
	int pair[2], fd;

	start();
	fd = new_map(0);
	REQUIRE(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
	send_fd(pair[0], fd);
	close(fd);
	EXPECT_EQ(count_maps(), 1);
	fd = receive_fd(pair[1]);
	EXPECT_EQ(id_of(fd), 1);
	close(fd);
	EXPECT_EQ(count_maps(), 0);
	close(pair[0]);
	close(pair[1]);
	end();
}

TEST("descriptors close on exec, say what they are, and are none of another instance")
{
	char path[64], link[64] = { 0 };
	struct skep *other;
	struct side them;
	u64 value;
	u32 key = 0;

	start();
	them = (struct side){ .client = side_open(&other) };
	int fd = new_map(0);

	EXPECT(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	EXPECT_EQ(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	EXPECT(readlink(path, link, sizeof(link) - 1) > 0);
	EXPECT(strstr(link, "bpf-map"), "%s", link);
	EXPECT_EQ(side_elem(&them, BPF_MAP_LOOKUP_ELEM, fd, &key, &value, 0), -EINVAL);
	EXPECT_EQ(side_elem(&us, BPF_MAP_LOOKUP_ELEM, fd, &key, &value, 0), 0);
	close(fd);
	skep_client_free(them.client);
	skep_free(other);
	end();
}

TEST("access modes follow the descriptor through dup and by id")
{
	u32 key = 0;
	u64 value = 1;

	start();
	int rw = new_map(0), ro = map_by_id(1, BPF_F_RDONLY), wo = map_by_id(1, BPF_F_WRONLY);
	int ro2 = dup(ro);

	EXPECT_EQ(side_elem(&us, BPF_MAP_UPDATE_ELEM, ro, &key, &value, 0), -EPERM);
	EXPECT_EQ(side_elem(&us, BPF_MAP_UPDATE_ELEM, ro2, &key, &value, 0), -EPERM);
	EXPECT_EQ(side_elem(&us, BPF_MAP_LOOKUP_ELEM, ro2, &key, &value, 0), 0);
	EXPECT_EQ(side_elem(&us, BPF_MAP_LOOKUP_ELEM, wo, &key, &value, 0), -EPERM);
	EXPECT_EQ(side_elem(&us, BPF_MAP_UPDATE_ELEM, wo, &key, &value, 0), 0);
	EXPECT_EQ(side_elem(&us, BPF_MAP_UPDATE_ELEM, rw, &key, &value, 0), 0);
	EXPECT_EQ(map_by_id(1, BPF_F_RDONLY | BPF_F_WRONLY), -EINVAL);
	EXPECT_EQ(map_by_id(1, 1), -EINVAL);
	close(rw), close(ro), close(wo), close(ro2);
	EXPECT_EQ(count_maps(), 0);
	end();
}

TEST("ids count up and are not given again while others are free")
{
	start();
	for (u32 i = 1; i < 20; i++) {
		int fd = new_map(0);

		EXPECT_EQ(id_of(fd), i);
		close(fd);
	}
	EXPECT_EQ(next_id(BPF_MAP_GET_NEXT_ID, 0), 0);
	end();
}

static void id_errnos(struct side *s)
{
	static const int cmds[] = { BPF_PROG_GET_FD_BY_ID, BPF_MAP_GET_FD_BY_ID,
				    BPF_LINK_GET_FD_BY_ID, BPF_BTF_GET_FD_BY_ID };
	static const u32 starts[] = { 0x7ffffffe, 0x7fffffff, 0x80000000, 0xffffffff };

	for (u32 i = 0; i < ARRAY_SIZE(starts); i++)
		for (u32 c = BPF_PROG_GET_NEXT_ID; c <= BPF_MAP_GET_NEXT_ID; c++) {
			struct attr_get_id a = { { starts[i] }, 0, 0, 0 };

			SAY(s, "next %u after %x: %ld\n", c, starts[i], side_bpf(s, (int)c, &a, 8));
		}
	for (u32 c = 0; c < ARRAY_SIZE(cmds); c++)
		for (u32 flags = 0; flags < 3; flags++) {
			struct attr_get_id a = { { 0x7ffffff0 }, 0, flags << 3, 0 };

			SAY(s, "cmd %u flags %u: %ld\n", cmds[c], flags,
			    side_bpf(s, cmds[c], &a, sizeof(a)));
		}
}

TEST("ids that do not exist: Linux's errnos")
{
	run_both(id_errnos);
}

#define THREADS 4
#define ROUNDS	200

/* Every thread makes, shares, looks up and closes; nothing may be left at the end. */
static void *hammer(void *arg)
{
	u32 key = 1;

	for (u32 i = 0; i < ROUNDS; i++) {
		int fd = new_map(i & 1 ? BPF_F_MMAPABLE : 0);
		u32 id = id_of(fd);
		int other = map_by_id(id, 0), foreign = map_by_id(id > 1 ? id - 1 : 1, 0);
		u64 value = id, back = 0;

		side_elem(&us, BPF_MAP_UPDATE_ELEM, fd, &key, &value, 0);
		side_elem(&us, BPF_MAP_LOOKUP_ELEM, other, &key, &back, 0);
		if (fd < 0 || other < 0 || back != id)
			*(int *)arg = 1;
		close(fd);
		close(other);
		if (foreign >= 0)
			close(foreign);
		count_maps();
	}
	return NULL;
}

TEST("threads that create, find and close objects at once leave none behind")
{
	pthread_t t[THREADS];
	int bad[THREADS] = { 0 };

	start();
	for (u32 i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, hammer, &bad[i]);
	for (u32 i = 0; i < THREADS; i++) {
		pthread_join(t[i], NULL);
		EXPECT_EQ(bad[i], 0);
	}
	EXPECT_EQ(count_maps(), 0);
	end();
}

TEST("objects that clients never closed end with the instance")
{
	start();
	int fd = new_map(BPF_F_MMAPABLE);
	u64 *mem = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	end();
	mem[0] = 1; /* its memory stays: the mapping is the client's own */
	munmap(mem, 4096);
	close(fd);
}

/* --- names --- */

/* Without the padding, which holds anything. */
#define OBJ_SIZE (offsetof(struct attr_obj, path_fd) + sizeof(s32))

static long pin(struct side *s, const char *path, int fd, u32 flags, int dirfd)
{
	struct attr_obj a = { (u64)path, (u32)fd, flags, dirfd };

	return side_bpf(s, BPF_OBJ_PIN, &a, OBJ_SIZE);
}

static long get(struct side *s, const char *path, u32 flags)
{
	struct attr_obj a = { (u64)path, 0, flags, 0 };

	return side_bpf(s, BPF_OBJ_GET, &a, OBJ_SIZE);
}

TEST("a pin keeps an object and gives it back")
{
	start();
	int fd = new_map(0), again;

	EXPECT_EQ(pin(&us, "/sys/fs/bpf/m", fd, 0, 0), 0);
	EXPECT_EQ(pin(&us, "/sys/fs/bpf/./m", fd, 0, 0), -EEXIST);
	close(fd);
	EXPECT_EQ(count_maps(), 1);
	again = (int)get(&us, "/sys/fs/bpf/../bpf//m", 0);
	EXPECT_EQ(id_of(again), 1);
	close(again);
	again = (int)get(&us, "/sys/fs/bpf/m", BPF_F_RDONLY);
	EXPECT_EQ(fcntl(again, F_GETFL) & O_ACCMODE, O_RDONLY);
	close(again);
	EXPECT_EQ(get(&us, "/sys/fs/bpf/n", 0), -ENOENT);
	EXPECT_EQ(get(&us, "/sys/fs/bpf", 0), -EACCES);
	EXPECT_EQ(get(&us, "/sys/fs/bpf/m/x", 0), -ENOTDIR);
	end();
}

/* Nothing here may succeed on the kernel: no name is made. */
static void pin_errnos(struct side *s)
{
	static char longest[5000];
	int fd = side_map(s, BPF_MAP_TYPE_ARRAY, 4, 8, 8, 0), dir = open("/", O_RDONLY | O_CLOEXEC);

	memset(longest, 'a', sizeof(longest) - 1);
	SAY_CALL(s, pin(s, "/tmp/skep-no-bpffs", fd, 0, 0));
	SAY_CALL(s, pin(s, "/tmp", fd, 0, 0));
	SAY_CALL(s, pin(s, "/no/such/directory/m", fd, 0, 0));
	SAY_CALL(s, pin(s, "/etc/passwd/m", fd, 0, 0));
	SAY_CALL(s, pin(s, "", fd, 0, 0));
	SAY_CALL(s, pin(s, NULL, fd, 0, 0));
	SAY_CALL(s, pin(s, BAD_PTR, fd, 0, 0));
	SAY_CALL(s, pin(s, longest, fd, 0, 0));
	SAY_CALL(s, pin(s, "/tmp/skep-no-bpffs", -1, 0, 0));
	SAY_CALL(s, pin(s, "/tmp/skep-no-bpffs", dir, 0, 0));
	SAY_CALL(s, pin(s, "/tmp/skep-no-bpffs", fd, 1, 0));
	SAY_CALL(s, pin(s, "/tmp/skep-no-bpffs", fd, BPF_F_RDONLY, 0));
	SAY_CALL(s, pin(s, "tmp/skep-no-bpffs", fd, 0, 5));
	SAY_CALL(s, pin(s, "tmp/skep-no-bpffs", fd, ABI_F_PATH_FD, dir));
	SAY_CALL(s, pin(s, "tmp/skep-no-bpffs", fd, ABI_F_PATH_FD, 999));
	SAY_CALL(s, get(s, "/tmp/skep-no-such-file", 0));
	SAY_CALL(s, get(s, "/etc/passwd", 0));
	SAY_CALL(s, get(s, "/tmp", 0));
	SAY_CALL(s, get(s, "/etc/passwd/x", 0));
	SAY_CALL(s, get(s, "", 0));
	SAY_CALL(s, get(s, NULL, 0));
	SAY_CALL(s, get(s, longest, 0));
	SAY_CALL(s, get(s, "/etc/passwd", 1));
	SAY_CALL(s, get(s, "/etc/passwd", BPF_F_RDONLY));
	SAY_CALL(s, get(s, "/etc/passwd", BPF_F_RDONLY | BPF_F_WRONLY));
	close(dir);
	close(fd);
}

TEST("names that are not possible: Linux's errnos")
{
	run_both(pin_errnos);
}
