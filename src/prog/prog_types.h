/* The tables of prog_types.def. */
#ifndef SKEP_PROG_PROG_TYPES_H
#define SKEP_PROG_PROG_TYPES_H

#include "skep/prog_type.h"

#define PROG_TYPE(name) extern const struct skep_prog_type prog_type_##name;
#include "prog/prog_types.def"

#endif
