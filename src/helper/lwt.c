/* Helpers of lightweight tunnels. Encapsulation needs routes and segment routing a header that the route
 * put there; without either Linux answers -EINVAL, and so do we. */
#include "helper/helper.h"

#include <string.h>

#include "base/err.h"
#include "exec/prog.h"
#include "map/map.h"
#include "skep/packet.h"

HELPER_FN(lwt_push_encap)
{
	return helper_result(-EINVAL);
}

const struct skep_helper helper_lwt_push_encap = {
	HELPER_ID(lwt_push_encap),
	.flags = SKEP_HELPER_CHANGES_PKT,
	.arg = { SKEP_ARG_CTX, SKEP_ARG_ANYTHING, SKEP_ARG_MEM, SKEP_ARG_SIZE },
};

HELPER_FN(lwt_seg6_store_bytes)
{
	return helper_result(-EINVAL);
}

const struct skep_helper helper_lwt_seg6_store_bytes = {
	HELPER_ID(lwt_seg6_store_bytes),
	.flags = SKEP_HELPER_CHANGES_PKT,
	.arg = { SKEP_ARG_CTX, SKEP_ARG_ANYTHING, SKEP_ARG_MEM, SKEP_ARG_SIZE },
};

HELPER_FN(lwt_seg6_adjust_srh)
{
	return helper_result(-EINVAL);
}

const struct skep_helper helper_lwt_seg6_adjust_srh = {
	HELPER_ID(lwt_seg6_adjust_srh),
	.flags = SKEP_HELPER_CHANGES_PKT,
	.arg = { SKEP_ARG_CTX, SKEP_ARG_ANYTHING, SKEP_ARG_ANYTHING },
};

HELPER_FN(lwt_seg6_action)
{
	return helper_result(-EINVAL);
}

const struct skep_helper helper_lwt_seg6_action = {
	HELPER_ID(lwt_seg6_action),
	.flags = SKEP_HELPER_CHANGES_PKT,
	.arg = { SKEP_ARG_CTX, SKEP_ARG_ANYTHING, SKEP_ARG_MEM, SKEP_ARG_SIZE },
};
