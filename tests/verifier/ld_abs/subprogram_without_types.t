type     socket_filter
prog     call f; exit
      f: r6 = r1; r0 = *(u8 *)skb[0]; exit
verdict  reject EINVAL
log      LD_ABS is not allowed in subprogs without BTF
