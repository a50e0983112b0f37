type     socket_filter
map      m hash key=8 value=8 entries=1
prog     r2 = r1; r1 = map m
         call bpf_map_lookup_elem
         r0 = 0; exit
verdict  reject EACCES
log      R2 type=ctx expected=fp
