package nacos_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/testrun"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/internal/fakenacos"
)

// Nothing that can be printed holds a content, a password or a token.
func TestNoSecretShows(t *testing.T) {
	t.Parallel()
	const content, password = "canary-content-7c1e", "canary-password-99ab"
	srv := start(t, fakenacos.Options{Users: []fakenacos.User{{Name: "app", Password: password}}})
	if err := srv.Put("", group, "x.yaml", "v: "+content); err != nil {
		t.Fatal(err)
	}
	cfg := as(srv, "app", password)

	var mu sync.Mutex
	var out strings.Builder
	show := func(what string, v any) {
		mu.Lock()
		defer mu.Unlock()
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&out, "\n%s %s: "+verb, what, verb, v)
		}
		if err, ok := v.(error); ok {
			for e := err; e != nil; e = errors.Unwrap(e) {
				fmt.Fprintf(&out, "\n%s: %+v %#v", what, e, e)
			}
		}
		raw, _ := json.Marshal(v)
		fmt.Fprintf(&out, "\n%s json: %s", what, raw)
		slog.New(slog.NewTextHandler(&out, nil)).Info(what, "v", v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info(what, "v", v)
	}
	log := newEvents()
	c := newClient(t, cfg, nacos.OnEvent(func(e nacos.Event) { show("event", e) }))
	recorded := newClient(t, cfg, log.hook())
	src := c.Config("x.yaml")
	r := follow(t, src)
	r.until("v: " + content)
	src.Ack(r.rev, nil)
	item, err := c.Get(within(t), "x.yaml")
	if err != nil || !strings.Contains(string(item.Content), content) {
		t.Fatal(item, err)
	}
	type holder struct {
		cfg    nacos.Config
		pass   nacos.Password
		client *nacos.Client
	}
	h := holder{cfg: cfg, pass: cfg.Password, client: c}
	show("config", cfg)
	show("config pointer", &cfg)
	show("password", cfg.Password)
	show("client", c)
	show("source", src)
	show("item", item)
	show("status", c.Status())
	show("revision", r.rev)
	show("holder", h)
	show("holder pointer", &h)

	faults := srv.Faults()
	faults.WrongMD5(fakenacos.Always)
	if err := srv.Put("", group, "x.yaml", "v: 2"+content); err != nil {
		t.Fatal(err)
	}
	show("corrupt", r.trouble())
	faults.WrongMD5(0)
	r.until("v: 2" + content)
	for _, code := range []int{400, 403, 500, 302} {
		faults.Fail(1, code, fakenacos.Match{Type: "ConfigPublishRequest"})
		show("publish error", c.Publish(within(t), "x.yaml", []byte(content)))
	}
	show("conflict", c.Publish(within(t), "x.yaml", []byte(content), nacos.IfMD5("x")))
	show("bad content", c.Publish(within(t), "x.yaml", []byte(content+"\xff")))
	show("big content", c.Publish(within(t), "x.yaml", []byte(strings.Repeat(content, 1<<20))))
	bad := cfg
	bad.Servers = []string{"http://u:" + password + "@h", "::" + password}
	_, err = nacos.NewClient(bad)
	show("dial error", err)
	wrong := as(srv, "app", password+"x")
	show("login error", follow(t, newClient(t, wrong).Config("x.yaml")).trouble())
	srv.Stop()
	show("unavailable", r.trouble())
	log.wait(t, nacos.EventConnectionLost, 1)
	recorded.Close()
	c.Close()

	mu.Lock()
	defer mu.Unlock()
	text := out.String()
	for _, secret := range []string{content, password, "eyJ", fmt.Sprintf("%x", content), fmt.Sprintf("%x", password), strings.Trim(fmt.Sprintf("%d", []byte(content)), "[]")} {
		if i := strings.Index(text, secret); i >= 0 {
			t.Errorf("a secret shows: …%s…", text[max(0, i-200):min(len(text), i+60)])
		}
	}
	if !strings.Contains(text, "x.yaml") || len(text) < 5000 {
		t.Error("the test shows nothing, and so proves nothing")
	}
}

func TestHookMayBeSlowOrPanic(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	release := make(chan struct{})
	slow := newClient(t, config(srv), nacos.OnEvent(func(nacos.Event) { <-release }))
	bad := newClient(t, config(srv), nacos.OnEvent(func(nacos.Event) { panic("no") }))
	r, q := follow(t, slow.Config("x.yaml")), follow(t, bad.Config("x.yaml"))
	for i := range 3 {
		text := fmt.Sprintf("v: %d", i)
		if err := srv.Put("", group, "x.yaml", text); err != nil {
			t.Fatal(err)
		}
		r.until(text)
		q.until(text)
	}
	begin := time.Now()
	slow.Close()
	if took := time.Since(begin); testrun.Full() && took > 3*time.Second {
		t.Errorf("Close waited %v for a hook that does not return", took)
	}
	close(release)
}
