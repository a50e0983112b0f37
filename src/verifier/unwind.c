/* How exceptions leave functions, spelled out in instructions, so that every engine does the same.
 *
 * A function that throws returns the cookie at once and sets run->thrown. Whoever called it and is not the main program
 * returns, too, what came back. The main program resets the mark, and returns what the callback for exceptions
 * makes of the cookie. So frames, saved registers and tail calls need nothing special.
 * Invariant: run->thrown is 0 whenever a program begins or ends, and where helpers are called: nothing is thrown out
 * of callbacks (exception.c), and a program entered by a tail call catches what it throws itself. */
#include "verifier/unwind.h"

#include "kfunc/kfunc.h"

static const struct bpf_insn leave = { .code = BPF_JMP | BPF_EXIT };

static struct bpf_insn unwind_insn(enum insn_unwind how, u32 over)
{
	return (struct bpf_insn){
		.code = BPF_JMP | BPF_JCOND, .src_reg = INSN_UNWIND, .imm = how, .off = (s16)over
	};
}

static struct bpf_insn copy_reg(u8 to, u8 from)
{
	return (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_X,
				  .dst_reg = to,
				  .src_reg = from };
}

/* The callback's call lies at index `at` of the new instructions. */
static struct bpf_insn callback_call(u32 callback_at, u32 at)
{
	return (struct bpf_insn){ .code = BPF_JMP | BPF_CALL,
				  .src_reg = BPF_PSEUDO_CALL,
				  .imm = (s32)((s64)callback_at - at - 1) };
}

static bool in_main(const struct verifier *v, u32 insn)
{
	return insn < v->subs[0].end;
}

static bool is_throw(const struct verifier *v, u32 insn)
{
	return v->aux[insn].kfunc == KFUNC_bpf_throw + 1;
}

bool unwinds_at(const struct verifier *v, u32 insn)
{
	return is_throw(v, insn) ||
	       (insn_is_subprog_call(&v->insns[insn]) && v->subs[v->aux[insn].subprog].may_throw);
}

static u32 put_throw(const struct verifier *v, u32 insn, u32 at, u32 callback_at,
		     struct bpf_insn *out)
{
	if (in_main(v, insn)) {
		out[0] = v->exception_cb ? callback_call(callback_at, at)
					 : copy_reg(BPF_REG_0, BPF_REG_1);
		out[1] = leave;
		return 2;
	}
	out[0] = copy_reg(BPF_REG_0, BPF_REG_1);
	out[1] = unwind_insn(UNWIND_THROW, 0);
	out[2] = leave;
	return 3;
}

static u32 put_call(const struct verifier *v, u32 insn, u32 at, u32 callback_at,
		    struct bpf_insn call, struct bpf_insn *out)
{
	u32 n = 0;

	out[n++] = call;
	if (!in_main(v, insn)) {
		out[n++] = unwind_insn(UNWIND_PASS, 1);
	} else if (!v->exception_cb) {
		out[n++] = unwind_insn(UNWIND_CATCH, 1);
	} else {
		out[n++] = unwind_insn(UNWIND_CATCH, 3);
		out[n++] = copy_reg(BPF_REG_1, BPF_REG_0);
		out[n] = callback_call(callback_at, at + n);
		n++;
	}
	out[n++] = leave;
	return n;
}

u32 put_unwinding(const struct verifier *v, u32 insn, u32 at, u32 callback_at, struct bpf_insn call,
		  struct bpf_insn out[UNWIND_MAX])
{
	if (is_throw(v, insn))
		return put_throw(v, insn, at, callback_at, out);
	return put_call(v, insn, at, callback_at, call, out);
}
