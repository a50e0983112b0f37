type     xdp
license  GPL
map      m array key=4 value=24 entries=1
put      m 00000000 0102030405060708.1112131415161718.2122232425262728
prog     *(u32 *)(r10 -4) = 0
         r2 = r10; r2 += -4; r1 = map m
         call bpf_map_lookup_elem
         if r0 == 0 goto out
         r7 = r0
         r1 = r0; r2 = 12; r3 = 0; r4 = r10; r4 += -24
         call bpf_dynptr_from_mem
         r1 = r10; r1 += -24; r2 = 2; r3 = 8; r4 = r7; r4 += 16
         call bpf_probe_read_kernel_dynptr
         r6 = r0
         r1 = r10; r1 += -24; r2 = 5; r3 = 8; r4 = r7
         call bpf_probe_read_kernel_dynptr
         r6 += r0
         r1 = r10; r1 += -24; r2 = 0; r3 = 4; r4 = 16
         call bpf_probe_read_user_dynptr
         r6 += r0
         r1 = r10; r1 += -24; r2 = 10; r3 = 2; r4 = r7; r4 += 22
         call bpf_probe_read_kernel_str_dynptr
         r6 += r0
         r0 = r6
         exit
    out: r0 = 0; exit
verdict  accept
run      data=00*64 return=0xffffffed
expect   m 00000000 0102212223242526.2728270015161718.2122232425262728
