// A static Go program on cilium/ebpf: loads two objects, reads a record that a test run of one of their programs sent
// through a ring buffer, attaches programs of the other, and prints what the system says of them.
package main

import (
	"encoding/binary"
	"fmt"
	"os"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/cilium/ebpf/ringbuf"
	"github.com/cilium/ebpf/rlimit"
)

func check(what string, err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", what, err)
		os.Exit(1)
	}
}

func load(path string) *ebpf.Collection {
	c, err := ebpf.LoadCollection(path)
	check(path, err)
	return c
}

// A TCP connection's first packet, from 10.0.0.1:1000 to 10.0.0.2:80.
func syn() []byte {
	p := make([]byte, 54)
	p[12], p[13] = 8, 0
	p[14], p[17], p[22], p[23] = 0x45, 40, 64, 6
	copy(p[26:], []byte{10, 0, 0, 1, 10, 0, 0, 2})
	binary.BigEndian.PutUint16(p[34:], 1000)
	binary.BigEndian.PutUint16(p[36:], 80)
	p[46], p[47] = 0x50, 2
	return p
}

func readEvent(path string) {
	c := load(path)
	defer c.Close()
	r, err := ringbuf.NewReader(c.Maps["events"])
	check("reader", err)
	defer r.Close()
	for i := 0; i < 3; i++ {
		_, _, err = c.Programs["report"].Test(syn())
		check("test run", err)
		record, err := r.Read() // waits with epoll
		check("read", err)
		fmt.Printf("event %d: port %d, %d bytes\n", i, binary.LittleEndian.Uint16(record.RawSample[10:]),
			binary.LittleEndian.Uint32(record.RawSample[12:]))
	}
	info, err := c.Programs["report"].Info()
	check("info", err)
	fmt.Printf("program %s, %v\n", info.Name, info.Type)
}

func show(what string, l link.Link, err error) {
	check(what, err)
	info, err := l.Info()
	check("link info", err)
	fmt.Printf("%s: link of type %d\n", what, info.Type)
	check("close", l.Close())
}

func attach(path string) {
	c := load(path)
	defer c.Close()
	l, err := link.AttachRawTracepoint(link.RawTracepointOptions{Name: "sys_enter", Program: c.Programs["at_raw_tp"]})
	show("raw tracepoint", l, err)
	_, err = link.AttachRawTracepoint(link.RawTracepointOptions{Name: "no_such", Program: c.Programs["at_raw_tp"]})
	if err == nil {
		fmt.Println("attached to nothing")
	}
	l, err = link.Tracepoint("syscalls", "sys_enter_write", c.Programs["at_tracepoint"], nil)
	check("tracepoint", err)
	check("close", l.Close())
	exe, err := link.OpenExecutable("/proc/self/exe")
	check("executable", err)
	l, err = exe.Uprobe("main.main", c.Programs["at_uprobe"], nil)
	check("uprobe", err)
	check("close", l.Close())
	fmt.Println("attached")
}

func main() {
	check("memlock", rlimit.RemoveMemlock())
	readEvent(os.Args[1])
	attach(os.Args[2])
}
