/* The info struct of programs. Arrays are copied as far as the client gave room; their true number is
 * always told. */
#include <stdlib.h>
#include <string.h>

#include "btf/btf.h"
#include "insn/insn.h"
#include "map/map.h"
#include "syscall/info.h"
#include "syscall/ksym.h"
#include "insn/tag.h"

/* An array of n records at src for a client with room for *room of them at addr. */
static int put_array(struct call *c, u64 addr, u32 *room, const void *src, u32 n, size_t size)
{
	u32 copy = MIN(*room, n);

	*room = n;
	return client_write(c->client, addr, src, copy * size);
}

static int put_map_ids(struct call *c, struct skep_prog *p, struct abi_prog_info *info)
{
	u32 room = info->nr_map_ids, n = 0;
	int err = 0;

	pthread_mutex_lock(&p->maps_lock);
	info->nr_map_ids = p->nr_maps;
	for (; !err && n < MIN(room, p->nr_maps); n++)
		err = client_write(c->client, info->map_ids + n * sizeof(u32), &p->maps[n]->obj.id,
				   sizeof(u32));
	pthread_mutex_unlock(&p->maps_lock);
	return err;
}

/* A client that announces records must announce the size that we use. */
static int check_record_sizes(const struct abi_prog_info *info)
{
	if ((info->nr_func_info || info->func_info_rec_size) &&
	    info->func_info_rec_size != sizeof(struct bpf_func_info))
		return -EINVAL;
	if ((info->nr_line_info || info->line_info_rec_size) &&
	    info->line_info_rec_size != sizeof(struct bpf_line_info))
		return -EINVAL;
	if ((info->nr_jited_line_info || info->jited_line_info_rec_size) &&
	    info->jited_line_info_rec_size != sizeof(u64))
		return -EINVAL;
	return 0;
}

/* Show a map by its id and, for values, the offset in place of the address. */
static void show_map(const struct skep_prog *p, struct bpf_insn *i)
{
	u32 index, off;
	bool found = map_of_insn(p, i, &index, &off);

	i[0].imm = found ? (s32)p->maps[index]->obj.id : 0;
	i[1].imm = found ? (s32)off : 0;
}

/* The number of the function that begins there. */
static s32 function_at(const struct skep_prog *p, s64 insn)
{
	for (u32 i = 0; i < p->nr_subs; i++)
		if (p->subs[i].start == insn)
			return (s32)i;
	return 0;
}

/* Accesses that may fault look like plain ones, but those that extend the sign and atomic ones. */
static void show_guarded(struct bpf_insn *i)
{
	if (BPF_MODE(i->code) == INSN_PROBE_MEM || BPF_MODE(i->code) == INSN_PROBE_MEM32)
		i->code = (u8)((i->code & 0x1f) | BPF_MEM);
}

/* As Linux shows calls: helpers and kernel functions by where they lie, functions of native code by number, with the distance in off. */
static void show_call(const struct skep_prog *p, struct bpf_insn *i, u32 at)
{
	s32 distance = i->imm;

	if (i->src_reg == BPF_PSEUDO_KFUNC_CALL) {
		i->imm = ksym_kfunc_imm((u16)i->off);
		i->off = 0;
	} else if (i->src_reg == 0 && i->imm > 0 && i->imm != BPF_FUNC_tail_call) {
		i->imm = ksym_helper_imm((u32)i->imm);
	} else if (i->src_reg == BPF_PSEUDO_CALL && p->jited_len) {
		i->imm = function_at(p, (s64)at + 1 + distance);
		i->off = (s16)distance; /* cut as in Linux */
	}
}

/* Rewritten instructions as clients may see them: free of addresses. */
static void show_insns(struct skep_prog *p, struct bpf_insn *insns)
{
	memcpy(insns, p->insns, p->len * sizeof(*insns));
	pthread_mutex_lock(&p->maps_lock);
	for (u32 i = 0; i < p->len; i++) {
		if (insn_is_guarded(&insns[i]))
			show_guarded(&insns[i]);
		if (insn_is_cpu(&insns[i])) /* what it was made of */
			insns[i] = (struct bpf_insn){ .code = BPF_JMP | BPF_CALL,
						      .imm = BPF_FUNC_get_smp_processor_id };
		if (insns[i].code == (BPF_JMP | BPF_CALL))
			show_call(p, &insns[i], i);
		if (!insn_is_ld_imm64(&insns[i]))
			continue;
		if (insns[i].src_reg == BPF_PSEUDO_MAP_FD ||
		    insns[i].src_reg == BPF_PSEUDO_MAP_VALUE)
			show_map(p, &insns[i]);
		else if (insns[i].src_reg == BPF_PSEUDO_FUNC && p->jited_len)
			insns[i + 1].imm = function_at(p, (s64)i + 1 + insns[i].imm);
		i++;
	}
	pthread_mutex_unlock(&p->maps_lock);
}

static int put_xlated(struct call *c, struct skep_prog *p, struct abi_prog_info *info)
{
	u32 room = info->xlated_prog_len, size = p->len * sizeof(*p->insns);
	struct bpf_insn *insns;
	int err;

	info->xlated_prog_len = size;
	if (!room)
		return 0;
	insns = malloc(size);
	if (!insns)
		return -ENOMEM;
	show_insns(p, insns);
	err = client_write(c->client, info->xlated_prog_insns, insns, MIN(room, size));
	free(insns);
	return err;
}

/* A tag for each function, as if it were a program. */
static int put_tags(struct call *c, struct skep_prog *p, struct abi_prog_info *info)
{
	u32 room = info->nr_prog_tags, n = MAX(p->nr_subs, 1u);
	u8 tag[8];

	info->nr_prog_tags = n;
	for (u32 i = 0; i < MIN(room, n); i++) {
		if (p->nr_subs > 1)
			prog_tag(p->insns + p->subs[i].start, p->subs[i].len, tag);
		else
			memcpy(tag, p->tag, sizeof(tag));
		TRY(client_write(c->client, info->prog_tags + i * sizeof(tag), tag, sizeof(tag)));
	}
	return 0;
}

static void fill_plain(const struct skep_prog *p, struct abi_prog_info *info)
{
	struct prog_stats stats = prog_stats_sum(p);

	info->type = p->type->type;
	info->id = p->obj.id;
	memcpy(info->tag, p->tag, sizeof(info->tag));
	memcpy(info->name, p->name, sizeof(info->name));
	info->load_time = p->load_time;
	info->created_by_uid = p->uid;
	info->gpl_compatible = p->gpl;
	info->ifindex = 0;
	info->netns_dev = info->netns_ino = 0;
	info->btf_id = p->btf ? p->btf->obj.id : 0;
	info->verified_insns = p->verified_insns;
	info->attach_btf_obj_id = info->attach_btf_id = 0;
	info->func_info_rec_size = sizeof(struct bpf_func_info);
	info->line_info_rec_size = sizeof(struct bpf_line_info);
	info->jited_line_info_rec_size = sizeof(u64);
	info->run_cnt = stats.runs;
	info->run_time_ns = stats.ns;
	info->recursion_misses = stats.misses;
}

int prog_info(struct call *c, struct skep_prog *p)
{
	struct info_call i = { .c = c };
	struct abi_prog_info info;

	TRY(info_read(&i, &info, sizeof(info)));
	TRY(check_record_sizes(&info));
	fill_plain(p, &info);
	TRY(put_map_ids(c, p, &info));
	TRY(put_xlated(c, p, &info));
	TRY(put_array(c, info.func_info, &info.nr_func_info, p->func_info, p->nr_func_info,
		      sizeof(*p->func_info)));
	TRY(put_array(c, info.line_info, &info.nr_line_info, p->line_info, p->nr_line_info,
		      sizeof(*p->line_info)));
	TRY(info_put_native(c, p, &info));
	TRY(put_tags(c, p, &info));
	return info_write(&i, &info);
}
