package peer

import (
	"bytes"
	"context"
	"time"

	"gocloud.dev/gcerrors"
	"gocloud.dev/runtimevar"
	"gocloud.dev/runtimevar/driver"
	"gopkg.in/yaml.v3"

	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/content"
)

func runtimevarPeer() Peer {
	return Peer{
		Name: "runtimevar", Module: "gocloud.dev",
		Cannot: map[string]string{
			Layers: oneDocument, Many: oneDocument,
			Same:       "leaves it to its drivers to compare bytes, so nothing of it would be measured",
			JSON:       "its JSONDecode is encoding/json, which reads no durations",
			Properties: "has no decoder for properties",
		},
		Config: openRuntimevar[content.Config],
	}
}

// runtimevarLive is a variable on a driver that is notified of changes.
type runtimevarLive[T any] struct {
	variable *runtimevar.Variable
	driver   *runtimevarDriver
	live     *T
}

func openRuntimevar[T any](d Documents) (Live[T], error) {
	decode := func(_ context.Context, data []byte, to any) error { return yaml.Unmarshal(data, to) }
	driver := &runtimevarDriver{decoder: runtimevar.NewDecoder((*T)(nil), decode), data: make(chan []byte, 1)}
	l := &runtimevarLive[T]{variable: runtimevar.New(driver), driver: driver}
	return l, l.Apply(Change{Data: d.Data[0]})
}

func (l *runtimevarLive[T]) Apply(c Change) error {
	l.driver.data <- c.Data
	snapshot, err := l.variable.Watch(context.Background())
	if err != nil {
		return err
	}
	l.live = snapshot.Value.(*T)
	return nil
}

func (l *runtimevarLive[T]) Value() (*T, error) { return l.live, nil }
func (l *runtimevarLive[T]) Close() error       { return l.variable.Close() }

// runtimevarDriver decodes what it is sent.
type runtimevarDriver struct {
	decoder *runtimevar.Decoder
	data    chan []byte
}

// runtimevarState is a decoded content.
type runtimevarState struct {
	data  []byte
	value any
	err   error
	at    time.Time
}

func (s *runtimevarState) Value() (any, error)   { return s.value, s.err }
func (s *runtimevarState) UpdateTime() time.Time { return s.at }
func (*runtimevarState) As(any) bool             { return false }

func (d *runtimevarDriver) WatchVariable(ctx context.Context, prev driver.State) (driver.State, time.Duration) {
	for {
		select {
		case <-ctx.Done():
			return &runtimevarState{err: ctx.Err()}, 0
		case data := <-d.data:
			if old, ok := prev.(*runtimevarState); ok && bytes.Equal(old.data, data) {
				continue
			}
			value, err := d.decoder.Decode(ctx, data)
			return &runtimevarState{data, value, err, time.Now()}, 0
		}
	}
}

func (*runtimevarDriver) Close() error                       { return nil }
func (*runtimevarDriver) ErrorAs(error, any) bool            { return false }
func (*runtimevarDriver) ErrorCode(error) gcerrors.ErrorCode { return gcerrors.Unknown }
