# The function reads and writes what the dynptr is of, but does not change the dynptr itself.
type     sched_cls
map      m array key=4 value=64 entries=1
global   f dynptr
prog     *(u32 *)(r10 - 4) = 0
         r2 = r10; r2 += -4; r1 = map m; call bpf_map_lookup_elem
         if r0 == 0 goto out
         r1 = r0; r2 = 64; r3 = 0; r4 = r10; r4 += -24; call bpf_dynptr_from_mem
         r1 = r10; r1 += -24; call f
    out: r0 = 0; exit
      f: r2 = 0; r3 = 8; call bpf_dynptr_data
         if r0 == 0 goto end
         r1 = 1; *(u64 *)(r0 + 0) = r1
    end: r0 = 0; exit
verdict  accept
log exact
