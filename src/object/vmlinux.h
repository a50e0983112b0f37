/* The host kernel's own type information, object VMLINUX_BTF_ID of every instance. */
#ifndef SKEP_OBJECT_VMLINUX_H
#define SKEP_OBJECT_VMLINUX_H

#include "btf/btf.h"
#include "object/instance.h"

/* The raw file, as long as the host has one. -ENOENT, -ENOMEM. The caller frees *data. */
int vmlinux_read(void **data, u32 *size) MUST_CHECK;

#endif
