type     socket_filter
license  GPL
map      m array key=4 value=8 entries=3
prog     r1 = map m
         r0 = load_acquire((u32 *)(r1 + 0))
         exit
verdict  reject EACCES
differs  only plain loads through pointers to maps are rewritten
log      BPF_ATOMIC loads from R1 map_ptr is not allowed
