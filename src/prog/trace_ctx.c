/* struct xdp_buff and struct sk_buff for tracers: the members that there is something to say of, for each CPU slot one
 * image, filled whenever the traced program begins and ends. */
#include "prog/trace_ctx.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "btf/image.h"
#include "skep/packet.h"

struct field {
	u8 of;		  /* which of the images */
	const char *path; /* member there */
	u16 off;	  /* in the native context */
	u8 size;
};

#define MAX_FIELDS 16
#define IMAGES	   3

struct layout {
	const char *images[IMAGES]; /* the first one is the context; NULL: none */
	struct {
		u8 from;
		const char *path;
		u8 to;
	} pointers[2];
	struct field fields[MAX_FIELDS];
};

#define OF(type, image, path, member)                                                              \
	{                                                                                          \
		image, path, offsetof(struct type, member), sizeof(((struct type *)0)->member)     \
	}
#define X(image, path, member) OF(skep_xdp, image, path, member)
#define S(image, path, member) OF(skep_skb, image, path, member)

static const struct layout xdp = {
	.images = { "xdp_buff", "xdp_rxq_info", "net_device" },
	.pointers = { { 0, "rxq", 1 }, { 1, "dev", 2 } },
	.fields = { X(0, "data", data), X(0, "data_end", data_end), X(0, "data_meta", data_meta),
		    X(0, "data_hard_start", data_hard_start), X(1, "queue_index", rx_queue_index),
		    X(2, "ifindex", ingress_ifindex) },
};

static const struct layout skb = {
	.images = { "sk_buff", "net_device" },
	.pointers = { { 0, "dev", 1 } },
	.fields = { S(0, "data", data), S(0, "head", data_hard_start), S(0, "len", len),
		    S(0, "mark", mark), S(0, "priority", priority), S(0, "hash", hash),
		    S(0, "skb_iif", ingress_ifindex), S(0, "queue_mapping", queue_mapping),
		    S(0, "tc_index", tc_index), S(0, "protocol", protocol),
		    S(0, "vlan_proto", vlan_proto), S(0, "vlan_tci", vlan_tci),
		    S(0, "tstamp", tstamp), S(1, "ifindex", ifindex) },
};

struct slot_images {
	struct image image[IMAGES];
	struct {
		void *at; /* NULL: this kernel has no such member */
		u32 size;
	} to[MAX_FIELDS];
};

struct images_ctx {
	struct trace_ctx ctx; /* first */
	const struct layout *layout;
	u32 nr_cpus;
	struct slot_images slot[];
};

static u64 fill(struct trace_ctx *t, const void *ctx, struct skep_run *run)
{
	struct images_ctx *c = (struct images_ctx *)t;
	struct slot_images *s = &c->slot[run->cpu];

	for (u32 i = 0; i < MAX_FIELDS; i++)
		if (s->to[i].at)
			memcpy(s->to[i].at, (const u8 *)ctx + c->layout->fields[i].off,
			       s->to[i].size);
	return (uintptr_t)s->image[0].at;
}

static void free_ctx(struct trace_ctx *t, struct runtime *rt)
{
	struct images_ctx *c = (struct images_ctx *)t;

	for (u32 cpu = 0; cpu < c->nr_cpus; cpu++)
		for (u32 i = 0; i < IMAGES; i++)
			image_free(rt->images, &c->slot[cpu].image[i]);
	free(c);
}

static int make_slot(struct runtime *rt, const struct btf *btf, const struct layout *l,
		     struct slot_images *s)
{
	for (u32 i = 0; i < IMAGES && l->images[i]; i++)
		TRY(image_new(rt->images, btf, l->images[i], 0, &s->image[i]));
	for (u32 i = 0; i < ARRAY_SIZE(l->pointers) && l->pointers[i].path; i++)
		image_set_ptr(&s->image[l->pointers[i].from], l->pointers[i].path,
			      s->image[l->pointers[i].to].at);
	for (u32 i = 0; i < MAX_FIELDS && l->fields[i].path; i++) {
		const struct field *f = &l->fields[i];

		s->to[i].at = image_member(&s->image[f->of], f->path, &s->to[i].size);
		s->to[i].size = MIN(s->to[i].size, f->size);
	}
	return 0;
}

static const struct layout *layout_of(const struct skep_prog_type *t)
{
	return t->flags & SKEP_PROG_XDP ? &xdp : t->flags & SKEP_PROG_SKB ? &skb : NULL;
}

int trace_ctx_new(const struct skep_prog *p, struct trace_ctx **out)
{
	const struct layout *l = layout_of(p->type);
	const struct btf *btf;
	struct images_ctx *c;
	int err = 0;

	*out = NULL;
	if (!l || p->rt->kernel_btf(p->rt, &btf) < 0)
		return 0;
	c = calloc(1, sizeof(*c) + p->rt->nr_cpus * sizeof(c->slot[0]));
	if (!c)
		return -ENOMEM;
	c->ctx = (struct trace_ctx){ fill, free_ctx };
	c->layout = l;
	c->nr_cpus = p->rt->nr_cpus;
	for (u32 cpu = 0; !err && cpu < c->nr_cpus; cpu++)
		err = make_slot(p->rt, btf, l, &c->slot[cpu]);
	if (err) {
		free_ctx(&c->ctx, p->rt);
		return err == -ENOENT ? 0 : err;
	}
	*out = &c->ctx;
	return 0;
}
