package nacre

import (
	"context"
	"slices"
	"time"

	"github.com/nacre-go/nacre/internal/binding"
	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/rescue"
)

// readTimeout is how long a function that selects a part may take for all values that readKeys
// gives it.
const readTimeout = time.Second

// readKeys returns the keys on which the part of the config that a function selects depends, from
// the root of the config; nil if they are not known. It calls the function with values that differ
// from the live one in one field; see observe.Reader.
func readKeys[T, V any](cfg *Config[T], s *pipeline.State, selectFrom func(*T) V, same func(a, b *V) bool) []string {
	live := cfg.value(s)
	if live == nil {
		return nil
	}
	keys, err := rescue.Within(context.Background(), readTimeout, func(ctx context.Context) ([]string, error) {
		plan, err := binding.Compile[T](binding.Options(cfg.options.Binder)...)
		if err != nil {
			return nil, err // cannot happen: the config is open
		}
		now := selectFrom(live)
		if !same(&now, &now) { // as with SubscribeVersions: every version is another one
			return everyKey(cfg), nil
		}
		found, ok := plan.Reads(live, func(other *T) (differs bool) {
			if ctx.Err() != nil {
				return false
			}
			defer func() { differs = recover() != nil || differs }()
			then := selectFrom(other)
			return !same(&now, &then)
		})
		if !ok || ctx.Err() != nil {
			return nil, ctx.Err()
		}
		keys := make([]string, len(found))
		for i, p := range found {
			keys[i] = slices.Concat(cfg.at, p).String()
		}
		return keys, nil
	})
	if err != nil {
		return nil
	}
	return keys
}

// everyKey returns the highest keys of a config: that of a section, or those of the struct and "*"
// for those of other sections.
func everyKey[T any](cfg *Config[T]) []string {
	if len(cfg.at) > 0 {
		return []string{cfg.at.String()}
	}
	var keys []string
	if shape := binding.ShapeOf[T](); shape != nil {
		keys = slices.Clone(shape.Order)
	}
	return append(keys, "*")
}
