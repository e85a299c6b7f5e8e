package engine

import (
	"cmp"
	"crypto/rand"
	"strings"
	"sync"

	"github.com/nacre-go/nacre/internal/program"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// identity is who this process is, and what it expects.
type identity struct {
	instance observe.Instance
	declared func() string // the digest of what the sections of Start declare
}

// process distinguishes this process from others with the same ID. All its configs have the same.
var process = sync.OnceValue(func() string { return strings.ToLower(rand.Text()[:12]) })

// instanceOf returns who this process is: as the sources of the layers know it, and otherwise as it
// knows itself.
func instanceOf(layers []Layer) observe.Instance {
	var i observe.Instance
	for _, l := range layers {
		d := source.DescriptionOf(l.Source)
		i.Service, i.Version, i.ID = cmp.Or(i.Service, d.Service), cmp.Or(i.Version, d.ServiceVersion), cmp.Or(i.ID, d.InstanceID)
	}
	this := program.This()
	i.Service, i.Version, i.ID = cmp.Or(i.Service, this.Service), cmp.Or(i.Version, this.Version), cmp.Or(i.ID, this.Host)
	i.Host, i.Process = this.Host, process()
	return i
}
