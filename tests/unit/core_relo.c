/* CO-RE relocations in PROG_LOAD: a program's own types against the kernel's. What becomes of the instruction, and
 * all that the log says of it, compared with the kernel. */
#include "both.h"

#include <bpf/btf.h>
#undef BTF_INT_ENCODING /* libbpf and the UAPI header both have them */
#undef BTF_INT_OFFSET
#undef BTF_INT_BITS

#include "insns.h"

enum { INT = 1, LONG, U8, CHAR };

struct core_relo { /* as in the UAPI */
	u32 insn_off, type_id, access_str_off, kind;
};
#define CORE_TYPE_ID_LOCAL 6

static struct btf *local_types(void)
{
	struct btf *b = btf__new_empty();
	int array, proto, entity, pointer, empty, anonymous;

	btf__add_int(b, "int", 4, BTF_INT_SIGNED);
	btf__add_int(b, "long", 8, 0);
	btf__add_int(b, "u8", 1, 0);
	btf__add_int(b, "char", 1, BTF_INT_CHAR);
	array = btf__add_array(b, INT, CHAR, 16);
	btf__add_struct(b, "sched_entity", 16);
	entity = (int)btf__type_cnt(b) - 1;
	btf__add_field(b, "on_rq", U8, 0, 0);
	btf__add_field(b, "vruntime", LONG, 64, 0);
	btf__add_struct(b, "task_struct", 88);
	btf__add_field(b, "pid", INT, 0, 0);
	btf__add_field(b, "tgid", INT, 32, 0);
	btf__add_field(b, "comm", array, 64, 0);
	btf__add_field(b, "se", entity, 192, 0);
	btf__add_field(b, "no_such", INT, 320, 0);
	btf__add_field(b, "sched_reset_on_fork", INT, 352, 1);
	btf__add_field(b, "sched_contributes_to_load", INT, 353, 1);
	btf__add_field(b, "mm", LONG, 384, 0);
	btf__add_field(b, "prio", LONG, 448, 0);
	btf__add_field(b, "ptrace", LONG, 512, 0);
	btf__add_struct(b, "task_struct___flavor", 8);
	btf__add_field(b, "tgid", INT, 32, 0);
	btf__add_struct(b, "no_such_struct", 8);
	btf__add_field(b, "a", INT, 0, 0);
	btf__add_enum(b, "pid_type", 4);
	btf__add_enum_value(b, "PIDTYPE_TGID", 7);
	btf__add_enum_value(b, "PIDTYPE_NONE___x", 9);
	btf__add_enum_value(b, "PIDTYPE_PGID___y", 9);
	btf__add_enum64(b, "bpf_map_type", 4, false);
	btf__add_enum64_value(b, "BPF_MAP_TYPE_HASH", 77);
	btf__add_typedef(b, "pid_t", INT);
	btf__add_typedef(b, "u64", LONG);
	btf__add_union(b, "bpf_attr", 8);
	btf__add_field(b, "map_type", INT, 0, 0);
	pointer = btf__add_ptr(b, entity);
	proto = btf__add_func_proto(b, INT);
	btf__add_func(b, "main", BTF_FUNC_GLOBAL, proto);
	empty = btf__add_struct(b, "list_head", 0);
	anonymous = btf__add_struct(b, NULL, 4);
	btf__add_field(b, "a", INT, 0, 0);
	btf__add_typedef(b, "task_t", pointer);
	btf__add_struct(b, "sk_buff", 16);
	btf__add_field(b, "pkt_type", U8, 0, 3);
	btf__add_field(b, "len", INT, 32, 0);
	btf__add_field(b, "protocol", INT, 64, 0);
	btf__add_fwd(b, "file", BTF_FWD_STRUCT);
	btf__add_typedef(b, "anon_t", anonymous);
	btf__add_struct(b, "hlist_head", 8);
	btf__add_field(b, "first", empty, 0, 0);
	return b;
}

static struct form {
	const char *name;
	u8 n;
	struct bpf_insn insn[2];
} forms[] = {
	{ .name = "custom" },
	{ "mov", 1, { { 0xb7, 0, 0, 0, 0 } } },
	{ "load4", 1, { { 0x61, 0, 1, 0, 0 } } },
	{ "load8", 1, { { 0x79, 0, 1, 0, 0 } } },
	{ "store", 1, { { 0x62, 10, 0, 0, 0 } } },
	{ "imm64", 2, { { 0x18, 0, 0, 0, 0 } } },
	{ "jump", 1, { { 0x15, 1, 0, 0, 0 } } },
	{ "add", 1, { { 0x07, 1, 0, 0, 5 } } },
	{ "expected", 1, { { 0xb7, 0, 0, 0, 4 } } },
	{ "map", 2, { { 0x18, 0, 1, 0, 0 } } },
	{ "mov by register", 1, { { 0xbf, 0, 1, 0, 0 } } },
	{ "exit", 1, { { 0x95, 0, 0, 0, 0 } } },
};
#define CUSTOM 0
#define custom forms[CUSTOM]

static char text[1 << 16];
static u32 main_id;

/* What of the log is the relocation's: not the functions, nor the kernel's memory of earlier searches, nor what follows. */
static void say_log(struct side *s)
{
	for (char *line = text, *end; *line; line = end) {
		end = line + strcspn(line, "\n");
		end += *end != 0;
		if (!strncmp(line, "Live regs", 9))
			break;
		if (strncmp(line, "func#", 5) &&
		    !memmem(line, (size_t)(end - line), "cand_cache:", 11))
			SAY(s, "%.*s", (int)(end - line), line);
	}
}

static void say_program(struct side *s, int fd)
{
	struct bpf_insn insns[8] = { 0 };
	struct abi_prog_info i = { 0 };
	struct attr_info a = { (u32)fd, sizeof(i), (u64)&i };

	i.xlated_prog_insns = (u64)insns;
	i.xlated_prog_len = sizeof(insns);
	SAY(s, "info %ld", side_bpf(s, BPF_OBJ_GET_INFO_BY_FD, &a, sizeof(a)));
	for (u32 n = 0; n < 8; n++)
		SAY(s, " %02x", i.tag[n]);
	for (u32 n = 0; n < i.xlated_prog_len / 8; n++)
		SAY(s, " %02x %d %d", insns[n].code, insns[n].off, insns[n].imm);
	SAY(s, "\n");
}

struct records {
	const void *v;
	u32 n, size;
};

static void load(struct side *s, int btf, u32 form, struct records r, u32 level)
{
	struct bpf_insn insns[5];
	u32 len = 0;
	struct bpf_func_info func = { 0, main_id };
	struct attr_prog_load a = { .prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT,
				    .license = (u64) "GPL",
				    .insns = (u64)insns,
				    .prog_btf_fd = (u32)btf,
				    .func_info = (u64)&func,
				    .func_info_cnt = 1,
				    .func_info_rec_size = sizeof(func),
				    .core_relo_cnt = r.n,
				    .core_relos = (u64)r.v,
				    .core_relo_rec_size = r.size,
				    .log_buf = level ? (u64)text : 0,
				    .log_size = level ? sizeof(text) : 0,
				    .log_level = level };
	long fd;

	for (u32 i = 0; i < forms[form].n; i++)
		insns[len++] = forms[form].insn[i];
	insns[len++] = MOV_IMM(0, 0);
	insns[len++] = EXIT_INSN();
	a.insn_cnt = len;
	text[0] = 0;
	fd = side_bpf(s, BPF_PROG_LOAD, &a, sizeof(a));
	SAY(s, "%ld size %u\n", MIN(fd, 0), a.core_relo_rec_size);
	say_log(s);
	if (fd < 0)
		return;
	say_program(s, (int)fd);
	close((int)fd);
}

struct subject {
	struct btf *btf;
	int fd;
	u32 ids;
	u32 access[32];
};

static const char *const accesses[] = { "0",	   "0:0",  "0:1",	  "0:2:3", "0:2:99",
					"0:3:1",   "0:4",  "0:5",	  "0:6",   "0:7",
					"0:8",	   "0:99", "1",		  "1:0",   "0:9",
					"2",	   "",	   "x",		  "0:",	   "0:0:0",
					"0:2:0:0", "-1",   "0:3:0:0:0:0", ":0:3:1" };

static struct subject open_subject(struct side *s)
{
	struct subject u = { .btf = local_types() };
	struct attr_btf_load a = { 0 };

	u.ids = btf__type_cnt(u.btf);
	for (u32 i = 0; i < ARRAY_SIZE(accesses); i++)
		u.access[i] = (u32)btf__add_str(u.btf, accesses[i]);
	main_id = (u32)btf__find_by_name_kind(u.btf, "main", BTF_KIND_FUNC);
	a.btf = (u64)btf__raw_data(u.btf, &a.btf_size);
	u.fd = (int)side_bpf(s, BPF_BTF_LOAD, &a, sizeof(a));
	SAY(s, "btf %d\n", MIN(u.fd, 0));
	return u;
}

static void close_subject(struct subject *u)
{
	close(u->fd);
	btf__free(u->btf);
}

static void every_access(struct side *s, u32 form, u32 level, u32 step)
{
	struct subject u = open_subject(s);

	for (u32 n = 0; n < (u.ids + 1) * 14 * ARRAY_SIZE(accesses); n += step) {
		u32 access = n % ARRAY_SIZE(accesses), id = n / ARRAY_SIZE(accesses) / 14;
		u32 kind = n / ARRAY_SIZE(accesses) % 14;
		struct core_relo r = { 0, id, u.access[access], kind };

		SAY(s, "%s: type %u kind %u access '%s': ", forms[form].name, id, kind,
		    accesses[access]);
		load(s, u.fd, form, (struct records){ &r, 1, sizeof(r) }, level);
	}
	close_subject(&u);
}

static void every_kind(struct side *s)
{
	every_access(s, 1, 2, 3); /* with 25 accesses, each in its turn */
}

TEST("every kind of relocation, of every kind of type and access")
{
	run_both(every_kind);
}

/* A part of them with each instruction, and silently. */
static void every_form(struct side *s)
{
	for (u32 form = 1; form < ARRAY_SIZE(forms); form++)
		every_access(s, form, 2, 23);
	every_access(s, 1, 0, 97);
	every_access(s, 1, 1, 41);
}

TEST("every instruction, and those that nothing can be put into")
{
	run_both(every_form);
}

/* Instructions that hold what the compiler put there. */
static void as_compiled(struct side *s)
{
	static const struct {
		const char *type, *access;
		u32 kind;
		struct bpf_insn insn[2];
	} cases[] = {
		{ "task_struct", "0:1", 0, { { 0xb7, 0, 0, 0, 4 } } },
		{ "task_struct", "0:1", 0, { { 0x18, 0, 0, 0, 4 }, { 0 } } },
		{ "task_struct", "0:1", 0, { { 0x18, 0, 0, 0, 4 }, { 0, 0, 0, 0, 1 } } },
		{ "task_struct", "0:4", 0, { { 0x18, 0, 0, 0, 40 }, { 0 } } },
		{ "task_struct", "0:1", 0, { { 0x61, 0, 10, 4, 0 } } },
		{ "task_struct", "0:1", 0, { { 0x62, 10, 0, 4, 7 } } },
		{ "task_struct", "0:1", 0, { { 0x69, 0, 10, 4, 0 } } },
		{ "task_struct",
		  "0:8",
		  0,
		  { { 0x79, 0, 10, 56, 0 } } }, /* 8 bytes, 4 and a sign there */
		{ "task_struct", "0:9", 0, { { 0x79, 0, 10, 64, 0 } } }, /* 8 bytes, 4 there */
		{ "task_struct", "0:9", 0, { { 0x71, 0, 10, 64, 0 } } },
		{ "task_struct", "0:7", 0, { { 0x79, 0, 10, 48, 0 } } }, /* a pointer there */
		{ "task_struct", "0:5", 0, { { 0xb7, 0, 0, 0, 44 } } },
		{ "task_struct", "0:5", 1, { { 0xb7, 0, 0, 0, 4 } } },
		{ "task_struct", "0:5", 3, { { 0xb7, 0, 0, 0, 1 } } },
		{ "task_struct", "0:5", 4, { { 0xb7, 0, 0, 0, 63 } } },
		{ "task_struct", "0:5", 5, { { 0xb7, 0, 0, 0, 63 } } },
		{ "task_struct", "0:0", 2, { { 0xb7, 0, 0, 0, 1 } } },
		{ "task_struct", "0:4", 2, { { 0xb7, 0, 0, 0, 1 } } },
		{ "task_struct", "0:2", 1, { { 0xb7, 0, 0, 0, 16 } } },
		{ "task_struct", "0:2:3", 0, { { 0xb7, 0, 0, 0, 11 } } },
		{ "task_struct", "0:2:3", 0, { { 0x71, 0, 10, 11, 0 } } },
		{ "task_struct", "0", 8, { { 0xb7, 0, 0, 0, 1 } } },
		{ "task_struct", "0", 9, { { 0xb7, 0, 0, 0, 88 } } },
		{ "task_struct", "0", 12, { { 0xb7, 0, 0, 0, 1 } } },
		{ "task_struct___flavor", "0", 12, { { 0xb7, 0, 0, 0, 1 } } },
		{ "no_such_struct", "0", 8, { { 0xb7, 0, 0, 0, 1 } } },
		{ "no_such_struct", "0", 7, { { 0xb7, 0, 0, 0, 1 } } },
		{ "pid_type", "0", 10, { { 0xb7, 0, 0, 0, 1 } } },
		{ "pid_type", "0", 11, { { 0xb7, 0, 0, 0, 7 } } },
		{ "pid_type", "1", 10, { { 0xb7, 0, 0, 0, 1 } } },
		{ "pid_type", "1", 11, { { 0x18, 0, 0, 0, 9 }, { 0 } } },
		{ "pid_type", "2", 11, { { 0x18, 0, 0, 0, 9 }, { 0 } } },
		{ "pid_type", "0", 12, { { 0xb7, 0, 0, 0, 1 } } },
		{ "bpf_map_type", "0", 11, { { 0x18, 0, 0, 0, 77 }, { 0 } } },
		{ "sk_buff", "0:0", 3, { { 0xb7, 0, 0, 0, 0 } } },
		{ "sk_buff", "0:0", 5, { { 0xb7, 0, 0, 0, 61 } } },
		{ "sk_buff", "0:1", 2, { { 0xb7, 0, 0, 0, 1 } } },
		{ "sk_buff", "0:2", 1, { { 0xb7, 0, 0, 0, 4 } } },
		{ "pid_t", "0", 12, { { 0xb7, 0, 0, 0, 1 } } },
		{ "task_t", "0", 8, { { 0xb7, 0, 0, 0, 1 } } },
		{ "hlist_head", "0", 12, { { 0xb7, 0, 0, 0, 1 } } },
		{ "list_head", "0", 12, { { 0xb7, 0, 0, 0, 1 } } },
		{ "file", "0", 12, { { 0xb7, 0, 0, 0, 1 } } },
	};
	struct subject u = open_subject(s);

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		u32 id = 0, access = 0;
		struct core_relo r;

		while (++id < u.ids &&
		       strcmp(cases[i].type,
			      btf__name_by_offset(u.btf, btf__type_by_id(u.btf, id)->name_off)))
			;
		access = (u32)btf__find_str(u.btf, cases[i].access);
		r = (struct core_relo){ 0, id, access, cases[i].kind };
		custom.n = cases[i].insn[0].code == 0x18 ? 2 : 1;
		memcpy(custom.insn, cases[i].insn, sizeof(custom.insn));
		SAY(s, "case %u %s %s: ", i, cases[i].type, cases[i].access);
		load(s, u.fd, CUSTOM, (struct records){ &r, 1, sizeof(r) }, 2);
	}
	close_subject(&u);
}

TEST("instructions as compilers make them are changed as Linux changes them")
{
	run_both(as_compiled);
}

static void records(struct side *s)
{
	struct subject u = open_subject(s);
	struct {
		struct core_relo r;
		u32 more;
	} longer[2] = { { { 0, 1, 0, CORE_TYPE_ID_LOCAL }, 0 },
			{ { 0, 1, 0, CORE_TYPE_ID_LOCAL }, 0 } };
	struct core_relo two[2];
	static const u32 sizes[] = { 0, 4, 12, 15, 16, 17, 18, 20, 24, 252, 256, 4096 };
	static const u32 offsets[] = { 4, 8, 16, 24, 32, 40, 1, 0xfffffff8u };

	longer[0].r.access_str_off = longer[1].r.access_str_off = u.access[0];
	two[0] = two[1] = longer[0].r;
	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++)
		load(s, u.fd, 0, (struct records){ longer, 1, sizes[i] }, 1);
	load(s, u.fd, 0, (struct records){ longer, 2, sizeof(longer[0]) }, 1);
	longer[1].more = 1;
	load(s, u.fd, 0, (struct records){ longer, 2, sizeof(longer[0]) }, 1);
	load(s, u.fd, 0, (struct records){ two, 2, sizeof(two[0]) }, 1);
	load(s, u.fd, 0, (struct records){ BAD_PTR, 1, sizeof(two[0]) }, 1);
	load(s, u.fd, 0, (struct records){ NULL, 1, sizeof(two[0]) }, 1);
	load(s, u.fd, 0, (struct records){ two, 0x10000000, sizeof(two[0]) }, 1);
	for (u32 i = 0; i < ARRAY_SIZE(offsets); i++) {
		two[1].insn_off = offsets[i];
		SAY(s, "offset %u: ", offsets[i]);
		load(s, u.fd, 0, (struct records){ two, 2, sizeof(two[0]) }, 1);
	}
	close_subject(&u);
}

TEST("records: their size, their number, where they say the instruction is")
{
	run_both(records);
}
