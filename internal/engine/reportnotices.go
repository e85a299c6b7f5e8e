package engine

import (
	"slices"

	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// policy returns which keys that no field has a document of the layer may have. The options of the
// layer precede what its source says of the document.
func (l *layerState) policy(d source.Document) layer.Policy {
	p := layer.Policy{Allowed: l.Allowed}
	switch {
	case l.Strict:
	case l.AllowUnknown || d.AllowUnknown:
		p.AllowUnknown = true
	default:
		p.Shared = l.Shared || !l.local
	}
	return p
}

// reportNotices reports the notices of a state if the set of their keys changed. Only the writer
// calls it.
func (e *Engine) reportNotices(next *pipeline.State) {
	var all pipeline.Notices
	for _, c := range next.Contents {
		if c != nil {
			n := &c.Decoded().Notices
			all.Unused = append(all.Unused, n.Unused...)
			all.Deprecated = append(all.Deprecated, n.Deprecated...)
		}
	}
	before := e.writer.reportedNotices
	e.writer.reportedNotices = all
	version := e.cell.Load().Version
	if !sameKeys(before.Unused, all.Unused) {
		e.emit(observe.Event{Kind: observe.UnusedKeys, Version: version, Problems: all.Unused})
	}
	if !sameKeys(before.Deprecated, all.Deprecated) {
		e.emit(observe.Event{Kind: observe.DeprecatedKeys, Version: version, Problems: all.Deprecated})
	}
}

// Notices returns the unused keys of the contents in use, and then the old names and deprecated
// keys.
func (e *Engine) Notices() source.Problems {
	var all pipeline.Notices
	e.table.read(func() {
		for _, l := range e.layers {
			if l.applied == nil {
				continue
			}
			n := &l.applied.Decoded().Notices
			all.Unused = append(all.Unused, n.Unused...)
			all.Deprecated = append(all.Deprecated, n.Deprecated...)
		}
	})
	return append(all.Unused, all.Deprecated...)
}

// sameKeys reports whether two lists name the same keys in the same documents, on whatever lines.
func sameKeys(a, b source.Problems) bool {
	return slices.Equal(places(a), places(b))
}

func places(problems source.Problems) []string {
	all := make([]string, len(problems))
	for i, p := range problems {
		all[i] = p.Position.Layer + "\x00" + p.Position.Document + "\x00" + p.Key
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// texts returns the text of each problem.
func texts(problems source.Problems) (all []string) {
	for _, p := range problems {
		all = append(all, p.Error())
	}
	return all
}

// reportPending reports the fields that wait for a restart if they changed.
func (e *Engine) reportPending(next *pipeline.State) {
	changed := !slices.EqualFunc(e.writer.reportedPending, next.Pending, func(a, b pipeline.PendingKey) bool { return a.Key == b.Key })
	e.writer.reportedPending = next.Pending
	if changed && len(next.Pending) > 0 {
		event := observe.Event{Kind: observe.PendingRestart, Version: e.cell.Load().Version, Reasons: pipeline.PendingTexts(next.Pending)}
		for _, p := range next.Pending {
			event.Changed = append(event.Changed, p.Key)
		}
		e.emit(event)
	}
}
