/* Rows of field tables over struct bpf_sock, which is a context (CGROUP_SOCK) and what pointers to sockets
 * point at. */
#ifndef SKEP_PROG_SOCK_FIELDS_H
#define SKEP_PROG_SOCK_FIELDS_H

#include <linux/bpf.h>

#include "prog/ctx_fields.h"

/* dst_port has 16 bits, and so many zeros behind it; programs may read the former in parts. */
#define SOCK_ADDRESS_FIELDS                                                                        \
	CTX_NUMBER(struct bpf_sock, src_ip4, SKEP_READ),                                           \
		CTX_WORDS(struct bpf_sock, src_ip6, SKEP_READ | SKEP_NARROW),                      \
		CTX_LOW(struct bpf_sock, src_port),                                                \
		CTX_NUMBER(struct bpf_sock, dst_port, SKEP_READ),                                  \
		CTX_ROW(struct bpf_sock, dst_port, 4, 4, SKEP_READ, SKEP_FIELD_SCALAR),            \
		CTX_NUMBER(struct bpf_sock, dst_ip4, SKEP_READ),                                   \
		CTX_WORDS(struct bpf_sock, dst_ip6, SKEP_READ | SKEP_NARROW),                      \
		CTX_LOW(struct bpf_sock, state), CTX_LOW(struct bpf_sock, rx_queue_mapping)

#endif
