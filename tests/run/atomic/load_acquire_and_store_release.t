type     socket_filter
map      m array key=4 value=8 entries=1
prog     r1 = map m[0]
         r2 = 0x1234; store_release((u16 *)(r1 +2), r2)
         r0 = load_acquire((u32 *)(r1 +0)); exit
verdict  accept
run      data=00*20 return=0x12340000
expect   m 00000000 0000341200000000
