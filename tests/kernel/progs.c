/* usage: NAME
 * main() for one file of Linux's test_progs, built without the rest: runs its one test and prints a line
 *   SUBTEST RESULT
 * for each of its subtests, with a tab between; RESULT is ok, FAIL or skip. What the test itself prints goes to standard error. */
#include "test_progs.h"

struct test_env env;

static FILE *out;
static char current[256];
static const char *result;

static void finish(void)
{
	if (result)
		fprintf(out, "%s\t%s\n", current, result);
	result = NULL;
}

bool test__start_subtest(const char *name)
{
	finish();
	snprintf(current, sizeof(current), "%s", name);
	for (char *c = current; *c; c++)
		if (*c == '\t' || *c == '\n')
			*c = ' ';
	result = "ok";
	return true;
}

void test__skip(void)
{
	result = "skip";
}

void test__fail(void)
{
	result = "FAIL";
}

void TEST(void);

int main(void)
{
	out = fdopen(dup(1), "w");
	dup2(2, 1);
	TEST();
	finish();
	return fclose(out) != 0;
}
