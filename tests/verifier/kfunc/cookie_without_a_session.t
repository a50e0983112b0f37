type     kprobe
attach   0
license  GPL
prog     call bpf_session_cookie
         r1 = 5; *(u64 *)(r0 + 0) = r1
         r0 = 0; exit
verdict  reject EACCES
