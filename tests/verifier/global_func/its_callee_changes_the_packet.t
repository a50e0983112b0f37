type     sched_cls
license  GPL
global   outer ctx
prog     r6 = r1; r7 = *(u32 *)(r6 +76); r8 = *(u32 *)(r6 +80)
         r1 = r7; r1 += 14; if r1 > r8 goto out
         r1 = r6; call outer
         r0 = *(u8 *)(r7 +0)
    out: r0 = 0; exit
  outer: call inner; r0 = 0; exit
  inner: r2 = 0; call bpf_skb_pull_data; r0 = 0; exit
verdict  reject EACCES
log      R7 invalid mem access 'scalar'
