# 6 & 1 is known to be 0, so the bad load is dead
type     socket_filter
map      ro array key=4 value=8 entries=1 flags=128
put      ro 00000000 06.00*7
freeze   ro
prog     r1 = map ro[0]
         r0 = *(u32 *)(r1 +0)
         r2 = r0; r2 &= 1
         if r2 == 0 goto out
         r0 = *(u32 *)(r2 +0)
    out: exit
verdict  accept
run      data=00*20 return=6
