/* bpf_ktime_*, bpf_jiffies64: the runtime's clocks (DESIGN D12: they may be fixed). */
#include "helper/helper.h"

/* Debian's CONFIG_HZ. Linux starts the count five minutes below the wrap of 32 bits, to find code that
 * cannot bear it. */
#define JIFFIES_HZ	250
#define JIFFIES_INITIAL (u32)(-300 * JIFFIES_HZ)
#define NSEC_PER_JIFFY	(1000000000 / JIFFIES_HZ)

HELPER_FN(ktime_get_ns)
{
	return run_clock(run, CLOCK_KIND_MONO);
}

const struct skep_helper helper_ktime_get_ns = {
	HELPER_ID(ktime_get_ns),
};

HELPER_FN(ktime_get_boot_ns)
{
	return run_clock(run, CLOCK_KIND_BOOT);
}

const struct skep_helper helper_ktime_get_boot_ns = {
	HELPER_ID(ktime_get_boot_ns),
};

HELPER_FN(ktime_get_coarse_ns)
{
	return run_clock(run, CLOCK_KIND_COARSE);
}

const struct skep_helper helper_ktime_get_coarse_ns = {
	HELPER_ID(ktime_get_coarse_ns),
};

HELPER_FN(ktime_get_tai_ns)
{
	return run_clock(run, CLOCK_KIND_TAI);
}

const struct skep_helper helper_ktime_get_tai_ns = {
	HELPER_ID(ktime_get_tai_ns),
};

HELPER_FN(jiffies64)
{
	return JIFFIES_INITIAL + run_clock(run, CLOCK_KIND_MONO) / NSEC_PER_JIFFY;
}

const struct skep_helper helper_jiffies64 = {
	HELPER_ID(jiffies64),
};
