/* Rows of context field tables over struct __sk_buff / struct skep_skb. */
#ifndef SKEP_PROG_SKB_FIELDS_H
#define SKEP_PROG_SKB_FIELDS_H

#include <linux/bpf.h>

#include "skep/packet.h"
#include "skep/prog_type.h"

#define SKB_FIELD_AS(field, native, field_flags, field_kind)                                       \
	{                                                                                          \
		.name = #field, .off = offsetof(struct __sk_buff, field),                          \
		.size = sizeof(((struct __sk_buff *)NULL)->field), .flags = (field_flags),         \
		.kind = (field_kind), .native_off = offsetof(struct skep_skb, native),             \
		.native_elem = sizeof(((struct skep_skb *)NULL)->native),                          \
	}
/* A number that may be read in parts; rw: SKEP_READ, and SKEP_WRITE where programs may set it. */
#define SKB_NUMBER(field, rw) SKB_FIELD_AS(field, field, (rw) | SKEP_NARROW, SKEP_FIELD_SCALAR)
/* One that is read and written only whole. */
#define SKB_WHOLE(field, rw)	 SKB_FIELD_AS(field, field, rw, SKEP_FIELD_SCALAR)
#define SKB_POINTER(field, kind) SKB_FIELD_AS(field, field, SKEP_READ, kind)
/* cb[]: any aligned access, also of two elements at once. */
#define SKB_CB SKB_FIELD_AS(cb, cb, SKEP_READ | SKEP_WRITE | SKEP_ANY, SKEP_FIELD_SCALAR)

#define SKB_SOCK SKB_POINTER(sk, SKEP_FIELD_SOCK_COMMON_OR_NULL)
/* Where programs look at the packet directly. */
#define SKB_PACKET_FIELDS                                                                          \
	SKB_POINTER(data, SKEP_FIELD_PKT), SKB_POINTER(data_end, SKEP_FIELD_PKT_END)
/* The socket's addresses. */
#define SKB_ELEMS(field)                                                                           \
	{                                                                                          \
		.name = #field, .off = offsetof(struct __sk_buff, field),                          \
		.size = sizeof(((struct __sk_buff *)NULL)->field), .elem = 4, .flags = SKEP_READ,  \
		.native_off = offsetof(struct skep_skb, field), .native_elem = 4,                  \
	}
#define SKB_ADDRESS_FIELDS                                                                         \
	SKB_NUMBER(family, SKEP_READ), SKB_WHOLE(remote_ip4, SKEP_READ),                           \
		SKB_WHOLE(local_ip4, SKEP_READ), SKB_ELEMS(remote_ip6), SKB_ELEMS(local_ip6),      \
		SKB_NUMBER(remote_port, SKEP_READ), SKB_NUMBER(local_port, SKEP_READ)

/* What socket filters and tc both read. */
#define SKB_COMMON_FIELDS                                                                          \
	SKB_NUMBER(len, SKEP_READ), SKB_NUMBER(pkt_type, SKEP_READ),                               \
		SKB_NUMBER(protocol, SKEP_READ), SKB_NUMBER(vlan_present, SKEP_READ),              \
		SKB_NUMBER(vlan_tci, SKEP_READ), SKB_NUMBER(vlan_proto, SKEP_READ),                \
		SKB_NUMBER(ingress_ifindex, SKEP_READ), SKB_NUMBER(ifindex, SKEP_READ),            \
		SKB_NUMBER(hash, SKEP_READ), SKB_NUMBER(napi_id, SKEP_READ),                       \
		SKB_NUMBER(gso_segs, SKEP_READ), SKB_NUMBER(gso_size, SKEP_READ), SKB_SOCK

#endif
