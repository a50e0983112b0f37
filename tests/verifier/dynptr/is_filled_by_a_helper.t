type     raw_tracepoint
license  GPL
map      m array key=4 value=16 entries=1
prog     r1 = map m[0]+0; r2 = 16; r3 = 0; r4 = r10; r4 += -24
         call bpf_dynptr_from_mem
         r1 = r10; r1 += -24; r2 = 16
         call bpf_get_current_comm
         r0 = 0; exit
verdict  reject EACCES
log      potential write to dynptr at off=-24 disallowed
