package nacos_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/nacostest"
	"github.com/nacre-go/nacre/source"
)

// tlsFront puts TLS before both ports of a server, and returns its address and the client's settings.
func tlsFront(t *testing.T, srv *nacostest.Server, mutual bool) (string, *tls.Config) {
	t.Helper()
	cert := httptest.NewUnstartedServer(nil)
	cert.StartTLS()
	t.Cleanup(cert.Close)
	pool := x509.NewCertPool()
	pool.AddCert(cert.Certificate())
	server := &tls.Config{Certificates: cert.TLS.Certificates, NextProtos: []string{"h2", "http/1.1"}}
	client := &tls.Config{RootCAs: pool}
	if mutual {
		server.ClientAuth, server.ClientCAs = tls.RequireAnyClientCert, pool
		client.Certificates = cert.TLS.Certificates
	}
	for range 100 {
		port := 10000 + rand.IntN(20000)
		web, err := tls.Listen("tcp4", "127.0.0.1:"+strconv.Itoa(port), server)
		if err != nil {
			continue
		}
		rpc, err := tls.Listen("tcp4", "127.0.0.1:"+strconv.Itoa(port+1000), server)
		if err != nil {
			web.Close()
			continue
		}
		forward(t, web, srv.Addr())
		forward(t, rpc, "127.0.0.1:"+strconv.Itoa(srv.Port()+1000))
		return "127.0.0.1:" + strconv.Itoa(port), client
	}
	t.Fatal("no free pair of ports")
	return "", nil
}

func forward(t *testing.T, l net.Listener, to string) {
	t.Helper()
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer in.Close()
				out, err := net.Dial("tcp4", to)
				if err != nil {
					return
				}
				defer out.Close()
				wg.Go(func() { _, _ = io.Copy(out, in); out.Close() })
				_, _ = io.Copy(in, out)
			})
		}
	})
	t.Cleanup(func() { l.Close(); wg.Wait() })
}

func TestTLS(t *testing.T) {
	t.Parallel()
	for _, mutual := range []bool{false, true} {
		srv := start(t, nacostest.Options{Users: users})
		t.Cleanup(srv.Close)
		addr, client := tlsFront(t, srv, mutual)
		cfg := nacos.Config{Servers: []string{"https://" + addr}, Username: "app", Password: nacos.NewPassword("s3cret"), TLS: client}
		c := dial(t, cfg)
		r := follow(t, c.Config("x.yaml", nacos.Optional()))
		if err := c.Publish(within(t), "x.yaml", []byte("v: 1")); err != nil {
			t.Errorf("publish over TLS, mutual=%v: %v", mutual, err)
		}
		r.until("v: 1")
		if err := srv.Put("", group, "x.yaml", "v: 2"); err != nil {
			t.Fatal(err)
		}
		r.until("v: 2")

		for what, cfg := range map[string]nacos.Config{
			"a client without TLS":                 {Servers: []string{addr}},
			"a client that does not know the CA":   {Servers: []string{addr}, TLS: &tls.Config{}},
			"a login without TLS where it is used": {Servers: []string{addr}, Username: "app", Password: nacos.NewPassword("s3cret"), TLS: client},
		} {
			err := follow(t, dial(t, cfg).Config("x.yaml")).trouble()
			var e *source.Error
			if !errors.As(err, &e) || e.Kind != source.Unavailable || e.Fix == "" {
				t.Errorf("%s is told %v, want unavailable with a fix", what, err)
			}
		}
		c.Close()
		srv.Close()
	}
}
