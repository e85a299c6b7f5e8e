package nacos

import (
	"crypto/rand"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
)

// Labels that mean something to a server.
const (
	// LabelTag is the tag of a client: it gets the content that was published for this tag, where there is one. It is sent
	// with each request too.
	LabelTag = "Vipserver-Tag"
	// LabelGray is what newer servers (2.5, 3) choose gray contents by.
	LabelGray = "nacos_config_gray_label"
)

// appPrefix marks a label as one of the application's.
const appPrefix = "app_"

// Instance says which process this is. It is sent when a connection is set up, and stands in the server's list of
// connections: there an operator finds who has not applied what.
type Instance struct {
	// Service is the name of the service. Empty: Config.AppName, else the name of the program.
	Service string
	// Version is that of the service. Empty: the version of the main module or its commit, as the build says it; where it
	// says none, none is sent.
	Version string
	// ID tells the instances of a service apart. Empty: host, process and a random part, the same for all clients of a
	// process.
	ID string
}

// filled returns the instance with its defaults.
func (i Instance) filled(appName string) Instance {
	if i.Service == "" {
		i.Service = appName
	}
	program := thisProgram()
	if i.Service == "" {
		i.Service = program.Service
	}
	if i.Version == "" {
		i.Version = program.Version
	}
	if i.ID == "" {
		i.ID = program.ID
	}
	return i
}

// thisProgram is what the process knows about itself.
var thisProgram = sync.OnceValue(func() Instance {
	i := Instance{Service: "unknown"}
	if len(os.Args) > 0 {
		i.Service = strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe")
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		if name := path.Base(info.Path); name != "." && name != "command-line-arguments" {
			i.Service = name
		}
		if v := info.Main.Version; v != "" && v != "(devel)" {
			i.Version = v
		} else {
			for _, s := range info.Settings {
				if s.Key == "vcs.revision" {
					i.Version = s.Value
				}
			}
		}
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	i.ID = fmt.Sprintf("%s-%d-%s", host, os.Getpid(), strings.ToLower(rand.Text()[:8]))
	return i
})

// connectionLabels are those that a connection is set up with: some that servers know, those of the instance, and those of
// the application with the prefix that newer servers want.
func connectionLabels(instance Instance, labels map[string]string) map[string]string {
	all := map[string]string{}
	if instance.Version != "" {
		all[appPrefix+"version"] = instance.Version
	}
	all[appPrefix+"instance"] = instance.ID
	for name, value := range labels {
		if name == LabelTag {
			all[name] = value
			continue
		}
		all[appPrefix+strings.TrimPrefix(name, appPrefix)] = value
	}
	maps.Copy(all, map[string]string{"source": "sdk", "module": "config", "AppName": instance.Service})
	return all
}
