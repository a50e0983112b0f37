type     socket_filter
global   load mem=8
prog     *(u64 *)(r10 -8) = 1; r1 = r10; r1 += -8; call load
         exit
   load: r0 = *(u32 *)(r1 +4); exit
verdict  reject EACCES
log      Validating load() func#1...
log      R1 invalid mem access 'mem_or_null'
