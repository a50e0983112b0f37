/* Numbers: soundness by brute force on small widths, properties at full width. */
#include <linux/bpf.h>

#include "insn/insn.h"
#include "test.h"
#include "verifier/scalar.h"
#include "verifier/tnum.h"

TEST("the smallest member of known bits at or above a number is found")
{
	for (u32 mask = 0; mask < 64; mask++)
		for (u32 value = 0; value < 64; value++) {
			struct tnum t = { value & ~mask, mask };

			for (u64 x = 0; x < 130; x++) {
				u64 got = 0, want;
				bool found = tnum_at_least(t, x, &got);

				for (want = x; want < 64 && !tnum_contains(t, want); want++)
					;
				EXPECT(found == (want < 64) && (!found || got == want),
				       "(%x; %x) from %llu: %d %llu", value & ~mask, mask,
				       (unsigned long long)x, found, (unsigned long long)got);
			}
		}
}
