package impact

import (
	"cmp"
	"slices"

	"github.com/nacre-go/nacre/cmd/nacre/internal/declaration"
	"github.com/nacre-go/nacre/cmd/nacre/internal/keypath"
	"github.com/nacre-go/nacre/observe"
)

// Change is a key of a document that changes.
type Change struct {
	Document string // its data ID
	Key      string
	Op       string // "added", "removed" or "changed"
}

// Effect is what a change means for one service.
type Effect struct {
	Service  string `json:"service"`
	Document string `json:"document"`
	Key      string `json:"key"`
	Op       string `json:"op"`
	// What is one of the constants below.
	What string `json:"what"`
	// Why says more: the layer that overrides the key, or the key to use in its place.
	Why string `json:"why,omitempty"`
	// Readers are the parts of the service that the change concerns: resources that are built
	// again, subscribers that are called, and sections.
	Readers []Reader `json:"readers,omitempty"`
}

// Reader is a part of a service that reads a key.
type Reader struct {
	Kind string `json:"kind"` // "resource", "subscriber" or "section"
	Name string `json:"name"`
	// Unknown reports that the service cannot tell which keys the part reads.
	Unknown bool `json:"unknown,omitempty"`
}

// The effects.
const (
	Live       = "live"       // the service takes the change at once
	Restart    = "restart"    // it takes effect when the service restarts
	Overridden = "overridden" // a higher layer has the key, so that the change has no effect
	Unread     = "unread"     // no field of the service has the key
)

// Service is what is known about a service: what it declares, what documents it has, and what its
// instances say.
type Service struct {
	Declaration *declaration.Declaration
	// Instances are those that have told their state; none if they were not asked.
	Instances []Instance
}

// Instance is what an instance of a service says of itself; see confighttp.JSON.
type Instance struct {
	Address string
	Health  observe.Health
	Report  observe.Report
	// LayerOf returns the layer that has a document.
	LayerOf func(document string) (observe.LayerHealth, bool)
}

// reads reports whether the service has the document. A declaration without documents may have any.
func (s Service) reads(document string) bool {
	return len(s.Declaration.Documents) == 0 || slices.Contains(s.Declaration.Documents, document)
}

// Of returns the effects of changes, by service, document and key.
func Of(services []Service, changes []Change) []Effect {
	var all []Effect
	for _, s := range services {
		readers, sections := s.readers(), s.sections()
		for _, c := range changes {
			if s.reads(c.Document) {
				all = append(all, s.effect(c, readers, sections))
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Effect) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Document, b.Document), cmp.Compare(a.Key, b.Key))
	})
	return all
}

func (s Service) effect(c Change, readers []observe.Reader, sections []string) Effect {
	e := Effect{Service: s.Declaration.Service, Document: c.Document, Key: c.Key, Op: c.Op, What: Live}
	key, found := s.Declaration.Find(c.Key)
	below := s.Declaration.Below(c.Key)
	inSection := slices.ContainsFunc(sections, func(at string) bool { return keypath.Related(at, c.Key) })
	switch {
	case !found && below == nil && !inSection:
		e.What = Unread
		return e
	case key.Restart || slices.ContainsFunc(below, func(k declaration.Key) bool { return k.Restart }):
		e.What = Restart
	}
	if key.Deprecated != "" {
		e.Why = "deprecated: " + key.Deprecated
	}
	if place := s.overriding(c.Document, c.Key); place != "" {
		e.What, e.Why = Overridden, "by "+place
		return e
	}
	if e.What == Live {
		e.Readers = concerned(readers, c.Key, key.Path)
	}
	return e
}

// concerned returns the readers of a key, which may also be known by another name.
func concerned(readers []observe.Reader, names ...string) (all []Reader) {
	for _, r := range readers {
		if r.Unknown || slices.ContainsFunc(r.Keys, func(key string) bool {
			return slices.ContainsFunc(names, func(name string) bool { return name != "" && keypath.Related(key, name) })
		}) {
			all = append(all, Reader{r.Kind, r.Name, r.Unknown})
		}
	}
	return all
}

// readers returns what reads the keys. Instances know more than the declaration, which may be
// older.
func (s Service) readers() []observe.Reader {
	if len(s.Instances) > 0 {
		return Readers(s.Instances)
	}
	return s.Declaration.Readers
}

// Readers returns what instances name, each once.
func Readers(instances []Instance) (all []observe.Reader) {
	for _, i := range instances {
		for _, r := range i.Report.Readers {
			if !slices.ContainsFunc(all, func(known observe.Reader) bool {
				return known.Kind == r.Kind && known.Name == r.Name && slices.Equal(known.Keys, r.Keys)
			}) {
				all = append(all, r)
			}
		}
	}
	return all
}

// sections returns the keys of the sections of the service.
func (s Service) sections() []string {
	all := slices.Clone(s.Declaration.Sections)
	for _, i := range s.Instances {
		for _, section := range i.Health.Sections {
			all = append(all, section.Key)
		}
	}
	return all
}

// overriding returns where a layer above that of a document has a key, and at which instance; empty
// if none has.
func (s Service) overriding(document, key string) string {
	for _, i := range s.Instances {
		if place := i.overriding(document, key); place != "" {
			return place + " on " + i.Address
		}
	}
	return ""
}

// overriding returns where a layer above that of a document has a key, and "" if none has.
func (i Instance) overriding(document, key string) string {
	below, found := i.LayerOf(document)
	if !found {
		return ""
	}
	rank := func(layer string) int {
		return slices.IndexFunc(i.Health.Layers, func(l observe.LayerHealth) bool { return l.Name == layer })
	}
	at := slices.IndexFunc(i.Report.Keys, func(x observe.Explanation) bool { return x.Key == key })
	if at < 0 {
		return ""
	}
	for _, v := range i.Report.Keys[at].LayerValues {
		if rank(v.Layer) > rank(below.Name) {
			return v.Position.String()
		}
	}
	return ""
}
