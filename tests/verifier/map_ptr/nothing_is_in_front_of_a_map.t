type     socket_filter
license  GPL
map      h hash key=4 value=8 entries=3
prog     r1 = map h
         r0 = *(u64 *)(r1 - 8)
         exit
verdict  reject EACCES
log      R1 is bpf_htab invalid negative access: off=-8
