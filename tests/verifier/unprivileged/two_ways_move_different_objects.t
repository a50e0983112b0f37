type     socket_filter
unprivileged
map      m array key=4 value=48 entries=1
prog     r6 = map m[0]; r2 = *(u8 *)(r6 +0); r1 = r10; r1 += -16; r3 = *(u8 *)(r6 +1); r3 &= 7
         if r2 == 0 goto move
         r1 = r6
   move: r1 += r3; r0 = 0; exit
verdict  reject EACCES
log      R1 tried to add from different maps, paths or scalars, pointer arithmetic with it prohibited for !root
