/* Before the walk: are the instructions encoded as they should be, and which maps do they name?
 * ld_imm64 of a map becomes the address that the program will see; src_reg keeps telling what it is. */
#include "verifier/env.h"

#include <stdlib.h>

#include "map/arena.h"

static int use_map(struct verifier *v, struct skep_map *m)
{
	struct skep_prog *p = v->p;

	for (u32 i = 0; i < p->nr_maps; i++)
		if (p->maps[i] == m)
			return 0;
	if (p->nr_maps == MAX_USED_MAPS)
		return reject(v, -E2BIG,
			      "The total number of maps per program has reached the limit of %u",
			      MAX_USED_MAPS);
	if (!p->maps) {
		p->maps = calloc(MAX_USED_MAPS, sizeof(*p->maps));
		if (!p->maps)
			return -ENOMEM;
	}
	map_ref(m);
	p->maps[p->nr_maps++] = m;
	return 0;
}

static int find_map(struct verifier *v, const struct bpf_insn *i, struct skep_map **m)
{
	bool by_index = i->src_reg == BPF_PSEUDO_MAP_IDX || i->src_reg == BPF_PSEUDO_MAP_IDX_VALUE;
	int fd = i->imm, err;

	if (by_index) {
		if (!v->env->fd_array || v->env->fd_array(v->env->arg, (u32)i->imm, &fd))
			return reject(v, -EPROTO, "fd_idx without fd_array is invalid");
	}
	err = v->env->map_from_fd(v->env->arg, fd, m);
	if (err)
		return reject(v, err, "fd %d is not pointing to valid bpf_map", fd);
	return 0;
}

/* Programs that may run anywhere, above all where a lock is held. Those at the entry and exit of functions, and LSM's, are
 * trusted not to. */
static bool is_tracing(const struct verifier *v)
{
	switch (v->p->type->type) {
	case BPF_PROG_TYPE_KPROBE:
	case BPF_PROG_TYPE_TRACEPOINT:
	case BPF_PROG_TYPE_PERF_EVENT:
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
	case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE: return true;
	default: return false;
	}
}

static int check_map_use(struct verifier *v, struct skep_map *m)
{
	bool tracing = is_tracing(v);

	TRY(use_arena(v, m));
	if (record_has(m->record, FIELD_ROOTS) && tracing)
		return reject(v, -EINVAL, "tracing progs cannot use bpf_{list_head,rb_root} yet");
	if (record_has(m->record, FIELD_LOCKS)) {
		if (v->p->type->type == BPF_PROG_TYPE_SOCKET_FILTER)
			return reject(v, -EINVAL,
				      "socket filter progs cannot use bpf_spin_lock yet");
		if (tracing)
			return reject(v, -EINVAL, "tracing progs cannot use bpf_spin_lock yet");
	}
	if (record_has(m->record, FIELD_TIMER) && tracing)
		return reject(v, -EINVAL, "tracing progs cannot use bpf_timer yet");
	if (record_has(m->record, FIELD_WORKQUEUE) && tracing)
		return reject(v, -EINVAL, "tracing progs cannot use bpf_wq yet");
	return 0;
}

static int resolve_map_value(struct verifier *v, struct bpf_insn *i, struct skep_map *m, u64 *addr)
{
	u32 off = (u32)i[1].imm;
	bool arena = arena_of_map(m);
	int err;

	if (off >= MAX_OFF)
		return reject(v, -EINVAL, "direct value offset of %u is not allowed", off);
	if (!m->type->value_addr)
		return reject(v, -EINVAL, "no direct value access support for this map type");
	err = off >= m->value_size && !arena ? -EINVAL : m->type->value_addr(m, off, addr);
	if (err)
		return reject(v, arena ? err : -EINVAL,
			      "invalid access to map value pointer, value_size=%u off=%u",
			      m->value_size, off);
	v->aux[i - v->insns].map_off = off;
	return 0;
}

static int resolve_map(struct verifier *v, struct bpf_insn *i)
{
	bool value = i->src_reg == BPF_PSEUDO_MAP_VALUE || i->src_reg == BPF_PSEUDO_MAP_IDX_VALUE;
	struct skep_map *m;
	u64 addr;

	if (!value && i[1].imm)
		return reject(v, -EINVAL, "unrecognized bpf_ld_imm64 insn");
	TRY(find_map(v, i, &m));
	TRY(check_map_use(v, m));
	TRY(use_map(v, m));
	v->aux[i - v->insns].map = m;
	addr = (u64)(uintptr_t)m;
	if (value)
		TRY(resolve_map_value(v, i, m, &addr));
	i->src_reg = value ? BPF_PSEUDO_MAP_VALUE : BPF_PSEUDO_MAP_FD;
	i[0].imm = (s32)(u32)addr;
	i[1].imm = (s32)(addr >> 32);
	return 0;
}

static int resolve_imm64(struct verifier *v, struct bpf_insn *i)
{
	switch (i->src_reg) {
	case 0:
	case BPF_PSEUDO_FUNC: return 0;
	case BPF_PSEUDO_MAP_FD:
	case BPF_PSEUDO_MAP_VALUE:
	case BPF_PSEUDO_MAP_IDX:
	case BPF_PSEUDO_MAP_IDX_VALUE: return resolve_map(v, i);
	case BPF_PSEUDO_BTF_ID: return resolve_ksym(v, i);
	default: return reject(v, -EINVAL, "unrecognized bpf_ld_imm64 insn");
	}
}

int resolve_maps(struct verifier *v)
{
	char reason[INSN_REASON_MAX];

	for (u32 i = 0; i < v->len; i++) {
		const char *wrong =
			insn_check_code(&v->insns[i], v->len - i, reason)
				?: insn_check_version(&v->insns[i], v->p->rt->kernel, reason);

		if (wrong)
			return reject(v, -EINVAL, "%s", wrong);
		if (insn_is_kfunc_call(&v->insns[i]))
			TRY(resolve_kfunc(v, &v->insns[i]));
		if (!insn_is_ld_imm64(&v->insns[i]))
			continue;
		TRY(resolve_imm64(v, &v->insns[i]));
		i++;
	}
	return 0;
}
