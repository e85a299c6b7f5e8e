package nacretest

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/engine"
	"github.com/nacre-go/nacre/internal/given"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// Set makes value the live value of a config that [New] has returned, or of a section of one. It
// returns when the value is live and every subscriber that the change concerns has returned. If the
// value is rejected or held, Set returns the reason, and the live value stays as it is. Fields with
// live:"false" keep their value, as in production; Set returns nil then.
//
// Set is safe for concurrent use. It must not be called from a subscriber, a build or a Validate
// method, since it waits for these: after 30 s it returns an error of kind Timeout.
func Set[T any](cfg *nacre.Config[T], value T) error {
	return change(cfg, func(*T) T { return value })
}

// Update is [Set] of a changed copy of the value that was last set and is live. Only one Update of
// a config runs at a time, so none is lost. f must not call Set or Update.
func Update[T any](cfg *nacre.Config[T], f func(*T)) error {
	return change(cfg, func(last *T) T {
		f(last)
		return *last
	})
}

func change[T any](cfg *nacre.Config[T], next func(last *T) T) error {
	e := engine.Behind(func(ctx context.Context) { cfg.FromContext(ctx) })
	if e == nil || len(e.Layers) != 1 {
		return failed("", errForeign)
	}
	s, ok := e.Layers[0].Source.(*values)
	if !ok {
		return failed("", errForeign)
	}
	at, err := pathOf(cfg)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.apply(ctx, e, at, func(v reflect.Value) reflect.Value {
		value := next(v.Addr().Interface().(*T))
		return reflect.ValueOf(&value).Elem()
	}, reflect.TypeFor[T]()); err != nil {
		return err
	}
	return e.Settle(ctx)
}

// apply changes the value of a type at a path, in its turn.
func (s *values) apply(ctx context.Context, e *engine.Engine, at tree.Path, next func(last reflect.Value) reflect.Value, t reflect.Type) error {
	select {
	case <-s.turn:
		defer func() { s.turn <- struct{}{} }()
	case <-ctx.Done():
		return &source.Error{Kind: source.Timeout, Op: "set value", Err: errors.New("another Set or Update still runs")}
	}
	last := given.Of(e.Live().Merged)
	v, ok := last.Value(at, t)
	if !ok {
		return failed(at.String(), fmt.Errorf("section has no value of type %s; set it in the value of the config", t))
	}
	changed, ok := last.With(at, next(v))
	if !ok {
		return failed(at.String(), errors.New("section cannot be set by itself; set it in the value of the config"))
	}
	err := e.Feed(ctx, 0, s.content(changed))
	if errors.Is(err, context.DeadlineExceeded) {
		return &source.Error{Kind: source.Timeout, Op: "set value", Err: errors.New("a build, an observer or a validation still runs")}
	}
	return err
}

var errForeign = errors.New("config is not one of nacretest.New, nor a section of one")

func failed(key string, err error) error {
	return &source.Error{Kind: source.InvalidArgument, Op: "set value", Document: key, Err: err}
}

// pathOf returns the key of a config: that of a section, or the root.
func pathOf[T any](cfg *nacre.Config[T]) (tree.Path, error) {
	const below = "key"
	x, err := cfg.Explain(below)
	if err != nil {
		return nil, err
	}
	p, ok := tree.ParsePath(x.Key)
	if !ok || len(p) == 0 {
		return nil, failed(x.Key, errForeign)
	}
	return p[:len(p)-1], nil
}
