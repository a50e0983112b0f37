# A function that a tail call ends returns a number: that must be known of it.
type     socket_filter
map      m prog_array key=4 value=4 entries=1
prog     call f; exit
      f: r2 = map m; r3 = 0; call bpf_tail_call; r0 = 0; exit
verdict  reject EINVAL
log      tail_call is not allowed in subprogs without BTF
