type     socket_filter
license  GPL
map      m array key=4 value=8 entries=3
prog     r1 = map m
         *(u64 *)(r1 + 0) = r1
         r0 = 0
         exit
verdict  reject EACCES
log      only read from bpf_array is supported
