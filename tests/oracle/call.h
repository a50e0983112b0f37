/* One call of one helper, on the machine's kernel: a program made for it loads the arguments, calls
 * and keeps r0. Arguments may point into memory that program and test share, or to a read-only text. */
#ifndef SKEP_ORACLE_CALL_H
#define SKEP_ORACLE_CALL_H

#include "base/types.h"

#define CALL_MEM_SIZE 4096
#define CALL_POINTERS 12

enum call_kind {
	CALL_NUMBER,
	CALL_MEM,  /* address of byte `value` of mem */
	CALL_TEXT, /* address of text */
	CALL_CTX,
	CALL_MAP, /* the map */
};

struct call_arg {
	enum call_kind kind;
	u64 value;
};

struct helper_call {
	u32 prog_type, id;
	struct call_arg arg[5];
	/* Addresses in mem: the 8 bytes at `at` become that of byte `to`. Zero after the call. */
	struct {
		u32 at, to;
	} pointer[CALL_POINTERS];
	u32 nr_pointers;
	const char *text;
	u32 text_size; /* 0: none */
	int map_fd;    /* of the kernel's map */
	u8 mem[CALL_MEM_SIZE];
};

/* Make the call: mem is updated, *ret is r0. Negative errno if the program was refused; log, if not
 * NULL, then says why (up to size bytes). */
int kernel_call(struct helper_call *c, u64 *ret, char *log, u32 size);

#endif
