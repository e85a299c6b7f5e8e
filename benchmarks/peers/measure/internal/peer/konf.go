package peer

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"

	"github.com/nil-go/konf"
	"gopkg.in/yaml.v3"

	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/content"
)

func konfPeer() Peer {
	return Peer{
		Name: "konf", Module: "github.com/nil-go/konf", Config: openKonf[content.Config], Flat: openKonf[content.Flat],
		Cannot: map[string]string{Properties: "has no decoder for properties"},
	}
}

// konfLive is a watched config, with a callback that unmarshals the whole of it, as its example
// does.
type konfLive[T any] struct {
	config  *konf.Config
	loaders []*konfLoader
	done    chan error // what became of the callback
	live    *T
	stop    context.CancelFunc
	stopped chan error
}

func openKonf[T any](d Documents) (Live[T], error) {
	l, err := watchKonf[T](d)
	if err != nil {
		return nil, err
	}
	l.config.OnChange(func(c *konf.Config) {
		var value T
		err := c.Unmarshal("", &value)
		l.live = &value
		l.done <- err
	})
	l.live = new(T)
	return l, l.config.Unmarshal("", l.live)
}

// watchKonf loads documents and watches them, without a callback.
func watchKonf[T any](d Documents) (*konfLive[T], error) {
	ctx, stop := context.WithCancel(context.Background())
	l := &konfLive[T]{
		config: konf.New(konf.WithTagName("yaml"), konf.WithLogHandler(slog.DiscardHandler)),
		done:   make(chan error, 1), stop: stop, stopped: make(chan error, 1),
	}
	for _, data := range d.Data {
		loader := &konfLoader{format: d.Format, first: data, data: make(chan []byte), applied: make(chan error)}
		if err := l.config.Load(loader); err != nil {
			return nil, err
		}
		l.loaders = append(l.loaders, loader)
	}
	go func() { l.stopped <- l.config.Watch(ctx) }()
	return l, nil
}

func (l *konfLive[T]) Apply(c Change) error {
	loader := l.loaders[c.Document]
	loader.data <- c.Data
	if err := <-loader.applied; err != nil || c.Equal { // konf calls nothing back where no value has changed
		return err
	}
	return <-l.done
}

func (l *konfLive[T]) Value() (*T, error) { return l.live, nil }

func (l *konfLive[T]) Close() error {
	l.stop()
	if err := <-l.stopped; !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// konfLoader is a loader with a document that is pushed.
type konfLoader struct {
	format  string
	first   []byte
	data    chan []byte
	applied chan error
}

func (l *konfLoader) Load() (map[string]any, error) { return l.parse(l.first) }

func (l *konfLoader) parse(data []byte) (values map[string]any, err error) {
	if l.format == "json" {
		err = json.Unmarshal(data, &values)
	} else {
		err = yaml.Unmarshal(data, &values)
	}
	return values, err
}

func (l *konfLoader) Watch(ctx context.Context, onChange func(map[string]any)) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case data := <-l.data:
			values, err := l.parse(data)
			if err == nil {
				onChange(values)
			}
			l.applied <- err
		}
	}
}
