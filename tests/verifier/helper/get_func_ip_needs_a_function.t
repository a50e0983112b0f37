type     raw_tracepoint
prog     call bpf_get_func_ip
         exit
verdict  reject 524
log      func bpf_get_func_ip#173 not supported for program type 17
