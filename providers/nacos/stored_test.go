package nacos_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/internal/fakenacos"
	"github.com/nacre-go/nacre/source"
)

// A content that the servers have refused does not stay what clients are shown. On a cluster with
// its own database that is the work of Publish.
func TestARefusedContentDoesNotStay(t *testing.T) {
	t.Parallel()
	onEachConfig(t, func(t *testing.T, cfg nacos.Config, id string) { refuse(t, newClient(t, cfg), id) })
	t.Run("a server that shows what it refuses", func(t *testing.T) {
		t.Parallel()
		srv := start(t, fakenacos.Options{DumpDelay: 20 * time.Millisecond})
		srv.Faults().ServeRefused(true)
		refuse(t, newClient(t, config(srv)), "refused.yaml")
	})
}

func refuse(t *testing.T, c *nacos.Client, id string) {
	t.Helper()
	ctx := within(t)
	t.Cleanup(func() { _ = c.Delete(context.WithoutCancel(ctx), id) })
	const first = "v: 1"
	if err := c.Publish(ctx, id, []byte(first), nacos.Type("yaml"), nacos.Description("for a test"), nacos.Tags("a", "b"), nacos.App("orders"), nacos.Author("ann")); err != nil {
		t.Fatal(err)
	}
	before, err := c.Metadata(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	r := follow(t, c.Config(id))
	for {
		d, err := r.next()
		if err != nil {
			t.Fatal(err)
		}
		if string(d.Data) == first {
			break
		}
	}
	for range 3 {
		err := c.Publish(ctx, id, []byte("v: 2"), nacos.IfMD5(sumOf("v: 0")))
		if !errors.Is(err, nacos.PreconditionFailed) && !errors.Is(err, nacos.ServerError) {
			t.Fatalf("a publish with another md5 than the config has: %v, want %v", err, nacos.PreconditionFailed)
		}
		var e *source.Error
		if errors.As(err, &e) && strings.Contains(e.Fix, "database") {
			t.Errorf("the refusal was not undone: %v", err)
		}
		if item, err := c.GetStored(ctx, id); err != nil || string(item.Content) != first || item.MD5 != sumOf(first) || item.Type != "yaml" || item.Modified.IsZero() {
			t.Errorf("the servers have stored %q, %+v, %v after a refusal, want %q", item.Content, item, err, first)
		}
	}
	// What follows in the order of the servers is what clients are left with.
	if err := c.Publish(ctx, "after-"+id, []byte("x: 1")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Delete(context.WithoutCancel(ctx), "after-"+id) })
	after := follow(t, c.Config("after-"+id))
	for d := (source.Document{}); string(d.Data) != "x: 1"; {
		if d, err = after.next(); err != nil {
			t.Fatal(err)
		}
	}
	if item, err := c.Get(ctx, id); err != nil || string(item.Content) != first {
		t.Errorf("clients are shown %q, %v after a refusal, want %q", item.Content, err, first)
	}
	now, err := c.Metadata(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	if now.Description != before.Description || now.App != before.App || now.Type != before.Type || now.User != before.User || strings.Join(now.Tags, " ") != strings.Join(before.Tags, " ") {
		t.Errorf("the metadata are %+v after a refusal, want %+v", now, before)
	}
}

// Where a refused content stays, the error says that clients are shown it.
func TestARefusedContentThatStaysIsTold(t *testing.T) {
	t.Parallel()
	onVersions(t, fakenacos.Options{DumpDelay: -1}, refusedContentStays)
}

func refusedContentStays(t *testing.T, srv *fakenacos.Server) {
	srv.Faults().ServeRefused(true)
	c := newClient(t, config(srv), nacos.RequestTimeout(3*time.Second))
	ctx := within(t)
	if err := c.Publish(ctx, "a.yaml", []byte("v: 1")); err != nil {
		t.Fatal(err)
	}
	srv.Faults().Fail(fakenacos.Always, 500, detailPages...)
	err := c.Publish(ctx, "a.yaml", []byte("v: 2"), nacos.IfMD5(sumOf("v: 0")))
	var e *source.Error
	if !errors.Is(err, nacos.PreconditionFailed) || !errors.As(err, &e) || !strings.Contains(e.Fix, "publish the stored content again") {
		t.Errorf("a refusal: %v, want %v and what to do about the content that is shown", err, nacos.PreconditionFailed)
	}
	if item, err := c.Get(ctx, "a.yaml"); err != nil || string(item.Content) != "v: 2" {
		t.Errorf("the server of this test shows %q, %v, want the refused content", item.Content, err)
	}
	srv.Faults().Fail(0, 500, detailPages...)
	if item, err := c.GetStored(ctx, "a.yaml"); err != nil || string(item.Content) != "v: 1" {
		t.Errorf("GetStored returned %q, %v, want what is stored", item.Content, err)
	}
}

// A user who may not read the database gets what the servers show, but for clusters that show what
// they have refused.
func TestGetStoredWithoutTheDatabase(t *testing.T) {
	t.Parallel()
	for name, own := range map[string]bool{"with MySQL": false, "with a database of its own": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onVersions(t, fakenacos.Options{DumpDelay: -1}, func(t *testing.T, srv *fakenacos.Server) {
				srv.Faults().ServeRefused(own)
				c := newClient(t, config(srv))
				ctx := within(t)
				if _, err := c.GetStored(ctx, "a.yaml"); !errors.Is(err, nacos.ConfigNotFound) {
					t.Errorf("a config that does not exist: %v, want %v", err, nacos.ConfigNotFound)
				}
				if err := c.Publish(ctx, "a.yaml", []byte("v: 1")); err != nil {
					t.Fatal(err)
				}
				srv.Faults().Deny(fakenacos.Always, detailPages...)
				item, err := c.GetStored(ctx, "a.yaml")
				switch {
				case own && source.KindOf(err) != source.PermissionDenied:
					t.Errorf("GetStored returned %q, %v, want %v: the server may show what it has refused", item.Content, err, source.PermissionDenied)
				case !own && (err != nil || string(item.Content) != "v: 1"):
					t.Errorf("GetStored returned %q, %v, want what the server shows", item.Content, err)
				}
			})
		})
	}
}
