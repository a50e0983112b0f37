type     socket_filter
prog     *(u64 *)(r10 -304) = 0
         call f; exit
      f: *(u64 *)(r10 -304) = 0
         r0 = 0; exit
verdict  reject EACCES
log      combined stack size of 2 calls is 608. Too large
