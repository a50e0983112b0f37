type     xdp
prog     r2 = -6
         call bpf_xdp_adjust_tail
         r0 = 2; exit
verdict  accept
run      data=aa*20 return=2 out=aa*14
