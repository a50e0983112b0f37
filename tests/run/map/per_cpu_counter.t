type     xdp
map      c percpu_array key=4 value=8 entries=2
prog     *(u32 *)(r10 -4) = 1
         r1 = map c; r2 = r10; r2 += -4
         call bpf_map_lookup_elem
         if r0 == 0 goto out
         r1 = 1; lock *(u64 *)(r0 +0) += r1
    out: r0 = 2; exit
verdict  accept
run      data=00*20 return=2
run      data=00*20 return=2
expect   c 01000000 02.00*7
