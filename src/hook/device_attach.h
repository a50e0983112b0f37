/* bpf(2)'s ways to devices: XDP links; tcx by PROG_ATTACH, by links, with anchors and revisions. */
#ifndef SKEP_HOOK_DEVICE_ATTACH_H
#define SKEP_HOOK_DEVICE_ATTACH_H

#include "base/types.h"

struct skep;

/* -EEXIST: somebody else answers for these attach types. */
int device_attach_register(struct skep *s) MUST_CHECK;

#endif
