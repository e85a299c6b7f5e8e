package slogobserve

import (
	"context"
	"errors"
	"log/slog"
	"slices"

	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// line writes the line of one event.
type line struct {
	logger *slog.Logger
	event  observe.Event
}

// Debug, Info, Warn and Error write the line with a level. They put the attribute event before the
// others, and what identifies the errors of the event behind them.
func (l line) Debug(text string, attributes ...any) { l.write(slog.LevelDebug, text, attributes) }
func (l line) Info(text string, attributes ...any)  { l.write(slog.LevelInfo, text, attributes) }
func (l line) Warn(text string, attributes ...any)  { l.write(slog.LevelWarn, text, attributes) }
func (l line) Error(text string, attributes ...any) { l.write(slog.LevelError, text, attributes) }

func (l line) write(level slog.Level, text string, attributes []any) {
	all := slices.Concat([]any{"event", l.event.Kind.String()}, attributes, signature(l.event))
	l.logger.Log(context.Background(), level, text, all...)
}

// coded is an error with a code, such as nacos.Code.
type coded interface {
	error
	Name() string
}

// signature returns what identifies the errors of an event: the kinds of its problems, or the kind
// and the code of its error.
func signature(e observe.Event) []any {
	if len(e.Problems) > 0 {
		var kinds []string
		for _, p := range e.Problems {
			if name := p.Kind.Error(); !slices.Contains(kinds, name) {
				kinds = append(kinds, name)
			}
		}
		return []any{"kinds", keys(kinds)}
	}
	var all []any
	if kind := source.KindOf(e.Err); e.Err != nil && kind != source.Unknown {
		all = append(all, "kind", kind.Error())
	}
	if code, ok := errors.AsType[coded](e.Err); ok {
		all = append(all, "code", code.Name())
	}
	return all
}
