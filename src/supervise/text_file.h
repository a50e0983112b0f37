/* Files whose text is made when they are opened. */
#ifndef SKEP_SUPERVISE_TEXT_FILE_H
#define SKEP_SUPERVISE_TEXT_FILE_H

#include "base/buf.h"
#include "supervise/caller.h"

/* A file that holds the text, read-only, in the client: its descriptor there, or a negative errno. */
long give_text(struct caller *c, const char *name, const struct buf *text);

/* The same with text appended to a file of ours, which is consumed. */
long give_file(struct caller *c, int fd, const struct buf *text);

#endif
