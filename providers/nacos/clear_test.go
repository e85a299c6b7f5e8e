package nacos_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/internal/fakenacos"
	"github.com/nacre-go/nacre/source"
)

// wiretap takes connections at the ports of a server, hears what is said first, and hangs up.
type wiretap struct {
	addr  string
	conns atomic.Int32
	mu    sync.Mutex
	clear []string // the beginning of what was not TLS
}

func tap(t *testing.T) *wiretap {
	t.Helper()
	w := &wiretap{}
	for range 100 {
		port := 10000 + rand.IntN(20000)
		web, err := net.Listen("tcp4", "127.0.0.1:"+strconv.Itoa(port))
		if err != nil {
			continue
		}
		rpc, err := net.Listen("tcp4", "127.0.0.1:"+strconv.Itoa(port+1000))
		if err != nil {
			web.Close()
			continue
		}
		w.addr = web.Addr().String()
		w.hear(t, web)
		w.hear(t, rpc)
		return w
	}
	t.Fatal("no free pair of ports")
	return nil
}

func (w *wiretap) hear(t *testing.T, l net.Listener) {
	t.Helper()
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer c.Close()
				_ = c.SetDeadline(time.Now().Add(time.Second))
				b := make([]byte, 1<<10)
				n, _ := c.Read(b)
				w.conns.Add(1)
				const handshake = 0x16 // the type of the record that TLS begins with
				if n > 0 && b[0] != handshake {
					w.mu.Lock()
					defer w.mu.Unlock()
					w.clear = append(w.clear, string(b[:min(n, 40)]))
				}
			})
		}
	})
	t.Cleanup(func() { l.Close(); wg.Wait() })
}

func (w *wiretap) heard() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.clear
}

// finder is an address server with that answer.
func finder(t *testing.T, answer string) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, answer) }))
	t.Cleanup(s.Close)
	return s
}

func withLogin(cfg nacos.Config) nacos.Config {
	cfg.Username, cfg.Password = "app", nacos.NewPassword("s3cret")
	if cfg.TLS == nil {
		cfg.TLS = &tls.Config{}
	}
	return cfg
}

// With TLS set nothing goes out in the clear, whatever the servers, the address server and
// redirects say.
func TestNothingInClearWithTLS(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]func(t *testing.T, w *wiretap) nacos.Config{
		"a server without a scheme": func(_ *testing.T, w *wiretap) nacos.Config { return nacos.Config{Servers: []string{w.addr}} },
		"an https server": func(_ *testing.T, w *wiretap) nacos.Config {
			return nacos.Config{Servers: []string{"https://" + w.addr}}
		},
		"an address server": func(_ *testing.T, w *wiretap) nacos.Config { return nacos.Config{Endpoint: w.addr} },
		"a list without a scheme": func(t *testing.T, w *wiretap) nacos.Config {
			return nacos.Config{Endpoint: finder(t, w.addr).URL}
		},
		"a poisoned list": func(t *testing.T, w *wiretap) nacos.Config {
			return nacos.Config{Endpoint: finder(t, "http://"+w.addr+"/nacos").URL}
		},
		"a poisoned list beside servers": func(t *testing.T, w *wiretap) nacos.Config {
			return nacos.Config{Servers: []string{"https://127.0.0.1:1"}, Endpoint: finder(t, "http://"+w.addr).URL}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := tap(t)
			c := newClient(t, withLogin(of(t, w)))
			err := follow(t, c.Config("x.yaml")).trouble()
			for w.conns.Load() < 4 {
				<-time.After(50 * time.Millisecond)
			}
			if heard := w.heard(); len(heard) > 0 {
				t.Errorf("TLS is set, and in the clear came %q", heard)
			}
			if err == nil {
				t.Error("a server without TLS was no trouble")
			}
		})
	}
}

// A plain address beside TLS is a contradiction that the start tells, not one that a password
// decides.
func TestPlainServerBesideTLSIsRefused(t *testing.T) {
	t.Parallel()
	_, err := nacos.NewClient(withLogin(nacos.Config{Servers: []string{"a", "http://b"}}))
	if !errors.Is(err, nacos.InvalidConfig) || !strings.Contains(err.Error(), "server 2") || !strings.Contains(err.Error(), "Plaintext") {
		t.Errorf("an http server beside TLS: %v, want %v with the setting that allows it", err, nacos.InvalidConfig)
	}
}

// https without TLS for gRPC: what an address server says is not less.
func TestListDoesNotLowerHTTPS(t *testing.T) {
	t.Parallel()
	w := tap(t)
	cfg := withLogin(nacos.Config{Servers: []string{"https://127.0.0.1:1"}, Endpoint: finder(t, "http://"+w.addr).URL})
	cfg.TLS = nil
	newClient(t, cfg)
	for w.conns.Load() < 2 {
		<-time.After(50 * time.Millisecond)
	}
	for _, text := range w.heard() {
		if strings.HasPrefix(text, "POST") {
			t.Errorf("the servers of the Config are https, and the login went out in the clear since an address server said so")
		}
	}
}

// A redirect of a login is not followed: its body is the password.
func TestLoginFollowsNoRedirect(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, scheme := range []string{"http://", "https://"} {
			t.Run(fmt.Sprint(status, scheme), func(t *testing.T) {
				t.Parallel()
				w := tap(t)
				var asked atomic.Int32
				web := httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
					asked.Add(1)
					http.Redirect(rw, r, scheme+w.addr+"/nacos/v1/auth/login", status)
				}))
				t.Cleanup(web.Close)
				trusting := web.Client().Transport.(*http.Transport).TLSClientConfig
				c := newClient(t, withLogin(nacos.Config{Servers: []string{web.URL + "?grpc=1"}, TLS: trusting}))
				if err := follow(t, c.Config("x.yaml")).trouble(); !errors.Is(err, nacos.NotNacos) {
					t.Errorf("a redirect with status %d is told as %v", status, err)
				}
				if asked.Load() == 0 || w.conns.Load() > 0 {
					t.Errorf("of %d logins that were redirected some went there: %d connections, %q", asked.Load(), w.conns.Load(), w.heard())
				}
			})
		}
	}
}

// A certificate that does not verify ends a connection before anything is sent, with an error that
// says so.
func TestCertificateThatDoesNotVerify(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{Users: users})
	addr, trusting := tlsFront(t, srv, false)
	wrongName := trusting.Clone()
	wrongName.ServerName = "nacos.example.org"
	for name, config := range map[string]*tls.Config{"another CA": {}, "another name": wrongName} {
		for _, user := range []string{"", "app"} { // it is HTTP that meets it first, or gRPC
			cfg := withLogin(nacos.Config{Servers: []string{addr}, TLS: config})
			if user == "" {
				cfg.Username, cfg.Password = "", nacos.Password{}
			}
			err := follow(t, newClient(t, cfg).Config("x.yaml")).trouble()
			var e *source.Error
			if !errors.As(err, &e) || !errors.Is(err, nacos.InvalidCertificate) || !strings.Contains(e.Fix, "NACOS_TLS_CA_FILE") {
				t.Errorf("%s, user %q: told is %v, want %v", name, user, err, nacos.InvalidCertificate)
			}
		}
	}
	if s := srv.Stats(); s.Logins+s.Refused > 0 {
		t.Errorf("%d logins came through", s.Logins+s.Refused)
	}
}

// A server whose HTTP speaks no TLS is told as that.
func TestHTTPWithoutTLS(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{Users: users})
	err := follow(t, newClient(t, withLogin(config(srv))).Config("x.yaml")).trouble()
	var e *source.Error
	if !errors.As(err, &e) || !errors.Is(err, nacos.Unreachable) || !strings.Contains(err.Error(), "TLS") || !strings.Contains(e.Fix, "Plaintext") {
		t.Errorf("told is %v, want that the port speaks no TLS, and the setting that allows that", err)
	}
}

// A gRPC port that agrees on TLS and not on HTTP/2 gets nothing.
func TestDowngradedALPN(t *testing.T) {
	t.Parallel()
	cert := httptest.NewTLSServer(nil)
	t.Cleanup(cert.Close)
	trusting := cert.Client().Transport.(*http.Transport).TLSClientConfig
	for name, protocols := range map[string][]string{"http/1.1": {"http/1.1"}, "none": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, err := tls.Listen("tcp4", "127.0.0.1:0", &tls.Config{Certificates: cert.TLS.Certificates, NextProtos: protocols})
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			var mu sync.Mutex
			var wg sync.WaitGroup
			wg.Go(func() {
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					b, _ := io.ReadAll(io.LimitReader(c, 1<<10))
					mu.Lock()
					got.Write(b)
					mu.Unlock()
					c.Close()
				}
			})
			t.Cleanup(func() { l.Close(); wg.Wait() })
			_, port, _ := net.SplitHostPort(l.Addr().String())
			c := newClient(t, nacos.Config{Servers: []string{"127.0.0.1:1?grpc=" + port}, TLS: trusting})
			if err := follow(t, c.Config("x.yaml")).trouble(); !errors.Is(err, source.Unavailable) {
				t.Errorf("told is %v, want %v", err, source.Unavailable)
			}
			c.Close()
			mu.Lock()
			defer mu.Unlock()
			if got.Len() > 0 {
				t.Errorf("a server that speaks no HTTP/2 got %d bytes", got.Len())
			}
		})
	}
}
