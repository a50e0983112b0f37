/* After the walk: is there enough stack for every chain of calls?
 *
 * Every call counts, those in dead code as well: Linux removes it later. Programs that trace have a stack
 * for each function that uses much, if none of them makes tail calls: then only small functions share 512
 * bytes. (Engines give all functions of a chain their own 512: SKEP_ENTRY_STACK.)
 * Ends soon because chains are at most eight functions long, and a function is entered again only by a
 * chain that is deeper than those before in bytes or in functions: what lesser ones lead to is fine. */
#include "verifier/exception.h"
#include "verifier/fastcall.h"

#define OWN_STACK_MIN                                                                              \
	64 /* a function of a tracing program that uses so much has a stack of its own */
#define TAIL_CALL_MAX 256 /* bytes of callers' stack that may stay behind a tail call */

struct depth_walk {
	bool own_stacks;
	/* Entering a function with that many frames in use was fine with fewer bytes than this. */
	u16 fine[MAX_SUBPROGS][SKEP_MAX_FRAMES];
};

static bool known_fine(const struct depth_walk *w, u32 sub, u32 frames, u32 bytes)
{
	for (; frames < SKEP_MAX_FRAMES; frames++)
		if (bytes < w->fine[sub][frames])
			return true;
	return false;
}

static u32 frame_size(const struct sub_info *s)
{
	return ALIGN_UP(s->stack_depth, 16u); /* as 6.18 adds them up for JITed programs */
}

static int check_frame(struct verifier *v, const struct depth_walk *w, u32 sub, u32 frames,
		       u32 *bytes)
{
	const struct sub_info *s = &v->subs[sub];

	if (sub && s->has_tail_call && *bytes >= TAIL_CALL_MAX)
		return reject(v, -EACCES,
			      "tail_calls are not allowed when call stack of previous frames is %u "
			      "bytes. Too large",
			      *bytes);
	if (w->own_stacks && frame_size(s) >= OWN_STACK_MIN)
		return 0; /* one function's 512 bytes were checked access by access */
	*bytes += frame_size(s);
	if (*bytes > MAX_CALL_DEPTH_STACK)
		return reject(v, -EACCES, "combined stack size of %u calls is %u. Too large",
			      frames + 1, *bytes);
	return 0;
}

/* Function `sub`, entered with that many frames and bytes in use. */
static int check_chains(struct verifier *v, struct depth_walk *w, u32 sub, u32 frames, u32 bytes)
{
	const struct sub_info *s = &v->subs[sub];
	u32 before = bytes;

	if (frames >= SKEP_MAX_FRAMES)
		return reject(v, -E2BIG, "the call stack of %u frames is too deep !", frames);
	TRY(check_frame(v, w, sub, frames, &bytes));
	for (u32 i = s->start; i < s->end; i++) {
		const struct bpf_insn *insn = &v->insns[i];

		if (insn_is_subprog_call(insn) || insn_is_func_addr(insn)) {
			u32 callee = v->aux[i].subprog;
			bool later = insn_is_func_addr(insn) && v->subs[callee].is_async;

			if (!later && !known_fine(w, callee, frames + 1, bytes))
				TRY(check_chains(v, w, callee, frames + 1, bytes));
		}
		i += insn_is_ld_imm64(insn);
	}
	w->fine[sub][frames] = (u16)MAX(w->fine[sub][frames], before + 1);
	return 0;
}

int check_stack_depth(struct verifier *v)
{
	struct depth_walk w = { .own_stacks = v->p->type->flags & SKEP_PROG_TRACING };

	for (u32 sub = 0; sub < v->nr_subs; sub++)
		w.own_stacks &= !v->subs[sub].has_tail_call;
	TRY(check_throws(v));
	drop_fastcalls(v);
	TRY(check_chains(v, &w, 0, 0, 0));
	for (u32 sub = 1; sub < v->nr_subs; sub++)
		if (v->subs[sub].is_async)
			TRY(check_chains(v, &w, sub, 0, 0));
	/* It begins in place of the main program. (In engines on top of it: nine frames fit, too.) */
	return v->exception_cb ? check_chains(v, &w, v->exception_cb, 0, 0) : 0;
}
