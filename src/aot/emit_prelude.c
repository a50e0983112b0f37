/* What stands before all programs: types, accesses, the macros that statements are made of. */
#include <stddef.h>

#include "aot/emit.h"

void emit_prelude(struct buf *out)
{
	buf_puts(out, "// Made by skep aot: verified BPF programs as C.\n"
#define LINE(...) TEXT(__VA_ARGS__) ";\n"
		 LINE(typedef unsigned char u8) LINE(typedef signed char s8) LINE(
			 typedef unsigned short
				 u16) LINE(typedef short s16) LINE(typedef unsigned int u32)
			 LINE(typedef int s32) LINE(typedef unsigned long long u64) LINE(
				 typedef long long
					 s64) "// memory: any address, any alignment, any type\n"
#define PLAIN(t) "typedef " #t " __attribute__((aligned(1), may_alias)) " #t "_plain;\n"
		 PLAIN(u8) PLAIN(s8) PLAIN(u16) PLAIN(s16) PLAIN(u32) PLAIN(s32) PLAIN(u64) PLAIN(
			 s64) "#define AT(t, addr) (*(t##_plain *)(addr))\n"
			      "#define INDEX(t, addr) (*(t##_plain *)(memory + (addr)))\n"
			      "typedef u8 __attribute__((may_alias)) u8_whole;\n"
			      "typedef u16 __attribute__((may_alias)) u16_whole;\n"
			      "typedef u32 __attribute__((may_alias)) u32_whole;\n"
			      "typedef u64 __attribute__((may_alias)) u64_whole;\n"
			      "#define ATOMIC(t, addr) ((t##_whole *)(addr))\n"
			      "#define EXCHANGE_IF(t, addr, old, new) ({ t o_ = (t)(old); \\\n"
			      "\t__atomic_compare_exchange_n(ATOMIC(t, addr), &o_, (t)(new), 0, "
			      "__ATOMIC_SEQ_CST, "
			      "__ATOMIC_SEQ_CST); (u64)o_; })\n");
	for (u32 bits = 32; bits <= 64; bits += 32) {
		buf_printf(out,
			   "#define OPERANDS%u(d, s) u%u D = (u%u)(d), S = (u%u)(s); s%u SD = "
			   "(s%u)D, SS = "
			   "(s%u)S; enum { BITS = %u }; (void)SD; (void)SS; (void)BITS\n",
			   bits, bits, bits, bits, bits, bits, bits, bits);
		buf_printf(
			out,
			"#define ALU%u(d, s, value) ({ OPERANDS%u(d, s); (u64)(u%u)(value); })\n",
			bits, bits, bits);
		buf_printf(out,
			   "#define IF%u(d, s, condition) if (({ OPERANDS%u(d, s); (condition) != "
			   "0; }))\n",
			   bits, bits);
	}
	/* Compilers may call these for what a program spells out; the barrier keeps them from calling themselves. */
	buf_puts(out,
		 "__attribute__((visibility(\"hidden\"))) void *memset(void *to, int c, "
		 "__SIZE_TYPE__ n)\n"
		 "{\n\tfor (u8 *p = to; n--; p++) { *p = (u8)c; __asm__ volatile(\"\" ::: "
		 "\"memory\"); }\n"
		 "\treturn to;\n}\n"
		 "__attribute__((visibility(\"hidden\"))) void *memcpy(void *to, const void *from, "
		 "__SIZE_TYPE__ n)\n"
		 "{\n\tconst u8 *q = from;\n"
		 "\tfor (u8 *p = to; n--; p++) { *p = *q++; __asm__ volatile(\"\" ::: \"memory\"); "
		 "}\n"
		 "\treturn to;\n}\n");
	buf_puts(out, "typedef u64 helper_fn(u64, u64, u64, u64, u64, void *);\n"
		      "typedef _Bool tail_fn(void *, u64, u32, u8 *, u64 *);\n"
		      "typedef _Bool legacy_fn(u64, s32, u32, void *, u64 *);\n");
	buf_printf(out,
		   "#define STACK_TOP (*(u8 **)((u8 *)run + %zu))\n"
		   "#define CALLBACK (*(u64 *)((u8 *)run + %zu))\n"
		   "#define LOOPS_LEFT (*(u32 *)((u8 *)run + %zu))\n"
		   "#define THROWN (*(u32 *)((u8 *)run + %zu))\n"
		   "#define CPU (*(u32 *)((u8 *)run + %zu))\n"
		   "#define PASS(label) do { if (!THROWN) goto label; } while (0)\n"
		   "#define CATCH(label) do { if (!THROWN) goto label; THROWN = 0; } while (0)\n",
		   offsetof(struct skep_run, stack_top), offsetof(struct skep_run, callback),
		   offsetof(struct skep_run, loops_left), offsetof(struct skep_run, thrown),
		   offsetof(struct skep_run, cpu));
	buf_printf(out,
		   "#define TAIL_CALL(env, map, index, base) do { u64 ret_; if (((tail_fn "
		   "*)env[%u])(run, map, "
		   "(u32)(index), (u8 *)(base), &ret_)) return ret_; } while (0)\n"
		   "#define LEGACY_LOAD(env, size, off) do { u64 value_; if (!((legacy_fn "
		   "*)env[%u])(r6, "
		   "(s32)(off), size, run, &value_)) return 0; r0 = value_; } while (0)\n"
		   "#define MAY_GOTO(label) do { if (!LOOPS_LEFT) goto label; LOOPS_LEFT--; } "
		   "while (0)\n\n",
		   AOT_ENV_TAIL_CALL, AOT_ENV_LD_ABS);
	emit_guarded_prelude(out);
}
