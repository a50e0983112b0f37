type     socket_filter
prog     call f; exit
      f: call f; exit
verdict  reject E2BIG
log      the call stack of 9 frames is too deep
