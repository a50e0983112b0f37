type     socket_filter
license  GPL
map      h hash key=4 value=8 entries=3
prog     r1 = map h
         r0 = *(u64 *)(r1 + 32000)
         exit
verdict  reject EACCES
log      access beyond struct bpf_htab at off 32000 size 8
