package nacos_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/internal/realnacos"
	"github.com/nacre-go/nacre/source"
)

// administrator makes users on a real Nacos 3 with a login.
type administrator struct {
	t     *testing.T
	addr  string
	token string
}

func newAdministrator(t *testing.T) *administrator {
	t.Helper()
	cfg := realnacos.Config(t)
	if !realnacos.NeedsLogin() || !realnacos.Is3(t) {
		t.Skip("it needs a Nacos 3 with a login: bash ci/nacos/nacos3.sh run --auth")
	}
	a := &administrator{t: t, addr: cfg.Servers[0]}
	var granted struct {
		Token string `json:"accessToken"`
	}
	login := a.do(http.MethodPost, "/v3/auth/user/login", url.Values{"username": {cfg.Username}, "password": {os.Getenv("NACRE_NACOS_PASSWORD")}})
	if err := json.Unmarshal(login, &granted); err != nil || granted.Token == "" {
		t.Fatalf("the administrator has no token: %v", err)
	}
	a.token = granted.Token
	return a
}

func (a *administrator) do(method, path string, form url.Values) []byte {
	a.t.Helper()
	target, body := "http://"+a.addr+"/nacos"+path, form.Encode()
	if method == http.MethodDelete {
		target, body = target+"?"+body, ""
	}
	req, err := http.NewRequest(method, target, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	req.Close = true // a connection that is kept would be taken for a leak
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("accessToken", a.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		a.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		a.t.Errorf("%s %s: status %d, %v", method, path, res.StatusCode, err)
	}
	return text
}

// user makes a user who may read these namespaces.
func (a *administrator) user(name, password string, namespaces ...string) {
	a.t.Helper()
	a.do(http.MethodPost, "/v3/auth/user", url.Values{"username": {name}, "password": {password}})
	a.t.Cleanup(func() { a.do(http.MethodDelete, "/v3/auth/user", url.Values{"username": {name}}) })
	a.do(http.MethodPost, "/v3/auth/role", url.Values{"role": {"r" + name}, "username": {name}})
	a.t.Cleanup(func() { a.do(http.MethodDelete, "/v3/auth/role", url.Values{"role": {"r" + name}, "username": {name}}) })
	for _, n := range namespaces {
		permission := url.Values{"role": {"r" + name}, "resource": {n + ":*:*"}, "action": {"r"}}
		a.do(http.MethodPost, "/v3/auth/permission", permission)
		a.t.Cleanup(func() { a.do(http.MethodDelete, "/v3/auth/permission", permission) })
	}
}

// A real Nacos 3.0 checks the right to read the public namespace for every pattern. A user without
// it gets the configs by lists, and one who may not read the namespace itself gets an error.
func TestRealMatchingRights(t *testing.T) {
	a := newAdministrator(t)
	run := fmt.Sprintf("n%08x", rand.Uint32())
	a.do(http.MethodPost, "/v3/admin/core/namespace", url.Values{"namespaceId": {run}, "namespaceName": {run}})
	t.Cleanup(func() { a.do(http.MethodDelete, "/v3/admin/core/namespace", url.Values{"namespaceId": {run}}) })
	admin := realnacos.Config(t)
	admin.Namespace = run
	writer := newClient(t, admin)
	ctx := within(t)
	put := func(id string) {
		t.Helper()
		if err := written(ctx, func() error { return writer.Publish(ctx, id, []byte("v: 1")) }); err != nil {
			t.Fatal(err)
		}
		await(t, writer, id)
	}
	put("x-1.yaml")
	existing := []string{"x-1.yaml=v: 1"}
	const password = "a-password-for-tests"
	for _, user := range []struct {
		name       string
		namespaces []string
		pushed     bool
	}{
		{"a-both", []string{run, "public"}, true},
		{"b-own", []string{run}, false},
	} {
		name := user.name + run
		a.user(name, password, user.namespaces...)
		cfg := admin
		cfg.Username, cfg.Password = name, nacos.NewPassword(password)
		f := followMatching(t, newClient(t, cfg, intervals(t, user.pushed)), "x-*")
		f.until(strings.Join(existing, ", "))
		put("x-" + user.name + ".yaml")
		existing = append(existing, "x-"+user.name+".yaml=v: 1") // in order
		f.until(strings.Join(existing, ", "))
	}
	a.user("none"+run, password, "public")
	cfg := admin
	cfg.Username, cfg.Password = "none"+run, nacos.NewPassword(password)
	f := followMatching(t, newClient(t, cfg, nacos.ReconcileEvery(time.Second)), "x-*")
	if err := f.trouble(); !errors.Is(err, nacos.PermissionDenied) || source.KindOf(err) != source.PermissionDenied {
		t.Errorf("without the right to read there is %v", err)
	}
}
