/* Links to devices: what those of XDP and of tcx have in common. */
#ifndef SKEP_HOOK_DEVICE_LINK_H
#define SKEP_HOOK_DEVICE_LINK_H

#include "hook/device.h"
#include "object/link.h"

struct device_link {
	struct link link; /* first */
	struct skep *skep;
	u32 ifindex, attach_type; /* ifindex 0: detached, or the device is gone */
};

/* One reference. NULL: no memory. */
struct device_link *device_link_new(struct skep *s, u32 type, const struct link_ops *ops,
				    struct skep_prog *prog, u32 ifindex, u32 attach_type);
/* The device if l is still attached, with the devices locked; else NULL, and nothing is locked. */
struct device *device_link_lock(struct device_link *l);
void device_link_unlock(struct device_link *l);
/* l's program becomes `new`; the devices are locked. */
void device_link_set_prog(struct device_link *l, struct skep_prog *new);
void device_link_free(struct link *l);

extern const struct attach_ops xdp_attach_ops, tcx_attach_ops;

#endif
