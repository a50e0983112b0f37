type     socket_filter
global   load nonnull=16
prog     *(u64 *)(r10 -8) = 1; r1 = r10; r1 += -8; call load
         exit
   load: r0 = *(u32 *)(r1 +8); exit
verdict  reject EINVAL
log      Caller passes invalid args into func#1 ('load')
