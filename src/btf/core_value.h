/* What a CO-RE relocation makes of an instruction. */
#ifndef SKEP_BTF_CORE_VALUE_H
#define SKEP_BTF_CORE_VALUE_H

#include "btf/core_spec.h"

struct core_value {
	u64 orig, new;		 /* as compiled, and here */
	bool poison;		 /* there is no such thing here */
	bool validate;		 /* the instruction must hold orig */
	bool bad_width;		 /* loads and stores of that field cannot change their width */
	u32 orig_size, new_size; /* of the field, where a load's width follows it; else 0 */
};

/* target NULL: it does not exist. -EINVAL, -E2BIG, -EOPNOTSUPP. */
int core_value(const struct core_relo *r, const struct core_spec *local,
	       const struct core_spec *target, struct core_log *log,
	       struct core_value *out) MUST_CHECK;
/* Change the instruction. */
int core_patch(const struct core_relo *r, const struct core_value *v, struct bpf_insn *insn,
	       u32 left, struct core_log *log) MUST_CHECK;

#endif
