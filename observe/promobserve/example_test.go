package promobserve_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/observe/promobserve"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/prometheus/client_golang/prometheus"
)

// A service registers the metrics, opens its config with their observer, and has them watch it.
// promhttp.HandlerFor serves the registry.
func Example() {
	type Config struct {
		Pool int `config:"pool" validate:"gte=1"`
	}
	registry := prometheus.NewRegistry() // or prometheus.DefaultRegisterer

	m := promobserve.New("orders")
	if err := m.Register(registry); err != nil {
		log.Fatal(err)
	}
	layer := memory.New("orders.yaml", []byte("pool: 10"))
	options := nacre.Options{
		Observers: []observe.Observer{m.Observe},
		Window:    nacre.Off, LastKnownGoodDisabled: true, Logger: slog.New(slog.DiscardHandler), // for the example
	}
	cfg, err := nacre.OpenWith[Config](context.Background(), options, layer)
	if err != nil {
		log.Fatal(err)
	}
	m.Watch(cfg.Health)

	defer cfg.Close()

	families, err := registry.Gather()
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range families {
		switch f.GetName() {
		case "nacre_config_ready", "nacre_config_version", "nacre_layer_up":
			fmt.Println(f.GetName(), f.GetMetric()[0].GetGauge().GetValue())
		}
	}
	// Output:
	// nacre_config_ready 1
	// nacre_config_version 1
	// nacre_layer_up 1
}
