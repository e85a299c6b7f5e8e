package engine

import (
	"cmp"
	"slices"
	"strings"

	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/observe"
)

// reads is what a subscriber reads in a version: its keys; nil if they are not known.
type reads func(live *pipeline.State) []string

// SetReads tells the engine how to find out what the subscriber reads in a version; see
// observe.Reader.
func (s *Subscriber) SetReads(keys func(live *pipeline.State) []string) { s.SetNote(reads(keys)) }

// readers returns which sections, resources and subscribers read keys at a path, below it or above
// it. It calls functions of the service.
func (e *Engine) readers(live *pipeline.State, below tree.Path) (all []observe.Reader) {
	add := func(kind, name string, keys []string, known bool) {
		if !known {
			keys = nil
		}
		r := observe.Reader{Kind: kind, Name: name, Unknown: !known, Keys: slices.DeleteFunc(keys, func(key string) bool {
			p, ok := tree.ParsePath(key)
			return ok && !related(p, below)
		})}
		if r.Unknown || len(r.Keys) > 0 {
			all = append(all, r)
		}
	}
	for _, section := range live.Schema.Sections[1:] {
		if section.IsOpen() {
			add("section", section.At.String(), []string{section.At.String()}, true)
		}
	}
	for _, r := range e.resources.Reads(live.Built.Load(), live) {
		add("resource", r.Name, r.Keys, r.Known)
	}
	for _, s := range e.hub.Subscribers() {
		name, note := s.Note()
		if read, ok := note.(reads); ok {
			keys := read(live)
			add("subscriber", name, keys, keys != nil)
		}
	}
	slices.SortStableFunc(all, func(a, b observe.Reader) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Name, b.Name))
	})
	return slices.CompactFunc(all, func(a, b observe.Reader) bool {
		return a.Kind == b.Kind && a.Name == b.Name && slices.Equal(a.Keys, b.Keys)
	})
}

// related reports whether one of two paths is the other one, or is below it.
func related(a, b tree.Path) bool {
	n := min(len(a), len(b))
	return slices.Equal(a[:n], b[:n])
}
