package slogobserve

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"

	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// line writes the line of one event.
type line struct {
	logger *slog.Logger
	event  *observe.Event
}

// Debug, Info, Warn and Error write the line with a level. They put the attribute event before the
// others, and what identifies the errors of the event behind them.
func (l line) Debug(text string, attributes ...any) { l.write(slog.LevelDebug, text, attributes) }
func (l line) Info(text string, attributes ...any)  { l.write(slog.LevelInfo, text, attributes) }
func (l line) Warn(text string, attributes ...any)  { l.write(slog.LevelWarn, text, attributes) }
func (l line) Error(text string, attributes ...any) { l.write(slog.LevelError, text, attributes) }

func (l line) write(level slog.Level, text string, attributes []any) {
	if !l.logger.Enabled(context.Background(), level) {
		return
	}
	all := slices.Concat([]any{"event", l.event.Kind.String()}, attributes, signature(l.event))
	l.logger.Log(context.Background(), level, text, all...)
}

// coded is an error with a code, such as nacos.Code.
type coded interface {
	error
	Name() string
}

// signature returns what identifies an event to a search: the release that its documents name, the
// revisions of contents that are not in use, and the kinds of its problems, or the kind and the
// code of its error.
func signature(e *observe.Event) (all []any) {
	if release := releases(e.Causes); release != "" {
		all = append(all, "release", release)
	}
	if revision := revisions(e.Causes); revision != "" && (e.Kind == observe.Rejected || e.Kind == observe.Held) {
		all = append(all, "revision", revision)
	}
	if len(e.Problems) > 0 {
		var kinds []string
		for _, p := range e.Problems {
			if name := kindText(p.Kind); !slices.Contains(kinds, name) {
				kinds = append(kinds, name)
			}
		}
		return append(all, "kinds", keys(kinds))
	}
	if kind := source.KindOf(e.Err); e.Err != nil && kind != source.Unknown {
		all = append(all, "kind", kindText(kind))
	}
	if code, ok := errors.AsType[coded](e.Err); ok {
		all = append(all, "code", code.Name())
	}
	return all
}

// kindText returns a kind in snake case, as metrics and spans have it: "unknown_key".
func kindText(k source.Kind) string { return strings.ReplaceAll(k.Error(), " ", "_") }

// releases returns the releases of documents, as nacre_config_info joins them.
func releases(causes []observe.Cause) string {
	return joined(causes, func(c *observe.Cause) string { return c.Release })
}

// revisions returns the revisions of documents, such as "md5:…" for a Nacos config.
func revisions(causes []observe.Cause) string {
	return joined(causes, func(c *observe.Cause) string { return string(c.Revision) })
}

func joined(causes []observe.Cause, of func(*observe.Cause) string) string {
	var all []string
	for i := range causes {
		if text := of(&causes[i]); text != "" && !slices.Contains(all, text) && len(all) < maxShown {
			all = append(all, text)
		}
	}
	return strings.Join(all, ",")
}
