package main

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/confighttp"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/nacos"
)

// rejectedKey is the key under which a script has the channel of rejections.
type rejectedKey struct{}

// orders is the config of a service.
type orders struct {
	DB struct {
		Pool     int          `config:"pool" default:"5" validate:"max=100"`
		Password nacre.Secret `config:"password"`
	} `config:"db"`
	Name string `config:"name"`
}

// service starts a service on the script's server, which serves its state.
func service(ts *testscript.TestScript, _ bool, args []string) {
	client, err := nacos.NewClient(nacos.Config{Servers: []string{serverOf(ts).Addr()}})
	ts.Check(err)
	ts.Defer(func() { client.Close() })
	cfg, err := nacre.OpenWith[orders](context.Background(), nacre.Options{LastKnownGoodDisabled: true, Logger: slog.New(slog.DiscardHandler), Window: nacre.Off, Observers: []observe.Observer{func(e observe.Event) {
		if e.Kind == observe.Rejected {
			select {
			case ts.Value(rejectedKey{}).(chan struct{}) <- struct{}{}:
			default:
			}
		}
	}}}, client.Source(args[1]))
	ts.Check(err)
	ts.Defer(func() { cfg.Close() })
	srv := httptest.NewServer(confighttp.JSON(cfg))
	ts.Defer(srv.Close)
	ts.Setenv(args[0], srv.Listener.Addr().String())
}

// rejected waits until the service has rejected a content.
func rejected(ts *testscript.TestScript, _ bool, _ []string) {
	select {
	case <-ts.Value(rejectedKey{}).(chan struct{}):
	case <-time.After(30 * time.Second):
		ts.Fatalf("the service has rejected nothing")
	}
}
