package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/manifest"
	"github.com/nacre-go/nacre/source"
)

// manifestOf returns the manifest in contents and its layer, or nil if there is no valid one.
func (e *Engine) manifestOf(contents []*pipeline.Content) (*pipeline.Release, *layerState) {
	for i, l := range e.layers {
		c := contents[i]
		if !l.Manifest || c == nil {
			continue
		}
		if d := e.evaluator.DecodeContent(l.index, c); d.Manifest != nil && d.Problems == nil {
			return d.Manifest, l
		}
	}
	return nil, nil
}

// manifestMismatches returns the documents in contents that do not match the manifest, as problems.
// If the manifest must be signed, each document of a layer that is not trusted must be listed.
func (e *Engine) manifestMismatches(contents []*pipeline.Content) (problems source.Problems) {
	m, by := e.manifestOf(contents)
	if m == nil {
		return e.unsignedDocuments(contents)
	}
	if p := e.replayProblem(by, contents[by.index]); p != nil {
		return source.Problems{p}
	}
	found, selects := map[*manifest.Document]bool{}, false
	for i, l := range e.layers {
		if l.Manifest || contents[i] == nil {
			continue
		}
		sums := contents[i].DataSums()
		for k := range contents[i].Documents {
			d := &contents[i].Documents[k]
			selects = selects || d.Selects
			if d.Absent {
				continue
			}
			listed := m.Find(l.decode, d)
			found[listed] = true
			at := source.Position{Layer: l.name, Document: d.Name, Revision: contents[i].Shown()}
			switch {
			case listed != nil:
				if kind, reason := m.Mismatch(d, sums[k], listed); reason != "" {
					problems = append(problems, &source.Problem{Kind: kind, Position: at, Message: reason})
				}
			case by.decode.Signed() && !l.trusted:
				problems = append(problems, &source.Problem{Kind: source.PermissionDenied, Position: at, Message: "is not in the signed manifest of release " + m.Release})
			}
		}
	}
	for i := range m.Documents {
		if d := &m.Documents[i]; !found[d] && !selects { // what a source selects is a part of the release
			problems = append(problems, &source.Problem{Kind: source.Missing, Position: source.Position{Layer: by.name, Document: by.latestDocument()},
				Message: fmt.Sprintf("no layer has %s of release %s", m.Describe(d), m.Release)})
		}
	}
	slices.SortFunc(problems, func(a, b *source.Problem) int { return strings.Compare(a.Error(), b.Error()) })
	return problems
}

// unsignedDocuments returns the documents that must be in a signed manifest if there is no manifest
// at all.
func (e *Engine) unsignedDocuments(contents []*pipeline.Content) (problems source.Problems) {
	if !slices.ContainsFunc(e.layers, func(l *layerState) bool { return l.Manifest && l.decode.Signed() }) {
		return nil
	}
	for i, l := range e.layers {
		if l.Manifest || l.trusted || contents[i] == nil {
			continue
		}
		for _, d := range contents[i].Documents {
			if !d.Absent {
				problems = append(problems, &source.Problem{Kind: source.PermissionDenied, Message: "must be in a signed manifest and no layer has one",
					Position: source.Position{Layer: l.name, Document: d.Name, Revision: contents[i].Shown()}})
			}
		}
	}
	return problems
}

func (l *layerState) latestDocument() string {
	if names := l.latest.Names(); len(names) > 0 {
		return names[0]
	}
	return ""
}

// releaseHoldReasons returns why the layers of a release are held: not all documents that it lists
// have arrived. It returns nil if the release is complete.
func (e *Engine) releaseHoldReasons() []string {
	newest := make([]*pipeline.Content, len(e.layers))
	for i, l := range e.layers {
		if newest[i] = l.latest; newest[i] == nil || l.Manifest && (e.isLatestManifestBad(l) || e.latestReplayProblem(l) != nil) {
			newest[i] = l.applied
		}
	}
	problems := e.manifestMismatches(newest)
	var reasons []string
	for i, p := range problems {
		if i == maxMismatches {
			reasons = append(reasons, fmt.Sprintf("release is incomplete: %d more documents", len(problems)-i))
			break
		}
		reasons = append(reasons, "release is incomplete: "+p.Error())
	}
	return reasons
}

// maxMismatches is the number of documents in the hold reasons of a release: a manifest may list
// thousands, and the reasons are logged.
const maxMismatches = 20

// isLatestManifestBad reports whether the newest manifest is rejected; then the applied one counts.
func (e *Engine) isLatestManifestBad(l *layerState) bool {
	return e.evaluator.DecodeContent(l.index, l.latest).Problems != nil
}

// isPartOfRelease reports whether a layer waits for the other layers of a release.
func (e *Engine) isPartOfRelease(l *layerState) bool {
	if l.Manifest {
		return !e.isLatestManifestBad(l)
	}
	for _, of := range e.layers {
		for _, c := range []*pipeline.Content{of.latest, of.applied} {
			if !of.Manifest || c == nil || c.Decoded().Manifest == nil {
				continue
			}
			if of.decode.Signed() && !l.trusted {
				return true
			}
			for i := range l.latest.Documents {
				if c.Decoded().Manifest.Find(l.decode, &l.latest.Documents[i]) != nil {
					return true
				}
			}
		}
	}
	return false
}
