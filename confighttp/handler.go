package confighttp

import (
	"bytes"
	"encoding/json"
	"net/http"
	"path"
	"time"

	"github.com/nacre-go/nacre/observe"
)

// Config is what is shown: a *nacre.Config.
type Config interface {
	Health() observe.Health
	ExplainAll() observe.Report
	History() []observe.Entry
}

// Handler serves a config; see the package comment. Whoever reaches it may see the configuration without its secrets.
func Handler(cfg Config, opts ...Option) http.Handler {
	var o options
	for _, opt := range opts {
		if opt != nil {
			opt(&o)
		}
	}
	return guarded(func(w http.ResponseWriter, r *http.Request) {
		if serveProbe(w, r, cfg) {
			return
		}
		if !o.allows(r) {
			http.Error(w, "the Host of the request is not served; allow it with confighttp.Hosts", http.StatusForbidden)
			return
		}
		if path.Base(r.URL.Path) == "json" {
			serveJSON(w, http.StatusOK, all(cfg))
			return
		}
		servePage(w, cfg)
	})
}

// Probes serves readiness and liveness alone, to whoever asks: 404 for all but ready and live.
func Probes(cfg Config) http.Handler {
	return guarded(func(w http.ResponseWriter, r *http.Request) {
		if !serveProbe(w, r, cfg) {
			http.NotFound(w, r)
		}
	})
}

// policy keeps what finds its way into an answer in spite of all from doing anything: no script, no font, no picture, no frame.
const policy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// guarded has the answers of a handler that only reads told to the browser as what they are.
func guarded(serve http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Cache-Control", "no-store")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Content-Security-Policy", policy)
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			header.Set("Allow", "GET, HEAD")
			http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
			return
		}
		serve(w, r)
	})
}

// serveProbe answers a probe, and reports whether the request is one. It tells nothing but what the status says: no reason, version, sum
// or name, since probes are open to all.
func serveProbe(w http.ResponseWriter, r *http.Request, cfg Config) bool {
	switch path.Base(r.URL.Path) {
	case "ready":
		ready := len(cfg.Health().NotReady) == 0
		status := http.StatusOK
		if !ready {
			status = http.StatusServiceUnavailable
		}
		serveJSON(w, status, struct {
			Ready bool `json:"ready"`
		}{ready})
	case "live":
		serveJSON(w, http.StatusOK, struct {
			Live bool `json:"live"`
		}{true}) // a process that answers lives: it must not be restarted for what a configuration server does
	default:
		return false
	}
	return true
}

// overview is all that is shown.
type overview struct {
	At      time.Time      `json:"at"`
	Health  observe.Health `json:"health"`
	Report  observe.Report `json:"report"`
	History []entry        `json:"history"` // newest first
}

// entry is a change with its problems in words.
type entry struct {
	observe.Entry
	Why []string `json:"why,omitempty"`
}

func all(cfg Config) overview {
	o := overview{At: time.Now(), Health: cfg.Health(), Report: cfg.ExplainAll()}
	history := cfg.History()
	for i := range history {
		e := entry{Entry: history[len(history)-1-i]}
		for _, p := range e.Problems {
			e.Why = append(e.Why, p.Error())
		}
		o.History = append(o.History, e)
	}
	return o
}

func serveJSON(w http.ResponseWriter, status int, v any) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		http.Error(w, "the answer cannot be written as JSON", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

func servePage(w http.ResponseWriter, cfg Config) {
	var b bytes.Buffer
	if err := page.Execute(&b, all(cfg)); err != nil {
		http.Error(w, "the page cannot be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", policy+"; style-src 'unsafe-inline'")
	_, _ = w.Write(b.Bytes())
}
