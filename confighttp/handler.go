package confighttp

import (
	"bytes"
	"encoding/json"
	"net/http"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/observe"
)

// Page returns a handler that shows a config as an HTML page, with its values but without its
// secrets. See the package comment for what it shows, and [Hosts] for whom it answers.
func Page[T any](cfg *nacre.Config[T], opts ...Option) http.Handler {
	return restricted(opts, func(w http.ResponseWriter, _ *http.Request) {
		servePage(w, http.StatusOK, overviewOf(cfg), policy)
	})
}

// JSON returns a handler that shows what [Page] shows, as JSON for programs. It answers the same
// hosts.
func JSON[T any](cfg *nacre.Config[T], opts ...Option) http.Handler {
	return restricted(opts, func(w http.ResponseWriter, _ *http.Request) {
		serveJSON(w, http.StatusOK, overviewOf(cfg))
	})
}

// Ready returns a handler for readiness probes. The status is 200 while the config is open, since a
// validated version is then live, and 503 if not. An outage of a layer does not change it, unless
// the service sets nacre.Options.NotReadyWhenStale. The body, such as {"ready": true}, gives no
// reason, since anyone who can reach the port may call a probe. [observe.Health] has the reasons.
func Ready[T any](cfg *nacre.Config[T]) http.Handler {
	return guarded(func(w http.ResponseWriter, _ *http.Request) {
		ready, status := len(cfg.Health().NotReady) == 0, http.StatusOK
		if !ready {
			status = http.StatusServiceUnavailable
		}
		serveJSON(w, status, map[string]bool{"ready": ready})
	})
}

// Live returns a handler for liveness probes. The status is 200 as long as the process answers,
// whatever the state of the config: an orchestrator must not restart a service because a
// configuration server is down.
func Live() http.Handler {
	return guarded(func(w http.ResponseWriter, _ *http.Request) {
		serveJSON(w, http.StatusOK, map[string]bool{"live": true})
	})
}

const policy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// secure tells the browser to load and run nothing, and to show the answer in no frame.
func secure(header http.Header) {
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	header.Set("Content-Security-Policy", policy)
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
}

// guarded serves GET and HEAD requests for the path at which the handler is mounted, and secures
// every answer.
func guarded(serve http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		secure(header)
		switch {
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			header.Set("Allow", "GET, HEAD")
			http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
		case !isMountPoint(r):
			http.NotFound(w, r)
		default:
			serve(w, r)
		}
	})
}

const hostRefused = "the Host of the request is not served; allow it with confighttp.Hosts"

// restricted is guarded, and serves only the hosts that the options allow.
func restricted(opts []Option, serve http.HandlerFunc) http.Handler {
	o := optionsOf(opts)
	return guarded(func(w http.ResponseWriter, r *http.Request) {
		if !o.allows(r) {
			http.Error(w, hostRefused, http.StatusForbidden)
			return
		}
		serve(w, r)
	})
}

type overview struct {
	At      time.Time      `json:"at"`
	Health  observe.Health `json:"health"`
	Report  observe.Report `json:"report"`
	History []entry        `json:"history"` // newest first
	Admin   *operation     `json:"-"`       // nil for a page without actions
}

// entry is a change with its problems as text.
type entry struct {
	observe.HistoryEntry
	Why []string `json:"why,omitempty"`
}

func overviewOf[T any](cfg *nacre.Config[T]) overview {
	o := overview{At: time.Now(), Health: cfg.Health(), Report: cfg.ExplainAll()}
	history := cfg.History()
	for i := range history {
		e := entry{HistoryEntry: history[len(history)-1-i]}
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
	if err := encoder.Encode(v); err != nil { // before the status is sent
		http.Error(w, "the answer cannot be written as JSON", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

func servePage(w http.ResponseWriter, status int, o overview, policy string) {
	var b bytes.Buffer
	if err := page.Execute(&b, o); err != nil { // into a buffer, so that half a page is never sent
		http.Error(w, "the page cannot be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", policy+"; style-src 'unsafe-inline'") // the page's own style
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}
