type     socket_filter
license  GPL
map      m array key=4 value=16 entries=1 flags=128
prog     *(u64 *)(r10 -8) = 55
         r1 = r10; r1 += -8; r2 = 8; r3 = 10; r4 = map m[0]+0
         call bpf_strtol
         r0 = 0; exit
verdict  reject EACCES
log      write into map forbidden
