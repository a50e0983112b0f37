/* Strings: bpf_snprintf, bpf_strtol, bpf_strncmp and the process at hand, from a raw tracepoint. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char line[64];
long number = 0;
int same = 1;

SEC("raw_tp/")
int text(struct bpf_raw_tracepoint_args *ctx)
{
	static const char fmt[] = "%d|%5u|%x|%s|%lld";
	static const char word[] = "skep";
	char digits[8] = "-1234", comm[16];
	__u64 args[] = { (__u64)-7, 42, 0xbeef, (__u64)(long)word, ctx->args[0] };

	bpf_snprintf(line, sizeof(line), fmt, args, sizeof(args));
	bpf_strtol(digits, sizeof(digits), 0, &number);
	bpf_get_current_comm(comm, sizeof(comm));
	same = bpf_strncmp(comm, sizeof(comm), word);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
