type     sched_cls
prog     r6 = r1; call reader; r0 += 5; exit
 reader: r6 = r1; r0 = *(u32 *)skb[1000]
         if r0 == 7 goto out
         r1 = 50; call bpf_throw
    out: r0 = 1; exit
global   reader ctx
verdict  accept
run      data=00*64 return=5
