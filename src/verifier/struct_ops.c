/* Programs that are members of a structure of functions: which members may be programs, and what of the objects that
 * they are given they may write.
 *
 * Sound because: what may be written is a list, by structure and member, as in Linux; nothing else of a kernel object
 * is. A store, unlike a probe load, is not checked when it runs, so there must be memory: programs in structures have no
 * caller here and no test run, and of connections (bpf_skb_ct_lookup() …) there are none: all functions that could return
 * one return null. Whoever changes either must give these members memory. */
#include "verifier/env.h"

#include <stdio.h>
#include <string.h>

#include "map/struct_ops.h"

#define CONNECTIONS "connections" /* programs that look up connections, which are in no structure */

/* Linux 6.18's answers to every offset and size. A store begins where the member begins, or anywhere in an array. */
static const struct {
	const char *ops, *type, *member;
} writable[] = {
	{ "tcp_congestion_ops", "tcp_sock", "inet_conn.icsk_inet.sk.sk_pacing_status" },
	{ "tcp_congestion_ops", "tcp_sock", "inet_conn.icsk_inet.sk.sk_pacing_rate" },
	{ "tcp_congestion_ops", "tcp_sock", "inet_conn.icsk_ack.pending" },
	{ "tcp_congestion_ops", "tcp_sock", "inet_conn.icsk_ca_priv" },
	{ "tcp_congestion_ops", "tcp_sock", "snd_cwnd" },
	{ "tcp_congestion_ops", "tcp_sock", "snd_ssthresh" },
	{ "tcp_congestion_ops", "tcp_sock", "ecn_flags" },
	{ "tcp_congestion_ops", "tcp_sock", "app_limited" },
	{ "tcp_congestion_ops", "tcp_sock", "snd_cwnd_cnt" },
	{ "tcp_congestion_ops", "tcp_sock", "snd_cwnd_stamp" },
	{ "bpf_dummy_ops", "bpf_dummy_ops_state", "" }, /* all of it */
	{ CONNECTIONS, "nf_conn", "mark" },
	{ CONNECTIONS, "nf_conn___init", "ct.mark" },
};

struct member {
	s64 off, size;
	bool array;
};

/* One step of a path, len bytes: the member of that name, also in structures without a name. */
static bool find_step(const struct btf *b, const struct btf_type *t, const char *name, size_t len,
		      s64 *off, u32 *type)
{
	for (u32 n = 0; n < BTF_INFO_VLEN(t->info); n++) {
		const struct btf_member *m = &btf_members_of(t)[n];
		const char *is = btf_string(b, m->name_off);
		s64 at = btf_member_bit_off(t, n) / 8;
		const struct btf_type *inner = btf_strip(b, m->type, NULL);

		if (strlen(is) == len && !memcmp(is, name, len)) {
			*off += at;
			*type = m->type;
			return true;
		}
		if (*is || !btf_is_struct(inner))
			continue;
		for (u32 k = 0; k < BTF_INFO_VLEN(inner->info); k++) {
			const struct btf_member *in = &btf_members_of(inner)[k];
			const char *word = btf_string(b, in->name_off);

			if (strlen(word) != len || memcmp(word, name, len))
				continue;
			*off += at + btf_member_bit_off(inner, k) / 8;
			*type = in->type;
			return true;
		}
	}
	return false;
}

static bool find_member(const struct btf *b, u32 id, const char *path, struct member *out)
{
	const struct btf_type *t;

	out->off = 0;
	while (*path) {
		size_t len = strcspn(path, ".");

		t = btf_strip(b, id, NULL);
		if (!btf_is_struct(t) || !find_step(b, t, path, len, &out->off, &id))
			return false;
		path += len + (path[len] == '.');
	}
	t = btf_strip(b, id, NULL);
	out->size = btf_type_size(b, id);
	out->array = t && (BTF_INFO_KIND(t->info) == BTF_KIND_ARRAY || btf_is_struct(t));
	return out->size > 0;
}

const char *prog_ops_name(const struct verifier *v)
{
	return v->p->type->type == BPF_PROG_TYPE_STRUCT_OPS && v->p->attach_btf
		       ? btf_type_name(v->p->attach_btf, v->p->attach_btf_id)
		       : "";
}

static const char *writer_name(const struct verifier *v)
{
	switch (v->p->type->type) {
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
	case BPF_PROG_TYPE_XDP: return CONNECTIONS;
	default: return prog_ops_name(v);
	}
}

int check_ops_write(struct verifier *v, const struct value *p, s32 off, u32 size)
{
	const char *name = btf_type_name(p->btf, p->btf_id);
	bool any = false, all = false;

	for (u32 i = 0; i < ARRAY_SIZE(writable); i++) {
		struct member m;

		if (strcmp(writable[i].ops, writer_name(v)) || strcmp(writable[i].type, name) ||
		    !p->btf->kernel || !is_trusted(p))
			continue;
		any = true;
		all |= !*writable[i].member;
		if (!find_member(p->btf, p->btf_id, writable[i].member, &m))
			continue;
		if (off != m.off && !(m.array && off >= m.off && off < m.off + m.size))
			continue;
		if (off + (s64)size <= m.off + m.size)
			return 0;
		if (!all)
			return reject(v, -EACCES,
				      "write access at off %d with size %u beyond the member of %s "
				      "ended at %lld",
				      off, size, name, (long long)(m.off + m.size));
	}
	if (all)
		return reject(v, -EACCES, "write access at off %d with size %u", off, size);
	if (any)
		return reject(v, -EACCES, "no write support to %s at off %d", name, off);
	return reject(v, -EACCES, "only read is supported");
}

static bool in_list(const char *const *list, const char *name)
{
	for (; list && *list; list++)
		if (!strcmp(*list, name))
			return true;
	return false;
}

int check_ops_member(struct verifier *v, const char *ops, const char *member)
{
	const struct ops_kind *k = ops_kind_find(ops);
	int err = 0;

	if (!k)
		return reject(v, -ENOTSUPP, "attach_btf_id %u is not a supported struct",
			      v->p->attach_btf_id);
	if (in_list(k->no_program, member))
		err = -ENOTSUPP;
	else if ((v->desc.flags & BPF_F_SLEEPABLE) && k->sleepable &&
		 !in_list(k->sleepable, member))
		err = -EINVAL;
	if (!err)
		return 0;
	return reject(v, err, "attach to unsupported member %s of struct %s", member, ops);
}

/* Linux lets kinds of structures, and members, call helpers of their own choice. */
bool ops_may_call(const struct verifier *v, u32 helper)
{
	const struct ops_kind *k = ops_kind_find(prog_ops_name(v));

	if (v->p->type->type != BPF_PROG_TYPE_STRUCT_OPS || !k)
		return true;
	if (k->no_helpers)
		return false;
	return (helper != BPF_FUNC_setsockopt && helper != BPF_FUNC_getsockopt) || !k->no_sockopt ||
	       strcmp(k->no_sockopt, v->target.name) != 0;
}

/* The kernel's own function for the member, STRUCT__MEMBER, tells by its parameters' names what may be null. */
bool ops_arg_is_nullable(const struct verifier *v, u32 n)
{
	static const char suffix[] = "__nullable";
	const struct btf *b = v->p->attach_btf;
	const struct btf_type *proto;
	const char *name;
	char stub[192];
	int id;

	(void)snprintf(stub, sizeof(stub), "%s__%s", prog_ops_name(v), v->target.name);
	id = btf_find(b, stub, BTF_KIND_FUNC);
	proto = id < 0 ? NULL : btf_type(b, btf_type(b, (u32)id)->type);
	if (!proto || n >= BTF_INFO_VLEN(proto->info))
		return false;
	name = btf_string(b, btf_proto_params_of(proto)[n].name_off);
	return strlen(name) >= strlen(suffix) &&
	       !strcmp(name + strlen(name) - strlen(suffix), suffix);
}
