/* A BPF object under libbpf: opened from source or ELF, its programs' types settled, loaded into the
 * session's instance. What libbpf says is collected and shown only if we have nothing better. */
#ifndef SKEP_CLI_OBJECT_H
#define SKEP_CLI_OBJECT_H

#include <bpf/libbpf.h>

#include "base/buf.h"
#include "verifier/explain.h"

struct object_options {
	const char *type;		  /* program type for sections that say none; NULL: guess */
	const char *const *clang_options; /* for source */
	u32 nr_clang_options;
	u32 log_level;
	/* Of the last refusal (struct session), to be shown below the log; NULL: not wanted. */
	struct explanation *explanation;
};

struct bpf_image {	  /* the ELF file in memory: opened as often as needed */
	const char *path; /* borrowed, for messages */
	char name[64];	  /* what libbpf calls the object */
	struct buf elf;
	struct buf native; /* skep aot's object that elf came with; empty if it was plain */
};

/* Read or compile. Complains; an exit code. */
int image_read(struct bpf_image *image, const char *path, const struct object_options *opt);
void image_done(struct bpf_image *image);
/* Is what .BTF refers to there? Of an ELF file whose sections lie within it. */
int image_check_btf(const char *path, const u8 *elf);

/* Open: complains about what is wrong with the file. An exit code. Types are settled as far as can be:
 * libbpf knows current section names; "prog", "xdp_…" and others of old are guessed, opt->type is for
 * the rest. */
int image_open(const struct bpf_image *image, const struct object_options *opt,
	       struct bpf_object **out);
/* Complains if nothing says what type of program p is. An exit code. */
int check_type(const struct bpf_image *image, const struct bpf_program *p);
/* Load the programs that are set to be loaded. A refusal is explained on stderr: which program, why,
 * and the verifier's log. opt->log_level > 0: the log in any case. An exit code. */
int image_load(const struct bpf_image *image, const struct object_options *opt,
	       struct bpf_object *o);

/* The verifier's log of a program: room for as much as Linux gives, committed as it fills. NULL if
 * there is no memory. */
char *program_log_new(struct bpf_program *p, u32 level);
void program_log_free(struct bpf_program *p);

/* As bpftool names types: "xdp", "sched_cls"; "unspec" if it is none. */
const char *prog_type_name(enum bpf_prog_type type);
/* BPF_PROG_TYPE_UNSPEC if there is no such type. */
enum bpf_prog_type prog_type_by_name(const char *name);

/* libbpf's messages since the last call, and forget them. Borrowed until the next message. */
void messages_reset(void);
const char *messages(void);

#endif
