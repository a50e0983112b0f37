# The result is an error or at most the room's size: so it can bound an access.
type     kprobe
license  GPL
map      m array key=4 value=64 entries=1
prog     *(u32 *)(r10 - 4) = 0
         r2 = r10; r2 += -4; r1 = map m; call bpf_map_lookup_elem
         if r0 == 0 goto out
         r6 = r0; call bpf_get_current_task_btf
         r1 = r0; r2 = r6; r3 = 63; r4 = 0; call bpf_get_task_stack
         if r0 s< 0 goto out
         r6 += r0; r0 = *(u8 *)(r6 + 0)
    out: r0 = 0; exit
verdict  accept
log exact
