/* Values as Linux writes them into files of pinned maps: without names, compact, zeros too. An interface that only debugging
 * people read ("WARNING!! The output format will change"); its oddities are kept, because tests compare it. */
#ifndef SKEP_BTF_SHOW_H
#define SKEP_BTF_SHOW_H

#include "base/buf.h"
#include "btf/btf.h"

/* The value of type id at data, of which size bytes may be read; what lies behind them is left out. */
void btf_show_value(const struct btf *b, u32 id, const void *data, u32 size, struct buf *out);

#endif
