type     kprobe
license  GPL
prog     r1 = kernel runqueues
         r2 = 0; call bpf_per_cpu_ptr
         if r0 == 0 goto out
         r0 = *(u32 *)(r0 + 0)
    out: r0 = 0; exit
verdict  accept
differs  a kernel without the symbols of its data has no address for it
