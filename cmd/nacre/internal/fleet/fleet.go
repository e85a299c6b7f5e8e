package fleet

import (
	"strings"
	"time"

	"github.com/nacre-go/nacre/cmd/nacre/internal/prometheus"
)

// member is one config of one instance, or a target without a config, by the labels of its series.
type member struct{ job, instance, config string }

// measured is what the metrics say of a member. Of several series with the same labels, such as
// those of two Prometheus of one service, the one that is less good counts.
type measured struct {
	state    map[string]float64 // the metrics without a label of their own; and those of the layer
	busy     map[string]bool    // subscribers
	rejected []string           // the kinds of problems since the publish
	failed   []string           // subscribers and resources that have failed since the publish
	// Since the publish, something was held or rolled back, or the breaker has opened.
	held, rolledBack, opened bool
	age                      time.Duration // of the scrape
	declared, id             string        // the digest of its struct, and its ID unless that is only its host
}

// fleet is what the metrics say of all instances.
type fleet struct {
	members map[member]*measured
	targets map[member]float64 // up, by job and instance
}

func (f *fleet) of(s prometheus.Sample) *measured {
	if f.members == nil {
		f.members = map[member]*measured{}
	}
	id := member{s.Labels["job"], s.Labels["instance"], s.Labels["config"]}
	m := f.members[id]
	if m == nil {
		m = &measured{state: map[string]float64{}, busy: map[string]bool{}}
		f.members[id] = m
	}
	return m
}

func (f *fleet) addState(s prometheus.Sample) {
	name := s.Labels["__name__"]
	if name == "up" {
		if f.targets == nil {
			f.targets = map[member]float64{}
		}
		id := member{job: s.Labels["job"], instance: s.Labels["instance"]}
		if was, known := f.targets[id]; !known || s.Value > was { // one that scrapes it is enough
			f.targets[id] = s.Value
		}
		return
	}
	state := f.of(s).state
	was, known := state[name]
	switch worse := min(was, s.Value); {
	case !known:
		state[name] = s.Value
	case strings.HasSuffix(name, "_stale"), strings.HasSuffix(name, "_rejected"), strings.HasSuffix(name, "_held"), strings.HasSuffix(name, "_pinned"):
		state[name] = max(was, s.Value)
	default:
		state[name] = worse
	}
}

func (f *fleet) addInfo(s prometheus.Sample) {
	m := f.of(s)
	m.declared, m.id = s.Labels["struct"], s.Labels["id"]
}

func (f *fleet) addBusy(s prometheus.Sample) { f.of(s).busy[s.Labels["subscriber"]] = true }

func (f *fleet) addAge(s prometheus.Sample) {
	m := f.of(s)
	m.age = max(m.age, time.Duration(s.Value*float64(time.Second)))
}

// addCount adds a counter, and the value that it had when the content was published. A counter that
// is lower now is that of a process that has started since.
func (f *fleet) addCount(s prometheus.Sample, before float64) {
	if s.Value == before {
		return
	}
	m := f.of(s)
	switch s.Labels["__name__"] {
	case "nacre_rejections_total":
		m.rejected = append(m.rejected, strings.ReplaceAll(s.Labels["kind"], "_", " "))
	case "nacre_breaker_opened_total":
		m.opened = true
	case "nacre_changes_total":
		m.held = m.held || s.Labels["result"] == "held"
		m.rolledBack = m.rolledBack || s.Labels["result"] == "rolled_back"
	case "nacre_subscriber_calls_total":
		m.failed = append(m.failed, "subscriber "+s.Labels["subscriber"]+" has failed since the publish")
	case "nacre_resource_builds_total":
		m.failed = append(m.failed, "resource "+s.Labels["resource"]+" has failed since the publish")
	}
}
