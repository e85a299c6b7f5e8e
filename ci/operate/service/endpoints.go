package main

import (
	"encoding/json"
	"net/http"
	"sync/atomic"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/confighttp"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// endpoints are the metrics and faults, and those of the config once it is open.
type endpoints struct {
	always *http.ServeMux
	config atomic.Pointer[http.ServeMux]
}

func newEndpoints(registry *prometheus.Registry, client *nacos.Client, f *faults) *endpoints {
	e := &endpoints{always: http.NewServeMux()}
	e.always.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	e.always.Handle("GET /debug/nacos.json", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(client.Status())
	}))
	e.always.Handle("POST /fault/{name}", f)
	e.always.Handle("/", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		config := e.config.Load()
		if config == nil {
			http.Error(w, "the config is not open", http.StatusServiceUnavailable)
			return
		}
		config.ServeHTTP(w, r)
	}))
	return e
}

// mount adds the endpoints of an open config.
func (e *endpoints) mount(cfg *nacre.Config[Config]) {
	mux := http.NewServeMux()
	mux.Handle("/debug/config", confighttp.Page(cfg))
	mux.Handle("/debug/config.json", confighttp.JSON(cfg))
	mux.Handle("/readyz", confighttp.Ready(cfg))
	mux.Handle("/admin/config/", confighttp.Admin(cfg, func(*http.Request) (string, error) { return "ann", nil }))
	e.config.Store(mux)
}

func (e *endpoints) ServeHTTP(w http.ResponseWriter, r *http.Request) { e.always.ServeHTTP(w, r) }
