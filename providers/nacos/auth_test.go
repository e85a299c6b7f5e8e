package nacos_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/testrun"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/internal/fakenacos"
	"github.com/nacre-go/nacre/providers/nacos/internal/realnacos"
	"github.com/nacre-go/nacre/source"
)

var users = []fakenacos.User{
	{Name: "app", Password: "s3cret"},
	{Name: "reader", Password: "s3cret", Grants: []fakenacos.Grant{{Namespace: "", Read: true}}},
}

func as(srv *fakenacos.Server, user, password string) nacos.Config {
	cfg := config(srv)
	cfg.Username, cfg.Password = user, nacos.NewPassword(password)
	return cfg
}

func TestLogin(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{Users: users, TokenTTL: 3 * time.Second})
	if err := srv.Put("", group, "x.yaml", "v: 0"); err != nil {
		t.Fatal(err)
	}
	log := newEvents()
	c := newClient(t, as(srv, "app", "s3cret"), log.hook())
	r := follow(t, c.Config("x.yaml"))
	r.until("v: 0")
	log.wait(t, nacos.EventLoggedIn, 4) // the token has ended three times
	for i, breakIt := range []func(){
		func() {}, srv.Faults().ExpireTokens, srv.Faults().RotateSecret,
	} {
		breakIt()
		text := fmt.Sprintf("v: %d", i+1)
		if err := c.Publish(within(t), "x.yaml", []byte(text)); err != nil {
			t.Errorf("step %d: %v", i, err)
		}
		begin := time.Now()
		r.until(text)
		if took := time.Since(begin); testrun.Full() && took > 8*time.Second {
			t.Errorf("step %d: it took %v to see a change", i, took)
		}
	}
	if n := len(log.list(nacos.EventConnectionLost)); n != 0 {
		t.Errorf("the connection was lost %d times because of tokens", n)
	}
}

func TestRotatedSecretIsSurvivedAtOnce(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{Users: users})
	if err := srv.Put("", group, "x.yaml", "v: 0"); err != nil {
		t.Fatal(err)
	}
	c := newClient(t, as(srv, "app", "s3cret"))
	r := follow(t, c.Config("x.yaml"))
	r.until("v: 0")
	srv.Faults().RotateSecret()
	if err := srv.Put("", group, "x.yaml", "v: 1"); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	r.until("v: 1")
	if took := time.Since(begin); testrun.Full() && took > 2*time.Second {
		t.Errorf("after the secret was rotated it took %v to see a change", took)
	}
}

func TestLoginIsRefused(t *testing.T) {
	t.Parallel()
	for _, plain := range []bool{false, true} {
		for _, user := range []string{"app", "nobody"} {
			t.Run(fmt.Sprintf("%s plain=%v", user, plain), func(t *testing.T) {
				t.Parallel()
				srv := start(t, fakenacos.Options{Users: users, PlainRefusal: plain})
				c := newClient(t, as(srv, user, "wrong"))
				err := follow(t, c.Config("x.yaml")).trouble()
				var e *source.Error
				if !errors.As(err, &e) || e.Kind != source.PermissionDenied || e.Op != "login to" || e.Fix == "" {
					t.Errorf("a refused login is told as %v, want denied with a fix", err)
				}
			})
		}
	}
}

func TestDenied(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{Users: users})
	anonymous := newClient(t, config(srv))
	reader := newClient(t, as(srv, "reader", "s3cret"))
	cfg := as(srv, "reader", "s3cret")
	cfg.Namespace = "elsewhere"
	stranger := newClient(t, cfg)
	for what, err := range map[string]error{
		"a source without a login":              follow(t, anonymous.Config("x.yaml")).trouble(),
		"a source in a namespace of others":     follow(t, stranger.Config("x.yaml")).trouble(),
		"a publish of one who may only read":    reader.Publish(within(t), "x.yaml", []byte("v: 1")),
		"a delete of one who may only read":     reader.Delete(within(t), "x.yaml"),
		"a get without a login":                 second(anonymous.Get(within(t), "x.yaml")),
		"a get in a namespace of other people":  second(stranger.Get(within(t), "x.yaml")),
		"a publish in a namespace of others":    stranger.Publish(within(t), "x.yaml", []byte("v: 1")),
		"a publish without any login whatever ": anonymous.Publish(within(t), "x.yaml", []byte("v: 1")),
	} {
		var e *source.Error
		if !errors.As(err, &e) || e.Kind != source.PermissionDenied || e.Fix == "" {
			t.Errorf("%s is told as %v, want denied with a fix", what, err)
		}
	}
	if _, err := reader.Get(within(t), "x.yaml"); !errors.Is(err, source.NotFound) {
		t.Errorf("one who may read is told %v of a config that is not there", err)
	}
}

func second[T any](_ T, err error) error { return err }

// A service that has a user name, because its other servers need one, can use a server that asks
// for no login, whether the server knows the user or not.
func TestLoginWhereNoneIsNeeded(t *testing.T) {
	t.Parallel()
	onVersions(t, fakenacos.Options{}, func(t *testing.T, srv *fakenacos.Server) {
		for _, user := range []string{"nacos", "app"} {
			c := newClient(t, as(srv, user, "whatever"))
			if err := c.Publish(within(t), "x.yaml", []byte("v: 1")); err != nil {
				t.Errorf("a login as %s at a server that asks for none: %v", user, err)
			}
		}
	})
}

// TestRealLoginWhereNoneIsNeeded needs an open server.
func TestRealLoginWhereNoneIsNeeded(t *testing.T) {
	cfg := realnacos.Config(t)
	if realnacos.NeedsLogin() || realnacos.IsShipped() {
		t.Skip("this is for a server that asks for no login")
	}
	cfg.Username, cfg.Password = "app", nacos.NewPassword("whatever")
	c := newClient(t, cfg)
	if _, err := c.Get(within(t), "of-no-config.yaml"); !errors.Is(err, source.NotFound) {
		t.Errorf("a login at a server that asks for none: %v, want %v", err, source.NotFound)
	}
}

func TestJudgeLogin(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		code int
		body string
		want source.Kind
		ok   bool
	}{
		{200, `{"accessToken":"x","tokenTtl":18000,"globalAdmin":true}`, 0, true},
		{200, `{"accessToken":"x"}`, 0, true},
		{200, `{"accessToken":"x","tokenTtl":-5}`, 0, true},
		{200, `{"code":200,"message":null,"data":"Bearer AUTH_DISABLED"}`, 0, true},
		{200, `<html>hello</html>`, source.Unavailable, false},
		{200, ``, source.Unavailable, false},
		{200, `{}`, source.Unavailable, false},
		{403, `unknown user!`, source.PermissionDenied, false},
		{401, ``, source.PermissionDenied, false},
		{500, `{"message":"caused: User nobody not found;"}`, source.PermissionDenied, false},
		{503, ``, source.Unavailable, false},
		{404, ``, source.Unavailable, false},
		{http.StatusFound, ``, source.Unavailable, false},
	} {
		err := nacos.JudgeLogin(tc.code, []byte(tc.body))
		if tc.ok != (err == nil) || err != nil && source.KindOf(err) != tc.want {
			t.Errorf("a login answered with %d %s is taken as %v", tc.code, tc.body, err)
		}
	}
}

// TestRealLogin needs a server with login on.
func TestRealLogin(t *testing.T) {
	cfg := realnacos.Config(t)
	if !realnacos.NeedsLogin() {
		t.Skip("set NACRE_NACOS_USERNAME and NACRE_NACOS_PASSWORD, of a server with login on")
	}
	c := newClient(t, cfg)
	ready(t, c)
	for _, wrong := range []nacos.Config{
		{Servers: cfg.Servers, Username: cfg.Username, Password: nacos.NewPassword("certainly-wrong")},
		{Servers: cfg.Servers, Username: "nobody-of-this-name", Password: nacos.NewPassword("certainly-wrong")},
		{Servers: cfg.Servers},
	} {
		c := newClient(t, wrong)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		_, err := c.Get(ctx, "x.yaml")
		cancel()
		if !errors.Is(err, source.PermissionDenied) {
			t.Errorf("as %q with a wrong password: %v, want denied", wrong.Username, err)
		}
	}
}
