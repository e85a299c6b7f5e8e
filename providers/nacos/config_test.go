package nacos_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/testrun"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/internal/fakenacos"
	"github.com/nacre-go/nacre/source"
)

func TestNewClientSaysAllThatIsWrong(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"h:65000", "h?grpc=0", "h?grpc=1&grpc=2", "h?grpc=1&x=2", "h?grpc=x", "h?"} {
		if _, err := nacos.NewClient(nacos.Config{Servers: []string{bad}}); !errors.Is(err, nacos.InvalidConfig) {
			t.Errorf("the address %q: %v, want %v", bad, err, nacos.InvalidConfig)
		}
	}
	_, err := nacos.NewClient(nacos.Config{
		Servers:   []string{"ok:8848", "http://u:canary@h:1", "h:99999", "", "ftp://h", "h:8848?x=canary", "a b", "http://h/?canary"},
		Namespace: "Dev Team", Group: "a b", Username: "u",
	})
	if !errors.Is(err, source.InvalidArgument) {
		t.Fatalf("NewClient with a broken Config: %v, want an invalid argument", err)
	}
	for _, want := range []string{
		"server 2 has a login in it", "server 3 has a port", "server 4", "server 5 has a scheme", "server 6", "server 7", "server 8",
		"namespace", "its id", "group", "user name and password",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q: %v", want, err)
		}
	}
	if strings.Contains(err.Error(), "canary") {
		t.Errorf("the error repeats what may be a password: %v", err)
	}
	if _, err := nacos.NewClient(nacos.Config{}); !errors.Is(err, source.InvalidArgument) || !strings.Contains(err.Error(), "no server") {
		t.Errorf("NewClient without a server: %v", err)
	}
}

func TestAddress(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"h": "h:8848", "h:1": "h:1", " h:18848 ": "h:18848", "http://h": "h:8848", "https://h:443": "h:443",
		"http://h:80/nacos/": "h:80", "[::1]:8848": "[::1]:8848", "::1": "[::1]:8848", "10.0.0.1:8848": "10.0.0.1:8848",
		"h?grpc=9": "h:8848", "h:65000?grpc=9848": "h:65000", "https://h/nacos?grpc=65535": "h:8848",
	} {
		if got, err := nacos.ParseAddress(text); err != nil || got != want {
			t.Errorf("%q is read as %q, %v, want %q", text, got, err, want)
		}
	}
}

func TestFromEnv(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	srv := start(t, fakenacos.Options{Users: users})
	unset(t)
	if _, err := nacos.NewClient(nacos.FromEnv()); !errors.Is(err, source.InvalidArgument) || !strings.Contains(err.Error(), "NACOS_SERVER_ADDR is not set") {
		t.Errorf("NewClient with an empty environment: %v", err)
	}
	t.Setenv("NACOS_SERVER_ADDR", srv.Addr()+", 127.0.0.1:1;127.0.0.1:2")
	t.Setenv("NACOS_NAMESPACE", "dev")
	t.Setenv("NACOS_GROUP", "G1")
	t.Setenv("NACOS_USERNAME", "app")
	t.Setenv("NACOS_PASSWORD_FILE", file)
	t.Setenv("NACOS_CONTEXT_PATH", "/nacos/")
	t.Setenv("NACOS_APP_NAME", "orders")
	cfg := nacos.FromEnv()
	if len(cfg.Servers) != 3 || cfg.Servers[2] != "127.0.0.1:2" {
		t.Errorf("servers are %q", cfg.Servers)
	}
	if cfg.Password != (nacos.Password{}) || cfg.PasswordFile != file {
		t.Error("the password file is not that of the variable")
	}
	c := newClient(t, cfg)
	if err := c.Publish(within(t), "x.yaml", []byte("v: 1")); err != nil {
		t.Fatal(err)
	}
	if text, ok := srv.Get("dev", "G1", "x.yaml"); !ok || text != "v: 1" {
		t.Error("namespace or group of the environment is not used")
	}
	for _, conn := range srv.Connections() {
		if conn.Namespace != "dev" || conn.Labels["AppName"] != "orders" || conn.IP != "127.0.0.1" {
			t.Errorf("the server sees %+v", conn)
		}
	}
	t.Setenv("NACOS_PASSWORD", "s3cret")
	if _, err := nacos.NewClient(nacos.FromEnv()); !errors.Is(err, source.InvalidArgument) {
		t.Errorf("with password and password file: %v", err)
	}
	t.Setenv("NACOS_PASSWORD", "")
	t.Setenv("NACOS_PASSWORD_FILE", file+".not")
	if _, err := nacos.NewClient(nacos.FromEnv()); !errors.Is(err, source.InvalidArgument) {
		t.Errorf("with a password file that is missing: %v", err)
	}
}

// Every cause that a user meets has its own error, with kind, what it is about, and a fix.
func TestErrorsName(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	if err := srv.Put("", group, "plain", "v: 1"); err != nil {
		t.Fatal(err)
	}
	c := newClient(t, config(srv))
	quick := nacos.Tune(func(t *nacos.Timings) { t.SetConnect(time.Second) })
	at := func(addr string) *nacos.Client { return newClient(t, nacos.Config{Servers: []string{addr}}, quick) }

	lone, err := net.Listen("tcp4", "127.0.0.1:0") // HTTP is open, gRPC is not
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lone.Close() })
	mute := start(t, fakenacos.Options{})
	mute.Faults().StallStreams(true)

	for _, tc := range []struct {
		name string
		src  *nacos.Source
		is   nacos.Code
		says string
		fix  string
	}{
		{"refused", at("127.0.0.1:1").Config("x.yaml"), nacos.ConnectionRefused, "connection refused", "Nacos runs"},
		// A label of 64 letters is no host anywhere, which needs no answer of a name server.
		{"no host", at(strings.Repeat("x", 64) + ".invalid").Config("x.yaml"), nacos.UnknownHost, "no host has this name", "DNS"},
		{"gRPC port shut", at(lone.Addr().String()).Config("x.yaml"), nacos.GRPCPortClosed, "but not the gRPC port", "open port"},
		{"no Nacos there", at(swap(srv)).Config("x.yaml"), nacos.NotNacos, "does not speak the gRPC of Nacos", "1000 above"},
		{"no answer", at(mute.Addr()).Config("x.yaml"), nacos.NoResponse, "no answer in time", "network"},
		{"not found", c.Config("missing.yaml"), nacos.ConfigNotFound, "public/DEFAULT_GROUP/missing.yaml", "*id*"},
		{"no format", c.Config("plain"), nacos.UnknownFormat, "format", "nacos.Format"},
		{"empty data ID", c.Config(""), nacos.InvalidName, "data ID is empty", "letters"},
		{"empty group", c.Config("x.yaml", nacos.Group("")), nacos.InvalidName, "group is empty", "letters"},
		{"illegal data ID", c.Config("a/b"), nacos.InvalidName, "illegal character", "letters"},
		{"long group", c.Config("x", nacos.Group(strings.Repeat("g", 129))), nacos.InvalidName, "limit is 128", "128"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			begin := time.Now()
			r := follow(t, tc.src)
			err := r.trouble()
			var e *source.Error
			if !errors.As(err, &e) || e.Kind != tc.is.Kind() || !errors.Is(err, tc.is) || !strings.Contains(err.Error(), tc.says) || !strings.Contains(e.Fix, tc.fix) || e.Document == "" {
				t.Errorf("told is %v, want %q, saying %q, with a fix that says %q", err, tc.is, tc.says, tc.fix)
			}
			if took := time.Since(begin); testrun.Full() && took > 20*time.Second {
				t.Errorf("told after %v", took)
			}
			r.quiet(300*time.Millisecond, "an error that it had told")
		})
	}
}

// swap is the address of a server's gRPC port taken for its HTTP port, with something at 1000 above
// that is no gRPC.
func swap(srv *fakenacos.Server) string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(srv.Port()-1000))
}

func TestSeveralServersDown(t *testing.T) {
	t.Parallel()
	c := newClient(t, nacos.Config{Servers: []string{"127.0.0.1:2", "127.0.0.1:1"}})
	r := follow(t, c.Config("x.yaml"))
	err := r.trouble()
	for _, want := range []string{"127.0.0.1:1", "127.0.0.1:2"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("with all servers down the error does not name %s: %v", want, err)
		}
	}
	r.quiet(time.Second, "an error that it had told, whichever server was tried first")
}

// A gRPC port that something maps elsewhere is named in the address.
func TestGRPCPortElsewhere(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	forward(t, l, "127.0.0.1:"+strconv.Itoa(srv.Port()+1000))
	_, port, _ := net.SplitHostPort(l.Addr().String())
	ready(t, newClient(t, nacos.Config{Servers: []string{"127.0.0.1:" + strconv.Itoa(srv.Port()) + "?grpc=" + port}}))
	shut, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	shut.Close()
	_, port, _ = net.SplitHostPort(shut.Addr().String())
	err = follow(t, newClient(t, nacos.Config{Servers: []string{srv.Addr() + "?grpc=" + port}}).Config("x.yaml")).trouble()
	if !errors.Is(err, nacos.GRPCPortClosed) || !strings.Contains(err.Error(), port) {
		t.Errorf("with another gRPC port that is shut: %v, want %v and the port", err, nacos.GRPCPortClosed)
	}
}
