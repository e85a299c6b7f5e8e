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
	Report() observe.Report
	History() []observe.Entry
}

// Handler serves a config; see the package comment.
func Handler(cfg Config) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Cache-Control", "no-store")
		header.Set("X-Content-Type-Options", "nosniff")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			header.Set("Allow", "GET, HEAD")
			http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
			return
		}
		switch path.Base(r.URL.Path) {
		case "ready":
			serveReady(w, cfg)
		case "live":
			serveJSON(w, http.StatusOK, struct {
				Live bool `json:"live"`
			}{true}) // a process that answers lives: it must not be restarted for what a configuration server does
		case "json":
			serveJSON(w, http.StatusOK, all(cfg))
		default:
			servePage(w, cfg)
		}
	})
}

// readiness is the answer to whether the service should take traffic.
type readiness struct {
	Ready   bool     `json:"ready"`
	Reasons []string `json:"reasons,omitempty"`
	Version int64    `json:"version"`
	Sum     string   `json:"sum"`
}

func serveReady(w http.ResponseWriter, cfg Config) {
	h := cfg.Health()
	status := http.StatusOK
	if len(h.NotReady) > 0 {
		status = http.StatusServiceUnavailable
	}
	serveJSON(w, status, readiness{Ready: len(h.NotReady) == 0, Reasons: h.NotReady, Version: h.Version, Sum: h.Sum})
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
	o := overview{At: time.Now(), Health: cfg.Health(), Report: cfg.Report()}
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
	// No script, no font, no picture: what finds its way into the page in spite of all cannot do anything either.
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	w.Header().Set("Referrer-Policy", "no-referrer")
	_, _ = w.Write(b.Bytes())
}
