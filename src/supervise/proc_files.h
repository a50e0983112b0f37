/* Files of /proc that tell of BPF, opened by clients. */
#ifndef SKEP_SUPERVISE_PROC_FILES_H
#define SKEP_SUPERVISE_PROC_FILES_H

struct caller;

/* path (absolute, below /proc) opened for reading: the client's new descriptor, PASS, or a negative errno. */
long proc_files_open(struct caller *c, const char *path);

#endif
