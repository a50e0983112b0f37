type     socket_filter
unprivileged
prog     call f; exit
      f: r0 = 0; exit
verdict  reject EPERM
log      loading/calling other bpf or kernel functions are allowed for CAP_BPF and CAP_SYS_ADMIN
