/* What programs may read through pointers to sockets: tables like those of contexts. Natively these are
 * the structures of <linux/bpf.h>, so that loads need no rewriting. */
#include "base/err.h"
#include "prog/prog.h"
#include "prog/sock_fields.h"

#define SOCK struct bpf_sock
#define TCP  struct bpf_tcp_sock
#define XDP  struct bpf_xdp_sock

static const struct skep_ctx_field sock_common_fields[] = {
	CTX_WHOLE(SOCK, bound_dev_if, SKEP_READ),
	CTX_LOW(SOCK, family),
	SOCK_ADDRESS_FIELDS,
};

static const struct skep_ctx_field sock_fields[] = {
	CTX_WHOLE(SOCK, bound_dev_if, SKEP_READ),
	CTX_LOW(SOCK, family),
	CTX_LOW(SOCK, type),
	CTX_LOW(SOCK, protocol),
	CTX_WHOLE(SOCK, mark, SKEP_READ),
	CTX_WHOLE(SOCK, priority, SKEP_READ),
	SOCK_ADDRESS_FIELDS,
};

static const struct skep_ctx_field tcp_sock_fields[] = {
	CTX_RUN(TCP, snd_cwnd, offsetof(TCP, bytes_received)),
	CTX_WHOLE(TCP, bytes_received, SKEP_READ),
	CTX_WHOLE(TCP, bytes_acked, SKEP_READ),
	CTX_RUN(TCP, dsack_dups, sizeof(TCP) - offsetof(TCP, dsack_dups)),
};

static const struct skep_ctx_field xdp_sock_fields[] = { CTX_WHOLE(XDP, queue_id, SKEP_READ) };

static const struct {
	const struct skep_ctx_field *fields;
	u32 n;
} tables[] = {
	[SOCK_COMMON] = { sock_common_fields, ARRAY_SIZE(sock_common_fields) },
	[SOCK_FULL] = { sock_fields, ARRAY_SIZE(sock_fields) },
	[SOCK_TCP] = { tcp_sock_fields, ARRAY_SIZE(tcp_sock_fields) },
	[SOCK_XDP] = { xdp_sock_fields, ARRAY_SIZE(xdp_sock_fields) },
};

bool sock_access(enum sock_view view, s32 off, u32 size)
{
	return field_find(tables[view].fields, tables[view].n, off, size, false) != NULL;
}
