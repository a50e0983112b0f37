type     raw_tracepoint
license  GPL
map      m array key=4 value=16 entries=1 flags=128
prog     r1 = map m[0]+0; r2 = 16
         call bpf_get_current_comm
         r0 = 0; exit
verdict  reject EACCES
log      write into map forbidden
