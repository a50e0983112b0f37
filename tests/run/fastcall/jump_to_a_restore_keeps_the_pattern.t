# The second way to the load comes from another save.
type     sched_cls
prog     r2 = *(u32 *)(r1 + 0); r1 = 5; *(u64 *)(r10 - 8) = r1; r3 = 0
         if r2 > 100 goto back
         r1 = 7
         *(u64 *)(r10 - 8) = r1
         call bpf_get_smp_processor_id
   back: r1 = *(u64 *)(r10 - 8)
         r0 = r1; exit
verdict  accept
run      data=00*64 return=7
run      data=00*128 return=5
