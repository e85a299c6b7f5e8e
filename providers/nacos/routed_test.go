package nacos_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/internal/fakenacos"
	"github.com/nacre-go/nacre/source"
)

const routesID = "orders.routes.yaml"

// follower reads a routed source step by step.
type follower struct {
	t    *testing.T
	srv  *fakenacos.Server
	src  source.Source
	prev source.Revision
}

func followRoute(t *testing.T, srv *fakenacos.Server, c *nacos.Client, opts ...nacos.SourceOption) *follower {
	t.Helper()
	src := c.Routed(routesID, opts...)
	t.Cleanup(func() { _ = src.(io.Closer).Close() })
	return &follower{t: t, srv: srv, src: src}
}

func (f *follower) put(id, text string) {
	f.t.Helper()
	if err := f.srv.Put("", group, id, text); err != nil {
		f.t.Fatal(err)
	}
}

// next returns the next content, which it acknowledges, or the next error.
func (f *follower) next() string {
	f.t.Helper()
	c, err := f.src.Next(within(f.t), f.prev)
	if err != nil {
		return "error: " + err.Error()
	}
	f.prev = c.Revision
	f.src.(source.Acknowledger).Ack(c.Revision, nil)
	return describe(c)
}

// listens waits until the server has that many listeners of a config.
func (f *follower) listens(n int, id string) {
	f.t.Helper()
	if err := f.srv.Wait(within(f.t), func(fakenacos.Stats) bool { return len(f.srv.Listeners("", group, id)) == n }); err != nil {
		f.t.Fatalf("%s has %d listeners, want %d", id, len(f.srv.Listeners("", group, id)), n)
	}
}

func describe(c source.Content) string {
	var all []string
	for _, d := range c.Documents {
		text := d.Name
		switch {
		case d.Absent:
			text += " absent"
		case !d.Selects:
			text += "=" + strings.TrimSpace(string(d.Data))
		}
		if d.Selects {
			text += " selects"
		}
		if d.Optional {
			text += " optional"
		}
		if d.AllowUnknown {
			text += " unknown"
		}
		if d.Group != "" {
			text += " in " + d.Namespace + "/" + d.Group
		}
		if d.Note != "" {
			text += " (" + d.Note + ")"
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

func (f *follower) want(want string) {
	f.t.Helper()
	if got := f.next(); got != want {
		f.t.Fatalf("the route has\n%s\nwant\n%s", got, want)
	}
}

func TestRouted(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	cfg := config(srv)
	cfg.AppName, cfg.AppVersion, cfg.Profile, cfg.InstanceID = "orders", "v2.3.1", "prod", "orders-3"
	cfg.Labels = map[string]string{"zone": "a"}
	var mu sync.Mutex
	var routed []string
	c := newClient(t, cfg, nacos.OnEvent(func(e nacos.Event) {
		mu.Lock()
		defer mu.Unlock()
		switch e.Kind {
		case nacos.EventRouted:
			routed = append(routed, fmt.Sprintf("%s: %s, %d configs", e.Document, e.Route, e.Keys))
		case nacos.EventRouteRejected:
			code, _ := errors.AsType[nacos.Code](e.Err)
			routed = append(routed, e.Document+": "+code.Name())
		}
	}))
	f := followRoute(t, srv, c)
	f.want("orders.routes.yaml absent selects")

	f.put("orders.yaml", "pool: 1")
	f.put("common.yaml", "log: info")
	f.put(routesID, "common: [{data_id: common.yaml, allow_unknown: true}]\nrules: [{documents: ['{{.Service}}.yaml']}]")
	const first = "orders.routes.yaml selects, common.yaml=log: info unknown (common to all rules), orders.yaml="
	f.want(first + "pool: 1 (routed by rule 1: every instance)")
	f.put("orders.yaml", "pool: 2")
	f.want(first + "pool: 2 (routed by rule 1: every instance)")

	// A new route waits for what it requires. Meanwhile the previous one is live.
	f.put(routesID, "rules:\n- {name: next, match: {version: v2.3.*, profile: prod}, documents: ['{{.Service}}.yaml', next.yaml, {data_id: extra.yaml, optional: true}]}\n- {documents: ['{{.Service}}.yaml']}")
	const missing = "error: read public/DEFAULT_GROUP/next.yaml: not found: config does not exist, and is required by rule 1 (next): version v2.3.*, profile prod " +
		"(publish it, correct the routing document, or mark the document optional there; the previous route stays in use)"
	f.want(missing)
	f.put("orders.yaml", "pool: 3")
	f.want(first + "pool: 3 (routed by rule 1: every instance)")
	f.want(missing)
	f.put("next.yaml", "next: true")
	const by = " (routed by rule 1 (next): version v2.3.*, profile prod)"
	f.want("orders.routes.yaml selects, orders.yaml=pool: 3" + by + ", next.yaml=next: true" + by + ", extra.yaml absent optional" + by)
	f.put("extra.yaml", "x: 1")
	f.want("orders.routes.yaml selects, orders.yaml=pool: 3" + by + ", next.yaml=next: true" + by + ", extra.yaml=x: 1 optional" + by)
	f.listens(0, "common.yaml")
	f.listens(1, "extra.yaml")

	// A bad routing document changes nothing.
	f.put(routesID, "rules:\n- {documents: [orders.yaml]}\n- {documents: [orders.yml]}")
	const bad = "error: route public/DEFAULT_GROUP/orders.routes.yaml: malformed: orders.routes.yaml:3: rule 2 ties with rule 1, in line 2: both match the same instances (correct the routing document; the previous route stays in use)"
	f.want(bad)
	f.put("next.yaml", "next: false")
	f.want("orders.routes.yaml selects, orders.yaml=pool: 3" + by + ", next.yaml=next: false" + by + ", extra.yaml=x: 1 optional" + by)
	f.want(bad)
	f.put(routesID, "rules: [{match: {service: [billing, mail]}, documents: []}]")
	if got := f.next(); !strings.Contains(got, "no rule matches the instance; rule 1: service is orders (add a rule") {
		t.Errorf("an instance without a rule is told %s", got)
	}
	f.put(routesID, "rules: [{documents: [orders.routes.yaml, 'a b.yaml']}]")
	if got := f.next(); !strings.Contains(got, "orders.routes.yaml:1: is the routing document itself; orders.routes.yaml:1: data ID has an illegal character at byte 1") {
		t.Errorf("documents that cannot be are told as %s", got)
	}

	// Deleted: the engine keeps what it has, and the other documents stay.
	srv.Delete("", group, routesID)
	srv.Flush()
	f.want("orders.routes.yaml absent selects, orders.yaml=pool: 3" + by + ", next.yaml=next: false" + by + ", extra.yaml=x: 1 optional" + by)
	srv.Delete("", group, "next.yaml")
	srv.Flush()
	f.want("orders.routes.yaml absent selects, orders.yaml=pool: 3" + by + ", next.yaml absent" + by + ", extra.yaml=x: 1 optional" + by)

	f.put(routesID, "rules: [{documents: ['{{.Service}}.yaml', next.yaml]}]")
	f.want("orders.routes.yaml selects, orders.yaml=pool: 3 (routed by rule 1: every instance), next.yaml absent (routed by rule 1: every instance)")
	f.put(routesID, "rules: [{documents: []}]")
	f.want("orders.routes.yaml selects")

	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if got := f.next(); !strings.Contains(got, "closed") {
		t.Errorf("a source of a closed client tells %s", got)
	}
	mu.Lock()
	defer mu.Unlock()
	want := []string{
		"public/DEFAULT_GROUP/orders.routes.yaml: rule 1: every instance, 2 configs",
		"public/DEFAULT_GROUP/orders.routes.yaml: rule 1 (next): version v2.3.*, profile prod, 3 configs",
		"public/DEFAULT_GROUP/orders.routes.yaml: InvalidRoutes",
		"public/DEFAULT_GROUP/orders.routes.yaml: NoRoute",
		"public/DEFAULT_GROUP/orders.routes.yaml: NoRoute",
		"public/DEFAULT_GROUP/orders.routes.yaml: rule 1: every instance, 2 configs",
		"public/DEFAULT_GROUP/orders.routes.yaml: rule 1: every instance, 0 configs",
	}
	if !slices.Equal(routed, want) {
		t.Errorf("the events are\n%s\nwant\n%s", strings.Join(routed, "\n"), strings.Join(want, "\n"))
	}
}

func TestRoutedToOtherPlaces(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	c := newClient(t, config(srv))
	for _, k := range []nacos.Key{{Namespace: "other", Group: "G", DataID: "a.yaml"}, {Group: "G", DataID: "a.yaml"}, {Group: "ROUTES", DataID: "a.yaml"}} {
		if err := srv.Put(k.Namespace, k.Group, k.DataID, "place: "+k.String()); err != nil {
			t.Fatal(err)
		}
	}
	if err := srv.Put("", "ROUTES", routesID, "rules: [{documents: [a.yaml, {data_id: a.yaml, group: G}, {data_id: a.yaml, group: G, namespace: other}, {data_id: a.yaml, group: ROUTES, namespace: public}]}]"); err != nil {
		t.Fatal(err)
	}
	f := followRoute(t, srv, c, nacos.Group("ROUTES"), nacos.AllowUnknown())
	if got := f.next(); !strings.Contains(got, "orders.routes.yaml:1: is the document of line 1 again") {
		t.Errorf("a document that is in a set by two names of its place is told as %s", got)
	}
	if err := srv.Put("", "ROUTES", routesID, "rules: [{documents: [a.yaml, {data_id: a.yaml, group: G}, {data_id: a.yaml, group: G, namespace: other}]}]"); err != nil {
		t.Fatal(err)
	}
	const by = " (routed by rule 1: every instance)"
	f.want("orders.routes.yaml selects, a.yaml=place: public/ROUTES/a.yaml unknown" + by + ", G/a.yaml=place: public/G/a.yaml unknown in public/G" + by +
		", other/G/a.yaml=place: other/G/a.yaml unknown in other/G" + by)
	if d := source.DescriptionOf(f.src); d.Group != "ROUTES" || d.Namespace != "public" || d.Document != routesID || f.src.Name() != "ROUTES/"+routesID {
		t.Errorf("the source %s describes itself as %+v", f.src.Name(), d)
	}
	if err := srv.Put("other", "G", "a.yaml", "place: changed"); err != nil {
		t.Fatal(err)
	}
	if got := f.next(); !strings.Contains(got, "other/G/a.yaml=place: changed") {
		t.Errorf("a change in another namespace is %s", got)
	}
	if at := f.src.(source.FreshnessReporter).VerifiedAt(); at.IsZero() || time.Since(at) > time.Minute {
		t.Errorf("the content was verified at %v", at)
	}
	listened := srv.Listeners("other", "G", "a.yaml")
	if len(listened) != 1 {
		t.Errorf("the server knows %d listeners of a config in another namespace, want 1", len(listened))
	}
	if err := c.Close(); err != nil { // goleak finds what the connection to another namespace leaves
		t.Error(err)
	}
}

func TestRoutedPercentage(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	if err := srv.Put("", group, routesID, "rules:\n- {name: canary, match: {percentage: 30}, documents: [new.yaml]}\n- {documents: [old.yaml]}"); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"old.yaml", "new.yaml"} {
		if err := srv.Put("", group, id, "name: "+id); err != nil {
			t.Fatal(err)
		}
	}
	count := func() (n int) {
		for i := range 10 {
			cfg := config(srv)
			cfg.InstanceID = fmt.Sprint("orders-", i)
			c := newClient(t, cfg)
			f := followRoute(t, srv, c)
			if strings.Contains(f.next(), "new.yaml") {
				n++
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}
		return n
	}
	first := count()
	if again := count(); first == 0 || first == 10 || again != first {
		t.Errorf("of ten instances, %d and after a restart %d have the new route", first, again)
	}
}

func TestTemplates(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	cfg := config(srv)
	cfg.AppName, cfg.AppVersion, cfg.Labels = "orders", "v2.3.1", map[string]string{"zone": "a"}
	c := newClient(t, cfg)
	if err := srv.Put("", group, "orders-v2-a.yaml", "a: 1"); err != nil {
		t.Fatal(err)
	}
	s := c.Source("{{.Service}}-v{{.Major}}-{{.Labels.zone}}.yaml")
	if content, err := s.Next(within(t), ""); err != nil || describe(content) != "orders-v2-a.yaml=a: 1" || s.Name() != "orders-v2-a.yaml" {
		t.Errorf("a data ID with variables has %s, %v", describe(content), err)
	}
	for template, want := range map[string]string{
		"{{.Service}}-{{.Profile}}.yaml": "name public/DEFAULT_GROUP/{{.Service}}-{{.Profile}}.yaml: invalid argument: {{.Profile}}: variable is not set " +
			"(set the field of nacos.Config that the variable stands for: AppName, AppVersion, Profile or Labels)",
		"{{.Servic}}.yaml": "template has a variable that does not exist",
	} {
		if _, err := c.Source(template).Next(within(t), ""); !errors.Is(err, nacos.InvalidName) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is told as\n%v\nwant\n%s", template, err, want)
		}
	}
	if _, err := c.Routed("{{.Profile}}.yaml").Next(within(t), ""); !errors.Is(err, nacos.InvalidName) {
		t.Errorf("a routing document without a name is told as %v", err)
	}
}
