# The object may be null, too: then the map's value is.
type     kprobe
license  GPL
map      m hash key=4 value=8 entries=1
prog     call bpf_get_current_task_btf
         r6 = r0
         *(u32 *)(r10 - 4) = 0
         r2 = r10; r2 += -4; r1 = map m; call bpf_map_lookup_elem
         if r0 != r6 goto out
         r0 = *(u64 *)(r0 + 0)
    out: r0 = 0; exit
verdict  reject EACCES
log      R0 invalid mem access 'map_value_or_null'
