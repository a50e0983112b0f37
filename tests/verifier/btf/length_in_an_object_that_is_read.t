# Linux takes objects where a helper only reads; skep's helpers read only what is known to be there.
type     kprobe
license  GPL
map      m ringbuf entries=4096
prog     call bpf_get_current_task_btf
         r1 = map m; r2 = r0; r3 = 8; r4 = 0; call bpf_ringbuf_output
         r0 = 0; exit
verdict  reject EACCES
differs  helpers read memory of programs without asking whether it is there
