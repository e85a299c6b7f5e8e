package otlptest_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.uber.org/goleak"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/manifest"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/observe/otelobserve"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/nacostest"
	"github.com/nacre-go/nacre/source"
)

func TestMain(m *testing.M) {
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {})) // it would print those of an exporter that is down
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"), goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"))
}

type config struct {
	Pool int `config:"pool"`
}

// patience is how long a change may take on a busy machine.
const patience = 2 * time.Minute

// fleet is a publisher and two instances of a service, each with a connection and a provider of its
// own.
type fleet struct {
	*receiver
	server    nacos.Config
	publisher *nacos.Client
	providers []*trace.TracerProvider
	tracer    *trace.TracerProvider
	calls     chan string // of subscribers, and rejections
	closers   []func() error
}

func newFleet(t *testing.T, server nacos.Config) *fleet {
	t.Helper()
	f := &fleet{receiver: newReceiver(t), server: server, calls: make(chan string, 100)}
	f.tracer = f.provider(t, "publisher")
	f.providers = append(f.providers, f.tracer)
	f.publisher = f.client(t, nacos.OnPublish(otelobserve.OnPublish(otelobserve.WithTracerProvider(f.tracer))))
	return f
}

func (f *fleet) client(t *testing.T, options ...nacos.Option) *nacos.Client {
	t.Helper()
	c, err := nacos.NewClient(f.server, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// instance starts an instance of the service.
func (f *fleet) instance(t *testing.T, name string, layers func(c *nacos.Client) []source.Source) {
	t.Helper()
	provider := f.provider(t, name)
	f.providers = append(f.providers, provider)
	o := otelobserve.New("orders", otelobserve.WithTracerProvider(provider))
	options := nacre.Options{
		Logger: slog.New(slog.DiscardHandler), LastKnownGoodDisabled: true, BootTimeout: patience, Service: "orders",
		Observers: []observe.Observer{o.Observe, func(e observe.Event) {
			if e.Kind == observe.Rejected {
				f.calls <- name + " rejected"
			}
		}},
	}
	cfg, err := nacre.OpenWith[config](t.Context(), options, layers(f.client(t))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cfg.Close() })
	f.closers = append(f.closers, cfg.Close)
	if _, err := nacre.Subscribe(cfg, func(c *config) int { return c.Pool }, func(_ context.Context, ch nacre.Change[int]) error {
		f.calls <- fmt.Sprint(name, " ", ch.New)
		return nil
	}, nacre.WithName("pool")); err != nil {
		t.Fatal(err)
	}
}

// publish publishes a config and waits until the server shows it.
func (f *fleet) publish(ctx context.Context, t *testing.T, id, text string, options ...nacos.PublishOption) {
	t.Helper()
	if err := f.publisher.Publish(ctx, id, []byte(text), options...); err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(text, "\n")
	for {
		item, err := f.publisher.Get(ctx, id)
		if err == nil && bytes.Contains(item.Content, []byte(body)) {
			return
		}
		if ctx.Err() != nil {
			t.Fatal(err)
		}
	}
}

// called waits until the subscribers of both instances have seen a value, or until both have
// rejected one.
func (f *fleet) called(ctx context.Context, t *testing.T, value string) {
	t.Helper()
	missing := map[string]bool{"orders-1 " + value: true, "orders-2 " + value: true}
	for len(missing) > 0 {
		select {
		case call := <-f.calls:
			delete(missing, call)
		case <-ctx.Done():
			t.Fatalf("these subscribers were not called: %v", missing)
		}
	}
}

// end closes the instances and exports all spans.
func (f *fleet) end(t *testing.T) {
	t.Helper()
	for _, closeConfig := range f.closers {
		if err := closeConfig(); err != nil {
			t.Error(err)
		}
	}
	for _, p := range f.providers {
		if err := p.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	}
}

// onEach runs a test with nacostest and with a real server. The name of the configs is unique.
func onEach(t *testing.T, test func(ctx context.Context, t *testing.T, f *fleet, name string)) {
	t.Helper()
	run := func(t *testing.T, server nacos.Config) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		f := newFleet(t, server)
		if err := f.publisher.WaitReady(ctx); err != nil {
			t.Fatal(err)
		}
		test(ctx, t, f, fmt.Sprintf("nacre-%08x", rand.Uint32()))
	}
	t.Run("nacostest", func(t *testing.T) {
		t.Parallel()
		server, err := nacostest.Start(nacostest.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(server.Close)
		run(t, nacos.Config{Servers: []string{server.Addr()}})
	})
	t.Run("real", func(t *testing.T) {
		t.Parallel()
		addr := os.Getenv("NACRE_NACOS_ADDR")
		if addr == "" {
			t.Skip("set NACRE_NACOS_ADDR=host:port (and NACRE_NACOS_USERNAME, NACRE_NACOS_PASSWORD) to run this against a real server")
		}
		run(t, nacos.Config{Servers: []string{addr}, Username: os.Getenv("NACRE_NACOS_USERNAME"), Password: nacos.NewPassword(os.Getenv("NACRE_NACOS_PASSWORD"))})
	})
}

// A document is published with a line; both instances and their subscribers are in the trace that
// begins with the publisher.
func TestRealOneTraceFromPublishToSubscribers(t *testing.T) {
	t.Parallel()
	onEach(t, func(ctx context.Context, t *testing.T, f *fleet, name string) {
		t.Helper()
		id := name + ".yaml"
		t.Cleanup(func() { _ = f.publisher.Delete(context.WithoutCancel(ctx), id) })
		f.publish(ctx, t, id, "# the first\npool: 1\n", nacos.ReleaseLine("r1"))
		for _, instance := range []string{"orders-1", "orders-2"} {
			f.instance(t, instance, func(c *nacos.Client) []source.Source { return []source.Source{c.Source(id)} })
		}
		release := func(name, text string) {
			ctx, span := f.tracer.Tracer("test").Start(ctx, "release "+name)
			defer span.End()
			f.publish(ctx, t, id, text, nacos.ReleaseLine(name))
		}
		release("r2", "# the second\npool: 2\n")
		f.called(ctx, t, "2")
		release("r3", "# the third\npool: x\n")
		f.called(ctx, t, "rejected")
		f.end(t)

		below := ""
		for _, instance := range []string{"orders-1", "orders-2"} {
			below += strings.ReplaceAll(`      ~> INSTANCE config.apply CONSUMER applied r2
         INSTANCE config.decode INTERNAL DOCUMENT
         INSTANCE config.merge INTERNAL
         INSTANCE config.validate INTERNAL
         INSTANCE config.build INTERNAL
         INSTANCE config.swap INTERNAL
         INSTANCE config.subscriber INTERNAL r2 pool
`, "INSTANCE", instance)
		}
		f.want(t, "release r2", "publisher release r2 INTERNAL\n   publisher config.publish PRODUCER public/DEFAULT_GROUP/DOCUMENT\n"+below, id)
		below = ""
		for _, instance := range []string{"orders-1", "orders-2"} {
			below += strings.ReplaceAll(`      ~> INSTANCE config.apply CONSUMER rejected r3 error=wrong_type
         INSTANCE config.decode INTERNAL DOCUMENT
         INSTANCE config.merge INTERNAL
         INSTANCE config.validate INTERNAL
         INSTANCE config.search INTERNAL
`, "INSTANCE", instance)
		}
		f.want(t, "release r3", "publisher release r3 INTERNAL\n   publisher config.publish PRODUCER public/DEFAULT_GROUP/DOCUMENT\n"+below, id)
	})
}

// A release of two documents has one span, which its signed manifest names.
func TestRealOneTraceOfARelease(t *testing.T) {
	t.Parallel()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	onEach(t, func(ctx context.Context, t *testing.T, f *fleet, name string) {
		t.Helper()
		pool, other, list := name+"-pool.yaml", name+"-other.json", name+"-release.yaml"
		t.Cleanup(func() {
			for _, id := range []string{pool, other, list} {
				_ = f.publisher.Delete(context.WithoutCancel(ctx), id)
			}
		})
		publish := func(n int) {
			release, span := f.tracer.Tracer("test").Start(ctx, fmt.Sprint("release r", n))
			defer span.End()
			documents := map[string][]byte{pool: fmt.Appendf(nil, "# release %d\npool: %d", n, n), other: []byte(`{}`)}
			m := manifest.New(fmt.Sprint("r", n), documents)
			m.Sequence, m.TraceParent = uint64(n), otelobserve.TraceParent(release)
			m.Audience = []manifest.Audience{{Namespace: "*", Group: "*", Service: "orders"}}
			data, err := manifest.Sign(m.YAML(), private)
			if err != nil {
				t.Fatal(err)
			}
			for id, text := range documents {
				f.publish(release, t, id, string(text))
			}
			f.publish(release, t, list, string(data))
		}
		publish(1)
		for _, instance := range []string{"orders-1", "orders-2"} {
			f.instance(t, instance, func(c *nacos.Client) []source.Source {
				return []source.Source{nacre.Layer(c.Source(list), nacre.SignedManifest(public)), c.Source(pool), c.Source(other)}
			})
		}
		publish(2)
		f.called(ctx, t, "2")
		f.end(t)
		root := f.named("release r2")
		if len(root) != 1 {
			t.Fatalf("%d spans of release r2 were received", len(root))
		}
		applied := 0
		for _, s := range f.named("config.apply") {
			if s.attributes["nacre.result"] == "applied" && s.attributes["nacre.release"] == "r2" && len(s.links) == 1 && s.links[0] == root[0].trace+" "+root[0].id {
				applied++
			}
		}
		if got := f.from(root[0]); applied != 2 || strings.Count(got, " config.publish PRODUCER") != 3 || strings.Count(got, " config.subscriber ") != 2 {
			t.Errorf("the trace of release r2 is\n%s", got)
		}
	})
}

// want compares the trace below the span of that name, about a document.
func (f *fleet) want(t *testing.T, name, want, document string) {
	t.Helper()
	want = strings.ReplaceAll(want, "DOCUMENT", document)
	root := f.named(name)
	if len(root) != 1 {
		t.Fatalf("%d spans %q were received", len(root), name)
	}
	if got := f.from(root[0]); got != want {
		t.Errorf("the trace is\n%s\nwant\n%s", got, want)
	}
}
