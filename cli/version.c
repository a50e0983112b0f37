/* skep version */
#include <bpf/libbpf.h>

#include "cli/cli.h"
#include "hook/capture.h"

int cmd_version(int argc, char **argv)
{
	printf("skep " SKEP_VERSION ", libbpf %u.%u, %s\n", libbpf_major_version(),
	       libbpf_minor_version(), capture_library());
	return DONE;
}
