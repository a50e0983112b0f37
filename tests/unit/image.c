/* Images of kernel structures: members by path, in instance's memory. */
#include <bpf/btf.h>
#include <errno.h>
#include <stdint.h>

#undef BTF_INT_ENCODING /* libbpf and the UAPI header both have them */
#include "base/va.h"
#include "btf/image.h"
#include "test.h"

/* struct aux { int id; char name[8]; };
 * struct thing { u64 a; union { struct { u32 one:3, two:5, wide:24; }; u32 all; }; struct aux aux; struct thing *p; }; */
static struct btf *things(void)
{
	struct btf *l = btf__new_empty(), *b = NULL;
	int u32_id = btf__add_int(l, "u32", 4, 0), u64_id = btf__add_int(l, "u64", 8, 0);
	int c = btf__add_int(l, "char", 1, 0), name = btf__add_array(l, u32_id, c, 8);
	int aux, bits, un, ptr = btf__add_ptr(l, u64_id);
	const void *raw;
	u32 size;

	aux = btf__add_struct(l, "aux", 12);
	btf__add_field(l, "id", u32_id, 0, 0);
	btf__add_field(l, "name", name, 32, 0);
	bits = btf__add_struct(l, NULL, 4);
	btf__add_field(l, "one", u32_id, 0, 3);
	btf__add_field(l, "two", u32_id, 3, 5);
	btf__add_field(l, "wide", u32_id, 8, 24);
	un = btf__add_union(l, NULL, 4);
	btf__add_field(l, NULL, bits, 0, 0);
	btf__add_field(l, "all", u32_id, 0, 0);
	btf__add_struct(l, "thing", 32);
	btf__add_field(l, "a", u64_id, 0, 0);
	btf__add_field(l, NULL, un, 64, 0);
	btf__add_field(l, "aux", aux, 96, 0);
	btf__add_field(l, "p", ptr, 192, 0);
	raw = btf__raw_data(l, &size);
	if (btf_new(raw, size, NULL, &b))
		b = NULL;
	btf__free(l);
	return b;
}

struct thing {
	u64 a;
	u32 all, id;
	char name[8];
	void *p;
};

TEST("members are set where BTF says they are, and nowhere else")
{
	struct btf *b = things();
	struct images *im;
	struct va *va;
	struct image i;
	struct thing *t;

	REQUIRE(b && !va_new(&va) && !images_new(va, &im));
	REQUIRE(!image_new(im, b, "thing", 100, &i));
	t = i.at;
	EXPECT(va_owns(va, (uintptr_t)t, 132), "the instance does not own it");
	image_set(&i, "two", 0x3f);
	EXPECT(t->all == 0x1f << 3, "(%#x)", t->all);
	image_set(&i, "wide", 0xabcdef);
	image_set(&i, "two", 2);
	EXPECT(t->all == (0xabcdefu << 8 | 2 << 3), "(%#x)", t->all);
	image_set(&i, "aux.id", 0x1122334455667788);
	EXPECT(t->id == 0x55667788 && !t->name[0], "(%#x)", t->id);
	image_set_text(&i, "aux.name", "much too long");
	EXPECT_STR(t->name, "much to");
	EXPECT(!t->p && !t->a, "what nobody set is not 0");
	image_set_ptr(&i, "p", t);
	EXPECT(t->p == t, "(%p)", t->p);
	image_set(&i, "aux.nothing", 1);
	image_set(&i, "a.id", 1);
	image_set(&i, "au", 1);
	EXPECT(!t->a && t->id == 0x55667788, "a member that is not there was set");
	EXPECT(image_member(&i, "aux.id", NULL) == &t->id, "member's address");
	EXPECT(!image_member(&i, "two", NULL), "a bit field has an address");
	image_free(im, &i);
	image_set(&i, "a", 1); /* of no image */
	image_free(im, &i);
	images_free(im);
	va_free(va);
	btf_unref(b);
}

TEST("memory is used again, zeroed; sizes have limits")
{
	struct btf *b = things();
	struct images *im;
	struct va *va;
	struct image i, other;
	void *at;

	REQUIRE(b && !va_new(&va) && !images_new(va, &im));
	REQUIRE(!image_new(im, b, "thing", 0, &i));
	image_set(&i, "a", 7);
	at = i.at;
	image_free(im, &i);
	EXPECT(va_owns(va, (uintptr_t)at, 32), "a stale pointer is not readable");
	REQUIRE(!image_new(im, b, "thing", 0, &i));
	EXPECT(i.at == at && !*(u64 *)i.at, "not used again, or not zeroed");
	EXPECT(image_new(im, b, "nothing", 0, &other) == -ENOENT && !other.at, "struct nothing");
	EXPECT(image_new(im, b, "thing", 1 << 20, &other) == -ENOMEM, "more than a chunk");
	for (u32 n = 0; n < 40; n++) /* more than one chunk; freed with the pool */
		REQUIRE(!image_new(im, b, "thing", 60000, &other));
	images_free(im);
	va_free(va);
	btf_unref(b);
}
