type     socket_filter
license  GPL
map      m hash key=4 value=16 entries=4
prog     r1 = map m; r2 = func each; r3 = 0; r4 = 0
         call bpf_for_each_map_elem
         r0 = 0; exit
   each: *(u32 *)(r2 +0) = 1
         r0 = 0; exit
verdict  reject EACCES
log      write to change key R2 not allowed
