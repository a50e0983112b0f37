/* Checked runs: what keeps to its claims passes, what leaves them is told. Liars are helpers of an
 * embedder, whose declarations the verifier has to believe. */
#include <errno.h>
#include <linux/bpf.h>
#include <unistd.h>

#include "insns.h"
#include "skep/prog_type.h"
#include "test.h"

#define PROG_TYPE_PLAIN 0x10000
#define FUNC_SCRIBBLE	0x10000
#define FUNC_VALUE	0x10001

static uint64_t lie; /* what the next call does wrong: added to what it should return or write */

/* Declared to read its memory. */
static uint64_t fn_scribble(uint64_t mem, uint64_t size, uint64_t r3, uint64_t r4, uint64_t r5,
			    struct skep_run *run)
{
	for (uint64_t i = 0; i < size; i++)
		((uint8_t *)(uintptr_t)mem)[i] = (uint8_t)(((uint8_t *)(uintptr_t)mem)[i] + lie);
	return 0;
}

static uint64_t element;

/* Declared to return a value of the map. */
static uint64_t fn_value(uint64_t map, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5,
			 struct skep_run *run)
{
	return lie == 1 ? 0 : element + lie;
}

static const struct skep_helper scribble = { .id = FUNC_SCRIBBLE,
					     .name = "scribble",
					     .fn = fn_scribble,
					     .ret = SKEP_RET_INTEGER,
					     .arg = { SKEP_ARG_MEM, SKEP_ARG_SIZE } };
static const struct skep_helper value = { .id = FUNC_VALUE,
					  .name = "value",
					  .fn = fn_value,
					  .ret = SKEP_RET_MAP_VALUE,
					  .arg = { SKEP_ARG_MAP } };
static const struct skep_ctx_field fields[] = {
	{ "a", 0, 4, 4, SKEP_READ, SKEP_FIELD_SCALAR, 0, 4 },
	{ "b", 4, 4, 4, SKEP_READ, SKEP_FIELD_SCALAR, 4, 4 },
};
static const uint32_t ids[] = { FUNC_SCRIBBLE, FUNC_VALUE, BPF_FUNC_map_lookup_elem, BPF_FUNC_loop,
				0 };
static const uint32_t *const helpers[] = { ids, NULL };
static const struct skep_prog_type plain = { .type = PROG_TYPE_PLAIN,
					     .name = "plain",
					     .ctx_size = 8,
					     .fields = fields,
					     .nr_fields = 2,
					     .helpers = helpers };

static struct skep *skep;
static struct skep_client *client;
static char told[1024];
static int map_fd;

static void tell(void *arg, const char *text)
{
	snprintf(told, sizeof(told), "%s", text);
}

static void start(void)
{
	struct skep_options opt = { .check = 1, .violation = tell };
	union bpf_attr a = {
		.map_type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = 12, .max_entries = 4
	};
	uint32_t key = 1;
	uint8_t bytes[12] = { 0 };

	told[0] = 0;
	lie = 0;
	if (skep_new(&opt, &skep) < 0 || skep_client_new(skep, &client) < 0 ||
	    skep_register_prog_type(skep, &plain) || skep_register_helper(skep, &scribble) ||
	    skep_register_helper(skep, &value))
		abort();
	map_fd = (int)skep_bpf(client, BPF_MAP_CREATE, (uint64_t)&a, sizeof(a));
	a = (union bpf_attr){ .map_fd = (uint32_t)map_fd,
			      .key = (uint64_t)&key,
			      .value = (uint64_t)bytes };
	if (skep_bpf(client, BPF_MAP_UPDATE_ELEM, (uint64_t)&a, sizeof(a)))
		abort();
}

static void end(void)
{
	close(map_fd);
	skep_client_free(client);
	skep_free(skep);
}

static struct skep_prog *load(const struct bpf_insn *insns, uint32_t n)
{
	static char log[4096];
	union bpf_attr a = { .prog_type = PROG_TYPE_PLAIN,
			     .insn_cnt = n,
			     .insns = (uint64_t)insns,
			     .license = (uint64_t) "GPL",
			     .log_level = 1,
			     .log_buf = (uint64_t)log,
			     .log_size = sizeof(log) };
	struct skep_prog *p = NULL;
	int fd = (int)skep_bpf(client, BPF_PROG_LOAD, (uint64_t)&a, sizeof(a));

	if (fd < 0 || skep_prog_from_fd(client, fd, &p) < 0)
		printf("# %s\n", log);
	if (fd >= 0)
		close(fd);
	return p;
}

static uint64_t violations(void)
{
	uint64_t n;

	skep_checked(skep, &n);
	return n;
}

TEST("memory that a helper was said to read only, and changed")
{
	static const struct bpf_insn insns[] = {
		STORE_IMM(BPF_DW, 10, -8, 5),
		MOV_REG(1, 10),
		ALU_IMM(BPF_ADD, 1, -8),
		MOV_IMM(2, 8),
		CALL_HELPER(FUNC_SCRIBBLE),
		MOV_IMM(0, 0),
		EXIT_INSN(),
	};
	uint32_t ctx[2] = { 0 };
	struct skep_prog *p;

	start();
	p = load(insns, 7);
	REQUIRE(p);
	skep_prog_run(p, ctx);
	EXPECT_EQ(skep_checked(skep, NULL), 7);
	EXPECT_EQ(violations(), 0);
	lie = 1;
	skep_prog_run(p, ctx);
	skep_prog_run(p, ctx);
	EXPECT_EQ(violations(), 1); /* once per program */
	EXPECT(strstr(told, "5: (b7) r0 = 0\nfp-8 is 0x101010101010106, which is another number: "
			    "claimed 5\n"),
	       "%s", told);
	skep_prog_put(p);
	end();
}

TEST("pointers that are null, or point elsewhere")
{
	const struct bpf_insn first[] = {
		STORE_IMM(BPF_W, 10, -4, 1),
		MOV_REG(2, 10),
		ALU_IMM(BPF_ADD, 2, -4),
		INSN(BPF_LD | BPF_IMM | BPF_DW, 1, BPF_PSEUDO_MAP_FD, 0, 0),
		INSN(0, 0, 0, 0, 0),
		CALL_HELPER(BPF_FUNC_map_lookup_elem),
		EXIT_INSN(),
	};
	struct bpf_insn look_up[7], insns[] = {
		INSN(BPF_LD | BPF_IMM | BPF_DW, 1, BPF_PSEUDO_MAP_FD, 0, 0),
		INSN(0, 0, 0, 0, 0),
		CALL_HELPER(FUNC_VALUE),
		MOV_REG(1, 0),
		MOV_IMM(0, 0),
		EXIT_INSN(),
	};
	static const struct {
		uint64_t lie;
		const char *told;
	} lies[] = { { 0, NULL },
		     { 1, "is null" },
		     { 4, "is not there in a value" },
		     { 4096, "is not there" } };
	uint32_t ctx[2] = { 0 };
	struct skep_prog *p;

	start();
	memcpy(look_up, first, sizeof(look_up));
	look_up[3].imm = insns[0].imm = map_fd;
	p = load(look_up, 7);
	REQUIRE(p);
	element = skep_prog_run(p, ctx);
	skep_prog_put(p);
	for (unsigned i = 0; i < 4; i++) {
		p = load(insns, 6);
		REQUIRE(p);
		lie = lies[i].lie;
		told[0] = 0;
		skep_prog_run(p, ctx);
		EXPECT(lies[i].told ? strstr(told, lies[i].told) != NULL : !told[0], "%u: %s", i,
		       told);
		skep_prog_put(p);
	}
	EXPECT_EQ(violations(), 3);
	end();
}

/* if (ctx->a) r6 = 1 else r6 = 100: what follows was walked with one of them, which decides nothing. */
TEST("numbers that nothing depends on may differ from those of the path that was walked")
{
	static const struct bpf_insn insns[] = {
		LOAD(BPF_W, 2, 1, 0),
		MOV_IMM(6, 1),
		MOV_IMM(3, 0),
		JUMP_IMM(BPF_JEQ, 2, 0, 1),
		MOV_IMM(6, 100),
		STORE(BPF_DW, 10, 6, -8),
		LOAD(BPF_W, 2, 1, 4),
		JUMP_IMM(BPF_JEQ, 2, 7, 1),
		MOV_IMM(3, 1),
		JUMP_IMM(BPF_JEQ, 2, 9, 1),
		MOV_IMM(3, 2),
		MOV_IMM(4, 0),
		JUMP_IMM(BPF_JEQ, 2, 8, 0),
		MOV_REG(0, 6),
		LOAD(BPF_DW, 5, 10, -8),
		ALU_REG(BPF_ADD, 0, 5),
		EXIT_INSN(),
	};
	struct skep_prog *p;

	start();
	p = load(insns, sizeof(insns) / sizeof(*insns));
	REQUIRE(p);
	for (uint32_t a = 0; a < 2; a++)
		for (uint32_t b = 5; b < 11; b++) {
			uint32_t ctx[2] = { a, b };

			EXPECT_EQ(skep_prog_run(p, ctx), a ? 200 : 2);
		}
	EXPECT(!told[0], "%s", told);
	skep_prog_put(p);
	end();
}
