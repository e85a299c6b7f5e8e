package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/observe/promobserve"
	"github.com/nacre-go/nacre/observe/promobserve/promnacos"
	"github.com/nacre-go/nacre/providers/env"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/prometheus/client_golang/prometheus"
)

type settings struct {
	listen, nacos, state, id string
	boot                     time.Duration
	next                     bool
}

func main() {
	var s settings
	flag.StringVar(&s.listen, "listen", "127.0.0.1:0", "address of the metrics and the debug page")
	flag.StringVar(&s.nacos, "nacos", "127.0.0.1:8848", "address of the Nacos server")
	flag.StringVar(&s.state, "state", "", "folder of the last known good copy")
	flag.DurationVar(&s.boot, "boot", time.Second, "nacre.Options.BootTimeout")
	flag.StringVar(&s.id, "id", "", "nacos.Config.InstanceID")
	flag.BoolVar(&s.next, "next", false, "bind the struct of the next build, which has a section more")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, s); err != nil {
		fmt.Fprintln(os.Stderr, "service:", err)
		stop()
		os.Exit(1)
	}
}

// run serves until ctx ends. The endpoints are there before the config is open, so that an instance
// that cannot open it is visible.
func run(ctx context.Context, s settings) error {
	f := newFaults()
	defer f.clear()
	registry := prometheus.NewRegistry()
	session := promnacos.New("orders")
	if err := session.Register(registry); err != nil {
		return err
	}
	client, err := nacos.NewClient(nacos.Config{Servers: []string{s.nacos}, Plaintext: true, AppName: "orders", InstanceID: s.id},
		nacos.OnEvent(session.Observe), nacos.ReconcileEvery(time.Second), nacos.RequestTimeout(2*time.Second))
	if err != nil {
		return err
	}
	defer client.Close()
	session.Watch(client.Status)

	// The small queue is soon full when the function that names traces hangs.
	metrics := promobserve.New("orders", promobserve.QueueSize(16), promobserve.TraceID(func(observe.Event) string {
		f.of("trace_hangs").wait()
		return ""
	}))
	if err := metrics.Register(registry); err != nil {
		return err
	}
	endpoints := newEndpoints(registry, client, f)
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.listen)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: endpoints, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(listener) }()
	defer server.Close()

	cfg, err := open(ctx, s, client, metrics)
	if err != nil {
		return err
	}
	defer cfg.Close()
	metrics.Watch(cfg.Health)
	if err := use(ctx, cfg, client, f); err != nil {
		return err
	}
	endpoints.mount(cfg)
	<-ctx.Done()
	f.clear() // a subscriber that hangs would delay Close
	return nil
}

// open opens the config, again and again until it succeeds: an orchestrator would restart the
// instance instead.
func open(ctx context.Context, s settings, client *nacos.Client, metrics *promobserve.Metrics) (*nacre.Config[Config], error) {
	var sections []nacre.SectionDeclaration
	if s.next {
		sections = append(sections, nacre.DeclareSection[Database]("replica"))
	}
	for {
		cfg, err := nacre.OpenWith[Config](ctx, nacre.Options{
			Observers: []observe.Observer{metrics.Observe}, LastKnownGoodDir: s.state, BootTimeout: s.boot, FreshWithin: 5 * time.Second, Sections: sections,
			Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)),
		}, client.Source("orders.yaml"), client.Source("limits.yaml"), client.Routed("orders.routes.yaml"), env.New("ORDERS"))
		if err == nil {
			return cfg, nil
		}
		slog.Error("the config does not open", "err", err)
		timer := time.NewTimer(time.Second)
		select {
		case <-timer.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
