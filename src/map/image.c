/* See image.h. */
#include "map/image.h"

#include <errno.h>
#include <stdlib.h>

#include "base/err.h"

void map_image_fill(const struct image *i, const struct skep_map *m)
{
	image_set(i, "map_type", m->type->type);
	image_set(i, "key_size", m->key_size);
	image_set(i, "value_size", m->value_size);
	image_set(i, "max_entries", m->max_entries);
	image_set(i, "map_extra", m->extra);
	image_set(i, "map_flags", m->flags);
	image_set(i, "id", m->obj.id);
	image_set(i, "numa_node", (u64)-1);
	image_set(i, "btf_key_type_id", m->btf_key_id);
	image_set(i, "btf_value_type_id", m->btf_value_id);
	image_set(i, "frozen", atomic_load(&m->frozen));
	image_set_text(i, "name", m->name);
}

/* In all structures of maps the common part comes first; its members are found as members of it. */
static struct image common_part(const struct image *i)
{
	struct image common = *i;
	int id = btf_find(i->btf, "bpf_map", BTF_KIND_STRUCT);

	if (id < 0)
		common.at = NULL;
	else
		common.type = (u32)id;
	return common;
}

static int make_inner(struct skep_map *m, const struct image *common, const struct btf *kernel)
{
	if (!m->inner)
		return 0;
	TRY(map_image_make(m->inner, kernel));
	image_set_ptr(common, "inner_map_meta", m->inner->view);
	return 0;
}

static int fill_all(struct skep_map *m, const struct btf *kernel)
{
	struct image common = common_part(m->image);

	map_image_fill(&common, m);
	if (m->type->describe)
		m->type->describe(m, m->image);
	return make_inner(m, &common, kernel);
}

int map_image_make(struct skep_map *m, const struct btf *kernel)
{
	struct image made, *kept;
	int err;

	if (m->view || !m->type->kernel_struct)
		return 0;
	err = image_new(m->rt->images, kernel, m->type->kernel_struct, 0, &made);
	if (err)
		return err == -ENOENT ? 0 : err;
	map_image_free(m); /* of an attempt that failed */
	kept = malloc(sizeof(*kept));
	if (!kept) {
		image_free(m->rt->images, &made);
		return -ENOMEM;
	}
	*kept = made;
	m->image = kept;
	TRY(fill_all(m, kernel));
	atomic_store_explicit(&m->view, made.at, memory_order_release);
	return 0;
}

void map_image_free(struct skep_map *m)
{
	if (!m->image)
		return;
	image_free(m->rt->images, m->image);
	free(m->image);
	m->image = NULL;
}

void map_image_freeze(struct skep_map *m)
{
	struct image common;

	if (!atomic_load(&m->view))
		return;
	common = common_part(m->image);
	image_set(&common, "frozen", true);
}
