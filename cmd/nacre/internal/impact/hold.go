package impact

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nacre-go/nacre/cmd/nacre/internal/document"
	"github.com/nacre-go/nacre/cmd/nacre/internal/keypath"
	"github.com/nacre-go/nacre/cmd/nacre/internal/plural"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// Publication is a document that is published.
type Publication struct {
	Document string
	MD5      string
	Loss     *document.Loss // nil: it loses nothing
}

// Hold is a document that instances of a service would hold: they receive it and do not apply it.
type Hold struct {
	Service  string `json:"service"`
	Document string `json:"document"`
	// Guard is what holds it, one of the constants below, and Why says for what reason.
	Guard string `json:"guard"`
	Why   string `json:"why"`
	// Layer is the name of the layer, as approve needs it; empty if it is not known.
	Layer string `json:"layer,omitempty"`
	// Instances are those that would hold it, and Of is how many have been asked. None: every
	// instance would, by the declaration.
	Instances []string `json:"instances,omitempty"`
	Of        int      `json:"of,omitempty"`
	// Fix says what to do.
	Fix string `json:"fix"`
}

// What holds a document: options of the service, and what has happened at an instance.
const (
	MaxKeyLoss    = "MaxKeyLoss"    // it loses more keys than the option allows, or changes their types
	MaxBadChanges = "MaxBadChanges" // the layer has had more bad changes than the option allows
	Quarantine    = "quarantine"    // it was live before and was rolled back
	Pin           = "pin"           // a version is pinned
)

// minLost is the number of lost keys from which their share counts; see nacre.Options.MaxKeyLoss.
const minLost = 5

// Holds returns what the services would hold, with one entry for each reason. It knows the guards
// of single documents; what a manifest holds, and what several documents lose together, it does
// not.
func Holds(services []Service, published []Publication) (all []Hold) {
	for _, s := range services {
		for _, p := range published {
			if s.reads(p.Document) {
				all = append(all, s.holds(p)...)
			}
		}
	}
	return all
}

func (s Service) holds(p Publication) (all []Hold) {
	if len(s.Instances) == 0 {
		guard := s.Declaration.Guard
		if guard == nil {
			return nil
		}
		for _, why := range s.losses(p.Loss, guard.MaxKeyLoss, nil) {
			all = append(all, s.hold(p, MaxKeyLoss, why, ""))
		}
		return all
	}
	for _, i := range s.Instances {
		for _, h := range s.holdsAt(i, p) {
			at := slices.IndexFunc(all, func(other Hold) bool { return other.Guard == h.Guard && other.Why == h.Why && other.Layer == h.Layer })
			if at < 0 {
				at, all = len(all), append(all, h)
			}
			all[at].Instances = append(all[at].Instances, i.Address)
		}
	}
	for n := range all {
		all[n].Of = len(s.Instances)
		all[n].Fix = fix(all[n])
	}
	return all
}

func (s Service) hold(p Publication, guard, why, layer string) Hold {
	h := Hold{Service: s.Declaration.Service, Document: p.Document, Guard: guard, Why: why, Layer: layer}
	h.Fix = fix(h)
	return h
}

// holdsAt returns what an instance would hold.
func (s Service) holdsAt(i Instance, p Publication) (all []Hold) {
	layer, found := i.LayerOf(p.Document)
	if !found || layer.Applied == "" {
		return nil // it has nothing that the change could be worse than
	}
	add := func(guard, why string) { all = append(all, s.hold(p, guard, why, layer.Name)) }
	if i.Health.Pinned {
		add(Pin, fmt.Sprintf("version %d is pinned", i.Health.Version))
		return all
	}
	if slices.Contains(layer.Quarantined, source.Revision("md5:"+p.MD5)) {
		add(Quarantine, "this content was live before, and was rolled back")
	}
	if layer.BreakerOpen {
		add(MaxBadChanges, fmt.Sprintf("layer %s has had %s", layer.Name, plural.Count(i.Health.Guard.MaxBadChanges, "bad change")))
	}
	if !layer.WithoutChangeGuard {
		for _, why := range s.losses(p.Loss, i.Health.Guard.MaxKeyLoss, i.keysBelow) {
			add(MaxKeyLoss, why)
		}
	}
	return all
}

// losses returns why a document would be held for what it loses.
func (s Service) losses(l *document.Loss, most float64, keysBelow func(string) int) (why []string) {
	if l == nil || most <= 0 {
		return nil
	}
	switch {
	case l.Had > 0 && l.Left == 0:
		why = append(why, "it is empty and had "+plural.Count(l.Had, "key"))
	case l.Lost >= minLost && float64(l.Lost) > most*float64(l.Had):
		why = append(why, "it loses "+plural.Of(l.Lost, l.Had, "key"))
	}
	for _, r := range l.Retyped {
		if !s.hasType(r.Key) {
			why = append(why, fmt.Sprintf("%s was %s and is %s", r.Key, r.Was, r.Is))
		}
	}
	for _, key := range l.Nulls {
		if keysBelow == nil {
			break
		}
		if n := keysBelow(key); n >= minLost {
			why = append(why, fmt.Sprintf("the null at %s removes %s", key, plural.Count(n, "key")))
		}
	}
	return why
}

// hasType reports whether a field gives the key its type, whatever the document writes.
func (s Service) hasType(path string) bool {
	key, found := s.Declaration.Find(path)
	return found && key.Type != "anything" || !found && s.Declaration.Below(path) != nil
}

// keysBelow returns how many keys of the live configuration are at a key and below it.
func (i Instance) keysBelow(key string) (n int) {
	at := keypath.Split(key)
	for _, x := range i.Report.Keys {
		if parts := keypath.Split(x.Key); len(parts) >= len(at) && slices.Equal(parts[:len(at)], at) &&
			slices.ContainsFunc(x.LayerValues, func(v observe.LayerValue) bool { return v.Effective }) {
			n++
		}
	}
	return n
}

// fix says what to do about a hold.
func fix(h Hold) string {
	if len(h.Instances) == 0 {
		return "split the change, or approve the layer at each instance after the release: nacre instance approve"
	}
	at := " --instance " + strings.Join(h.Instances, ",")
	if h.Guard == Pin {
		return "end the pin first: nacre instance unpin" + at
	}
	return "change the plan, or approve it after the release: nacre instance approve " + h.Layer + at
}

// String returns a sentence for people, without the fix.
func (h Hold) String() string {
	where := "every instance of " + h.Service
	if len(h.Instances) > 0 {
		where = plural.Of(len(h.Instances), h.Of, "instance") + " of " + h.Service
	}
	return fmt.Sprintf("%s would be held at %s by %s: %s", h.Document, where, h.Guard, h.Why)
}
