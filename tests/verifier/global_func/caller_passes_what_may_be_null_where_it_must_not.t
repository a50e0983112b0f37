type     socket_filter
map      m hash key=4 value=16 entries=1
global   load nonnull=16
prog     *(u32 *)(r10 -4) = 1; r2 = r10; r2 += -4; r1 = map m; call bpf_map_lookup_elem
         r1 = r0; call load
         exit
   load: r0 = *(u8 *)(r1 +15); exit
verdict  reject EINVAL
log      Caller passes invalid args into func#1 ('load')
