/* BPF_PROG_LOAD: check the attributes, copy the program in, have it verified and made runnable, give
 * it an id and a descriptor. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "abi/kernels.h"
#include "aot/aot.h"
#include "btf/btf.h"
#include "insn/insn.h"
#include "object/prog.h"
#include "syscall/log.h"
#include "syscall/mmap.h"
#include "syscall/prog_info.h"
#include "syscall/privilege.h"
#include "syscall/sys.h"
#include "insn/tag.h"
#include "verifier/verifier.h"

#define LICENSE_MAX 128 /* bytes of the licence's text that count, NUL included */

#define KNOWN_FLAGS                                                                                \
	(BPF_F_STRICT_ALIGNMENT | BPF_F_ANY_ALIGNMENT | ABI_F_TEST_RND_HI32 |                      \
	 ABI_F_TEST_STATE_FREQ | BPF_F_SLEEPABLE | BPF_F_XDP_HAS_FRAGS | ABI_F_PROG_DEV_BOUND |    \
	 ABI_F_TEST_REG_INVAR | ABI_F_TOKEN_FD)

/* Licences under which code may be linked with GPL code (Documentation/process/license-rules.rst). */
static const char *const gpl_compatible[] = {
	"GPL",		"GPL v2",	"GPL and additional rights",
	"Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL",
};

static bool is_gpl_compatible(const char *license)
{
	for (u32 i = 0; i < ARRAY_SIZE(gpl_compatible); i++)
		if (!strcmp(license, gpl_compatible[i]))
			return true;
	return false;
}

static int check_token(struct call *c)
{
	struct object *o;

	if (!(c->attr.prog_load.prog_flags & ABI_F_TOKEN_FD))
		return 0;
	TRY(client_object(c->client, c->attr.prog_load.prog_token_fd, OBJECT_NONE, NULL, &o));
	object_unref(o);
	return fail(-EINVAL, "prog: the descriptor is no token");
}

#define UNPRIVILEGED_INSNS 4096

static int check_privileges(struct call *c)
{
	const struct attr_prog_load *a = &c->attr.prog_load;

	if (privilege_bpf(c))
		return privilege_prog(c, a->prog_type);
	if (!c->skep->unprivileged_bpf)
		return fail(-EPERM, "prog: loading programs needs CAP_BPF");
	if (a->insn_cnt > UNPRIVILEGED_INSNS)
		return fail(-E2BIG, "prog: insn_cnt is %u, without CAP_BPF at most %u are possible",
			    a->insn_cnt, UNPRIVILEGED_INSNS);
	if (a->prog_type != BPF_PROG_TYPE_SOCKET_FILTER && a->prog_type != BPF_PROG_TYPE_CGROUP_SKB)
		return fail(-EPERM, "prog: type %u needs CAP_BPF", a->prog_type);
	return 0;
}

static bool may_attach_by_btf(u32 type)
{
	return type == BPF_PROG_TYPE_TRACING || type == BPF_PROG_TYPE_LSM ||
	       type == BPF_PROG_TYPE_STRUCT_OPS || type == BPF_PROG_TYPE_EXT;
}

/* What needs nothing but the attributes. */
static int check_attr(struct call *c)
{
	const struct attr_prog_load *a = &c->attr.prog_load;

	if (a->prog_flags & ~KNOWN_FLAGS)
		return fail(-EINVAL, "prog: unknown flags %#x", a->prog_flags & ~KNOWN_FLAGS);
	TRY(check_token(c));
	if (a->insn_cnt == 0 || a->insn_cnt > MAX_INSNS)
		return fail(-E2BIG, "prog: insn_cnt is %u, 1 to %u are possible", a->insn_cnt,
			    MAX_INSNS);
	TRY(check_privileges(c));
	if (a->attach_btf_id && !may_attach_by_btf(a->prog_type))
		return fail(-EINVAL, "prog: type %u is not attached to BTF functions",
			    a->prog_type);
	if (a->attach_prog_fd && !a->attach_btf_id)
		return fail(-EINVAL, "prog: attach_btf_obj_fd without attach_btf_id");
	if (a->prog_ifindex)
		return fail(-EINVAL, "prog: no device can take programs");
	if (a->signature)
		return fail(-EOPNOTSUPP, "prog: signatures cannot be checked");
	return 0;
}

static int check_type(struct call *c, const struct skep_prog_type **type, bool gpl)
{
	const struct attr_prog_load *a = &c->attr.prog_load;
	struct skep_prog_desc d = { a->prog_type, a->expected_attach_type, a->prog_flags, gpl };

	*type = skep_prog_type(c->skep, a->prog_type);
	if (!*type || kernel_lacks(c->skep->rt.kernel, COUNT_PROG_TYPES, a->prog_type))
		return fail(-EINVAL, "prog: there is no program type %u", a->prog_type);
	if ((*type)->check_load && (*type)->check_load(&d) < 0)
		return fail(-EINVAL, "prog: %s programs have no attach type %u or flags %#x",
			    (*type)->name, a->expected_attach_type, a->prog_flags);
	return 0;
}

static u64 now_boottime(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

/* Everything about the program but what its BTF says. */
static int read_program(struct call *c, struct skep_prog *p)
{
	const struct attr_prog_load *a = &c->attr.prog_load;
	char license[LICENSE_MAX];
	s64 n;

	TRY(client_read(c->client, p->insns, a->insns, p->len * sizeof(*p->insns)));
	n = client_strncpy(c->client, license, a->license, sizeof(license) - 1);
	if (n < 0)
		return -EFAULT;
	license[n] = '\0';
	p->gpl = is_gpl_compatible(license);
	TRY(check_type(c, &p->type, p->gpl));
	TRY(check_name(p->name, a->prog_name));
	p->expected_attach_type = a->expected_attach_type;
	p->flags = a->prog_flags;
	p->uid = c->client->ops->uid(c->client);
	p->load_time = now_boottime();
	prog_tag(p->insns, p->len, p->tag);
	return 0;
}

/* Maps that the verifier was given; they must live until it holds its own references. */
struct load {
	struct call *c;
	struct skep_prog *p;
	struct skep_map **maps;
	u32 n;
};

static int map_from_fd(void *arg, int fd, struct skep_map **out)
{
	struct load *l = arg;
	struct skep_map **v;

	v = realloc(l->maps, (l->n + 1) * sizeof(struct skep_map *));
	if (!v)
		return -ENOMEM;
	l->maps = v;
	TRY(call_map(l->c, (u32)fd, NULL, &v[l->n]));
	arena_ask_client(l->c->client, v[l->n]);
	*out = v[l->n++];
	return 0;
}

static int fd_array(void *arg, u32 index, int *fd)
{
	struct load *l = arg;
	u64 addr = l->c->attr.prog_load.fd_array;

	if (!addr)
		return fail(-EPROTO, "prog: fd_array is missing");
	return client_read(l->c->client, fd, addr + index * sizeof(*fd), sizeof(*fd));
}

static void load_done(struct load *l)
{
	for (u32 i = 0; i < l->n; i++)
		map_unref(l->maps[i]);
	free(l->maps);
}

/* With fd_array_cnt given, every map in the array belongs to the program, used or not. */
static int bind_fd_array(struct load *l, struct skep_prog *p)
{
	struct object *o;
	int fd, err = 0;

	for (u32 i = 0; !err && i < l->c->attr.prog_load.fd_array_cnt; i++) {
		TRY(fd_array(l, i, &fd));
		TRY(client_object(l->c->client, fd, OBJECT_NONE, NULL, &o));
		if (o->kind == OBJECT_MAP)
			err = prog_bind_map(p, (struct skep_map *)o);
		else if (o->kind != OBJECT_BTF)
			err = -EINVAL;
		object_unref(o);
	}
	return err;
}

static int check_fd_array(struct load *l, struct vlog *log)
{
	struct object *o = NULL;
	int fd, err;

	for (u32 i = 0; i < l->c->attr.prog_load.fd_array_cnt; i++, o = NULL) {
		if (client_read(l->c->client, &fd, l->c->attr.prog_load.fd_array + i * sizeof(fd),
				sizeof(fd)) < 0)
			return -EFAULT;
		err = client_object(l->c->client, fd, OBJECT_NONE, NULL, &o);
		if (!err && o->kind != OBJECT_MAP && o->kind != OBJECT_BTF)
			err = -EINVAL;
		if (err)
			vlog_printf(log, "fd %d is not pointing to valid bpf_map or btf\n", fd);
		object_unref(o);
		TRY(err);
	}
	return 0;
}

/* A program as the target: its BTF describes the function. The rest the verifier checks, where the log is. */
static int take_target(struct skep_prog *p, struct skep_prog *target)
{
	if (p->type->type != BPF_PROG_TYPE_TRACING) {
		prog_unref(target);
		return p->type->type == BPF_PROG_TYPE_EXT
			       ? fail(-ENOTSUPP,
				      "prog: functions of programs cannot be replaced yet")
			       : -EINVAL;
	}
	p->target = target;
	if (target->btf) {
		btf_ref(target->btf);
		p->attach_btf = target->btf;
	}
	return 0;
}

/* What the program is attached to is described by the kernel's BTF, unless a descriptor says otherwise. */
static int read_target(struct call *c, struct skep_prog *p)
{
	const struct attr_prog_load *a = &c->attr.prog_load;
	struct object *o;
	int err;

	if (!a->attach_btf_id)
		return 0;
	p->attach_btf_id = a->attach_btf_id;
	if (!a->attach_btf_obj_fd)
		return skep_vmlinux(c->skep, &p->attach_btf);
	if (client_object(c->client, (int)a->attach_btf_obj_fd, OBJECT_NONE, NULL, &o) < 0)
		return -EINVAL;
	if (o->kind == OBJECT_PROG)
		return take_target(p, (struct skep_prog *)o);
	if (o->kind == OBJECT_BTF && ((struct btf *)o)->kernel) {
		p->attach_btf = (struct btf *)o;
		return 0;
	}
	err = o->kind == OBJECT_BTF ? -EOPNOTSUPP : -EINVAL;
	object_unref(o);
	return err;
}

static int kernel_btf(void *arg, struct btf **out)
{
	struct load *l = arg;

	TRY(skep_vmlinux(l->c->skep, out));
	btf_unref(*out); /* the instance keeps it */
	return 0;
}

static int show_maps(void *arg)
{
	return maps_show(((struct load *)arg)->c->skep);
}

static bool can_sleep(const struct skep_prog *p)
{
	u32 at = p->expected_attach_type;

	switch (p->type->type) {
	case BPF_PROG_TYPE_TRACING:
		return at == BPF_TRACE_FENTRY || at == BPF_TRACE_FEXIT || at == BPF_MODIFY_RETURN ||
		       at == BPF_TRACE_ITER;
	case BPF_PROG_TYPE_LSM: return at == BPF_LSM_MAC;
	case BPF_PROG_TYPE_KPROBE:
	case BPF_PROG_TYPE_SYSCALL:
	case BPF_PROG_TYPE_STRUCT_OPS: return true;
	default: return false;
	}
}

static int check_sleepable(struct skep_prog *p, struct vlog *log)
{
	p->sleepable = p->flags & BPF_F_SLEEPABLE;
	if (p->type->type == BPF_PROG_TYPE_SYSCALL && !p->sleepable) {
		vlog_printf(log, "Syscall programs can only be sleepable\n");
		return -EINVAL;
	}
	if (!p->sleepable || can_sleep(p))
		return 0;
	vlog_printf(log, "Only fentry/fexit/fmod_ret, lsm, iter, uprobe, and struct_ops programs "
			 "can be sleepable\n");
	return -EINVAL;
}

static int check_around(void *arg, struct vlog *log)
{
	struct load *l = arg;

	return check_fd_array(l, log) ?:
	       prog_read_info(l->c, l->p, log) ?:
	       check_sleepable(l->p, log);
}

static int verify_program(struct call *c, struct skep_prog *p, struct vlog *log)
{
	struct load l = { .c = c, .p = p };
	struct verify_env env = {
		.map_from_fd = map_from_fd,
		.kernel_btf = kernel_btf,
		.show_maps = show_maps,
		.fd_array = fd_array,
		.check = check_around,
		.arg = &l,
		.unprivileged = !privilege_bpf(c),
		.explanation = c->skep->explanation,
	};
	struct verify_stats stats = { 0 };
	int err = verify(p, &env, log, &stats);

	if (!err)
		err = bind_fd_array(&l, p);
	load_done(&l);
	return err;
}

static int make_runnable(struct skep *s, struct skep_prog *p)
{
	int err = s->engine == SKEP_ENGINE_AUTO ? aot_prepare(s->native, p) : -ENOENT;

	return err == -ENOENT ? exec_prepare(p, s->engine) : err;
}

static int load_program(struct call *c, struct skep_prog *p)
{
	const struct attr_prog_load *a = &c->attr.prog_load;
	struct log_attr la = { a->log_buf, a->log_level, a->log_size,
			       offsetof(union abi_attr, prog_load.log_true_size) };
	struct vlog log;

	TRY(read_program(c, p));
	TRY(read_target(c, p));
	TRY(log_start(&log, &la));
	TRY(log_finish(c, &log, &la, verify_program(c, p, &log)));
	return make_runnable(c->skep, p);
}

long sys_prog_load(struct call *c)
{
	struct skep_prog *p;
	int err;

	TRY(check_attr(c));
	TRY(prog_new(c->skep, c->attr.prog_load.insn_cnt, &p));
	err = load_program(c, p);
	if (err) {
		prog_unref(p);
		return err;
	}
	return call_publish(c, &p->obj, O_RDWR);
}

long sys_prog_bind_map(struct call *c)
{
	struct skep_prog *p;
	struct skep_map *m;
	int err;

	if (c->attr.bind_map.flags)
		return -EINVAL;
	TRY(call_prog(c, c->attr.bind_map.prog_fd, &p));
	err = call_map(c, c->attr.bind_map.map_fd, NULL, &m);
	if (!err) {
		err = prog_bind_map(p, m);
		map_unref(m);
	}
	prog_unref(p);
	return err;
}

int skep_prog_from_fd(struct skep_client *client, int fd, struct skep_prog **out)
{
	struct object *o;

	TRY(client_object(client, fd, OBJECT_PROG, NULL, &o));
	*out = (struct skep_prog *)o;
	return 0;
}

void skep_prog_put(struct skep_prog *p)
{
	prog_unref(p);
}
