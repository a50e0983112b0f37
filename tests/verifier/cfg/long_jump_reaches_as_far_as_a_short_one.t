type     socket_filter
prog     gotol over
    back: r0 = 7; exit
    over: gotol back
verdict  accept
run      data=00*20 return=7
