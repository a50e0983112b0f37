type     raw_tracepoint
prog     r0 = *(u64 *)(r1 +8); exit
verdict  accept
run      ctx=01.00*7.02.00*7 return=2
