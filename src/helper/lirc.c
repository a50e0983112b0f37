/* Helpers of infrared decoders (LIRC_MODE2). Nobody takes what was decoded yet: they succeed, as on a
 * receiver that nobody listens to. */
#include "helper/helper.h"

#include <string.h>

#include "base/err.h"
#include "exec/prog.h"
#include "map/map.h"
#include "skep/packet.h"

HELPER_FN(rc_repeat)
{
	return 0;
}

const struct skep_helper helper_rc_repeat = {
	HELPER_ID(rc_repeat),
	.flags = SKEP_HELPER_GPL,
	.arg = { SKEP_ARG_CTX },
};

HELPER_FN(rc_keydown)
{
	return 0;
}

const struct skep_helper helper_rc_keydown = {
	HELPER_ID(rc_keydown),
	.flags = SKEP_HELPER_GPL,
	.arg = { SKEP_ARG_CTX, SKEP_ARG_ANYTHING, SKEP_ARG_ANYTHING, SKEP_ARG_ANYTHING },
};

HELPER_FN(rc_pointer_rel)
{
	return 0;
}

const struct skep_helper helper_rc_pointer_rel = {
	HELPER_ID(rc_pointer_rel),
	.flags = SKEP_HELPER_GPL,
	.arg = { SKEP_ARG_CTX, SKEP_ARG_ANYTHING, SKEP_ARG_ANYTHING },
};
