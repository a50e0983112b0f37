type     socket_filter
global   len ctx
prog     r1 = r10; call len
         exit
    len: r0 = *(u32 *)(r1 +0); exit
verdict  reject EINVAL
log      Caller passes invalid args into func#1 ('len')
