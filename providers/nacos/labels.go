package nacos

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/nacre-go/nacre/providers/nacos/internal/envconf"
	"github.com/nacre-go/nacre/route"
)

// appPrefix marks a label of the application.
const appPrefix = "app_"

// instance is what a connection says about this process.
type instance struct {
	service, version, id string
}

// instance returns the settings, with what the process knows about itself in the place of empty
// ones.
func (c Config) instance() instance {
	program := thisProgram()
	return instance{
		service: cmp.Or(c.AppName, program.service),
		version: cmp.Or(c.AppVersion, program.version),
		id:      cmp.Or(c.InstanceID, program.id),
	}
}

// routeInstance returns what routes know of this process. Its ID is InstanceID or the host: the ID
// of a connection has a random part, with which a percentage would choose other instances after
// each restart.
func (c Config) routeInstance() route.Instance {
	i := c.instance()
	id := c.InstanceID
	if id == "" {
		id, _ = os.Hostname()
	}
	return route.Instance{
		Namespace: namespaceName(namespaceID(c.Namespace)), Service: i.service, Version: i.version, Profile: c.Profile, ID: id, Labels: maps.Clone(c.Labels),
	}
}

// thisProgram is what the process knows about itself.
var thisProgram = sync.OnceValue(func() instance {
	i := instance{service: "unknown"}
	if len(os.Args) > 0 {
		i.service = strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe")
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		if name := path.Base(info.Path); name != "." && name != "command-line-arguments" {
			i.service = name
		}
		if v := info.Main.Version; v != "" && v != "(devel)" {
			i.version = v
		} else {
			for _, s := range info.Settings {
				if s.Key == "vcs.revision" {
					i.version = s.Value
				}
			}
		}
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	i.id = fmt.Sprintf("%s-%d-%s", host, os.Getpid(), strings.ToLower(rand.Text()[:8]))
	return i
})

// connectionLabels returns the labels of a connection: some that servers know, those of the
// instance, and those of the application with the prefix that newer servers require.
func connectionLabels(instance instance, labels map[string]string) map[string]string {
	all := map[string]string{}
	if instance.version != "" {
		all[appPrefix+"version"] = instance.version
	}
	all[appPrefix+"instance"] = instance.id
	for name, value := range labels {
		if name == envconf.TagLabel {
			all[name] = value
			continue
		}
		all[appPrefix+strings.TrimPrefix(name, appPrefix)] = value
	}
	maps.Copy(all, map[string]string{"source": "sdk", "module": "config", "AppName": instance.service})
	return all
}
