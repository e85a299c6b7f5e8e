package fleet

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// decided is how long after it has received a content an instance has surely decided on it: a build
// of a resource may take 10 s.
const decided = time.Minute

// row derives how far a config has got; see the package comment.
func (m *measured) row(published time.Time, oldest time.Duration) Row {
	p := Row{Version: int64(m.state["nacre_config_version"])}
	is := func(name string) bool { return m.state[name] == 1 }
	_, open := m.state["nacre_config_version"]
	_, reads := m.state["nacre_layer_up"]
	switch {
	case m.age > oldest:
		p.Status, p.Why = "unknown", []string{fmt.Sprintf("Prometheus has scraped it %v ago", m.age.Round(time.Second))}
		return p
	case !open:
		p.Status, p.Why = "unknown", []string{"its config is not open"}
		return p
	case !reads:
		p.Status = "unused"
		return p
	}
	p.Struct, p.ID = m.declared, m.id
	verified := moment(m.state["nacre_layer_verified_timestamp_seconds"])
	accepted := !moment(m.state["nacre_config_last_apply_success_timestamp_seconds"]).Before(published)
	p.Received = !verified.Before(published)
	settled := !verified.Before(published.Add(decided))
	switch {
	case is("nacre_layer_rejected") && p.Received && (len(m.rejected) > 0 || settled):
		p.Status, p.Refused, p.Why = "rejected", true, m.whyRejected()
	case is("nacre_layer_held") && p.Received && (m.held || settled):
		p.Status, p.Refused, p.Why = "held", true, m.whyHeld()
	case !is("nacre_layer_up"):
		p.Status = "down"
	case !p.Received && is("nacre_layer_stale"):
		p.Status, p.Why = "stale", []string{"last verified " + verified.UTC().Format(time.RFC3339)}
	case p.Received && !is("nacre_layer_rejected") && !is("nacre_layer_held") && (accepted || settled):
		p.Status, p.Applied = "applied", true
		p.Why = m.waiting()
		p.Acted = len(p.Why) == 0
	default:
		p.Status = "behind"
	}
	return p
}

// waiting says what of an instance has not acted.
func (m *measured) waiting() (why []string) {
	for _, name := range slices.Sorted(maps.Keys(m.busy)) {
		why = append(why, "subscriber "+name+" is busy")
	}
	slices.Sort(m.failed)
	why = append(why, slices.Compact(m.failed)...)
	if m.state["nacre_config_ready"] == 0 {
		why = append(why, "is not ready")
	}
	return why
}

// whyRejected says what the metrics know: the kinds of the problems, and no key.
func (m *measured) whyRejected() []string {
	slices.Sort(m.rejected)
	if kinds := slices.Compact(m.rejected); len(kinds) > 0 {
		return []string{strings.Join(kinds, ", ") + "; nacre who with --instance says which key"}
	}
	return []string{"nacre who with --instance says why"}
}

func (m *measured) whyHeld() []string {
	switch {
	case m.state["nacre_config_pinned"] == 1:
		return []string{"the config is pinned"}
	case m.rolledBack:
		return []string{"it was rolled back, since it made the service unhealthy"}
	case m.opened:
		return []string{"the layer had too many bad changes"}
	}
	return []string{"nacre who with --instance says why"}
}

// moment returns a time of a metric, to the microsecond: a float64 has no more.
func moment(seconds float64) time.Time {
	return time.UnixMicro(int64(math.Round(seconds * 1e6)))
}
