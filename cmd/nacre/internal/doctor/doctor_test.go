package doctor_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/cmd/nacre/internal/doctor"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/nacostest"
)

func start(t *testing.T, o nacostest.Options) *nacostest.Server {
	t.Helper()
	s, err := nacostest.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func config(servers ...string) nacos.Config { return nacos.Config{Servers: servers, Plaintext: true} }

// run returns the findings, one a line, and checks that all of them were reported.
func run(t *testing.T, s doctor.Settings) ([]doctor.Finding, string) {
	t.Helper()
	var reported int
	all := doctor.Run(t.Context(), s, func(doctor.Finding) { reported++ })
	if reported != len(all) {
		t.Errorf("%d of %d findings were reported", reported, len(all))
	}
	var b strings.Builder
	for _, f := range all {
		fmt.Fprintf(&b, "%s %s %s %s: %s (%s)\n", f.Result, f.Check, f.Target, f.Code, f.Text, f.Fix)
		if f.Result == doctor.Fail && f.Fix == "" || f.Result == doctor.Warn && f.Fix == "" {
			t.Errorf("a finding without a fix: %+v", f)
		}
	}
	return all, b.String()
}

// want checks that the warnings and failures are those of the list, each "result check code".
func want(t *testing.T, all []doctor.Finding, text string, expected ...string) {
	t.Helper()
	var got []string
	for _, f := range all {
		if f.Result == doctor.Warn || f.Result == doctor.Fail {
			got = append(got, strings.TrimSpace(string(f.Result)+" "+f.Check+" "+f.Code))
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(expected) {
		t.Errorf("problems found:\n %q\nwant\n %q\nall findings:\n%s", got, expected, text)
	}
}

const open = "warn login" // nacostest without users requires no login

func TestAHealthyServer(t *testing.T) {
	t.Parallel()
	s := start(t, nacostest.Options{})
	if err := s.Put("", "DEFAULT_GROUP", "orders.yaml", "a: 1"); err != nil {
		t.Fatal(err)
	}
	all, text := run(t, doctor.Settings{Config: config(s.Addr()), Document: "orders.yaml", Timeout: 20 * time.Second})
	want(t, all, text, open)
	for _, check := range []string{"settings", "http", "clock", "server", "grpc", "login", "namespace", "write", "listen", "gray by address", "gray by tag", "compare-and-set", "encryption", "format check", "history", "nodes orders.yaml"} {
		if !strings.Contains(text, "pass "+check) {
			t.Errorf("no check %q passed:\n%s", check, text)
		}
	}
	if !strings.Contains(text, "Nacos 2.3.2, standalone, HTTP interface v1") {
		t.Errorf("the server's version is not told:\n%s", text)
	}
	for _, l := range s.Listeners("", "DEFAULT_GROUP", "orders.yaml") {
		t.Errorf("a listener stays: %v", l)
	}
}

func TestNothingIsPublishedWhenReadOnly(t *testing.T) {
	t.Parallel()
	s := start(t, nacostest.Options{})
	all, text := run(t, doctor.Settings{Config: config(s.Addr()), ReadOnly: true})
	want(t, all, text, open)
	if !strings.Contains(text, "skip write") || strings.Contains(text, "pass listen") {
		t.Errorf("a check published, or does not say that it was skipped:\n%s", text)
	}
}

// Each cause of "Nacos does not work" has its check, its code and its fix.
func TestCauses(t *testing.T) {
	t.Parallel()
	users := nacostest.Options{Users: []nacostest.User{{Name: "nacos", Password: "secret-canary"}}}
	login := func(addr, user, password string) nacos.Config {
		c := config(addr)
		c.Username, c.Password = user, nacos.NewPassword(password)
		return c
	}
	tests := map[string]struct {
		settings func(t *testing.T) doctor.Settings
		want     []string
	}{
		"no server is set": {func(*testing.T) doctor.Settings { return doctor.Settings{} }, []string{"fail settings InvalidConfig"}},
		"the host has no name": {func(*testing.T) doctor.Settings {
			return doctor.Settings{Config: config("nacos.invalid:8848")}
		}, []string{"fail dns UnknownHost"}},
		"nothing listens": {func(t *testing.T) doctor.Settings {
			return doctor.Settings{Config: config(closedPort(t))}
		}, []string{"warn http Unreachable", "fail grpc ConnectionRefused"}},
		"the gRPC port is closed": {func(t *testing.T) doctor.Settings {
			s := start(t, nacostest.Options{})
			_, closed, _ := net.SplitHostPort(closedPort(t))
			return doctor.Settings{Config: config(s.Addr() + "?grpc=" + closed)}
		}, []string{open, "fail grpc GRPCPortClosed"}},
		"another service": {func(t *testing.T) doctor.Settings {
			web := httptest.NewServer(http.NotFoundHandler())
			t.Cleanup(web.Close)
			addr := strings.TrimPrefix(web.URL, "http://")
			_, port, _ := net.SplitHostPort(addr)
			return doctor.Settings{Config: config(addr + "?grpc=" + port)}
		}, []string{"warn server NotNacos", "fail grpc NotNacos"}},
		"a login is required": {func(t *testing.T) doctor.Settings {
			return doctor.Settings{Config: config(start(t, users).Addr())}
		}, []string{"fail login CredentialsMissing"}},
		"the password is wrong": {func(t *testing.T) doctor.Settings {
			return doctor.Settings{Config: login(start(t, users).Addr(), "nacos", "wrong-canary")}
		}, []string{"fail login BadCredentials"}},
		"the namespace is a name": {func(t *testing.T) doctor.Settings {
			c := config(start(t, nacostest.Options{}).Addr())
			c.Namespace = "no-such-namespace"
			return doctor.Settings{Config: c}
		}, []string{open, "fail namespace NamespaceNotFound"}},
		"the server hangs": {func(t *testing.T) doctor.Settings {
			s := start(t, nacostest.Options{})
			s.Stall(true)
			return doctor.Settings{Config: config(s.Addr()), Timeout: time.Second}
		}, nil},
		"the document does not exist": {func(t *testing.T) doctor.Settings {
			return doctor.Settings{Config: config(start(t, nacostest.Options{}).Addr()), Document: "nope.yaml", ReadOnly: true}
		}, []string{open, "fail nodes ConfigNotFound"}},
		"pushes are lost": {func(t *testing.T) doctor.Settings {
			s := start(t, nacostest.Options{})
			s.DropPushes(nacostest.Always)
			return doctor.Settings{Config: config(s.Addr()), Timeout: 2 * time.Second}
		}, []string{open, "fail listen NoResponse"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := tt.settings(t)
			all, text := run(t, s)
			if tt.want == nil {
				t.Log(text)
				return
			}
			want(t, all, text, tt.want...)
			if strings.Contains(text, "canary") {
				t.Errorf("a password is shown:\n%s", text)
			}
		})
	}
}

func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	return addr
}

func TestNodesThatDisagree(t *testing.T) {
	t.Parallel()
	one, two := start(t, nacostest.Options{}), start(t, nacostest.Options{})
	for s, content := range map[*nacostest.Server]string{one: "a: 1", two: "a: 2"} {
		if err := s.Put("", "DEFAULT_GROUP", "orders.yaml", content); err != nil {
			t.Fatal(err)
		}
	}
	all, text := run(t, doctor.Settings{Config: config(one.Addr(), two.Addr()), Document: "orders.yaml", ReadOnly: true})
	want(t, all, text, open, open, "fail nodes StaleContent")
	if !strings.Contains(text, one.Addr()) || !strings.Contains(text, two.Addr()) {
		t.Errorf("the servers are not named:\n%s", text)
	}
}

func TestOneServerOfTwoIsDown(t *testing.T) {
	t.Parallel()
	s := start(t, nacostest.Options{})
	all, text := run(t, doctor.Settings{Config: config(closedPort(t), s.Addr()), Timeout: 20 * time.Second})
	want(t, all, text, "warn http Unreachable", "fail grpc ConnectionRefused", open)
	if !strings.Contains(text, "pass listen") {
		t.Errorf("the working server was not used:\n%s", text)
	}
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	s := start(t, nacostest.Options{})
	all, text := run(t, doctor.Settings{
		Config: config(s.Addr()), ReadOnly: true,
		Environ: []string{"NACOS_SERVER=x", "NACOS_PASSWORD=canary ", "NACOS_GROUP=g", "nacos_app_conn_labels=a=b", "PATH=/bin", "NACOS_NONSENSE_OF_ANOTHER=1"},
	})
	want(t, all, text, "warn environment", "warn environment", "warn environment", open)
	if !strings.Contains(text, "rename it to NACOS_SERVER_ADDR") || strings.Contains(text, "canary") {
		t.Errorf("the misspelled variable has no suggestion, or a value is shown:\n%s", text)
	}
}

func TestTheClockIsOff(t *testing.T) {
	t.Parallel()
	s := start(t, nacostest.Options{})
	all, text := run(t, doctor.Settings{Config: config(s.Addr()), ReadOnly: true, Now: func() time.Time { return time.Now().Add(time.Hour) }})
	want(t, all, text, "warn clock", open)
	if !strings.Contains(text, "1h0m0s apart") {
		t.Errorf("the difference is not told:\n%s", text)
	}
}

func TestAddressServer(t *testing.T) {
	t.Parallel()
	s := start(t, nacostest.Options{})
	var body string
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }))
	t.Cleanup(web.Close)
	cfg := nacos.Config{Endpoint: strings.TrimPrefix(web.URL, "http://"), Plaintext: true}

	all, text := run(t, doctor.Settings{Config: cfg, ReadOnly: true})
	want(t, all, text, "fail address server NoServers")

	body = s.Addr() + "\n"
	all, text = run(t, doctor.Settings{Config: cfg, ReadOnly: true})
	want(t, all, text, open)
}

func TestAnInterruptEndsTheChecks(t *testing.T) {
	t.Parallel()
	s := start(t, nacostest.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	all := doctor.Run(ctx, doctor.Settings{Config: config(s.Addr())}, func(f doctor.Finding) {
		if f.Check == "http" {
			cancel()
		}
	})
	if last := all[len(all)-1]; last.Check == "nodes" {
		t.Errorf("the checks went on after the context had ended: %+v", all)
	}
}

// Errors of the server, at whichever check they begin, leave no config of doctor behind; if no
// request works any more, the findings name each config that stays.
func TestConfigsOfChecksAreRemoved(t *testing.T) {
	t.Parallel()
	for _, check := range []string{"namespace", "write", "listen", "gray", "compare-and-set", "encryption"} {
		for _, n := range []int{1, 3, nacostest.Always} {
			if n == nacostest.Always && check != "write" { // it takes the timeout of each check
				continue
			}
			t.Run(fmt.Sprintf("%s %d", check, n), func(t *testing.T) {
				t.Parallel()
				s := start(t, nacostest.Options{DumpDelay: nacostest.Off})
				var b strings.Builder
				began := false
				doctor.Run(t.Context(), doctor.Settings{Config: config(s.Addr()), Timeout: time.Second}, func(f doctor.Finding) {
					if fmt.Fprintln(&b, f); f.Check == check && !began {
						began = true
						s.FailRequests(n, http.StatusInternalServerError)
					}
				})
				s.ClearFaults()
				c, err := nacos.NewClient(config(s.Addr()))
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				all, err := c.List(t.Context(), "*")
				if err != nil || !began {
					t.Fatal(err, began)
				}
				for _, left := range all {
					if n != nacostest.Always || !strings.Contains(b.String(), left.Key.DataID) {
						t.Errorf("config %s stays:\n%s", left.Key.DataID, b.String())
					}
				}
			})
		}
	}
}

func TestCopies(t *testing.T) {
	t.Parallel()
	s := start(t, nacostest.Options{})
	dir := t.TempDir()
	for _, step := range []struct {
		name string
		do   func() error
		want string
	}{
		{"empty", func() error { return nil }, "warn last known good"},
		{"a copy", func() error { return os.WriteFile(filepath.Join(dir, "orders-0123456789ab.lastgood"), nil, 0o600) }, ""},
		{"writable by all", func() error { return os.Chmod(dir, 0o777) }, "warn last known good"},
		{"absent", func() error { return os.RemoveAll(dir) }, "warn last known good"},
		{"a file", func() error { return os.WriteFile(dir, nil, 0o600) }, "fail last known good"},
	} {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		all, text := run(t, doctor.Settings{Config: config(s.Addr()), ReadOnly: true, Copies: dir})
		expected := []string{step.want, open}
		if step.want == "" {
			expected = expected[1:]
		}
		t.Log(step.name)
		want(t, all, text, expected...)
	}
}
