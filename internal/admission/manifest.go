package admission

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/manifest"
	"github.com/nacre-go/nacre/source"
)

// Gate decides which contents may apply together: those of a release, and of a signed release.
type Gate struct {
	Evaluator *pipeline.Evaluator
	Layers    []Layer
}

// Layer is a layer as the gate sees it.
type Layer struct {
	*pipeline.Layer
	// Trusted says that the documents of the layer need no signature.
	Trusted bool
}

// Standing is what the gate compares contents with.
type Standing struct {
	// Applied and Newest are the live and the newest content of each layer, or nil.
	Applied, Newest []*pipeline.Content
	// Accepted records the signed releases.
	Accepted Accepted
}

// ManifestOf returns the manifest in contents and its layer, or nil if none of them is valid.
func (g *Gate) ManifestOf(contents []*pipeline.Content) (m *pipeline.Release, by int) {
	for i, l := range g.Layers {
		c := contents[i]
		if !l.Manifest || c == nil {
			continue
		}
		if d := g.Evaluator.DecodeContent(i, c); d.Manifest != nil && d.Problems == nil {
			return d.Manifest, i
		}
	}
	return nil, -1
}

// Mismatches returns the documents in contents that do not match the manifest, as problems. If the
// manifest must be signed, each document of a layer that is not trusted must be listed.
func (g *Gate) Mismatches(contents []*pipeline.Content, now *Standing) (problems source.Problems) {
	m, at := g.ManifestOf(contents)
	if m == nil {
		return g.unsignedDocuments(contents)
	}
	by := g.Layers[at]
	if p := g.replayProblem(at, contents[at], now); p != nil {
		return source.Problems{p}
	}
	found, selects := map[*manifest.Document]bool{}, false
	for i, l := range g.Layers {
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
			listed := m.Find(l.Layer, d)
			found[listed] = true
			at := source.Position{Layer: l.Name, Document: d.Name, Revision: contents[i].Shown()}
			switch {
			case listed != nil:
				if kind, reason := m.Mismatch(d, sums[k], listed); reason != "" {
					problems = append(problems, &source.Problem{Kind: kind, Position: at, Message: reason})
				}
			case by.Signed() && !l.Trusted:
				problems = append(problems, &source.Problem{Kind: source.PermissionDenied, Position: at, Message: "is not in the signed manifest of release " + m.Release})
			}
		}
	}
	for i := range m.Documents {
		if d := &m.Documents[i]; !found[d] && !selects { // what a source selects is a part of the release
			problems = append(problems, &source.Problem{Kind: source.Missing, Position: source.Position{Layer: by.Name, Document: firstDocument(now.Newest[at])},
				Message: fmt.Sprintf("no layer has %s of release %s", m.Describe(d), m.Release)})
		}
	}
	slices.SortFunc(problems, func(a, b *source.Problem) int { return strings.Compare(a.Error(), b.Error()) })
	return problems
}

// unsignedDocuments returns the documents that a signed manifest must list, as problems, for
// contents without a manifest.
func (g *Gate) unsignedDocuments(contents []*pipeline.Content) (problems source.Problems) {
	if !slices.ContainsFunc(g.Layers, func(l Layer) bool { return l.Manifest && l.Signed() }) {
		return nil
	}
	for i, l := range g.Layers {
		if l.Manifest || l.Trusted || contents[i] == nil {
			continue
		}
		for _, d := range contents[i].Documents {
			if !d.Absent {
				problems = append(problems, &source.Problem{Kind: source.PermissionDenied, Message: "must be in a signed manifest and no layer has one",
					Position: source.Position{Layer: l.Name, Document: d.Name, Revision: contents[i].Shown()}})
			}
		}
	}
	return problems
}

// firstDocument returns the name of the first document of a content that is not absent, or "".
func firstDocument(c *pipeline.Content) string {
	if names := c.Names(); len(names) > 0 {
		return names[0]
	}
	return ""
}

// HoldReasons returns why the layers of a release are held: not all documents that it lists have
// arrived. It returns nil if the release is complete.
func (g *Gate) HoldReasons(now *Standing) []string {
	newest := make([]*pipeline.Content, len(g.Layers))
	for i, l := range g.Layers {
		if newest[i] = now.Newest[i]; newest[i] == nil || l.Manifest && (g.isManifestBad(i, now) || g.Replayed(i, now) != nil) {
			newest[i] = now.Applied[i]
		}
	}
	problems := g.Mismatches(newest, now)
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

// isManifestBad reports whether the newest manifest is rejected; then the applied one counts.
func (g *Gate) isManifestBad(layer int, now *Standing) bool {
	return g.Evaluator.DecodeContent(layer, now.Newest[layer]).Problems != nil
}

// IsPartOfRelease reports whether a layer waits for the other layers of a release.
func (g *Gate) IsPartOfRelease(layer int, now *Standing) bool {
	l := g.Layers[layer]
	if l.Manifest {
		return !g.isManifestBad(layer, now)
	}
	for i, of := range g.Layers {
		for _, c := range []*pipeline.Content{now.Newest[i], now.Applied[i]} {
			if !of.Manifest || c == nil || c.Decoded().Manifest == nil {
				continue
			}
			if of.Signed() && !l.Trusted {
				return true
			}
			for k := range now.Newest[layer].Documents {
				if c.Decoded().Manifest.Find(l.Layer, &now.Newest[layer].Documents[k]) != nil {
					return true
				}
			}
		}
	}
	return false
}

// replayProblem returns why a correctly signed release must not apply: its sequence number is not
// higher than that of an accepted release, or it has expired. It returns nil for a release that may
// apply. The live release, the last accepted one, one from the last known good copy and one that an
// operator approved may apply, so that neither a clock nor a restart stops a service that runs with
// it.
func (g *Gate) replayProblem(layer int, c *pipeline.Content, now *Standing) *source.Problem {
	l := g.Layers[layer]
	if c == nil || c.Decoded().Manifest == nil || !l.Signed() || c.FromDisk && !c.FromSeed || c.Approved {
		return nil
	}
	m := c.Decoded().Manifest
	digest := m.Digest()
	if digest == now.Accepted.digest || digest == now.Accepted.approved {
		return nil
	}
	if a := now.Applied[layer]; a != nil && a.Decoded().Manifest != nil && a.Decoded().Manifest.Digest() == digest {
		return nil
	}
	var reason string
	switch {
	case m.Sequence < now.Accepted.sequence:
		reason = fmt.Sprintf("has sequence %d, and %d was accepted here before; sign it with a higher one, or Approve the layer to go back", m.Sequence, now.Accepted.sequence)
	case m.Sequence == now.Accepted.sequence:
		reason = fmt.Sprintf("has sequence %d, with which another release was accepted here; sign it with a higher one, or Approve the layer", m.Sequence)
	case !m.Expires.IsZero() && time.Now().After(m.Expires):
		reason = fmt.Sprintf("has expired at %s; sign it with a later time, or Approve the layer", m.Expires.UTC().Format(time.RFC3339))
	default:
		return nil
	}
	return &source.Problem{Kind: source.PermissionDenied, Position: source.Position{Layer: l.Name, Document: pipeline.FirstName(c), Revision: c.Shown()},
		Message: "release " + m.Release + " " + reason}
}

// Replayed returns why the newest content of a layer, a correctly signed release, must not apply:
// it was replayed, or it has expired. It returns nil for any other content.
func (g *Gate) Replayed(layer int, now *Standing) *source.Problem {
	c := now.Newest[layer]
	if !g.Layers[layer].Manifest || c == nil || g.isManifestBad(layer, now) {
		return nil
	}
	return g.replayProblem(layer, c, now)
}
