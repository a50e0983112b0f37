// A static Go program on cilium/ebpf: attaches XDP programs of an object to a device by links, replaces one, and says
// what gets through. usage: go_net OBJECT DEVICE COMMAND: COMMAND is run by sh between the steps.
package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
)

func check(what string, err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", what, err)
		os.Exit(1)
	}
}

func say(what string) {
	out, _ := exec.Command("sh", "-c", os.Args[3]).Output()
	fmt.Printf("%s: %s", what, out)
}

func main() {
	c, err := ebpf.LoadCollection(os.Args[1])
	check("load", err)
	dev, err := net.InterfaceByName(os.Args[2])
	check("device", err)
	say("nothing")
	options := link.XDPOptions{Program: c.Programs["aborted"], Interface: dev.Index}
	l, err := link.AttachXDP(options)
	check("attach", err)
	say("aborted")
	_, err = link.AttachXDP(options)
	fmt.Printf("a second link: %v\n", err)
	check("update", l.Update(c.Programs["pass"]))
	say("pass")
	check("update", l.Update(c.Programs["aborted"]))
	say("aborted")
	path := "/sys/fs/bpf/link"
	check("pin", l.Pin(path))
	check("close", l.Close())
	say("pinned")
	l, err = link.LoadPinnedLink(path, nil)
	check("load pinned", err)
	info, err := l.Info()
	check("info", err)
	fmt.Printf("link of type %d\n", info.Type)
	check("unpin", l.Unpin())
	check("close", l.Close())
	say("closed")
}
