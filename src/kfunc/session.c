/* Programs that run at a function's entry and at its return. The entry leaves a number for the return. */
#include "kfunc/fns.h"

KFUNC_FN(kfunc_session_cookie)
{
	return (uintptr_t)&run->session_cookie;
}
