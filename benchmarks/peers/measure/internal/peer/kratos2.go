package peer

import (
	"context"
	"errors"
	"strconv"

	"github.com/go-kratos/kratos/v2/config"
	_ "github.com/go-kratos/kratos/v2/encoding/json" // the formats register themselves
	_ "github.com/go-kratos/kratos/v2/encoding/yaml"

	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/content"
)

func kratos2Peer() Peer {
	return Peer{
		Name: "kratos v2", Module: "github.com/go-kratos/kratos/v2",
		Config: through(content.Plain, openKratos2[content.ConfigOf[content.Text]]), Flat: openKratos2[content.Flat],
		Cannot: map[string]string{Properties: "has no codec for properties"},
	}
}

// openKratos2 loads and scans a new instance at each change. A running instance merges a changed
// source over all others, whatever their order, which loses the values of the layers above it; so
// it is used where documents do not overlap.
func openKratos2[T any](d Documents) (Live[T], error) {
	if !d.Apart {
		return rebuild(buildKratos2[T])(d)
	}
	all := kratos2Documents(d)
	source := &kratos2Source{first: all, next: make(chan []*config.KeyValue), asked: make(chan struct{}), done: make(chan struct{})}
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

func buildKratos2[T any](d Documents) (*T, error) {
	var sources []config.Source
	for _, kv := range kratos2Documents(d) {
		sources = append(sources, &kratos2Source{first: []*config.KeyValue{kv}, asked: make(chan struct{}, 1), done: make(chan struct{})})
	}
	c := config.New(config.WithSource(sources...))
	if err := c.Load(); err != nil {
		return nil, err
	}
	var value T
	return &value, errors.Join(c.Scan(&value), c.Close())
}

func kratos2Documents(d Documents) (all []*config.KeyValue) {
	for i, data := range d.Data {
		all = append(all, &config.KeyValue{Key: "doc" + strconv.Itoa(i), Value: data, Format: d.Format})
	}
	return all
}

// kratos2Source is a source with documents in memory, and its own watcher.
type kratos2Source struct {
	first []*config.KeyValue
	next  chan []*config.KeyValue
	asked chan struct{} // Next was called
	done  chan struct{}
}

func (s *kratos2Source) Load() ([]*config.KeyValue, error) { return s.first, nil }
func (s *kratos2Source) Watch() (config.Watcher, error)    { return s, nil }

func (s *kratos2Source) Next() ([]*config.KeyValue, error) {
	s.asked <- struct{}{}
	select {
	case changed := <-s.next:
		return changed, nil
	case <-s.done:
		return nil, context.Canceled // which kratos takes for the end
	}
}

func (s *kratos2Source) Stop() error {
	close(s.done)
	return nil
}
