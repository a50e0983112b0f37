type     socket_filter
global   len ctx
prog     call len
         exit
    len: r0 = *(u32 *)(r1 +0); exit
verdict  accept
run      data=0102030405060708090a0b0c0d0e0f return=1
