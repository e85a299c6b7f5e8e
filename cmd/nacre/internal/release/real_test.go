package release_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre/cmd/nacre/internal/release"
	"github.com/nacre-go/nacre/cmd/nacre/internal/repository"
	"github.com/nacre-go/nacre/manifest"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/nacostest"
	"github.com/nacre-go/nacre/source"
)

// onEach runs a test on nacostest, and on a real server where the environment names one. The test
// has a group of its own, of which nothing is left.
func onEach(t *testing.T, test func(t *testing.T, c *nacos.Client, srv release.Server)) {
	t.Helper()
	run := func(t *testing.T, cfg nacos.Config) {
		t.Helper()
		cfg.Group = fmt.Sprintf("nacre-%08x", rand.Uint32())
		c, err := nacos.NewClient(cfg, nacos.RequestTimeout(time.Minute)) // for a busy machine
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			ctx := context.WithoutCancel(t.Context())
			left, err := c.List(ctx, "*")
			if err != nil {
				t.Error(err)
			}
			var wg sync.WaitGroup
			for part := range slices.Chunk(left, 1+len(left)/8) {
				wg.Go(func() {
					for _, e := range part {
						_ = c.Delete(ctx, e.Key.DataID)
					}
				})
			}
			wg.Wait()
			c.Close()
		})
		test(t, c, release.Nacos(c, "", cfg.Group))
	}
	t.Run("nacostest", func(t *testing.T) {
		t.Parallel()
		srv, err := nacostest.Start(nacostest.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(srv.Close)
		run(t, nacos.Config{Servers: []string{srv.Addr()}})
	})
	t.Run("real", func(t *testing.T) {
		addr := os.Getenv("NACRE_NACOS_ADDR")
		if addr == "" {
			t.Skip("set NACRE_NACOS_ADDR=host:port (and NACRE_NACOS_USERNAME, NACRE_NACOS_PASSWORD) to run this against a real server")
		}
		run(t, nacos.Config{
			Servers: []string{addr}, Username: os.Getenv("NACRE_NACOS_USERNAME"), Password: nacos.NewPassword(os.Getenv("NACRE_NACOS_PASSWORD")),
		})
	})
}

// documents returns n documents of one version.
func documents(n int, version string) (all []repository.Document) {
	for i := range n {
		id := fmt.Sprintf("d%04d.yaml", i)
		text := fmt.Appendf(nil, "version: %s\nnumber: %d\n%s", version, i, bytes.Repeat([]byte("# a line of a comment\n"), 20))
		all = append(all, repository.Document{DataID: id, File: "base/" + id, Stage: 1 + i*3/n, Content: text})
	}
	return all
}

func withManifest(docs []repository.Document) release.Target {
	return release.Target{Documents: docs, Environment: &repository.Environment{
		Name: "prod", Manifest: &repository.Manifest{DataID: "release.yaml", Audience: []manifest.Audience{{Namespace: "*", Group: "*", Service: "*"}}},
	}}
}

func check(t *testing.T, srv release.Server, target release.Target, o release.Options) {
	t.Helper()
	d, err := release.Verify(t.Context(), srv, target, o)
	if err != nil || d.Differences != 0 {
		t.Errorf("the server differs from the repository: %d differences, %v", d.Differences, err)
	}
}

// A release with creations, updates, metadata and a rollback.
func TestRealRelease(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, c *nacos.Client, srv release.Server) {
		t.Helper()
		ctx := t.Context()
		o := release.Options{Release: "r1", Reason: "first, with ünïcode", Author: "kim", Folder: release.Folder(t.TempDir())}
		one := withManifest(documents(10, "one"))
		if err := c.Publish(ctx, "d0003.yaml", []byte("version: zero\n"), nacos.Description("by a person"), nacos.Tags("a", "b"), nacos.App("orders")); err != nil {
			t.Fatal(err)
		}
		for st, err := srv.Read(ctx, release.Key{Group: srv.Group(), DataID: "d0003.yaml"}); !st.Exists(); st, err = srv.Read(ctx, release.Key{Group: srv.Group(), DataID: "d0003.yaml"}) {
			if err != nil {
				t.Fatal(err)
			}
		}
		apply := func(target release.Target) *release.Plan {
			t.Helper()
			p, err := release.NewPlan(ctx, srv, target, "", o)
			if err != nil {
				t.Fatal(err)
			}
			if res, err := release.Apply(ctx, srv, target, p, o); err != nil || res.Phase != "applied" {
				t.Fatalf("Apply of %s returned %+v, %v", o.Release, res, err)
			}
			check(t, srv, target, o)
			return p
		}
		if p := apply(one); p.Changes != 10 {
			t.Errorf("the first plan has %d changes", p.Changes)
		}
		m, err := c.Metadata(ctx, "d0003.yaml")
		slices.Sort(m.Tags)
		if err != nil || m.Description != "by a person" || !slices.Equal(m.Tags, []string{"a", "b", "release=r1"}) || m.App != "orders" || m.User != "kim" || m.Type != "yaml" {
			t.Errorf("the metadata are %+v, %v", m, err)
		}
		if m, err := c.Metadata(ctx, "d0004.yaml"); err != nil || m.Description != "nacre release=r1 by=kim: first, with ünïcode" {
			t.Errorf("the metadata of a new document are %+v, %v", m, err)
		}
		two := withManifest(documents(12, "two"))
		two.Documents[5] = one.Documents[5]
		o.Release = "r2"
		if p := apply(two); p.Changes != 11 || len(p.Unchanged) != 1 {
			t.Errorf("the second plan has %d changes", p.Changes)
		}
		// A plan whose base has moved.
		p, err := release.NewPlan(ctx, srv, withManifest(documents(12, "three")), "", o)
		if err != nil {
			t.Fatal(err)
		}
		item, err := c.Get(ctx, "d0007.yaml")
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Publish(ctx, "d0007.yaml", []byte("version: drift\n"), nacos.KeepMetadata()); err != nil {
			t.Fatal(err)
		}
		o.Release = "r3"
		if _, err := release.Apply(ctx, srv, withManifest(documents(12, "three")), p, o); source.KindOf(err) != source.Conflict {
			t.Errorf("a base that has moved: %v, want a conflict", err)
		}
		if err := c.Publish(ctx, "d0007.yaml", item.Content, nacos.KeepMetadata()); err != nil {
			t.Fatal(err)
		}
		o.Release = "r2.rollback"
		if res, err := release.Rollback(ctx, srv, "prod", "r2", o); err != nil || res.Phase != "applied" {
			t.Fatalf("Rollback returned %+v, %v", res, err)
		}
		check(t, srv, one, o)
		if _, err := c.Get(ctx, "d0011.yaml"); source.KindOf(err) != source.NotFound {
			t.Errorf("a document that the release has created: %v, want not found", err)
		}
		history, err := c.History(ctx, "nacre.release.prod", 0)
		if err != nil || len(history) != 7 || history[0].User != "kim" {
			t.Errorf("the history of the record is %+v, %v", history, err)
		}
	})
}

// A release that renames, deletes and retypes, and its rollback.
func TestRealDeletions(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, c *nacos.Client, srv release.Server) {
		t.Helper()
		ctx := t.Context()
		o := release.Options{Release: "r1", Reason: "start", Author: "kim", Folder: release.Folder(t.TempDir()), Prune: true}
		apply := func(target release.Target, want int) {
			t.Helper()
			p, err := release.NewPlan(ctx, srv, target, "", o)
			if err != nil || p.Changes != want {
				t.Fatalf("the plan of %s is %+v, %v, want %d changes", o.Release, p, err, want)
			}
			if res, err := release.Apply(ctx, srv, target, p, o); err != nil || res.Phase != "applied" {
				t.Fatalf("Apply of %s returned %+v, %v", o.Release, res, err)
			}
			check(t, srv, target, o)
		}
		one := withManifest(documents(5, "one"))
		one.Documents[1].DataID, one.Documents[1].Type = "list", "properties"
		apply(one, 5)
		if err := c.Publish(ctx, "d0002.yaml", one.Documents[2].Content, nacos.WithMetadata(nacos.Metadata{Description: "by a person", Use: "a list", Type: "yaml"})); err != nil {
			t.Fatal(err)
		}
		before, err := c.Metadata(ctx, "d0002.yaml") // without the use in a Nacos 3, whose admin API does not return it
		if err != nil {
			t.Fatal(err)
		}
		two := withManifest(append([]repository.Document{one.Documents[0]}, one.Documents[3:]...))
		two.Documents[1].DataID = "renamed.yaml"
		o.Release = "r2"
		apply(two, 4) // one is created, and three are deleted
		for _, id := range []string{"list", "d0002.yaml", "d0003.yaml"} {
			if _, err := c.Get(ctx, id); source.KindOf(err) != source.NotFound {
				t.Errorf("%s was deleted: %v, want not found", id, err)
			}
		}
		o.Release = ""
		if res, err := release.Rollback(ctx, srv, "prod", "r2", o); err != nil || res.Phase != "applied" {
			t.Fatalf("Rollback returned %+v, %v", res, err)
		}
		check(t, srv, one, o)
		if m, err := c.Metadata(ctx, "list"); err != nil || m.Type != "properties" {
			t.Errorf("the metadata of list are %+v, %v", m, err)
		}
		if m, err := c.Metadata(ctx, "d0002.yaml"); err != nil || m.Description != "by a person" || m.Use != before.Use || !slices.Contains(m.Tags, "release=r2.rollback") {
			t.Errorf("the metadata of d0002.yaml are %+v, %v", m, err)
		}
		if _, err := c.Get(ctx, "renamed.yaml"); source.KindOf(err) != source.NotFound {
			t.Errorf("renamed.yaml was created by the release: %v, want not found", err)
		}
	})
}

// Of two who apply to a real server at once one wins.
func TestRealTwoAppliers(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, c *nacos.Client, srv release.Server) {
		t.Helper()
		for round := range 3 {
			target := withManifest(documents(10, fmt.Sprint("v", round)))
			p, err := release.NewPlan(t.Context(), srv, target, "", release.Options{})
			if err != nil {
				t.Fatal(err)
			}
			var wg sync.WaitGroup
			errs := make([]error, 4)
			for i := range errs {
				wg.Go(func() {
					_, errs[i] = release.Apply(t.Context(), srv, target, p, release.Options{
						Release: fmt.Sprintf("r%d.%d", round, i), Reason: "race", Author: fmt.Sprint(i), Folder: release.Folder(t.TempDir()),
					})
				})
			}
			wg.Wait()
			won := 0
			for _, err := range errs {
				switch {
				case err == nil:
					won++
				case source.KindOf(err) != source.Conflict:
					t.Errorf("round %d: a loser gets %v, want a conflict", round, err)
				}
			}
			if won != 1 {
				t.Errorf("round %d: %d of 4 appliers won: %v", round, won, errs)
			}
			check(t, srv, target, release.Options{})
		}
	})
}

// A thousand documents, and progress. With NACRE_FULL, on a real server without a login, for which
// it would read its database at each request: a plan within 5 s, and an apply within 20 s.
func TestRealThousandDocuments(t *testing.T) {
	n := 1000
	if testing.Short() || os.Getenv("NACRE_NACOS_USERNAME") != "" || os.Getenv("NACRE_NACOS_ADDR") == "" && os.Getenv("NACRE_FULL") == "" {
		n = 200
	}
	onEach(t, func(t *testing.T, _ *nacos.Client, srv release.Server) {
		t.Helper()
		folder := release.Folder(t.TempDir())
		for round, version := range []string{"one", "two"} {
			target := withManifest(documents(n, version))
			reports := 0
			o := release.Options{Release: version, Reason: "many", Author: "kim", Folder: folder, Progress: func(release.Progress) { reports++ }}
			begin := time.Now()
			p, err := release.NewPlan(t.Context(), srv, target, "", o)
			planned := time.Since(begin)
			if err != nil || p.Changes != n {
				t.Fatalf("the plan has %d changes, %v", p.Changes, err)
			}
			begin = time.Now()
			if _, err := release.Apply(t.Context(), srv, target, p, o); err != nil {
				t.Fatal(err)
			}
			applied := time.Since(begin)
			t.Logf("round %d: %d documents planned in %v, applied in %v", round, n, planned.Round(time.Millisecond), applied.Round(time.Millisecond))
			if bounded := os.Getenv("NACRE_FULL") != "" && strings.HasSuffix(t.Name(), "/real") && os.Getenv("NACRE_NACOS_USERNAME") == ""; bounded && (planned > 5*time.Second || applied > 20*time.Second) {
				t.Errorf("%d documents were planned in %v and applied in %v; want 5 s and 20 s", n, planned, applied)
			}
			if reports < 4*n {
				t.Errorf("the progress was reported %d times", reports)
			}
		}
	})
}
