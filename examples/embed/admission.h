/* What the application (embed.c) and its extensions (admission.bpf.c) agree on. */
#ifndef ADMISSION_H
#define ADMISSION_H

#define ADMISSION_PROG_TYPE 0x10000 /* types and helpers of embedders count from here */
#define ADMISSION_QUOTA	    0x10000

/* The context as programs see it. */
struct admission {
	unsigned int user, size; /* read-only */
	unsigned int priority;	 /* may be changed */
};

enum { REFUSE, ADMIT };

#endif
