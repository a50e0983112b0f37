/* See map_text.h: arrays and hash tables whose types are known, and arrays of programs, as Linux writes them. */
#include "supervise/map_text.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "btf/show.h"
#include "syscall/map_elem.h"

#define TEXT_MAX (64u << 20) /* larger maps end early */

static bool is_per_cpu(const struct skep_map *m)
{
	switch (m->type->type) {
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH: return true;
	default: return false;
	}
}

bool map_has_text(const struct skep_map *m)
{
	switch (m->type->type) {
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_PROG_ARRAY: return m->btf;
	default: return m->btf && is_per_cpu(m);
	}
}

static void put_key(const struct skep_map *m, const void *key, struct buf *out)
{
	u32 index;

	if (m->type->indexed) {
		memcpy(&index, key, sizeof(index));
		if (m->btf_key_id) /* data sections have none */
			buf_printf(out, "%u: ", index);
		return;
	}
	btf_show_value(m->btf, m->btf_key_id, key, m->key_size, out);
	buf_puts(out, ": ");
}

static void put_values(const struct skep_map *m, const u8 *value, struct buf *out)
{
	u32 each = ALIGN_UP(m->value_size, 8u), n = map_user_value_size(m) / each;

	buf_puts(out, "{\n");
	for (u32 i = 0; i < n; i++) {
		buf_printf(out, "\tcpu%u: ", i);
		btf_show_value(m->btf, m->btf_value_id, value + i * each, m->value_size, out);
		buf_puts(out, "\n");
	}
	buf_puts(out, "}\n");
}

static void put_element(const struct skep_map *m, const void *key, const u8 *value, struct buf *out)
{
	u32 id;

	put_key(m, key, out);
	if (is_per_cpu(m)) {
		put_values(m, value, out);
		return;
	}
	memcpy(&id, value, MIN(m->value_size, sizeof(id)));
	if (m->type->type == BPF_MAP_TYPE_PROG_ARRAY)
		buf_printf(out, "%u", id);
	else
		btf_show_value(m->btf, m->btf_value_id, value, m->value_size, out);
	buf_puts(out, "\n");
}

int map_text(struct skep_map *m, struct buf *out)
{
	u8 *key = malloc(m->key_size), *next = malloc(m->key_size);
	u8 *value = malloc(map_user_value_size(m)), *swap;
	bool first = true;
	int err = key && next && value ? 0 : -ENOMEM;

	buf_puts(out, "# WARNING!! The output is for debug purpose only\n"
		      "# WARNING!! The output format will change\n");
	while (!err && out->len < TEXT_MAX && map_sys_next_key(m, first ? NULL : key, next) == 0) {
		first = false;
		if (map_lookup_any(m, next, value, 0) == 0) /* else it has just been deleted */
			put_element(m, next, value, out);
		swap = key;
		key = next;
		next = swap;
		err = buf_error(out);
	}
	free(key);
	free(next);
	free(value);
	return err;
}
