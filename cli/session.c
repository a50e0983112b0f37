/* See session.h. */
#include "cli/session.h"

#include <string.h>

#include "abi/kernels.h"
#include "base/err.h"
#include "cli/cli.h"
#include "object/instance.h"
#include "skep/libbpf.h"

int kernel_option(const char *name, struct skep_options *opt)
{
	u32 version;

	if (!name)
		return DONE;
	if (kernel_parse(name, &version) < 0)
		return complain("--kernel: %s", last_error());
	opt->kernel = version;
	return DONE;
}

int session_start(struct session *s, const struct skep_options *opt)
{
	int err;

	*s = (struct session){ 0 };
	err = skep_new(opt, &s->skep);
	if (err < 0)
		return complain("cannot make a BPF instance: %s%s%s", strerror(-err),
				*last_error() ? ": " : "", last_error());
	err = skep_client_new(s->skep, &s->client);
	if (err < 0) {
		session_end(s);
		return complain("cannot make a client: %s", strerror(-err));
	}
	s->skep->explanation = &s->explanation;
	skep_libbpf_use(s->client);
	return DONE;
}

void session_end(struct session *s)
{
	skep_libbpf_use(NULL);
	if (s->client)
		skep_client_free(s->client);
	skep_free(s->skep);
	explanation_done(&s->explanation);
	*s = (struct session){ 0 };
}
