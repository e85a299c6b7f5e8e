package binding_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/nacre-go/nacre/internal/testrun"
	"github.com/nacre-go/nacre/internal/tree"
)

// many has 20 000 keys.
type many struct {
	More map[string]section `config:"more"`
}

// manyKeys returns two trees of 20 000 keys that differ in one of them.
func manyKeys(b *testing.B) (root, next *tree.Node) {
	more := map[string]any{}
	for i := range 1000 {
		more[fmt.Sprintf("s%04d", i)] = sectionValues()
	}
	root, err := tree.FromPlain(yamlDoc, map[string]any{"more": more})
	if err != nil {
		b.Fatal(err)
	}
	return root, withValue(root, int64(5433), "more", "s0500", "port")
}

// withValue returns a tree with another value at a path. It shares all else with n.
func withValue(n *tree.Node, value any, path ...string) *tree.Node {
	if len(path) == 0 {
		return tree.NewScalar(n.Doc, n.Line, n.Column, value)
	}
	entries := slices.Clone(n.Entries)
	for i := range entries {
		if entries[i].Key == path[0] {
			entries[i].Value = withValue(entries[i].Value, value, path[1:]...)
		}
	}
	return tree.NewMap(n.Doc, n.Line, n.Column, entries)
}

type judgedMany struct{ many }

func (j *judgedMany) Validate() error { return nil }

// BenchmarkBindOneKey binds a tree of 20 000 keys of which one has changed.
func BenchmarkBindOneKey(b *testing.B) {
	b.Run("struct", func(b *testing.B) { bindOneKey[many](b) })
	b.Run("validate", func(b *testing.B) { bindOneKey[judgedMany](b) })
}

func bindOneKey[T any](b *testing.B) {
	root, next := manyKeys(b)
	p := plan[T](b)
	last := new(T)
	from := p.BindAfter(last, nil, root, nil, nil, nil).Bound
	for _, work := range []struct {
		name string
		does func() bool
	}{
		{"all", func() bool { _, report := p.Bind(next); return len(report.Problems) == 0 }},
		{"first", func() bool { return p.BindAfter(new(T), nil, next, nil, nil, nil).Complete }},
		{"after", func() bool { return p.BindAfter(new(T), nil, next, nil, last, from).Taken }},
		{"digest", func() bool { return !p.Written(last, from) }},
		{"document", func() bool { return p.DocumentProblems(nil, next, nil, root) == nil }},
	} {
		b.Run(work.name, func(b *testing.B) {
			b.ReportAllocs()
			began := testrun.CPU()
			for b.Loop() {
				if !work.does() {
					b.Fatal("not good")
				}
			}
			b.ReportMetric(float64((testrun.CPU()-began).Nanoseconds())/float64(b.N), "cpu-ns/op")
		})
	}
}
