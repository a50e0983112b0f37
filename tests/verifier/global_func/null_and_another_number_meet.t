# Null is what makes the first way good: the second may not be taken for covered by it.
type     socket_filter
global   load mem=16
prog     r6 = 0; call bpf_get_prandom_u32
         if r0 == 0 goto call
         r6 = 8
   call: r1 = r6; call load
         exit
   load: r0 = 4; if r1 == 0 goto out; r0 = *(u8 *)(r1 +15)
    out: exit
verdict  reject EINVAL
log      Caller passes invalid args into func#1 ('load')
