package slogobserve

import (
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/nacre-go/nacre/observe"
)

// maxShown is how many keys or problems a line names; it counts the rest.
const maxShown = 8

// New returns an Observer that writes to l. It is safe for concurrent use, as l is.
func New(l *slog.Logger) observe.Observer {
	return func(e observe.Event) {
		switch e.Kind {
		case observe.LayerDown, observe.LayerUp, observe.LayerStale, observe.LayerFresh, observe.DocumentAbsent, observe.DocumentMissing:
			logLayer(l, e)
		case observe.SubscriberCalled, observe.SubscriberSlow, observe.ResourceBuilt, observe.ResourceClosed:
			logService(l, e)
		case observe.LastKnownGoodSaved, observe.LastKnownGoodFailed, observe.LastKnownGoodExposed:
			logLastKnownGood(l, e)
		default:
			logChange(l, e)
		}
	}
}

// logChange writes what became of a change. A kind that it does not know is a line too.
func logChange(l *slog.Logger, e observe.Event) {
	switch e.Kind {
	case observe.ContentReceived:
		l.Debug("config: content received", "layer", e.Layer, "documents", e.Documents, "revision", e.Revision)
	case observe.Applied:
		l.Info("config: new version", "version", e.Version, "sum", short(e.Sum), "causes", causes(e.Causes),
			"changed", shorten(e.Changed), "took", e.Took)
	case observe.Unchanged:
		l.Debug("config: nothing changed", "version", e.Version, "causes", causes(e.Causes))
	case observe.Rejected:
		l.Warn("config: change rejected", "live", e.Version, "causes", causes(e.Causes), "problems", problems(e))
	case observe.Held:
		l.Warn("config: change held", "live", e.Version, "causes", causes(e.Causes), "reasons", shorten(e.Reasons))
	case observe.RolledBack:
		l.Error("config: version rolled back", "live", e.Version, "bad", e.From, "back_to", e.To, "causes", causes(e.Causes),
			"why", e.Err)
	case observe.RollbackFailed:
		l.Error("config: rollback failed, the bad version stays live", "live", e.Version, "back_to", e.To, "why", e.Err,
			"error", problems(e))
	case observe.BreakerOpened:
		l.Error("config: too many bad changes, further ones are held", "layer", e.Layer, "bad", e.Count, "within", e.Took)
	case observe.PendingRestart:
		l.Warn("config: change waits for a restart", "version", e.Version, "keys", shorten(e.Reasons))
	case observe.ReadinessChanged:
		if len(e.Reasons) > 0 {
			l.Error("config: not ready", "version", e.Version, "reasons", shorten(e.Reasons))
			return
		}
		l.Info("config: ready again", "version", e.Version, "not_ready", e.Took)
	case observe.Opened:
		if len(e.FromLastKnownGood) > 0 {
			l.Warn("config: started from the last known good copy", "version", e.Version, "layers", e.FromLastKnownGood, "age", e.Age, "took", e.Took)
			return
		}
		l.Info("config: started", "version", e.Version, "sum", short(e.Sum), "took", e.Took)
	default:
		l.Info("config: "+e.Kind.String(), "kind", uint8(e.Kind))
	}
}

func logLayer(l *slog.Logger, e observe.Event) {
	switch e.Kind {
	case observe.LayerDown:
		l.Warn("config: layer is down", "layer", e.Layer, "error", e.Err)
	case observe.LayerUp:
		l.Info("config: layer is up again", "layer", e.Layer, "down", e.Took)
	case observe.LayerStale:
		l.Warn("config: layer is stale", withError(e, "layer", e.Layer, "in_use", e.Documents, "verified", verified(e.Took))...)
	case observe.LayerFresh:
		l.Info("config: layer is fresh again", "layer", e.Layer, "stale", e.Took)
	case observe.DocumentAbsent:
		l.Warn("config: document is gone, its last content stays", "layer", e.Layer, "document", e.Document)
	default:
		l.Warn("config: document is absent, none of its content is in use", "layer", e.Layer, "document", e.Document,
			"location", e.Location)
	}
}

// logService writes what the service's own code did.
func logService(l *slog.Logger, e observe.Event) {
	switch {
	case e.Kind == observe.SubscriberSlow:
		l.Warn("config: subscriber is slow", "subscriber", e.Name, "version", e.Version, "deadline", e.Took)
	case e.Kind == observe.SubscriberCalled && e.Err != nil:
		l.Error("config: subscriber failed", "subscriber", e.Name, "version", e.Version, "error", e.Err, "took", e.Took)
	case e.Kind == observe.SubscriberCalled:
		l.Debug("config: subscriber called", "subscriber", e.Name, "version", e.Version, "took", e.Took)
	case e.Kind == observe.ResourceBuilt && e.Err != nil:
		l.Error("config: resource cannot be built", "resource", e.Name, "error", e.Err, "took", e.Took)
	case e.Kind == observe.ResourceBuilt:
		l.Info("config: resource built", "resource", e.Name, "took", e.Took)
	case e.Err != nil:
		l.Error("config: resource closed with an error", "resource", e.Name, "users", e.Count, "error", e.Err)
	case e.Count > 0:
		l.Warn("config: resource closed while in use, its grace period is over", "resource", e.Name, "users", e.Count)
	default:
		l.Info("config: resource closed", "resource", e.Name)
	}
}

func logLastKnownGood(l *slog.Logger, e observe.Event) {
	switch e.Kind {
	case observe.LastKnownGoodFailed:
		l.Error("config: last known good copy cannot be read, owned or saved", "path", e.Location, "version", e.Version, "error", e.Err)
	case observe.LastKnownGoodExposed:
		l.Warn("config: other users may change the last known good copy", "path", e.Location, "warning", shorten(e.Reasons))
	default:
		l.Debug("config: last known good copy saved", "path", e.Location, "version", e.Version)
	}
}

// withError adds the error of an event to the attributes of a line, if there is one.
func withError(e observe.Event, attributes ...any) []any {
	if e.Err == nil {
		return attributes
	}
	return append(attributes, "error", e.Err)
}

// verified says when a layer was last verified, given the time since then.
func verified(since time.Duration) string {
	if since == 0 {
		return "never"
	}
	return since.Round(time.Second).String() + " ago"
}

func problems(e observe.Event) string {
	texts := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		texts[i] = p.Error()
	}
	return shorten(texts)
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
