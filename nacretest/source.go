package nacretest

import (
	"context"
	"reflect"
	"strconv"

	"github.com/nacre-go/nacre/internal/given"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/verify"
	"github.com/nacre-go/nacre/source"
)

// values is the source of a config: a document made of Go values. The engine gets the first from
// Next, and the others from Set.
type values struct {
	document string
	turn     chan struct{} // has an item while no caller changes the values; a mutex would stop the time of a bubble
	first    source.Content

	// of the caller that has the turn
	number int
	seen   map[[32]byte][]*given.Document // by the sum of their trees
}

func newSource(t reflect.Type, d *given.Document) *values {
	s := &values{document: t.String(), turn: make(chan struct{}, 1), seen: map[[32]byte][]*given.Document{}}
	if t.Name() == "" {
		s.document = "value"
	}
	s.first = s.content(d)
	s.turn <- struct{}{}
	return s
}

// content returns the content of a document. Documents with different values have different sums.
func (s *values) content(d *given.Document) source.Content {
	sum := verify.Full(d.Root(new(tree.Doc)))
	alike := s.seen[sum]
	ordinal := 0
	for ordinal < len(alike) && !alike[ordinal].DeepEqual(d) {
		ordinal++
	}
	if ordinal == len(alike) {
		s.seen[sum] = append(alike, d)
	}
	s.number++
	return source.Content{
		Revision:  source.Revision(strconv.Itoa(s.number)), // a number is shown as it is, also with secrets
		Documents: []source.Document{{Name: s.document, Tree: tree.PlainGiven(d.WithOrdinal(ordinal).Root)}},
	}
}

// Name implements source.Source.
func (s *values) Name() string { return "nacretest" }

// Describe implements source.Describer.
func (s *values) Describe() source.Description { return source.Description{Local: true, Trusted: true} }

// Next implements source.Source.
func (s *values) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	if prev == "" {
		return s.first, nil
	}
	<-ctx.Done()
	return source.Content{}, ctx.Err()
}
