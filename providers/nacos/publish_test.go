package nacos_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/internal/fakenacos"
	"github.com/nacre-go/nacre/providers/nacos/internal/realnacos"
	"github.com/nacre-go/nacre/source"
)

// onEach runs a test against nacostest as a Nacos 2 and as a Nacos 3, and against a real server
// where the environment names one. The data ID is unique and is deleted in the end.
func onEach(t *testing.T, test func(t *testing.T, c *nacos.Client, id string)) {
	t.Helper()
	onEachConfig(t, func(t *testing.T, cfg nacos.Config, id string) {
		t.Helper()
		c := newClient(t, cfg, nacos.RequestTimeout(time.Minute)) // large contents take a busy machine a while
		t.Cleanup(func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
			defer cancel()
			_ = c.Delete(ctx, id) // a test may have closed the client
		})
		test(t, c, id)
	})
}

// onEachConfig is onEach for a test that makes clients of its own, and deletes what it publishes.
func onEachConfig(t *testing.T, test func(t *testing.T, cfg nacos.Config, id string)) {
	t.Helper()
	run := func(t *testing.T, cfg nacos.Config) {
		t.Helper()
		test(t, cfg, fmt.Sprintf("nacre-%08x.yaml", rand.Uint32()))
	}
	for name, version := range versions {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, config(start(t, fakenacos.Options{Version: version, DumpDelay: 100 * time.Millisecond})))
		})
	}
	t.Run("real", func(t *testing.T) {
		t.Parallel()
		run(t, realnacos.Config(t))
	})
}

func TestPublishGetDelete(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, c *nacos.Client, id string) {
		t.Helper()
		ctx := within(t)
		if _, err := c.Get(ctx, id); !errors.Is(err, source.NotFound) {
			t.Errorf("Get of what is not there: %v, want not found", err)
		}
		if err := c.Delete(ctx, id); err != nil {
			t.Errorf("Delete of what is not there: %v", err)
		}
		r := follow(t, c.Config(id))
		if d, err := r.next(); err != nil || !d.Absent {
			t.Errorf("before the first publish Next returned %+v, %v, want absent", d, err)
		}
		const text = "name: \"ü <&> \\u2028 \u2028\"\n\ttab: 1\r\n"
		begin := time.Now()
		err := c.Publish(ctx, id, []byte(text), nacos.App("orders"), nacos.Tags("a", "b"), nacos.Description("for a test"))
		if err != nil {
			t.Fatal(err)
		}
		d, err := r.next()
		if err != nil || string(d.Data) != text || d.Digest != "md5:"+sumOf(text) || d.Format != "yaml" {
			t.Errorf("what was published came as %q, %+v, error %v", d.Data, d.Digest, err)
		}
		if age := d.Modified.Sub(begin); age < -time.Minute || age > time.Minute {
			t.Errorf("the server says that it was modified at %v", d.Modified)
		}
		item, err := c.Get(ctx, id)
		if err != nil || string(item.Content) != text || item.MD5 != sumOf(text) || item.Type != "yaml" {
			t.Errorf("Get returned %v, type %q, error %v", item, item.Type, err)
		}
		if err := c.Publish(ctx, id, []byte("v: 2"), nacos.IfMD5("0123456789abcdef0123456789abcdef")); !errors.Is(err, source.Conflict) {
			t.Errorf("a compare-and-set with another md5: %v, want conflict", err)
		}
		if err := c.Publish(ctx, id, []byte("v: 3"), nacos.IfMD5(item.MD5), nacos.Type("json")); err != nil {
			t.Errorf("a compare-and-set with the right md5: %v", err)
		}
		r.until("v: 3")
		if item, err := c.Get(ctx, id); err != nil || item.Type != "json" {
			t.Errorf("the type that was given is %q, %v", item.Type, err)
		}
		if err := c.Delete(ctx, id); err != nil {
			t.Error(err)
		}
		if d, err := r.next(); err != nil || !d.Absent {
			t.Errorf("after the delete Next returned %+v, %v, want absent", d, err)
		}
	})
}

// A source says by which names its client knows this instance, which Health shows.
func TestASourceNamesTheInstance(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	host, _ := os.Hostname()
	cfg := config(srv)
	if d := newClient(t, cfg).Config("x.yaml").Describe(); d.Service != "nacos.test" || d.InstanceID != host {
		t.Errorf("without names the source describes %q %q, want the program and the host %s", d.Service, d.InstanceID, host)
	}
	cfg.AppName, cfg.AppVersion, cfg.InstanceID = "orders", "v2.3.1", "orders-3"
	for _, src := range []source.Source{newClient(t, cfg).Config("x.yaml"), newClient(t, cfg).Routed("x.routes.yaml")} {
		if d := source.DescriptionOf(src); d.Service != "orders" || d.ServiceVersion != "v2.3.1" || d.InstanceID != "orders-3" {
			t.Errorf("the source describes %q %q %q, want what Config has", d.Service, d.ServiceVersion, d.InstanceID)
		}
	}
}

func TestGroupsAndNamespaces(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	cfg := config(srv)
	cfg.Namespace, cfg.Group = "dev", "G1"
	c := newClient(t, cfg)
	public := config(srv)
	public.Namespace = "public"
	p := newClient(t, public)
	ctx := within(t)
	for id, err := range map[string]error{
		"own group":     c.Publish(ctx, "x.yaml", []byte("v: 1")),
		"another group": c.Publish(ctx, "x.yaml", []byte("v: 2"), nacos.Group("G2")),
		"public":        p.Publish(ctx, "x.yaml", []byte("v: 3")),
	} {
		if err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	follow(t, c.Config("x.yaml")).until("v: 1")
	follow(t, c.Config("x.yaml", nacos.Group("G2"))).until("v: 2")
	follow(t, p.Config("x.yaml")).until("v: 3")
	if text, ok := srv.Get("", group, "x.yaml"); !ok || text != "v: 3" {
		t.Error(`the namespace "public" is not the public one`)
	}
	if got := c.Config("x.yaml", nacos.Group("G2")).Describe().Identity; got != "nacos://"+srv.Addr()+"/dev/G2/x.yaml" {
		t.Errorf("Identity is %q", got)
	}
	if got := c.Config("x.yaml", nacos.Group("G2")).Describe(); got.Namespace != "dev" || got.Group != "G2" {
		t.Errorf("Scope is %+v", got)
	}
	if got := p.Config("x.yaml").Describe(); got.Namespace != "public" {
		t.Errorf("the public namespace is %q", got.Namespace)
	}
	src := c.Config("x.yaml")
	for _, named := range []struct{ got, want string }{
		{src.Name(), "x.yaml"},
		{c.Config("x.yaml", nacos.Group("DEFAULT_GROUP")).Name(), "DEFAULT_GROUP/x.yaml"}, // the client's is G
		{c.Config("x.yaml", nacos.Group("")).Name(), "x.yaml"},                            // an error, which names it
		{p.Config("x.yaml").Name(), "x.yaml"},
	} {
		if named.got != named.want {
			t.Errorf("Name is %q, want %q", named.got, named.want)
		}
	}
	if err := c.Delete(ctx, "x.yaml", nacos.Group("G2")); err != nil {
		t.Error(err)
	}
	srv.Flush()
	if err := second(c.Get(ctx, "x.yaml", nacos.Group("G2"))); !errors.Is(err, source.NotFound) {
		t.Errorf("after a delete in another group Get says %v", err)
	}
}

func TestPublishOfWhatCannotBe(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, c *nacos.Client, id string) {
		t.Helper()
		big := strings.Repeat("x", 10<<20)
		for _, tc := range []struct {
			name, id string
			content  string
			kind     source.Kind
		}{
			{"empty", id, "", source.InvalidArgument},
			{"blank", id, " \n\t", source.InvalidArgument},
			{"not UTF-8", id, "a: \xff\xfe", source.InvalidArgument},
			{"one byte too many", id, big + "x", source.TooLarge},
			{"more than a message takes", id, strings.Repeat("\"\\", 10<<20/2), source.TooLarge},
			{"no data ID", "", "v: 1", source.InvalidArgument},
			{"illegal data ID", "a b.yaml", "v: 1", source.InvalidArgument},
			{"long data ID", strings.Repeat("x", 257), "v: 1", source.InvalidArgument},
		} {
			begin := time.Now()
			err := c.Publish(within(t), tc.id, []byte(tc.content))
			var e *source.Error
			if !errors.As(err, &e) || e.Kind != tc.kind || e.Fix == "" {
				t.Errorf("publish of %s: %v, want kind %q and a fix", tc.name, err, tc.kind)
			}
			if tc.kind == source.TooLarge && !strings.Contains(err.Error(), "10 MiB") && !strings.Contains(err.Error(), "as JSON in the request, of which a server accepts 10481664 (shorten it to about 5240") {
				t.Errorf("publish of %s: %v, want the size that would pass", tc.name, err)
			}
			if took := time.Since(begin); took > time.Minute {
				t.Errorf("publish of %s took %v", tc.name, took)
			}
		}
		if err := c.Publish(within(t), id, []byte("v: 1")); err != nil {
			t.Errorf("after that a good publish fails: %v", err)
		}
	})
}

func TestLargeContent(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, c *nacos.Client, id string) {
		t.Helper()
		text := strings.Repeat("0123456789abcdef\n", 3<<20/17)
		r := follow(t, c.Config(id))
		if err := c.Publish(within(t), id, []byte(text)); err != nil {
			t.Fatal(err)
		}
		r.until(text)
	})
}

// A server that is modifying a config refuses a read for a moment; that is no error for a caller.
func TestGetWhileTheServerModifies(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	if err := srv.Put("", group, "x.yaml", "v: 1"); err != nil {
		t.Fatal(err)
	}
	c := newClient(t, config(srv), nacos.RequestTimeout(3*time.Second))
	ready(t, c)
	const modifying = "requested file is being modified, please try later."
	srv.Faults().FailWith(2, 400, modifying, fakenacos.Match{Type: "ConfigQueryRequest"})
	if item, err := c.Get(within(t), "x.yaml"); err != nil || string(item.Content) != "v: 1" {
		t.Errorf("Get returned %q, %v", item.Content, err)
	}
	srv.Faults().FailWith(2, 400, modifying, fakenacos.Match{Type: "ConfigQueryRequest"})
	if err := c.Publish(within(t), "no-extension", []byte("v: 1")); err != nil {
		t.Errorf("Publish, which reads the type: %v", err)
	}
	srv.Faults().FailWith(fakenacos.Always, 400, modifying, fakenacos.Match{Type: "ConfigQueryRequest"})
	if err := second(c.Get(within(t), "x.yaml")); !errors.Is(err, nacos.UpdateInProgress) {
		t.Errorf("a server that never ends: %v, want %v", err, nacos.UpdateInProgress)
	}
}

// A server that fails within is told from one that answers nonsense, and a try later may help.
func TestPublishToAServerThatFails(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	c := newClient(t, config(srv))
	ready(t, c)
	srv.Faults().Fail(1, 500, fakenacos.Match{Type: "ConfigPublishRequest"})
	err := c.Publish(within(t), "x.yaml", []byte("v: 1"))
	if !errors.Is(err, nacos.ServerError) || !errors.Is(err, source.Unavailable) || !strings.Contains(err.Error(), "x.yaml") {
		t.Errorf("got %v, want %v with the document", err, nacos.ServerError)
	}
	if err := c.Publish(within(t), "x.yaml", []byte("v: 1")); err != nil {
		t.Errorf("the next try: %v", err)
	}
}
