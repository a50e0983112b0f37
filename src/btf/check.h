/* Checks that stand between raw bytes and `struct btf`; btf.c calls them in this order. */
#ifndef SKEP_BTF_CHECK_H
#define SKEP_BTF_CHECK_H

#include "btf/btf.h"

/* --- log.c: log may be NULL. Refusals return err, or -EINVAL, and are the last error, too. --- */
void btf_say_header(struct buf *log, const struct btf_header *h, u32 size);
void btf_say_type(const struct btf *b, struct buf *log, u32 id);
void btf_say_part(const struct btf *b, struct buf *log, u32 id,
		  u32 i); /* its member, enumerator, variable i */
int btf_refuse(const struct btf *b, struct buf *log, int err, const char *fmt, ...) PRINTF(4, 5);
/* of whose type only the first 12 bytes are to be trusted */
int btf_refuse_malformed(const struct btf *b, struct buf *log, u32 id, const char *fmt, ...)
	PRINTF(4, 5);
int btf_refuse_type(const struct btf *b, struct buf *log, u32 id, int err, const char *fmt, ...)
	PRINTF(5, 6);
int btf_refuse_part(const struct btf *b, struct buf *log, u32 id, u32 i, const char *why);
/* the same once all types have been said: the type's line comes first */
/* Linux names a misfitting member's type without modifiers: as */
int btf_refuse_misfit(const struct btf *b, struct buf *log, u32 id, u32 i, u32 as, const char *why);
int btf_refuse_resolved_part(const struct btf *b, struct buf *log, u32 id, u32 i, const char *why);

/* Header, sections, every type by itself; fills strings and types. -EINVAL, -E2BIG, -ENOTSUPP. */
int btf_check_layout(struct btf *b, struct buf *log) MUST_CHECK;
/* As far as that without a look at what types say: header and sections, where each type lies, and that its name is in the
 * strings. For those whose word is taken for the rest. The same errors, no log. */
int btf_index_layout(struct btf *b) MUST_CHECK;
/* What types refer to: ids, cycles, sizes, members within their structs. */
int btf_check_references(struct btf *b, struct buf *log) MUST_CHECK;

const char *btf_kind_name(u32 kind);   /* "INT", "UNKN" */
bool btf_is_identifier(const char *s); /* as C has them, dots included */

#endif
