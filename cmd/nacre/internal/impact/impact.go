package impact

import (
	"cmp"
	"slices"

	"github.com/nacre-go/nacre/cmd/nacre/internal/declaration"
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
	// Overriding returns the place above a document that has a key, and "" for none. Nil: that is
	// not known.
	Overriding func(document, key string) string
}

// reads reports whether the service has the document. A declaration without documents may have any.
func (s Service) reads(document string) bool {
	return len(s.Declaration.Documents) == 0 || slices.Contains(s.Declaration.Documents, document)
}

// Of returns the effects of changes, by service, document and key.
func Of(services []Service, changes []Change) []Effect {
	var all []Effect
	for _, s := range services {
		for _, c := range changes {
			if s.reads(c.Document) {
				all = append(all, s.effect(c))
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Effect) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Document, b.Document), cmp.Compare(a.Key, b.Key))
	})
	return all
}

func (s Service) effect(c Change) Effect {
	e := Effect{Service: s.Declaration.Service, Document: c.Document, Key: c.Key, Op: c.Op, What: Live}
	key, found := s.Declaration.Find(c.Key)
	below := s.Declaration.Below(c.Key)
	switch {
	case !found && below == nil:
		e.What = Unread
		return e
	case key.Restart || slices.ContainsFunc(below, func(k declaration.Key) bool { return k.Restart }):
		e.What = Restart
	}
	if key.Deprecated != "" {
		e.Why = "deprecated: " + key.Deprecated
	}
	if s.Overriding != nil {
		if place := s.Overriding(c.Document, c.Key); place != "" {
			e.What, e.Why = Overridden, "by "+place
		}
	}
	return e
}
