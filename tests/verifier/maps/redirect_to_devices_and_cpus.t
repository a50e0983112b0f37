type     xdp
map      d devmap key=4 value=4 entries=4
map      c cpumap key=4 value=4 entries=4
prog     r1 = map d; r2 = 0; r3 = 2
         call bpf_redirect_map
         r6 = r0
         r1 = map c; r2 = 1; r3 = 1
         call bpf_redirect_map
         r6 *= 10
         r0 += r6
         exit
verdict  accept
run      data=00*64 return=21
