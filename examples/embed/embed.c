/* usage: embed admission.bpf.o: an application that lets BPF programs decide about its requests.
 *
 * It has a program type of its own, "admission", and a helper, quota(); libbpf loads the object into
 * an instance in this process. Public headers and libbpf's only:
 *
 *	cc embed.c $(pkg-config --cflags --libs skep-libbpf) */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/libbpf.h>
#include <skep/prog_type.h>

#include "admission.h"

/* The context natively: what the application has anyway. Programs see struct admission. */
struct request {
	const char *url;
	uint64_t size;
	uint16_t user;
	uint8_t priority;
};

/* --- what the instance has to know --- */

static uint64_t quota(uint64_t user, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5,
		      struct skep_run *run)
{
	(void)r2, (void)r3, (void)r4, (void)r5, (void)run;
	return (uint32_t)user == 0 ? 1000 : 2;
}

static const struct skep_helper quota_helper = {
	.id = ADMISSION_QUOTA,
	.name = "quota",
	.fn = quota,
	.ret = SKEP_RET_INTEGER,
	.arg = { SKEP_ARG_ANYTHING },
};

#define FIELD(field, access, native_size)                                                          \
	{                                                                                          \
		.name = #field, .off = offsetof(struct admission, field), .size = 4,               \
		.flags = (access), .kind = SKEP_FIELD_SCALAR,                                      \
		.native_off = offsetof(struct request, field), .native_elem = (native_size)        \
	}
static const struct skep_ctx_field fields[] = {
	FIELD(user, SKEP_READ, 2),
	FIELD(size, SKEP_READ, 8),
	FIELD(priority, SKEP_READ | SKEP_WRITE, 1),
};

static const uint32_t helper_ids[] = { ADMISSION_QUOTA, BPF_FUNC_map_lookup_elem,
				       BPF_FUNC_map_update_elem, BPF_FUNC_trace_printk, 0 };
static const uint32_t *const helpers[] = { helper_ids, NULL };

static int ret_range(const struct skep_prog_desc *d, int64_t *min, int64_t *max)
{
	(void)d;
	*min = REFUSE;
	*max = ADMIT;
	return 1;
}

static const struct skep_prog_type admission_type = {
	.type = ADMISSION_PROG_TYPE,
	.name = "admission",
	.ctx_size = sizeof(struct admission),
	.fields = fields,
	.nr_fields = sizeof(fields) / sizeof(*fields),
	.helpers = helpers,
	.ret_range = ret_range,
};

/* --- the application --- */

static int start(struct skep **s, struct skep_client **c)
{
	int err = skep_new(NULL, s);

	err = err ? err : skep_register_prog_type(*s, &admission_type);
	err = err ? err : skep_register_helper(*s, &quota_helper);
	err = err ? err : skep_client_new(*s, c);
	if (err)
		fprintf(stderr, "no BPF here: %s (%s)\n", strerror(-err), skep_last_error());
	else
		skep_libbpf_use(*c);
	return err;
}

/* The verifier says in its log, which libbpf prints, why it refuses a program. */
static struct bpf_object *load(const char *path)
{
	struct bpf_object *o = bpf_object__open(path);

	if (o && bpf_object__load(o)) {
		bpf_object__close(o);
		o = NULL;
	}
	return o;
}

static void serve(struct skep_prog *p)
{
	struct request requests[] = {
		{ "/index", 80, 7, 0 },	  { "/upload", 70000, 7, 0 }, { "/again", 2000, 7, 0 },
		{ "/admin", 5000, 0, 0 }, { "/other", 99, 8, 0 },
	};

	for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++) {
		struct request *r = &requests[i];
		int admitted = skep_prog_run(p, r) == ADMIT;

		printf("user %u  %-8s %s%s\n", r->user, r->url, admitted ? "admitted" : "refused",
		       r->priority ? ", first" : "");
	}
}

int main(int argc, char **argv)
{
	struct skep_client *client;
	struct skep_prog *prog;
	struct bpf_object *o;
	struct skep *skep;

	if (argc != 2) {
		fprintf(stderr, "usage: %s admission.bpf.o\n", argv[0]);
		return 2;
	}
	if (start(&skep, &client))
		return 1;
	libbpf_register_prog_handler("admission", ADMISSION_PROG_TYPE, 0, NULL);
	o = load(argv[1]);
	if (!o ||
	    skep_prog_from_fd(client, bpf_program__fd(bpf_object__next_program(o, NULL)), &prog))
		return 1;
	serve(prog);
	skep_prog_put(prog);
	bpf_object__close(o);
	skep_libbpf_use(NULL);
	skep_client_free(client);
	skep_free(skep);
	return 0;
}
