/* CPU slots' share in a runtime's life; entering and leaving is in run.h. */
#ifndef SKEP_EXEC_SLOTS_H
#define SKEP_EXEC_SLOTS_H

struct runtime;

void slots_init(struct runtime *rt);
void slots_done(struct runtime *rt);

#endif
