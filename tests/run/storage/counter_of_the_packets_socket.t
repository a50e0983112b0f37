# Each run has a socket of its own: the second one begins anew.
type     sched_cls
map      m sk_storage key=4 value=8 entries=0 flags=1
prog     r2 = *(u64 *)(r1 +168)
         if r2 == 0 goto none
         r6 = r2; r1 = map m; r3 = 0; r4 = 1
         call bpf_sk_storage_get
         if r0 == 0 goto none
         r1 = *(u64 *)(r0 +0); r1 += 5; *(u64 *)(r0 +0) = r1
         r1 = map m; r2 = r6; r3 = 0; r4 = 0
         call bpf_sk_storage_get
         if r0 == 0 goto none
         r0 = *(u64 *)(r0 +0); exit
   none: r0 = 77; exit
verdict  accept
run      data=00*64 return=5
run      data=00*64 return=5
