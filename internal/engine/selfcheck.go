package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/rescue"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/observe"
)

// startSelfCheck starts a self-check of one in SelfCheckEvery versions, in the background, and
// looks whether the service has written into the values of the version before. Only the writer
// calls it.
func (e *Engine) startSelfCheck(next, old *pipeline.State) {
	if e.SelfCheckEvery <= 0 {
		return
	}
	if e.writer.sinceCheck++; e.writer.sinceCheck < e.SelfCheckEvery {
		return
	}
	e.writer.sinceCheck = 0
	if reasons := e.written(old); reasons != nil {
		e.emit(observe.Event{Kind: observe.SelfCheckFailed, Version: next.Version, Reasons: reasons})
	}
	if e.evaluator.Whole.Load() {
		return
	}
	decodedBefore := make([]*pipeline.Decoded, len(next.Contents)) // the history may release them meanwhile
	for i, c := range next.Contents {
		if c != nil {
			decodedBefore[i] = c.Decoded()
		}
	}
	e.life.background.Go(func() {
		var differences []string
		if err := rescue.Do(func() error { differences = e.selfCheck(next, decodedBefore); return nil }); err != nil {
			differences = []string{"the check panicked"}
		}
		if differences != nil {
			e.evaluator.Whole.Store(true)
			e.emit(observe.Event{Kind: observe.SelfCheckFailed, Version: next.Version, Reasons: differences})
		}
	})
}

// written returns, for each section, which keys of the values of a version the service has written
// into. Only the writer calls it.
func (e *Engine) written(old *pipeline.State) (reasons []string) {
	if old == nil {
		return nil
	}
	for n, section := range old.Schema.Sections {
		if section.Written == nil || !section.IsOpen() || old.Value(n) == nil {
			continue
		}
		var keys []string
		_ = rescue.Do(func() error {
			for _, p := range section.Written(old.Value(n), old.Merged.Lookup(section.At)) {
				keys = append(keys, slices.Concat(section.At, p).String())
			}
			return nil
		})
		if keys != nil {
			reasons = append(reasons, "the service has written into values that Get returned: "+strings.Join(keys, ", "))
		}
	}
	return reasons
}

// selfCheck makes the trees of a version from the whole of its documents and returns where they
// differ from those that the version has; nil if they are the same, positions included. It calls no
// resolvers: references keep the values that they had.
func (e *Engine) selfCheck(s *pipeline.State, contents []*pipeline.Decoded) (differences []string) {
	var roots []*tree.Node
	for i, c := range contents {
		if c == nil {
			continue
		}
		l := e.layers[i]
		d := e.evaluator.DecodeWhole(l.decode, s.Contents[i], c, s.Schema)
		if len(d.Named) != len(c.Named) {
			return []string{fmt.Sprintf("layer %s has %d documents, not %d", l.name, len(d.Named), len(c.Named))}
		}
		for n, named := range d.Named {
			if at, same := tree.Identical(named.Root, c.Named[n].Root); !same {
				differences = append(differences, fmt.Sprintf("document %s of layer %s differs at %q", named.Name, l.name, at))
			}
		}
		roots = append(roots, d.Roots...)
	}
	if slices.ContainsFunc(roots, func(n *tree.Node) bool { return n.Doc != nil && n.Doc.Variables }) {
		roots, _ = layer.Respell(roots)
	}
	merged, _ := s.Schema.Merger.Merge(roots...)
	merged, _ = s.Schema.Freezer.Freeze(s.Merged, merged)
	if at, same := tree.Identical(merged, s.Merged); !same {
		differences = append(differences, fmt.Sprintf("the merged configuration differs at %q", at))
	}
	return differences
}
