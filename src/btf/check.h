/* Checks that stand between raw bytes and `struct btf`; btf.c calls them in this order. */
#ifndef SKEP_BTF_CHECK_H
#define SKEP_BTF_CHECK_H

#include "btf/btf.h"

/* Say why in the log, "[id] KIND name reason" if id is not 0; returns err. */
int btf_refuse(struct btf *b, struct buf *log, u32 id, int err, const char *fmt, ...) PRINTF(5, 6);

/* Header, sections, every type by itself; fills strings and types. -EINVAL, -E2BIG, -ENOTSUPP. */
int btf_check_layout(struct btf *b, struct buf *log) MUST_CHECK;
/* What types refer to: ids, cycles, sizes, members within their structs. */
int btf_check_references(struct btf *b, struct buf *log) MUST_CHECK;

const char *btf_kind_name(u32 kind);   /* "INT", "UNKN" */
bool btf_is_identifier(const char *s); /* as C has them, dots included */

#endif
