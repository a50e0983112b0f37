# the register is written before memory is looked at: the address is lost
type     socket_filter
map      d array key=4 value=16 entries=1
prog     r1 = map d[0]
         r1 = atomic64_fetch_add((u64 *)(r1 +0), r1)
         r0 = 0; exit
verdict  reject EACCES
log      misaligned access off (0x0; 0xffffffffffffffff)+0+0 size 8
