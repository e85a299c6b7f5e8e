package engine_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/engine"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// A content whose decoding panics is rejected like any other, with the layer named, and the config
// keeps running, also if the change guard decodes the content before the pipeline does.
func TestContentWhoseDecodingPanicsIsRejected(t *testing.T) {
	for name, maxLoss := range map[string]float64{"guarded": 0.5, "not guarded": 0} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				x, y := newOrigin("x", "a: 1"), newOrigin("y", "b: 1")
				s := settings(t, x, y)
				s.MaxKeyLoss = maxLoss
				section := s.Sections[0]
				bind := section.Bind
				section.BindsDocuments = true
				section.Bind = func(piece *tree.Node, whole *tree.Shape, live any) (any, source.Problems) {
					if n := piece.Lookup(tree.Path{"a"}); n != nil && n.Value == int64(13) {
						panic("a type of the service does not expect 13")
					}
					return bind(piece, whole, live)
				}
				e := start(t, s)
				settle()
				x.put("a: 13")
				y.put("b: 2")
				settle()
				if v := value(e.Live()); v.A != 1 || v.B != 2 {
					t.Errorf("live is %+v, want the old a and the new b", v)
				}
				rejected := strings.Join(e.Health().Layers[0].Rejected, "; ")
				if !strings.Contains(rejected, "panicked") || !strings.Contains(rejected, "x") || strings.Contains(rejected, "13") {
					t.Errorf("layer x is refused for %q, want the panic without its value", rejected)
				}
				if e.Health().Layers[1].Rejected != nil {
					t.Errorf("layer y is refused for %q, and nothing is wrong with it", e.Health().Layers[1].Rejected)
				}
				x.put("a: 3")
				settle()
				if v := value(e.Live()); v.A != 3 {
					t.Errorf("the change after a panic is not live: %+v", v)
				}
				e.Close()
			})
		})
	}
}

// Slow decoding of a content delays that content only.
func TestSlowDecoderDelaysOnlyItsLayer(t *testing.T) {
	for name, slow := range map[string]func(l *slowLayer, ctx context.Context) error{
		"answers late": func(l *slowLayer, ctx context.Context) error {
			select {
			case <-l.go_:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		},
		"ignores its context": func(l *slowLayer, _ context.Context) error { <-l.go_; return nil },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := &slowLayer{go_: make(chan struct{})}
				x, y := newOrigin("x", "a: 1"), newOrigin("y", "b: 1")
				s := settings(t, x, y)
				s.Layers[0].Decrypt = func(ctx context.Context, d source.Document) ([]byte, error) {
					if strings.Contains(string(d.Data), "slow") {
						if err := slow(l, ctx); err != nil {
							return nil, err
						}
					}
					return d.Data, nil
				}
				applied := 0
				s.Observers = on(handlers{observe.Applied: func(observe.Event) { applied++ }})
				e := start(t, s)
				settle()
				x.put("a: 2 # slow")
				time.Sleep(time.Second)
				began := time.Now()
				y.put("b: 2")
				time.Sleep(200 * time.Millisecond) // a window of 100 ms
				synctest.Wait()
				if v := value(e.Live()); v.B != 2 {
					t.Errorf("%v after a change it is not live: it waits for the decoding of another layer", time.Since(began))
				}
				if _, err := e.Pin(t.Context(), 0, observe.By{}); err != nil || time.Since(began) > 250*time.Millisecond {
					t.Errorf("a command waited %v for the decoding of a layer: %v", time.Since(began), err)
				}
				if err := e.Unpin(t.Context(), observe.By{}); err != nil {
					t.Error(err)
				}
				close(l.go_)
				settle()
				if v := value(e.Live()); v.A != 2 {
					t.Errorf("the slow content is decoded and not live: %+v", v)
				}
				e.Close()
			})
		})
	}
}

type slowLayer struct{ go_ chan struct{} }

// A start waits at most BootTimeout for a content that is still being decoded, and its error says
// so.
func TestStartWithBlockedDecoder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newOrigin("x", "a: 1")
		s := settings(t, x)
		s.BootTimeout, s.CloseTimeout = 2*time.Second, time.Second
		hang := make(chan struct{})
		s.Layers[0].Decrypt = func(_ context.Context, d source.Document) ([]byte, error) { <-hang; return d.Data, nil }
		began := time.Now()
		_, err := engine.Start(t.Context(), s)
		if took := time.Since(began); err == nil || !errors.Is(err, source.Timeout) || !strings.Contains(err.Error(), "still being decoded") || took > 4*time.Second {
			t.Errorf("after %v: %v", took, err)
		}
		close(hang)
	})
}
