type     socket_filter
global   a
prog     *(u8 *)(r10 -200) = 0; call a
         exit
      a: *(u8 *)(r10 -200) = 0; call b
         exit
      b: *(u8 *)(r10 -200) = 0; r0 = 0; exit
verdict  reject EACCES
log      combined stack size of 3 calls is 624. Too large
