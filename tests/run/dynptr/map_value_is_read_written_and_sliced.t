type     xdp
license  GPL
map      m array key=4 value=16 entries=1
put      m 00000000 0102030405060708.1112131415161718
prog     *(u32 *)(r10 -4) = 0
         r2 = r10; r2 += -4; r1 = map m
         call bpf_map_lookup_elem
         if r0 == 0 goto out
         r1 = r0; r2 = 12; r3 = 0; r4 = r10; r4 += -24
         call bpf_dynptr_from_mem
         r1 = r10; r1 += -32; r2 = 4; r3 = r10; r3 += -24; r4 = 8; r5 = 0
         call bpf_dynptr_read
         r6 = r0
         r1 = r10; r1 += -24; r2 = 0; r3 = r10; r3 += -32; r4 = 4; r5 = 0
         call bpf_dynptr_write
         r6 += r0
         r1 = r10; r1 += -24; r2 = 4; r3 = 8
         call bpf_dynptr_data
         if r0 == 0 goto out
         *(u8 *)(r0 +0) = 99
         r1 = r10; r1 += -24; r2 = 9; r3 = r10; r3 += -32; r4 = 4; r5 = 0
         call bpf_dynptr_write
         r6 += r0
         r1 = r10; r1 += -24; r2 = 5; r3 = 8
         call bpf_dynptr_data
         if r0 != 0 goto out
         r0 = r6
         exit
    out: r0 = 0; exit
verdict  accept
run      data=00*64 return=0xfffffff9
expect   m 00000000 1112131463060708.1112131415161718
