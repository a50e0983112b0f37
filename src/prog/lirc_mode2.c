/* BPF_PROG_TYPE_LIRC_MODE2: decodes infrared pulses and spaces into scan codes.
 * Context: one u32 as read from /dev/lircN, natively the same. This is the one type that the reference
 * kernel lacks (CONFIG_BPF_LIRC_MODE2); what it allows is in linux/lirc.h and bpf-helpers(7). */
#include <linux/bpf.h>

#include "base/err.h"
#include "prog/helper_sets.h"
#include "prog/prog_types.h"

static const struct skep_ctx_field lirc_mode2_fields[] = {
	{ .name = "sample", .size = 4, .flags = SKEP_READ, .native_elem = 4 },
};

static const u32 lirc_own_helpers[] = { BPF_FUNC_rc_repeat, BPF_FUNC_rc_keydown,
					BPF_FUNC_rc_pointer_rel, 0 };
static const u32 *const lirc_mode2_helpers[] = { helpers_base, lirc_own_helpers, NULL };

const struct skep_prog_type prog_type_lirc_mode2 = {
	.type = BPF_PROG_TYPE_LIRC_MODE2,
	.name = "lirc_mode2",
	.ctx_size = sizeof(u32),
	.fields = lirc_mode2_fields,
	.nr_fields = ARRAY_SIZE(lirc_mode2_fields),
	.helpers = lirc_mode2_helpers,
};
