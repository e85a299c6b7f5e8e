package slogobserve

import (
	"log/slog"
	"strings"
	"time"

	"github.com/nacre-go/nacre/observe"
)

// New returns an Observer that writes to l. It is safe for concurrent use, as l is.
func New(l *slog.Logger) observe.Observer {
	return func(e observe.Event) { logEvent(line{logger: l, event: &e}, &e) }
}

// logEvent takes the event by its address: a copy for each function would make the stacks of a
// thousand subscribers grow at each change.
func logEvent(l line, e *observe.Event) {
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

// logChange writes what became of a change. A kind that it does not know is a line too.
func logChange(l line, e *observe.Event) {
	switch e.Kind {
	case observe.ContentReceived:
		l.Debug("nacre: content received", "layer", e.Layer, "documents", e.Documents, "revision", e.Revision)
	case observe.Applied:
		l.Info("nacre: new version", "version", e.Version, "sum", short(e.Sum), "causes", causes(e.Causes),
			"changed", keys(e.Changed), "took", e.Took)
	case observe.Unchanged:
		l.Debug("nacre: nothing changed", "version", e.Version, "causes", causes(e.Causes))
	case observe.Rejected:
		l.Warn("nacre: change rejected", "live", e.Version, "causes", causes(e.Causes), "problems", problems(e))
	case observe.Held:
		l.Warn("nacre: change held", "live", e.Version, "causes", causes(e.Causes), "reasons", sentences(e.Reasons),
			"fix", e.Fix)
	case observe.Approved:
		l.Info("nacre: held content approved", "layer", e.Layer, "revision", e.Revision, "version", e.Version,
			"who", e.By.Who, "why", e.By.Why)
	case observe.Pinned:
		l.Warn("nacre: version is pinned", "version", e.Version, "from", e.From, "to", e.To, "who", e.By.Who, "why", e.By.Why)
	case observe.Refreshed:
		l.Info("nacre: refresh requested", "version", e.Version, "who", e.By.Who, "why", e.By.Why)
	case observe.Unpinned:
		l.Info("nacre: version is no longer pinned", "version", e.Version, "who", e.By.Who, "why", e.By.Why)
	case observe.RolledBack:
		l.Error("nacre: version rolled back", "live", e.Version, "bad", e.From, "back_to", e.To, "causes", causes(e.Causes),
			"why", e.Err)
	case observe.RollbackFailed:
		l.Error("nacre: rollback failed, the bad version stays live", "live", e.Version, "back_to", e.To, "why", e.Err,
			"error", problems(e))
	case observe.BreakerOpened:
		l.Error("nacre: too many bad changes, further ones are held", "layer", e.Layer, "bad", e.Count, "within", e.Took)
	case observe.PendingRestart:
		l.Warn("nacre: change waits for a restart", "version", e.Version, "keys", keys(e.Reasons))
	case observe.UnusedKeys, observe.DeprecatedKeys:
		logKeys(l, e)
	case observe.ReadinessChanged:
		if len(e.Reasons) > 0 {
			l.Error("nacre: not ready", "version", e.Version, "reasons", sentences(e.Reasons))
			return
		}
		l.Info("nacre: ready again", "version", e.Version, "not_ready", e.Took)
	case observe.OpenWaiting:
		l.Warn("nacre: waiting for layers", "layers", sentences(e.Reasons), "at_most", e.Took)
	case observe.ReferenceUnresolved:
		l.Warn("nacre: text looks like a reference and is used as it is", "layer", e.Layer, "version", e.Version, "texts", sentences(e.Reasons))
	case observe.SelfCheckFailed:
		l.Error("nacre: version differs from its documents", "version", e.Version, "differences", sentences(e.Reasons))
	case observe.Closed:
		switch {
		case e.Err != nil:
			l.Error("nacre: closed with errors", "version", e.Version, "error", e.Err)
		case e.Version == 0: // Open has failed, and returns why
			l.Debug("nacre: closed before the first version")
		default:
			l.Info("nacre: closed", "version", e.Version)
		}
	case observe.Opened:
		if len(e.FromLastKnownGood) > 0 {
			l.Warn("nacre: started from the last known good copy", "version", e.Version, "layers", e.FromLastKnownGood, "age", e.Age, "took", e.Took)
		}
		if len(e.FromSeed) > 0 {
			l.Warn("nacre: started from the seed", "version", e.Version, "layers", e.FromSeed, "took", e.Took)
		}
		if len(e.FromLastKnownGood)+len(e.FromSeed) > 0 {
			return
		}
		l.Info("nacre: started", "version", e.Version, "sum", short(e.Sum), "took", e.Took)
	default:
		l.Info("nacre: event of a later version of nacre", "number", uint8(e.Kind))
	}
}

// logKeys writes which keys nothing reads, or which old names are in use.
func logKeys(l line, e *observe.Event) {
	unused := e.Kind == observe.UnusedKeys
	switch {
	case unused && len(e.Problems) == 0:
		l.Info("nacre: keys are no longer unused", "version", e.Version)
	case unused:
		l.Warn("nacre: keys are unused", "version", e.Version, "keys", problems(e))
	case len(e.Problems) == 0:
		l.Info("nacre: old names and deprecated keys are no longer in use", "version", e.Version)
	default:
		l.Warn("nacre: old names or deprecated keys are in use", "version", e.Version, "keys", problems(e))
	}
}

func logLayer(l line, e *observe.Event) {
	switch e.Kind {
	case observe.LayerDown:
		l.Warn("nacre: layer is down", "layer", e.Layer, "error", e.Err)
	case observe.LayerUp:
		l.Info("nacre: layer is up again", "layer", e.Layer, "down", e.Took)
	case observe.LayerStale:
		l.Warn("nacre: layer is stale", withError(e, "layer", e.Layer, "in_use", e.Documents, "verified", verified(e.Took))...)
	case observe.LayerFresh:
		l.Info("nacre: layer is fresh again", "layer", e.Layer, "stale", e.Took)
	case observe.DocumentAbsent:
		l.Warn("nacre: document is gone, its last content stays", "layer", e.Layer, "document", e.Document)
	default:
		l.Warn("nacre: document is absent, none of its content is in use", "layer", e.Layer, "document", e.Document,
			"location", e.Location)
	}
}

// logService writes what the service's own code did.
func logService(l line, e *observe.Event) {
	switch {
	case e.Kind == observe.SubscriberSlow:
		l.Warn("nacre: subscriber is slow", "subscriber", e.Name, "version", e.Version, "deadline", e.Took)
	case e.Kind == observe.SubscriberCalled && e.Err != nil:
		l.Error("nacre: subscriber failed", "subscriber", e.Name, "version", e.Version, "error", e.Err, "took", e.Took)
	case e.Kind == observe.SubscriberCalled:
		l.Debug("nacre: subscriber called", "subscriber", e.Name, "version", e.Version, "took", e.Took)
	case e.Kind == observe.ResourceBuilt && e.Err != nil:
		l.Error("nacre: resource cannot be built", "resource", e.Name, "error", e.Err, "took", e.Took)
	case e.Kind == observe.ResourceBuilt:
		l.Info("nacre: resource built", "resource", e.Name, "took", e.Took)
	case e.Err != nil:
		l.Error("nacre: resource closed with an error", "resource", e.Name, "users", e.Count, "error", e.Err)
	case e.Count > 0:
		l.Warn("nacre: resource closed while in use, its grace period is over", "resource", e.Name, "users", e.Count)
	default:
		l.Info("nacre: resource closed", "resource", e.Name)
	}
}

func logLastKnownGood(l line, e *observe.Event) {
	switch e.Kind {
	case observe.LastKnownGoodFailed:
		l.Error("nacre: last known good copy cannot be read, owned or saved", "path", e.Location, "version", e.Version, "error", e.Err)
	case observe.LastKnownGoodExposed:
		l.Warn("nacre: other users may change the last known good copy", "path", e.Location, "warning", sentences(e.Reasons))
	default:
		l.Debug("nacre: last known good copy saved", "path", e.Location, "version", e.Version)
	}
}

// withError adds the error of an event to the attributes of a line, if there is one.
func withError(e *observe.Event, attributes ...any) []any {
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

func problems(e *observe.Event) list {
	texts := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		texts[i] = p.Error()
	}
	return sentences(texts)
}

func causes(all []observe.Cause) list {
	texts := make([]string, len(all))
	for i, c := range all {
		texts[i] = c.String()
	}
	return keys(texts)
}

// short returns the beginning of a sum: its scheme, such as "v2-", and 12 digits. Metrics and spans
// have the same text, so that a search for one finds the others.
func short(sum string) string {
	return sum[:min(len(sum), strings.IndexByte(sum, '-')+1+12)]
}
