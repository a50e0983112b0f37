/* BPF's own objects as programs see them: what the instance knows of a map, a program, a link, at the places that the
 * host's kernel has for it. */
#include <errno.h>
#include <string.h>

#include "btf/btf.h"
#include "exec/prog.h"
#include "iter/iter.h"
#include "map/image.h"
#include "object/link.h"

static void set_counts(const struct image *i, const struct object *o)
{
	image_set(i, "refcnt.counter", atomic_load(&o->refs)); /* ours, too, as on Linux */
	image_set(i, "usercnt.counter", atomic_load(&o->users));
}

void *iter_btf_image(struct iter *it, struct btf *b)
{
	struct image i = iter_image(it, "btf", 0);

	image_set(&i, "id", b->obj.id);
	image_set(&i, "data_size", b->size);
	image_set(&i, "nr_types", b->nr_types);
	image_set(&i, "kernel_btf", b->kernel);
	image_set_text(&i, "name", b->name);
	return i.at;
}

void *iter_map_image(struct iter *it, struct skep_map *m)
{
	struct image i = iter_image(it, "bpf_map", 0);

	map_image_fill(&i, m);
	if (m->btf)
		image_set_ptr(&i, "btf", iter_btf_image(it, m->btf));
	set_counts(&i, &m->obj);
	return i.at;
}

/* A string of the program's that has no room of its own in the structures. */
static void *copy_text(struct iter *it, const char *text)
{
	char *at = iter_memory(it, (u32)strlen(text) + 1);

	return at ? strcpy(at, text) : NULL;
}

static void *aux_image(struct iter *it, struct skep_prog *p)
{
	struct image i = iter_image(it, "bpf_prog_aux", 0);

	image_set(&i, "refcnt.counter", atomic_load(&p->obj.refs));
	image_set(&i, "id", p->obj.id);
	image_set(&i, "used_map_cnt", p->nr_maps);
	image_set(&i, "max_ctx_offset", p->max_ctx_offset);
	image_set(&i, "max_tp_access", p->max_tp_access);
	image_set(&i, "max_rdonly_access", p->max_rdonly_access);
	image_set(&i, "max_rdwr_access", p->max_rdwr_access);
	image_set(&i, "stack_depth", p->nr_subs ? p->subs[0].stack_depth : 0);
	image_set(&i, "func_cnt", p->nr_subs > 1 ? p->nr_subs : 0);
	image_set(&i, "attach_btf_id", p->attach_btf_id);
	image_set(&i, "load_time", p->load_time);
	image_set(&i, "verified_insns", p->verified_insns);
	image_set(&i, "changes_pkt_data", p->changes_pkt_data);
	image_set(&i, "sleepable", p->sleepable); /* of older kernels */
	image_set(&i, "func_info_cnt", p->nr_func_info);
	image_set(&i, "nr_linfo", p->nr_line_info);
	image_set_text(&i, "name", p->name);
	if (p->btf)
		image_set_ptr(&i, "btf", iter_btf_image(it, p->btf));
	if (p->attach_btf && p->attach_btf_id)
		image_set_ptr(&i, "attach_func_name",
			      copy_text(it, btf_type_name(p->attach_btf, p->attach_btf_id)));
	return i.at;
}

void *iter_prog_image(struct iter *it, struct skep_prog *p)
{
	struct image i = iter_image(it, "bpf_prog", 0);

	image_set(&i, "jited", p->engine && p->engine->is_jit);
	image_set(&i, "gpl_compatible", p->gpl);
	image_set(&i, "sleepable", p->sleepable);
	image_set(&i, "type", p->type->type);
	image_set(&i, "expected_attach_type", p->expected_attach_type);
	image_set(&i, "len", p->len);
	image_set(&i, "jited_len", p->jited_len);
	if (image_member(&i, "tag", NULL))
		memcpy(image_member(&i, "tag", NULL), p->tag, sizeof(p->tag));
	image_set_ptr(&i, "aux", aux_image(it, p));
	return i.at;
}

void *iter_link_image(struct iter *it, struct link *l)
{
	struct image i = iter_image(it, "bpf_link", 0);

	image_set(&i, "refcnt.counter", atomic_load(&l->obj.refs));
	image_set(&i, "id", l->obj.id);
	image_set(&i, "type", l->type);
	pthread_mutex_lock(&l->lock);
	if (l->prog) {
		image_set(&i, "attach_type", l->prog->expected_attach_type);
		image_set(&i, "sleepable", l->prog->sleepable);
		image_set_ptr(&i, "prog", iter_prog_image(it, l->prog));
	}
	pthread_mutex_unlock(&l->lock);
	return i.at;
}
