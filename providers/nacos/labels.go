package nacos

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"maps"
	"os"
	"strings"
	"sync"

	"github.com/nacre-go/nacre/internal/program"
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
	this := program.This()
	return instance{
		service: cmp.Or(c.AppName, this.Service),
		version: cmp.Or(c.AppVersion, this.Version),
		id:      cmp.Or(c.InstanceID, connectionID()),
	}
}

// routeInstance returns what routes know of this process. Its ID is InstanceID or the host: the ID
// of a connection has a random part, with which a percentage would choose other instances after
// each restart.
func (c Config) routeInstance() route.Instance {
	i := c.instance()
	id := cmp.Or(c.InstanceID, program.This().Host)
	return route.Instance{
		Namespace: namespaceName(namespaceID(c.Namespace)), Service: i.service, Version: i.version, Profile: c.Profile, ID: id, Labels: maps.Clone(c.Labels),
	}
}

// connectionID is the ID of an instance without one: it differs between the processes of a host.
var connectionID = sync.OnceValue(func() string {
	host := cmp.Or(program.This().Host, "unknown")
	return fmt.Sprintf("%s-%d-%s", host, os.Getpid(), strings.ToLower(rand.Text()[:8]))
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
			all[name] = value // Nacos 3 wants the prefix here, too
		}
		all[appPrefix+strings.TrimPrefix(name, appPrefix)] = value
	}
	maps.Copy(all, map[string]string{"source": "sdk", "module": "config", "AppName": instance.service})
	return all
}
