/* Table, means and JSON of bench-compute. Ratios are of medians: candidates take turns, so slow phases of the
 * machine hit all alike. */
#include "compute.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"

static double of(const struct result *r, u32 c)
{
	return median(&r->samples[c]);
}

static double better_native(const struct result *r)
{
	double clang = of(r, NATIVE), gcc = of(r, NATIVE_GCC);

	return gcc > 0 && gcc < clang ? gcc : clang;
}

void report_head(void)
{
	printf("ns per run (medians); ratios of medians; the kernel's time is net of its test-run "
	       "loop\n");
	printf("%-11s %7s %9s %9s %9s %9s %9s %9s | %7s %7s %7s %7s | %s\n", "program", "insns",
	       "clang", "gcc", "interp", "JIT", "AOT", "kernel", "JIT/krn", "JIT/clg", "JIT/dpd",
	       "AOT/nat", "interp ns/insn, DPDK's");
}

static void put(double ns)
{
	if (ns > 0)
		printf(" %9.1f", ns);
	else
		printf(" %9s", "-");
}

static void put_ratio(double a, double b)
{
	if (a > 0 && b > 0)
		printf(" %7.2f", a / b);
	else
		printf(" %7s", "-");
}

void report_line(const struct result *r)
{
	printf("%-11s %7llu", r->program, (unsigned long long)r->insns);
	for (u32 c = NATIVE; c <= KERNEL; c++)
		put(of(r, c));
	printf(" |");
	put_ratio(of(r, JIT), of(r, KERNEL));
	put_ratio(of(r, JIT), of(r, NATIVE));
	put_ratio(of(r, JIT_FLAT), of(r, DPDK_JIT));
	put_ratio(of(r, AOT), better_native(r));
	printf(" | %.2f", of(r, INTERP) / (double)r->insns);
	if (of(r, DPDK_INTERP) > 0)
		printf(" %.2f", of(r, DPDK_INTERP) / (double)r->flat_insns);
	printf("\n");
	fflush(stdout);
}

struct mean { /* of ratios; the empty program is all call and does not count */
	const char *name, *without;
	u32 above;
	double (*below)(const struct result *r);
};

static double kernel(const struct result *r)
{
	return of(r, KERNEL);
}
static double native(const struct result *r)
{
	return of(r, NATIVE);
}
static double dpdk(const struct result *r)
{
	return of(r, DPDK_JIT);
}

static const struct mean means[] = {
	{ "JIT/kernel", NULL, JIT, kernel },
	{ "JIT/native", "csum1500", JIT, native }, /* which the compiler vectorises */
	{ "JIT/DPDK's JIT", NULL, JIT_FLAT, dpdk },
	{ "AOT/native", NULL, AOT, better_native },
};

/* 0: no program has both. */
static double mean_of(const struct mean *m, const struct result *r, u32 n, u32 *count)
{
	double sum = 0;

	*count = 0;
	for (; n--; r++) {
		double a = of(r, m->above), b = m->below(r);

		if (!strcmp(r->program, "empty") ||
		    (m->without && !strcmp(r->program, m->without)) || a <= 0 || b <= 0)
			continue;
		sum += log(a / b);
		++*count;
	}
	return *count ? exp(sum / *count) : 0;
}

void report_means(const struct result *r, u32 n)
{
	u32 count;

	for (const struct mean *m = means; m < means + ARRAY_SIZE(means); m++) {
		double mean = mean_of(m, r, n, &count);

		if (count)
			printf("geomean %s %.2f (%u programs%s%s)\n", m->name, mean, count,
			       m->without ? ", without " : "", m->without ?: "");
	}
}

static void json_result(struct json *j, const struct result *r)
{
	static const char *const names[] = {
#define CANDIDATE_NAME(name, text) text,
		EACH_CANDIDATE(CANDIDATE_NAME)
	};

	json_object(j);
	json_key(j, "program");
	json_text(j, r->program);
	json_key(j, "insns");
	json_u64(j, r->insns);
	for (u32 c = 0; c < NR_CANDIDATES; c++) {
		if (!r->samples[c].n)
			continue;
		json_key(j, names[c]);
		json_object(j);
		json_key(j, "median_ns");
		json_double(j, of(r, c));
		json_key(j, "min_ns");
		json_double(j, minimum(&r->samples[c]));
		json_end_object(j);
	}
	json_end_object(j);
}

int report_json(const struct result *r, u32 n, const char *path)
{
	struct buf out = { 0 };
	struct json j;
	u32 count;
	FILE *f;

	json_init(&j, &out, true);
	json_object(&j);
	json_key(&j, "programs");
	json_array(&j);
	for (u32 i = 0; i < n; i++)
		json_result(&j, &r[i]);
	json_end_array(&j);
	json_key(&j, "geomeans");
	json_object(&j);
	for (const struct mean *m = means; m < means + ARRAY_SIZE(means); m++) {
		double mean = mean_of(m, r, n, &count);

		if (!count)
			continue;
		json_key(&j, m->name);
		json_double(&j, mean);
	}
	json_end_object(&j);
	json_end_object(&j);
	buf_puts(&out, "\n");
	f = path ? fopen(path, "we") : NULL;
	if (f && fwrite(buf_str(&out), 1, out.len, f) != out.len)
		perror(path);
	if (f)
		fclose(f);
	buf_done(&out);
	return !path || f ? 0 : -1;
}
