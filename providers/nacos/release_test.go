package nacos_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/internal/fakenacos"
	"github.com/nacre-go/nacre/source"
)

const traceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

func TestAReleaseLineIsPublishedOnDemand(t *testing.T) {
	t.Parallel()
	onEachConfig(t, func(t *testing.T, cfg nacos.Config, id string) {
		t.Helper()
		var calls []string
		c := newClient(t, cfg, nacos.OnPublish(func(_ context.Context, config string) (string, func(error)) {
			return traceParent, func(err error) { calls = append(calls, fmt.Sprint(config, " ", err)) }
		}))
		ctx := within(t)
		t.Cleanup(func() { _ = c.Delete(context.WithoutCancel(ctx), id) })
		both := "# nacre: release=r2 traceparent=" + traceParent + "\na: 1\n"
		for i, test := range []struct {
			content, want string
			options       []nacos.PublishOption
		}{
			{"a: 1\n", "a: 1\n", nil},
			{"# nacre: release=r1\na: 1\n", "# nacre: release=r1\na: 1\n", nil},
			{"a: 1\n", both, []nacos.PublishOption{nacos.ReleaseLine("r2")}},
			{"# nacre: release=r1\na: 1\n", both, []nacos.PublishOption{nacos.ReleaseLine("r2")}},
			{"a: 1\n", "# nacre: traceparent=" + traceParent + "\na: 1\n", []nacos.PublishOption{nacos.ReleaseLine("")}},
		} {
			if err := c.Publish(ctx, id, []byte(test.content), test.options...); err != nil {
				t.Fatal(err)
			}
			if item, err := eventually(t, c, id, test.want); err != nil {
				t.Errorf("publish %d of %q: the content is %q, %v, want %q", i, test.content, item, err, test.want)
			}
		}
		if want := "public/DEFAULT_GROUP/" + id + " <nil>"; len(calls) != 5 || slices.ContainsFunc(calls, func(call string) bool { return call != want }) {
			t.Errorf("OnPublish saw %q, want five times %q", calls, want)
		}
	})
}

func TestAReleaseLineNeedsAPlace(t *testing.T) {
	t.Parallel()
	c := newClient(t, config(start(t, fakenacos.Options{})))
	for _, test := range []struct {
		id, release, says string
		options           []nacos.PublishOption
	}{
		{"a.json", "r1", "no comments", nil},
		{"a.txt", "r1", "no comments", nil},
		{"a", "r1", "no comments", []nacos.PublishOption{nacos.Type("json")}},
		{"cipher-a.yaml", "r1", "encrypted", nil},
		{"a.yaml", "two words", "not valid in a release line", nil},
		{"a.yaml", "new\nline: 1", "not valid in a release line", nil},
		{"a.yaml", strings.Repeat("r", 129), "not valid in a release line", nil},
	} {
		err := c.Publish(within(t), test.id, []byte("a"), append(test.options, nacos.ReleaseLine(test.release))...)
		if !errors.Is(err, source.InvalidArgument) || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), test.release) {
			t.Errorf("release %.20q of %s is answered with %v, which does not say %q", test.release, test.id, err, test.says)
		}
	}
	for _, options := range [][]nacos.PublishOption{{nacos.Type("properties")}, {nacos.Format("toml")}} {
		if err := c.Publish(within(t), "typed", []byte("a=1"), append(options, nacos.ReleaseLine("r1"))...); err != nil {
			t.Errorf("a config whose options give it a format has a line: %v", err)
		}
	}
}

// A tracer is not part of a publish: nothing that it does changes what is published.
func TestABadTracerChangesNoPublish(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]func(context.Context, string) (string, func(error)){
		"panics":                func(context.Context, string) (string, func(error)) { panic("planted") },
		"panics in the end":     func(context.Context, string) (string, func(error)) { return "", func(error) { panic("planted") } },
		"has no end":            func(context.Context, string) (string, func(error)) { return "", nil },
		"returns another text":  func(context.Context, string) (string, func(error)) { return "00-planted\nb: 2", nil },
		"returns an empty span": func(context.Context, string) (string, func(error)) { return "00-" + strings.Repeat("0", 52), nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := start(t, fakenacos.Options{})
			c := newClient(t, config(server), nacos.OnPublish(f))
			if err := c.Publish(within(t), "a.yaml", []byte("a: 1"), nacos.ReleaseLine("r1")); err != nil {
				t.Fatal(err)
			}
			if got, err := eventually(t, c, "a.yaml", "# nacre: release=r1\na: 1"); err != nil {
				t.Errorf("the content is %q, %v", got, err)
			}
		})
	}
	var got error
	closed := newClient(t, config(start(t, fakenacos.Options{})), nacos.OnPublish(func(context.Context, string) (string, func(error)) {
		return traceParent, func(err error) { got = err }
	}))
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	if err := closed.Publish(within(t), "a.yaml", []byte("a: 1")); err == nil || !errors.Is(got, source.Closed) {
		t.Errorf("a publish that fails with %v ends its span with %v", err, got)
	}
}

// eventually returns the content of a config when it is the wanted one, or the last one: a server
// answers a publish before it shows the content.
func eventually(t *testing.T, c *nacos.Client, id, want string) (string, error) {
	t.Helper()
	ctx := within(t)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		item, err := c.Get(ctx, id)
		if err != nil && !errors.Is(err, source.NotFound) || err == nil && string(item.Content) == want {
			return want, err
		}
		select {
		case <-ctx.Done():
			return string(item.Content), ctx.Err()
		case <-tick.C:
		}
	}
}
