/* bpf(2): one function per command, declared by commands.def. A command gets its attributes copied,
 * zero-extended to Linux's union, with the bytes behind its last field checked to be zero; it answers
 * what the system call returns. */
#ifndef SKEP_SYSCALL_SYS_H
#define SKEP_SYSCALL_SYS_H

#include "abi/abi.h"
#include "base/err.h"
#include "exec/prog.h"
#include "map/map.h"
#include "syscall/client.h"

struct call {
	struct skep *skep;
	struct skep_client *client;
	u64 uattr; /* where the client's attr is, for fields that are written back */
	u32 size;  /* as the client gave it */
	union abi_attr attr;
};

#define BPF_CMD(name, number, last, reap, fn) long fn(struct call *c);
#include "syscall/commands.def"

/* Write one field of the client's attr. 0 or -EFAULT. */
#define PUT_ATTR(c, field, val)                                                                    \
	({                                                                                         \
		__typeof__((c)->attr.field) put_ = (val);                                          \
		client_write((c)->client, (c)->uattr + offsetof(union abi_attr, field), &put_,     \
			     sizeof(put_));                                                        \
	})

/* Objects from descriptors, with a reference. -EBADF, -EINVAL. */
int call_map(struct call *c, u32 fd, int *access, struct skep_map **out) MUST_CHECK;
struct link;
int call_link(struct call *c, u32 fd, struct link **out) MUST_CHECK;
int call_prog(struct call *c, u32 fd, struct skep_prog **out) MUST_CHECK;
int call_btf(struct call *c, u32 fd, struct btf **out) MUST_CHECK;

/* Give a new object an id and a descriptor. Consumes the caller's reference, in success (the files
 * hold one) and failure. Returns the descriptor. */
long call_publish(struct call *c, struct object *o, int flags);

/* Copy an object's name: letters, digits, '_' and '.', terminated. -EINVAL. */
int check_name(char dst[ABI_NAME_LEN], const char src[ABI_NAME_LEN]) MUST_CHECK;
/* O_RDWR, O_RDONLY or O_WRONLY from BPF_F_RDONLY and BPF_F_WRONLY; -EINVAL if both. */
int access_from_flags(u32 flags);
static inline bool can_read(int access)
{
	return access != 1 /* O_WRONLY */;
}
static inline bool can_write(int access)
{
	return access != 0 /* O_RDONLY */;
}
/* As an info struct's size: what lies beyond `known` in [addr, addr + size) must be zero: else
 * -E2BIG. -E2BIG also if size is more than a page. */
int check_tail_zero(struct call *c, u64 addr, u32 known, u32 size);

#endif
