# The caller has 16 bytes; the prototype says 8.
type     socket_filter
global   load nonnull=8
prog     *(u64 *)(r10 -8) = 1; *(u64 *)(r10 -16) = 1; r1 = r10; r1 += -16; call load
         exit
   load: r0 = *(u32 *)(r1 +8); exit
verdict  reject EACCES
log      invalid access to memory, mem_size=8 off=8 size=4
