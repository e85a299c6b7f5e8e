package rpc_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/nacre-go/nacre/providers/nacos/internal/rpc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	unary  = "/Request/request"
	stream = "/BiRequestStream/requestBiStream"
)

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// listener counts the connections that it takes.
type listener struct {
	net.Listener
	mu    sync.Mutex
	taken int
}

func listen(t *testing.T) *listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return &listener{Listener: l}
}

func (l *listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		l.mu.Lock()
		l.taken++
		l.mu.Unlock()
	}
	return c, err
}

func (l *listener) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.taken
}

func connect(t *testing.T, address string, o rpc.Options) *rpc.Conn {
	t.Helper()
	c, err := rpc.Dial(within(t), address, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func wantCode(t *testing.T, what string, err error, want rpc.Code) {
	t.Helper()
	var got rpc.Code
	if !errors.As(err, &got) || got != want {
		t.Errorf("%s: got error %v, want %v", what, err, want)
	}
}

// refused dials where nobody speaks HTTP/2, and returns the error.
func refused(t *testing.T, ctx context.Context, address string, secure *tls.Config) *rpc.DialError {
	t.Helper()
	c, err := rpc.Dial(ctx, address, rpc.Options{TLS: secure})
	if err == nil {
		c.Close()
		t.Fatal("Dial took it for a server")
	}
	var e *rpc.DialError
	if !errors.As(err, &e) {
		t.Fatalf("the error is %T, want *DialError", err)
	}
	return e
}

func nobody() *log.Logger { return log.New(io.Discard, "", 0) }

// certificate is the settings of a server that negotiates no protocol.
func certificate(t *testing.T) *tls.Config {
	t.Helper()
	s := httptest.NewUnstartedServer(nil)
	s.StartTLS()
	t.Cleanup(s.Close)
	return &tls.Config{Certificates: s.TLS.Certificates}
}
