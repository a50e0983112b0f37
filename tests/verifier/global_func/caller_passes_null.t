type     socket_filter
global   load mem=16
prog     r1 = 0; call load
         exit
   load: r0 = 4; if r1 == 0 goto out; r0 = *(u8 *)(r1 +15)
    out: exit
verdict  accept
run      data=00*14 return=4
