package nacos_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

// A rollout by percentage, with an instance each for ten sessions: it grows by whole instances,
// those that are in stay in, and a rollback takes the route back, each as one content.
func TestRealRoutedRollout(t *testing.T) {
	t.Parallel()
	onEachConfig(t, func(t *testing.T, cfg nacos.Config, id string) {
		t.Helper()
		const instances = 10
		ctx := within(t)
		stem := strings.TrimSuffix(id, ".yaml")
		routes, base, big := stem+".routes.yaml", stem+"-base.yaml", stem+"-big.yaml"
		admin := newClient(t, cfg)
		t.Cleanup(func() {
			for _, name := range []string{routes, base, big} {
				_ = admin.Delete(context.WithoutCancel(ctx), name)
			}
		})
		table := func(percentage int) []byte {
			return fmt.Appendf(nil, "rules:\n  - {name: big, match: {percentage: %d}, documents: [%s, %s]}\n  - {documents: [%s]}\n", percentage, base, big, base)
		}
		publish := func(name string, text []byte) {
			t.Helper()
			if err := admin.Publish(ctx, name, text); err != nil {
				t.Fatal(err)
			}
		}
		publish(base, []byte("cache: {size: 1}"))
		publish(big, []byte("cache: {size: 100}"))
		publish(routes, table(10))
		for _, name := range []string{routes, base, big} {
			await(t, admin, name)
		}

		type seen struct {
			instance int
			content  source.Content
		}
		contents := make(chan seen, 1000)
		for n := range instances {
			cfg.InstanceID = fmt.Sprintf("orders-%d", n)
			src := newClient(t, cfg).Routed(routes)
			go func() {
				var prev source.Revision
				for {
					c, err := src.Next(ctx, prev)
					switch {
					case ctx.Err() != nil || source.KindOf(err) == source.Closed:
						return
					case err == nil:
						prev = c.Revision
						contents <- seen{n, c}
					}
				}
			}()
		}
		// The instances that have the big cache, once each has a content of the newest table.
		in := make([]bool, instances)
		settled := func(percentage int) []bool {
			t.Helper()
			fresh := make([]bool, instances)
			for slices.Contains(fresh, false) {
				select {
				case s := <-contents:
					docs := s.content.Documents
					names := make([]string, len(docs))
					for i, d := range docs {
						names[i] = d.Name
					}
					in[s.instance] = slices.Contains(names, big)
					fresh[s.instance] = string(docs[0].Data) == string(table(percentage))
					if want := []string{routes, base, big}; in[s.instance] && !slices.Equal(names, want) || !in[s.instance] && !slices.Equal(names, want[:2]) {
						t.Fatalf("instance %d has the documents %v", s.instance, names)
					}
				case <-ctx.Done():
					t.Fatalf("at %d %% these instances have the new route: %v", percentage, fresh)
				}
			}
			return slices.Clone(in)
		}
		before := settled(10)
		for _, percentage := range []int{50, 100, 0} {
			began := time.Now()
			publish(routes, table(percentage))
			now := settled(percentage)
			t.Logf("from %v to %v instances at %d %%: %v after the publish began", count(before), count(now), percentage, time.Since(began).Round(time.Millisecond))
			for n := range now {
				if percentage > 0 && before[n] && !now[n] {
					t.Errorf("instance %d leaves the rule at %d %%", n, percentage)
				}
			}
			if got := count(now); percentage == 100 && got != instances || percentage == 0 && got != 0 {
				t.Errorf("%d instances are in at %d %%", got, percentage)
			}
			before = now
		}
		if extra := len(contents); extra > 0 {
			t.Errorf("%d more contents came than there were changes: each is one content", extra)
		}
	})
}

func count(in []bool) (n int) {
	for _, is := range in {
		if is {
			n++
		}
	}
	return n
}

// await waits until the servers show a config.
func await(t *testing.T, c *nacos.Client, id string) {
	t.Helper()
	r := follow(t, c.Config(id))
	for {
		d, err := r.next()
		if err != nil {
			t.Fatal(err)
		}
		if !d.Absent {
			return
		}
	}
}
