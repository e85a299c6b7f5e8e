package peer

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/content"
	"github.com/nacre-go/nacre/source"
)

func nacrePeer() Peer {
	return Peer{Name: Nacre, Module: "github.com/nacre-go/nacre", Config: openNacre[content.Config], Flat: openNacre[content.Flat]}
}

// nacreLive is a config with everything that checks a content on: schema, validation, change guard,
// history. What is off is the window, which is a wait, and the log.
type nacreLive[T any] struct {
	config  *nacre.Config[T]
	sources []*pushed // one, or one for each document
	n       int
}

func openNacre[T any](d Documents) (Live[T], error) {
	l := &nacreLive[T]{}
	var documents []source.Document
	for i, data := range d.Data {
		documents = append(documents, source.Document{Name: "doc" + strconv.Itoa(i) + "." + d.Format, Format: d.Format, Data: data})
	}
	if d.OneSource {
		l.sources = []*pushed{newPushed("documents", documents)}
	} else {
		for _, doc := range documents {
			l.sources = append(l.sources, newPushed(doc.Name, []source.Document{doc}))
		}
	}
	layers := make([]source.Source, len(l.sources))
	for i, s := range l.sources {
		layers[i] = s
	}
	config, err := nacre.OpenWith[T](context.Background(), nacreOptions(), layers...)
	if err != nil {
		return nil, err
	}
	l.config = config
	for _, s := range l.sources { // the contents of Open
		if err := <-s.acks; err != nil {
			return nil, err
		}
	}
	return l, nil
}

func nacreOptions() nacre.Options {
	return nacre.Options{Window: nacre.Off, Logger: slog.New(slog.DiscardHandler), LastKnownGoodDisabled: true}
}

func revision(n int) source.Revision { return source.Revision(fmt.Sprintf("r%d", n)) }

func (l *nacreLive[T]) Apply(c Change) error {
	l.n++
	if len(l.sources) == 1 {
		return l.sources[0].set(c.Document, c.Data, l.n)
	}
	return l.sources[c.Document].set(0, c.Data, l.n)
}

func (l *nacreLive[T]) Value() (*T, error) { return l.config.Get(), nil }
func (l *nacreLive[T]) Close() error       { return l.config.Close() }
