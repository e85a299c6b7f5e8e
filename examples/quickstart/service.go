package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/providers/env"
	"github.com/nacre-go/nacre/providers/file"
	"github.com/nacre-go/nacre/providers/nacos"
)

// Config is the configuration of the service.
type Config struct {
	Greeting string `config:"greeting" default:"Hello"`
	DB       struct {
		DSN  nacre.Secret `config:"dsn" validate:"required"`
		Pool int          `config:"pool" default:"10" validate:"gte=1,lte=500"`
	} `config:"db"`
	Limits struct {
		Rate    int           `config:"rate" default:"100" validate:"gte=1"`
		Timeout time.Duration `config:"timeout" default:"3s" validate:"min=10ms"`
	} `config:"limits"`
}

// Validate checks a rule that a tag cannot express.
func (c *Config) Validate() error {
	if c.DB.Pool > c.Limits.Rate {
		return fmt.Errorf("db.pool must not be above limits.rate")
	}
	return nil
}

// service is a small HTTP service.
type service struct {
	cfg    *nacre.Config[Config]
	client *nacos.Client
	http   *http.Server
	addr   string
}

// start opens the configuration and serves with it.
func start(ctx context.Context, path, nacosAddr, stateDir string) (*service, error) {
	client, err := nacos.NewClient(nacos.Config{Servers: []string{nacosAddr}})
	if err != nil {
		return nil, err
	}
	cfg, err := nacre.OpenWith[Config](ctx,
		nacre.Options{
			LastKnownGoodDir: stateDir,
			BootTimeout:      2 * time.Second,
			Logger:           slog.New(slog.DiscardHandler), // the story prints its own lines
		},
		file.New(path),               // low
		client.Source("orders.yaml"), //
		client.Source("limits.yaml"), //
		env.New("ORDERS"),            // high
	)
	if err != nil {
		return nil, closeAfter(err, client)
	}
	s := &service{cfg: cfg, client: client}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", s.hello)
	mux.HandleFunc("GET /health", s.health)
	mux.HandleFunc("GET /explain/{key}", s.explain)
	s.http = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, closeAfter(err, cfg, client)
	}
	s.addr = listener.Addr().String()
	go func() { _ = s.http.Serve(listener) }()
	return s, nil
}

// hello answers with one version of the configuration, even if it changes meanwhile.
func (s *service) hello(w http.ResponseWriter, r *http.Request) {
	live := s.cfg.Snapshot()
	c := live.Value
	fmt.Fprintf(w, "%s! pool %d, rate %d, timeout %s (version %d)\n", c.Greeting, c.DB.Pool, c.Limits.Rate, c.Limits.Timeout, live.Version)
}

func (s *service) health(w http.ResponseWriter, r *http.Request) {
	h := s.cfg.Health()
	w.Header().Set("Content-Type", "application/json")
	if h.Ready() != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(h)
}

func (s *service) explain(w http.ResponseWriter, r *http.Request) {
	x, err := s.cfg.Explain(r.PathValue("key"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	fmt.Fprint(w, x)
}

// stop ends the service: first the users of the configuration, then the configuration, then the
// connection to its server.
func (s *service) stop() error {
	_ = s.http.Close()
	return closeAfter(nil, s.cfg, s.client)
}
