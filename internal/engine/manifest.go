package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nacre-go/nacre/manifest"
	"github.com/nacre-go/nacre/source"
)

// manifestOf returns the manifest among contents, and the layer that has it; nil where there is
// none that is good.
func (e *Engine) manifestOf(contents []*layerContent) (*release, *layerState) {
	for i, f := range e.layers {
		c := contents[i]
		if !f.Manifest || c == nil {
			continue
		}
		e.decodeContent(f, c)
		if c.manifest != nil && c.problems == nil {
			return c.manifest, f
		}
	}
	return nil, nil
}

// manifestMismatches returns a problem for each document that is not the one that the manifest
// lists. If the manifest must be signed, an unlisted document is a mismatch too, unless its layer
// is trusted without a signature.
func (e *Engine) manifestMismatches(contents []*layerContent) (problems source.Problems) {
	m, by := e.manifestOf(contents)
	if m == nil {
		return e.unsigned(contents)
	}
	if p := e.replayed(by, contents[by.index]); p != nil {
		return source.Problems{p}
	}
	found := map[*manifest.Document]bool{}
	for i, f := range e.layers {
		if f.Manifest || contents[i] == nil {
			continue
		}
		sums := contents[i].dataSums()
		for k := range contents[i].Documents {
			d := &contents[i].Documents[k]
			if d.Absent {
				continue
			}
			listed := m.find(f, d.Name)
			found[listed] = true
			at := source.Position{Layer: f.name, Document: d.Name, Revision: e.shown(contents[i])}
			switch {
			case listed != nil:
				if kind, why := m.unlike(d, sums[k], listed); why != "" {
					problems = append(problems, &source.Problem{Kind: kind, Position: at, Message: why})
				}
			case by.signed() && !f.trusted:
				problems = append(problems, &source.Problem{Kind: source.PermissionDenied, Position: at, Message: "is not in the signed manifest of release " + m.Release})
			}
		}
	}
	for i := range m.Documents {
		if d := &m.Documents[i]; !found[d] {
			problems = append(problems, &source.Problem{Kind: source.Missing, Position: source.Position{Layer: by.name, Document: by.latestName()},
				Message: fmt.Sprintf("no layer has %s of release %s", m.place(d), m.Release)})
		}
	}
	slices.SortFunc(problems, func(a, b *source.Problem) int { return strings.Compare(a.Error(), b.Error()) })
	return problems
}

// unsigned are the documents that must be signed, where there is no manifest at all.
func (e *Engine) unsigned(contents []*layerContent) (problems source.Problems) {
	if !slices.ContainsFunc(e.layers, func(f *layerState) bool { return f.Manifest && f.signed() }) {
		return nil
	}
	for i, f := range e.layers {
		if f.Manifest || f.trusted || contents[i] == nil {
			continue
		}
		for _, d := range contents[i].Documents {
			if !d.Absent {
				problems = append(problems, &source.Problem{Kind: source.PermissionDenied, Message: "must be in a signed manifest, and there is none",
					Position: source.Position{Layer: f.name, Document: d.Name, Revision: e.shown(contents[i])}})
			}
		}
	}
	return problems
}

func (l *layerState) latestName() string {
	if names := l.latest.names(); len(names) > 0 {
		return names[0]
	}
	return ""
}

// waitsForRelease returns why the layers of a release have to wait: not all of its documents are
// there. It returns nil if they are.
func (e *Engine) waitsForRelease() []string {
	newest := make([]*layerContent, len(e.layers))
	for i, f := range e.layers {
		if newest[i] = f.latest; newest[i] == nil || f.Manifest && (e.badManifest(f) || e.replayedNow(f) != nil) {
			newest[i] = f.applied
		}
	}
	problems := e.manifestMismatches(newest)
	var reasons []string
	for i, p := range problems {
		if i == maxMisfits {
			reasons = append(reasons, fmt.Sprintf("the release is not whole: %d documents more", len(problems)-i))
			break
		}
		reasons = append(reasons, "the release is not whole: "+p.Error())
	}
	return reasons
}

// maxMisfits is how many documents are named of those for which a release waits: a manifest may
// list thousands, and what is held is logged.
const maxMisfits = 20

// badManifest reports whether the newest manifest is refused: then the one that is applied counts.
func (e *Engine) badManifest(f *layerState) bool {
	e.decodeContent(f, f.latest)
	return f.latest.problems != nil
}

// ofRelease reports whether a layer has to wait for the others of a release.
func (e *Engine) ofRelease(f *layerState) bool {
	if f.Manifest {
		return !e.badManifest(f)
	}
	for _, of := range e.layers {
		for _, c := range []*layerContent{of.latest, of.applied} {
			if !of.Manifest || c == nil || c.manifest == nil {
				continue
			}
			if of.signed() && !f.trusted {
				return true
			}
			for _, d := range f.latest.Documents {
				if c.manifest.find(f, d.Name) != nil {
					return true
				}
			}
		}
	}
	return false
}
