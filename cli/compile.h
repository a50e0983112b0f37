/* BPF objects from C source, by clang. */
#ifndef SKEP_CLI_COMPILE_H
#define SKEP_CLI_COMPILE_H

#include "base/buf.h"

/* Does the name say that it is C source? */
bool is_source(const char *path);
/* Append the ELF object to *object; clang's messages go to stderr as they come. Options of the user's
 * (may be none) follow ours. Complains and returns FAILED if that does not work. */
int compile(const char *path, const char *const *options, u32 nr_options, struct buf *object);
/* Native code from C: an object file at out. The same. */
int compile_native(const char *cc, const char *const *options, u32 nr_options, const char *path,
		   const char *out);

#endif
