type     socket_filter
global   load mem=16
prog     r1 = 5; call load
         exit
   load: r0 = 0; exit
verdict  reject EINVAL
log      Caller passes invalid args into func#1 ('load')
