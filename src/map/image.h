/* Maps as programs see them: `map->max_entries` reads an image (btf/image.h) of the kernel's structure for that type of
 * map, which the host's BTF describes.
 *
 * A load through a map pointer reads map->view, which is NULL (all members are 0) until map_image_make(). Invariant: a
 * view, once set, stays until the map is freed. Members that change while a map lives (how many elements it has, who
 * refers to it) are 0, but for `frozen`. */
#ifndef SKEP_MAP_IMAGE_H
#define SKEP_MAP_IMAGE_H

#include "btf/image.h"
#include "map/map.h"

/* Members of struct bpf_map that never change, and `frozen`. */
void map_image_fill(const struct image *i, const struct skep_map *m);
/* Give m its view, once; whoever calls it excludes others. A host without that structure: no view. -ENOMEM. */
int map_image_make(struct skep_map *m, const struct btf *kernel) MUST_CHECK;
void map_image_free(struct skep_map *m);
/* The map has been frozen. */
void map_image_freeze(struct skep_map *m);

#endif
