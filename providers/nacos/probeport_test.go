package nacos_test

import (
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/internal/fakenacos"
)

// listener takes connections and does with each what then says.
func listener(t *testing.T, then func(net.Conn)) (server string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			then(c)
		}
	}()
	return "127.0.0.1:1?grpc=" + l.Addr().String()[strings.LastIndex(l.Addr().String(), ":")+1:]
}

// A session that backs off is woken by a server that comes up, and not by the load balancer in
// front of one that is down, or by the kernel of a machine whose server is halted.
func TestProbePort(t *testing.T) {
	silent := listener(t, func(c net.Conn) {
		go func() { _, _ = io.Copy(io.Discard, c); _ = c.Close() }()
	})
	srv := start(t, fakenacos.Options{})
	front, trusting := tlsFront(t, srv, false)
	for name, c := range map[string]struct {
		server string
		tls    *tls.Config
		want   bool
	}{
		"a server":                           {server: srv.Addr(), want: true},
		"a server with TLS":                  {server: front, tls: trusting, want: true},
		"a server of an unknown CA":          {server: front, tls: &tls.Config{}, want: true},
		"says nothing, as when it is halted": {server: silent, want: false},
		"says nothing with TLS":              {server: silent, tls: &tls.Config{}, want: false},
		"hangs up":                           {server: listener(t, func(c net.Conn) { _ = c.Close() }), want: false},
		"does not listen":                    {server: "127.0.0.1:1?grpc=1", want: false},
	} {
		if got := nacos.ProbePort(t.Context(), c.server, c.tls); got != c.want {
			t.Errorf("%s: the port counts as open: %v, want %v", name, got, c.want)
		}
	}
}
