package promnacos

import (
	"maps"
	"strings"
	"sync"

	"github.com/nacre-go/nacre/observe/promobserve/internal/metric"
	"github.com/nacre-go/nacre/providers/nacos"
)

// maxRoutes is the number of routing documents of a client that have a series. A service has one.
const maxRoutes = 16

// rules are the rules by which the client is routed, by the data ID of the routing document. Both
// are values of labels.
type rules struct {
	mu sync.Mutex
	by map[string]string
}

// note records an event of the kind EventRouted.
func (r *rules) note(e nacos.Event) {
	id := metric.Label(e.Document[strings.LastIndex(e.Document, "/")+1:])
	rule := metric.Label(ruleOf(e.Route))
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.by[id]; !ok && len(r.by) >= maxRoutes {
		return
	}
	if r.by == nil {
		r.by = map[string]string{}
	}
	r.by[id] = rule
}

func (r *rules) all() map[string]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.by)
}

// ruleOf returns "rule 2 (canary)" of "rule 2 (canary): version v2.3.*": the conditions change with
// each step of a rollout.
func ruleOf(route string) string {
	if rule, _, named := strings.Cut(route, "): "); named {
		return rule + ")"
	}
	rule, _, _ := strings.Cut(route, ": ")
	return rule
}
