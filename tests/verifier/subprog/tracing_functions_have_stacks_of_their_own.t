type     raw_tracepoint
license  GPL
global   a
prog     *(u8 *)(r10 -200) = 0; call a
         exit
      a: *(u8 *)(r10 -200) = 0; call b
         exit
      b: *(u8 *)(r10 -200) = 0; r0 = 0; exit
verdict  accept
