type     kprobe
attach   56
license  GPL
prog     call bpf_session_cookie
         r1 = 5; *(u64 *)(r0 + 0) = r1
         r0 = 0; exit
verdict  accept
log exact
