package slogobserve

import (
	"fmt"
	"log/slog"
	"strings"

	"github.com/nacre-go/nacre/observe"
)

// maxShown is how many keys or problems a line names; the rest is counted.
const maxShown = 8

// New returns an Observer that writes to l. It is safe for concurrent use, as l is.
func New(l *slog.Logger) *observe.Observer {
	return &observe.Observer{
		Received: func(e observe.Received) {
			l.Debug("config: content received", "layer", e.Layer, "documents", e.Documents, "revision", e.Revision)
		},
		Applied: func(e observe.Applied) {
			l.Info("config: new version", "version", e.Version, "sum", short(e.Sum), "causes", causes(e.Causes),
				"changed", shorten(e.Changed), "took", e.Took)
		},
		Unchanged: func(e observe.Unchanged) {
			l.Debug("config: nothing changed", "version", e.Version, "causes", causes(e.Causes))
		},
		Rejected: func(e observe.Rejected) {
			texts := make([]string, len(e.Problems))
			for i, p := range e.Problems {
				texts[i] = p.Error()
			}
			l.Warn("config: change rejected", "live", e.Version, "causes", causes(e.Causes), "problems", shorten(texts))
		},
		Held: func(e observe.Held) {
			l.Warn("config: change held", "live", e.Version, "causes", causes(e.Causes), "reasons", shorten(e.Reasons))
		},
		Reverted: func(e observe.Reverted) {
			if e.Err != nil {
				l.Error("config: a probe fails, and the version before cannot be had", "live", e.From, "why", e.Why, "error", e.Err)
				return
			}
			l.Error("config: version taken back", "live", e.Version, "bad", e.From, "back_to", e.To, "causes", causes(e.Causes), "why", e.Why)
		},
		Tripped: func(e observe.Tripped) {
			l.Error("config: too many bad changes, further ones are held", "layer", e.Layer, "bad", e.Bad, "within", e.Within)
		},
		Pending: func(e observe.PendingRestart) {
			texts := make([]string, len(e.Keys))
			for i, k := range e.Keys {
				texts[i] = k.String()
			}
			l.Warn("config: change waits for a restart", "version", e.Version, "keys", shorten(texts))
		},
		Absent: func(e observe.Absent) {
			l.Warn("config: document is gone, its last content stays", "layer", e.Layer, "document", e.Document)
		},
		Missing: func(e observe.Missing) {
			l.Warn("config: document is absent, none of its content is in use", "layer", e.Layer, "document", e.Document,
				"location", e.Location)
		},
		LayerDown: func(e observe.LayerDown) {
			l.Warn("config: layer is down", "layer", e.Layer, "error", e.Err)
		},
		LayerUp: func(e observe.LayerUp) {
			l.Info("config: layer is up again", "layer", e.Layer, "down", e.Down)
		},
		Delivered: func(e observe.Delivered) {
			if e.Err != nil {
				l.Error("config: subscriber failed", "subscriber", e.Subscriber, "version", e.Version, "error", e.Err, "took", e.Took)
				return
			}
			l.Debug("config: subscriber called", "subscriber", e.Subscriber, "version", e.Version, "took", e.Took)
		},
		Late: func(e observe.Late) {
			l.Warn("config: subscriber is late", "subscriber", e.Subscriber, "version", e.Version, "deadline", e.Deadline)
		},
		Built: func(e observe.Built) {
			if e.Err != nil {
				l.Error("config: resource cannot be built", "resource", e.Resource, "error", e.Err, "took", e.Took)
				return
			}
			l.Info("config: resource built", "resource", e.Resource, "took", e.Took)
		},
		Released: func(e observe.Released) {
			switch {
			case e.Err != nil:
				l.Error("config: resource closed with an error", "resource", e.Resource, "users", e.Users, "error", e.Err)
			case e.Users > 0:
				l.Warn("config: resource closed while in use, its grace time is over", "resource", e.Resource, "users", e.Users)
			default:
				l.Info("config: resource closed", "resource", e.Resource)
			}
		},
		Booted: func(e observe.Booted) {
			if len(e.Stale) > 0 {
				l.Warn("config: started from the last known good copy", "version", e.Version, "stale", e.Stale, "age", e.Age, "took", e.Took)
				return
			}
			l.Info("config: started", "version", e.Version, "sum", short(e.Sum), "took", e.Took)
		},
		LastGood: func(e observe.LastGood) {
			switch {
			case e.Err != nil:
				l.Error("config: trouble with the last known good copy", "path", e.Path, "version", e.Version, "error", e.Err)
				return
			case e.Warning != "":
				l.Warn("config: others may change the last known good copy", "path", e.Path, "warning", e.Warning)
				return
			}
			l.Debug("config: last known good copy saved", "path", e.Path, "version", e.Version)
		},
	}
}

func causes(list []observe.Cause) string {
	texts := make([]string, len(list))
	for i, c := range list {
		texts[i] = c.String()
	}
	return shorten(texts)
}

func shorten(texts []string) string {
	if rest := len(texts) - maxShown; rest > 0 {
		texts = append(texts[:maxShown:maxShown], fmt.Sprintf("and %d more", rest))
	}
	return strings.Join(texts, "; ")
}

func short(sum string) string {
	if len(sum) > 12 {
		return sum[:12]
	}
	return sum
}
