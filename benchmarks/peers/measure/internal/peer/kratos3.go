package peer

import (
	"context"
	"errors"
	"strconv"

	"github.com/go-kratos/kratos/v3/config"
	_ "github.com/go-kratos/kratos/v3/encoding/json" // the formats register themselves
	_ "github.com/go-kratos/kratos/v3/encoding/yaml"

	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/content"
)

func kratos3Peer() Peer {
	return Peer{
		Name: "kratos v3", Module: "github.com/go-kratos/kratos/v3",
		Config: through(content.Plain, openKratos3[content.ConfigOf[content.Text]]), Flat: openKratos3[content.Flat],
		Cannot: map[string]string{Properties: "has no codec for properties"},
	}
}

// openKratos3 loads and scans a new instance at each change. A running instance merges a changed
// source over all others, whatever their order, which loses the values of the layers above it; so
// it is used where documents do not overlap.
func openKratos3[T any](d Documents) (Live[T], error) {
	if !d.Apart {
		return rebuild(buildKratos3[T])(d)
	}
	all := kratos3Documents(d)
	source := &kratos3Source{first: all, next: make(chan []*config.KeyValue), asked: make(chan struct{}), done: make(chan struct{})}
	c := config.New(config.WithSource(source))
	if err := c.Load(); err != nil {
		return nil, err
	}
	<-source.asked
	live, err := keep(func(data []byte) error {
		source.next <- []*config.KeyValue{{Key: "changed", Value: data, Format: d.Format}}
		<-source.asked // for the next one, when this one is merged
		return nil
	}, func(value *T) error { return c.Scan(value) })
	return closing[T]{live, c.Close}, err
}

func buildKratos3[T any](d Documents) (*T, error) {
	var sources []config.Source
	for _, kv := range kratos3Documents(d) {
		sources = append(sources, &kratos3Source{first: []*config.KeyValue{kv}, asked: make(chan struct{}, 1), done: make(chan struct{})})
	}
	c := config.New(config.WithSource(sources...))
	if err := c.Load(); err != nil {
		return nil, err
	}
	var value T
	return &value, errors.Join(c.Scan(&value), c.Close())
}

func kratos3Documents(d Documents) (all []*config.KeyValue) {
	for i, data := range d.Data {
		all = append(all, &config.KeyValue{Key: "doc" + strconv.Itoa(i), Value: data, Format: d.Format})
	}
	return all
}

// kratos3Source is a source with documents in memory, and its own watcher.
type kratos3Source struct {
	first []*config.KeyValue
	next  chan []*config.KeyValue
	asked chan struct{} // Next was called
	done  chan struct{}
}

func (s *kratos3Source) Load() ([]*config.KeyValue, error) { return s.first, nil }
func (s *kratos3Source) Watch() (config.Watcher, error)    { return s, nil }

func (s *kratos3Source) Next() ([]*config.KeyValue, error) {
	s.asked <- struct{}{}
	select {
	case changed := <-s.next:
		return changed, nil
	case <-s.done:
		return nil, context.Canceled // which kratos takes for the end
	}
}

func (s *kratos3Source) Stop() error {
	close(s.done)
	return nil
}
