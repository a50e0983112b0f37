type     socket_filter
global   load mem
prog     r1 = r10; call load
         exit
   load: r0 = 0; exit
verdict  reject EINVAL
log      arg#0 reference type('UNKNOWN ') size cannot be determined: -22
log      Caller passes invalid args into func#1 ('load')
