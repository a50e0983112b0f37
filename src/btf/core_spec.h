/* What a CO-RE relocation names, in one BTF: a type; an enumerator of it; or a field, reached through members and array
 * elements. Parts of the engine in core.c. */
#ifndef SKEP_BTF_CORE_SPEC_H
#define SKEP_BTF_CORE_SPEC_H

#include "base/err.h"
#include "btf/core.h"

#define CORE_DEPTH 64 /* members and elements on the way to a field, at most */

enum core_group { CORE_GROUP_FIELD, CORE_GROUP_TYPE, CORE_GROUP_ENUMVAL, CORE_GROUP_NONE };
enum core_group core_group(u32 kind); /* NONE: no such kind */
const char *core_kind_text(u32 kind); /* "unknown" */

struct core_step {
	u32 type_id; /* a structure, and idx its member `name`; or an array's elements, number idx of them */
	u32 idx;
	const char *name; /* NULL: an element */
};

struct core_spec {
	const struct btf *btf;
	u32 root; /* the type that it begins with */
	u32 kind;
	/* Named members and elements; members of anonymous structures stand without those. The first step is an element, as of
	 * an array of root types; for enumerators the only one. */
	struct core_step step[CORE_DEPTH];
	u32 nr_steps;
	int raw[CORE_DEPTH]; /* all indices on the way, anonymous structures' included */
	u32 nr_raw;
	u32 bit_off;
};

const char *core_type_kind(const struct btf *b, u32 id); /* "STRUCT" */
/* Length of a name without its flavour: "task_struct___old" is task_struct. */
u32 core_essential_len(const char *name);
/* Same name, flavours aside? */
bool core_same_name(const char *a, const char *b);
/* Same kind; 32-bit and 64-bit enumerations are one. */
bool core_same_kind(const struct btf_type *a, const struct btf_type *b);
bool core_is_enum(const struct btf_type *t);
struct core_enumerator {
	const char *name;
	u64 val; /* 32-bit ones are sign-extended */
};
/* Enumerator i of t, which is an enumeration of either width and has so many. */
struct core_enumerator core_enumerator(const struct btf *b, const struct btf_type *t, u32 i);
/* A member without a size of its own at the end of its structure: how many elements it has is open. */
bool core_open_array(const struct btf *b, const struct core_step *member,
		     const struct btf_array *a);

/* r's text; "<?>" if there is none, which nothing parses. */
const char *core_access(const struct btf *local, const struct core_relo *r);
/* What r names in the program's BTF. -EINVAL, -E2BIG: the log may say more. */
int core_parse(const struct btf *local, const struct core_relo *r, struct core_log *log,
	       struct core_spec *out) MUST_CHECK;
/* "<byte_off> [7] STRUCT task_struct.pid (0:0 @ offset 0)" */
void core_print(struct buf *out, const struct core_spec *s);
/* "prog '': relo #N: " and the text. */
void core_say(struct core_log *log, const char *fmt, ...) PRINTF(2, 3);

/* Is the same thing in type `id` of target? 1: yes, *out; 0: no, *out is as far as it got. -EINVAL, -E2BIG. */
int core_find(const struct core_spec *local, const struct btf *target, u32 id,
	      struct core_spec *out) MUST_CHECK;

/* May a program compiled with one type work on the other? Names are looked at by the caller. 1, 0, -EINVAL (too deep). */
int core_compatible(const struct btf *lb, u32 local, const struct btf *tb, u32 target) MUST_CHECK;
/* Is all that the local type has in the other, too, by name and of a matching type? */
int core_matches(const struct btf *lb, u32 local, const struct btf *tb, u32 target) MUST_CHECK;

#endif
