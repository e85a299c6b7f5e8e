package program

import (
	"cmp"
	"os"
	"path"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
)

// Program is what a process knows about itself.
type Program struct {
	// Service is the last part of the path of the main package, else the name of the executable.
	Service string
	// Version is the version of the main module, else its commit; "" if the build recorded neither.
	Version string
	// Host is the name of the machine or pod; "" if it has none.
	Host string
}

// This returns what this process knows about itself.
var This = sync.OnceValue(func() Program {
	p := Program{Service: "unknown"}
	if len(os.Args) > 0 {
		p.Service = cmp.Or(strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe"), p.Service)
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		if name := path.Base(info.Path); name != "." && name != "command-line-arguments" {
			p.Service = name
		}
		if v := info.Main.Version; v != "" && v != "(devel)" {
			p.Version = v
		} else {
			for _, s := range info.Settings {
				if s.Key == "vcs.revision" {
					p.Version = s.Value
				}
			}
		}
	}
	p.Host, _ = os.Hostname() // a host may have no name
	return p
})
