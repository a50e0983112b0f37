/* What reading the file of a pinned map gives. */
#ifndef SKEP_SUPERVISE_MAP_TEXT_H
#define SKEP_SUPERVISE_MAP_TEXT_H

#include "base/buf.h"
#include "map/map.h"

/* Is there anything to read? Else reading is EIO. */
bool map_has_text(const struct skep_map *m);
int map_text(struct skep_map *m, struct buf *out) MUST_CHECK;

#endif
