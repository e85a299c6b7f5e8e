package nacos_test

import (
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
// front of one that is down.
func TestKnock(t *testing.T) {
	silent := listener(t, func(c net.Conn) {
		go func() { _, _ = io.Copy(io.Discard, c); _ = c.Close() }()
	})
	for name, c := range map[string]struct {
		server string
		want   bool
	}{
		"a server":                   {start(t, fakenacos.Options{}).Addr(), true},
		"waits for the client (TLS)": {silent, true},
		"hangs up":                   {listener(t, func(c net.Conn) { _ = c.Close() }), false},
		"nobody":                     {"127.0.0.1:1?grpc=1", false},
	} {
		if got := nacos.Knocks(t.Context(), c.server); got != c.want {
			t.Errorf("%s: somebody holds the line: %v, want %v", name, got, c.want)
		}
	}
}
