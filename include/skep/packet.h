/* The native contexts of the packet program types: what skep_prog_run() takes for XDP, and for
 * SCHED_CLS and SOCKET_FILTER. The packet is one linear piece of memory with room on both sides,
 * which helpers that grow it use up. Packet helpers work on these structures alone, so an
 * embedder's program type may list them if its native context begins with the structure of that
 * family.
 *
 * Invariants: hard_start <= data_meta <= data <= data_end <= hard_end; skb: len == data_end - data.
 * XDP packets in several buffers: the bytes of the others follow at data_end, frags_len in all, and
 * programs reach them only through bpf_xdp_load_bytes() and its like.
 * Programs may read all of the packet; where probe_read should too, it must lie in the instance's
 * memory (struct packet does that). */
#ifndef SKEP_PACKET_H
#define SKEP_PACKET_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct skep_map;
struct bpf_sock;
struct bpf_flow_keys;

/* Where bpf_redirect() or bpf_redirect_map() said to send the packet; valid if the program's return
 * value is the redirect action. map is borrowed, NULL for a plain redirect. */
struct skep_redirect {
	struct skep_map *map;
	uint64_t flags;
	uint32_t ifindex; /* or the key in map */
};

struct skep_xdp {
	uint8_t *data, *data_end;
	uint8_t *data_meta;	  /* == data: none; > data: the driver does not support it */
	uint8_t *data_hard_start; /* bpf_xdp_adjust_head() may go as far */
	uint8_t *data_hard_end;	  /* bpf_xdp_adjust_tail() may move data_end as far */
	uint32_t ingress_ifindex, rx_queue_index, egress_ifindex;
	uint32_t frags_len; /* bytes behind data_end that belong to further buffers */
	struct skep_redirect redirect;
};

/* What is known about the packet's checksum. */
enum skep_ip_summed {
	SKEP_CSUM_NONE,
	SKEP_CSUM_UNNECESSARY, /* correct, csum_level + 1 checksums deep */
	SKEP_CSUM_COMPLETE,    /* csum is the sum over data … data_end */
	SKEP_CSUM_PARTIAL,     /* to be filled in by the device that sends it */
};

/* Tunnel metadata of a packet. */
struct skep_tunnel {
	uint8_t has_key, ipv6, opt_len;
	uint8_t key[44]; /* struct bpf_tunnel_key */
	uint8_t opt[252];
};

struct skep_skb {
	uint8_t *data, *data_end;
	uint8_t *data_meta; /* == data: none */
	uint8_t *data_hard_start, *data_hard_end;
	uint8_t *mac_header, *network_header;
	uint64_t tstamp, hwtstamp;
	uint32_t cb[5]; /* 8-byte aligned: programs may access pairs */
	uint32_t len;
	uint32_t mark, priority, hash;
	uint32_t ingress_ifindex, ifindex, napi_id, wire_len;
	uint16_t queue_mapping, tc_index, tc_classid;
	uint16_t protocol;	       /* network byte order */
	uint16_t vlan_proto, vlan_tci; /* tag beside the packet; vlan_proto in network byte order */
	uint16_t gso_segs, gso_size;
	uint8_t pkt_type, vlan_present, tstamp_type;
	uint8_t hash_valid; /* 0: bpf_get_hash_recalc() computes it anew */
	uint8_t ip_summed, csum_level;
	uint8_t encapsulation; /* headers of a tunnel were added in front */
	uint32_t sk_uid;       /* of the socket; 65534 without one */
	uint64_t sk_cookie;    /* 0: there is no socket */
	uint32_t gso_type;
	uint32_t csum; /* of SKEP_CSUM_COMPLETE: folded ones' complement sum */
	struct skep_redirect redirect;
	struct skep_tunnel *tunnel; /* NULL: there is no room for it */
	/* What only some program types see; NULL, 0 where there is no such thing. */
	struct bpf_sock *sk;		 /* the socket that it belongs to */
	struct bpf_flow_keys *flow_keys; /* flow dissectors: what they found */
	uint32_t family;		 /* addresses of the socket, as in struct __sk_buff */
	uint32_t remote_ip4, local_ip4, remote_ip6[4], local_ip6[4], remote_port, local_port;
};

#ifdef __cplusplus
}
#endif
#endif
