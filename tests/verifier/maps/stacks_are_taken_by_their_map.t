type     raw_tracepoint
map      s stack_trace key=4 value=16 entries=4
map      a cgroup_array key=4 value=4 entries=4
prog     r6 = r1
         r2 = map s; r3 = 0
         call bpf_get_stackid
         r1 = map a; r2 = 0
         call bpf_current_task_under_cgroup
         r1 = r6
         r2 = map a; r3 = 0
         call bpf_get_stackid
         r0 = 0
         exit
verdict  reject EINVAL
log      cannot pass map_type 8 into func bpf_get_stackid#27
