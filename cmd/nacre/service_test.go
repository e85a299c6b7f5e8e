package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/confighttp"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

// rejectedKey is the key under which a script has the channel of rejections.
type rejectedKey struct{}

// heldKey is the key under which a script has the channel of held changes.
type heldKey struct{}

// orders is the config of a service.
type orders struct {
	DB struct {
		Pool     int          `config:"pool" default:"5" validate:"max=100"`
		Password nacre.Secret `config:"password"`
	} `config:"db"`
	Name   string         `config:"name"`
	Limits map[string]any `config:"limits"`
}

// cache is a section of the service.
type cache struct {
	Size int `config:"size"`
}

// Validate has a rule that no schema knows.
func (o *orders) Validate() error {
	if o.DB.Pool == 13 {
		return errors.New("db.pool: is unlucky")
	}
	return nil
}

// settingsOf are the settings of a client of the script's server.
func settingsOf(ts *testscript.TestScript) nacos.Config {
	return nacos.Config{
		Servers: []string{ts.Getenv("SERVER")}, Group: ts.Getenv("NACOS_GROUP"),
		Username: ts.Getenv("NACOS_USERNAME"), Password: nacos.NewPassword(ts.Getenv("NACOS_PASSWORD")),
	}
}

// service starts a service on the script's server, which serves its state.
func service(ts *testscript.TestScript, _ bool, args []string) { serve(ts, args) }

// reverting starts a service that reverts a pool of 66, after it has acted on it.
func reverting(ts *testscript.TestScript, _ bool, args []string) {
	checks := 0
	nacre.AutoRollback(serve(ts, args), func(_ context.Context, o *orders) error {
		if checks++; checks > 3 && o.DB.Pool == 66 {
			return errors.New("too many timeouts")
		}
		return nil
	}, nacre.RollbackCheckInterval(50*time.Millisecond), nacre.RollbackWindow(time.Second))
}

// busy starts a service that never ends its work on a change.
func busy(ts *testscript.TestScript, _ bool, args []string) {
	ended := make(chan struct{})
	sub, err := nacre.Subscribe(serve(ts, args), func(o *orders) int { return o.DB.Pool }, func(context.Context, nacre.Change[int]) error {
		<-ended
		return nil
	})
	ts.Check(err)
	ts.Defer(func() { close(ended); sub.Stop() })
}

func serve(ts *testscript.TestScript, args []string) *nacre.Config[orders] {
	settings := settingsOf(ts)
	if len(args) > 2 {
		settings.Labels = map[string]string{"Vipserver-Tag": args[2]}
	}
	id, options := args[1], []nacos.SourceOption(nil)
	if group, name, found := strings.Cut(id, "/"); found {
		id, options = name, append(options, nacos.Group(group))
	}
	return serveLayer(ts, args[0], settings, func(client *nacos.Client) source.Source { return client.Source(id, options...) })
}

// routed starts an instance of the service orders on a routing document.
func routed(ts *testscript.TestScript, _ bool, args []string) {
	settings := settingsOf(ts)
	settings.AppName, settings.InstanceID = "orders", args[2]
	serveLayer(ts, args[0], settings, func(client *nacos.Client) source.Source { return client.Routed(args[1]) })
}

// serveLayer starts a service with one layer, and sets a variable to its address.
func serveLayer(ts *testscript.TestScript, variable string, settings nacos.Config, layer func(*nacos.Client) source.Source) *nacre.Config[orders] {
	client, err := nacos.NewClient(settings)
	ts.Check(err)
	ts.Defer(func() { client.Close() })
	cfg, err := nacre.OpenWith[orders](context.Background(), nacre.Options{LastKnownGoodDisabled: true, Sections: []nacre.SectionDeclaration{nacre.DeclareSection[cache]("cache")}, Logger: slog.New(slog.DiscardHandler), Window: nacre.Off, Observers: []observe.Observer{func(e observe.Event) {
		happened := map[observe.EventKind]any{observe.Rejected: rejectedKey{}, observe.Held: heldKey{}}[e.Kind]
		if happened == nil {
			return
		}
		select {
		case ts.Value(happened).(chan struct{}) <- struct{}{}:
		default:
		}
	}}}, layer(client))
	ts.Check(err)
	ts.Defer(func() { cfg.Close() })
	_, err = nacre.Derive(context.Background(), cfg, func(c *orders) int { return c.DB.Pool },
		func(_ context.Context, size int) (chan struct{}, error) { return make(chan struct{}, size), nil }, nil, nacre.WithName("pool"))
	ts.Check(err)
	_, err = nacre.Subscribe(cfg, func(c *orders) string { return c.Name },
		func(context.Context, nacre.Change[string]) error { return nil }, nacre.WithName("greeting"))
	ts.Check(err)
	mux := http.NewServeMux()
	mux.Handle("/debug/config.json", confighttp.JSON(cfg))
	mux.Handle("/admin/config/", confighttp.Admin(cfg, func(r *http.Request) (string, error) {
		if user, password, ok := r.BasicAuth(); ok && password == "hunter2" {
			return user, nil
		}
		if r.Header.Get("Authorization") == "Bearer hunter2" {
			return "robot", nil
		}
		return "", errors.New("who is it?")
	}))
	srv := httptest.NewServer(mux)
	ts.Defer(srv.Close)
	ts.Setenv(variable, srv.Listener.Addr().String())
	return cfg
}

// rejected waits until the service has rejected a content.
func rejected(ts *testscript.TestScript, _ bool, _ []string) {
	select {
	case <-ts.Value(rejectedKey{}).(chan struct{}):
	case <-time.After(30 * time.Second):
		ts.Fatalf("the service has rejected nothing")
	}
}

// held waits until the service holds a content.
func held(ts *testscript.TestScript, _ bool, _ []string) {
	select {
	case <-ts.Value(heldKey{}).(chan struct{}):
	case <-time.After(30 * time.Second):
		ts.Fatalf("the service holds nothing")
	}
}
