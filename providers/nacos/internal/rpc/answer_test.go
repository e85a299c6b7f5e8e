package rpc_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/nacos/internal/rpc"
	"github.com/nacre-go/nacre/providers/nacos/internal/rpc/rpctest"
)

// http2Server answers calls as handle says, whether that is gRPC or not.
func http2Server(t *testing.T, handle http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewUnstartedServer(handle)
	s.Config.Protocols = new(http.Protocols)
	s.Config.Protocols.SetUnencryptedHTTP2(true)
	s.Start()
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

func message(text string) []byte { return rpctest.Message([]byte(text)) }

func TestAnswersThatAreNotGRPC(t *testing.T) {
	grpc := func(w http.ResponseWriter) { w.Header().Set("Content-Type", "application/grpc") }
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	ended := func(w http.ResponseWriter, status string) { w.Header().Set(http.TrailerPrefix+"Grpc-Status", status) }
	for _, c := range []struct {
		name   string
		handle http.HandlerFunc
		want   rpc.Code // 0: none
	}{
		{"an answer as it should be", func(w http.ResponseWriter, _ *http.Request) { grpc(w); w.Write(message("x")); ended(w, "0") }, 0},
		{"with the codec in the type", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/grpc+proto; charset=utf-8")
			w.Write(message("x"))
			ended(w, "0")
		}, 0},
		{"a page", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, "<p>Welcome")
		}, rpc.Unimplemented},
		{"no type", func(w http.ResponseWriter, _ *http.Request) { w.Header()["Content-Type"] = nil; w.Write(message("x")) }, rpc.Unimplemented},
		{"400", status(http.StatusBadRequest), rpc.Internal},
		{"401", status(http.StatusUnauthorized), rpc.Unauthenticated},
		{"403", status(http.StatusForbidden), rpc.PermissionDenied},
		{"404", status(http.StatusNotFound), rpc.Unimplemented},
		{"429", status(http.StatusTooManyRequests), rpc.Unavailable},
		{"500", status(http.StatusInternalServerError), rpc.Unknown},
		{"503", status(http.StatusServiceUnavailable), rpc.Unavailable},
		{"a message without a status", func(w http.ResponseWriter, _ *http.Request) { grpc(w); w.Write(message("x")) }, rpc.Internal},
		{"a status that is no number", func(w http.ResponseWriter, _ *http.Request) { grpc(w); w.Write(message("x")); ended(w, "fine") }, rpc.Internal},
		{"a status below zero", func(w http.ResponseWriter, _ *http.Request) { grpc(w); w.Write(message("x")); ended(w, "-1") }, rpc.Internal},
		{"a message, and failed", func(w http.ResponseWriter, _ *http.Request) { grpc(w); w.Write(message("x")); ended(w, "7") }, rpc.PermissionDenied},
		{"a success without a message", func(w http.ResponseWriter, _ *http.Request) { grpc(w); ended(w, "0") }, rpc.Internal},
		{"a success at once", func(w http.ResponseWriter, _ *http.Request) { grpc(w); w.Header().Set("Grpc-Status", "0") }, rpc.Internal},
		{"failed at once", func(w http.ResponseWriter, _ *http.Request) { grpc(w); w.Header().Set("Grpc-Status", "16") }, rpc.Unauthenticated},
		{"two messages", func(w http.ResponseWriter, _ *http.Request) {
			grpc(w)
			w.Write(append(message("x"), message("y")...))
			ended(w, "0")
		}, rpc.Internal},
		{"compressed", func(w http.ResponseWriter, _ *http.Request) {
			grpc(w)
			m := message("x")
			m[0] = 1
			w.Write(m)
			ended(w, "0")
		}, rpc.Internal},
		{"a message that ends early", func(w http.ResponseWriter, _ *http.Request) { grpc(w); w.Write(message("xyz")[:6]); ended(w, "0") }, rpc.Unavailable},
		{"a prefix that ends early", func(w http.ResponseWriter, _ *http.Request) { grpc(w); w.Write(message("xyz")[:3]); ended(w, "0") }, rpc.Unavailable},
		{"a large one that ends early", func(w http.ResponseWriter, _ *http.Request) {
			grpc(w)
			w.Write([]byte{0, 0, 0x30, 0, 0, 'x'}) // 3 MiB
			ended(w, "0")
		}, rpc.Unavailable},
		{"longer than anything", func(w http.ResponseWriter, _ *http.Request) {
			grpc(w)
			w.Write([]byte{0, 255, 255, 255, 255})
			ended(w, "0")
		}, rpc.ResourceExhausted},
		{"broken off", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, rpc.Unavailable},
		{"broken off within", func(w http.ResponseWriter, _ *http.Request) {
			grpc(w)
			w.Write(message("xyz")[:6])
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, rpc.Unavailable},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn := connect(t, http2Server(t, c.handle), rpc.Options{})
			got, err := conn.Call(within(t), unary, []byte("q"))
			switch {
			case c.want != 0:
				wantCode(t, "the call", err, c.want)
			case err != nil || string(got) != "x":
				t.Errorf("got %q, error %v", got, err)
			}
			// The connection is as good as before.
			if _, err := conn.Call(within(t), unary, []byte("q")); (err == nil) != (c.want == 0) {
				t.Errorf("the second call: %v", err)
			}
			s := conn.Stream(within(t), stream)
			for {
				if _, err := s.Recv(); err != nil {
					break // it ends, whatever came
				}
			}
		})
	}
}

func TestWhoDoesNotSpeakHTTP2IsNamedAtOnce(t *testing.T) {
	for _, c := range []struct {
		name  string
		speak func(net.Conn)
		spoke bool // something came, and it was not HTTP/2's
	}{
		{"hangs up", func(c net.Conn) {}, false},
		{"a few bytes", func(c net.Conn) { io.WriteString(c, "\x00\x00") }, false},
		{"HTTP/1", func(c net.Conn) { io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n") }, true},
		{"SSH", func(c net.Conn) { io.WriteString(c, "SSH-2.0-OpenSSH_9.9\r\n") }, true},
		{"TLS", func(c net.Conn) { c.Write([]byte{21, 3, 1, 0, 2, 2, 22, 0, 0, 0, 0, 0}) }, true},
		{"another frame", func(c net.Conn) { c.Write([]byte{0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0}) }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := listen(t)
			done := make(chan struct{})
			go func() {
				defer close(done)
				conn, err := l.Accept()
				if err != nil {
					return
				}
				io.ReadFull(conn, make([]byte, 24))
				c.speak(conn)
				conn.(*net.TCPConn).CloseWrite()
				io.Copy(io.Discard, conn)
				conn.Close()
			}()
			e := refused(t, within(t), l.Addr().String(), nil)
			<-done
			if !e.Taken {
				t.Errorf("it is said that there was no connection: %v", e)
			}
			if c.spoke != errors.Is(e, rpc.ErrProtocol) {
				t.Errorf("the error is %v, ErrProtocol %v", e, c.spoke)
			}
		})
	}
}

func TestWhoSaysNothingIsWaitedForUntilTheContextEnds(t *testing.T) {
	l := listen(t)
	for name, secure := range map[string]*tls.Config{"plain": nil, "TLS": {}} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			e := refused(t, ctx, l.Addr().String(), secure)
			if !e.Taken || !errors.Is(e, context.DeadlineExceeded) {
				t.Errorf("got %v, taken %v", e, e.Taken)
			}
		})
	}
}

func TestWhereNobodyListens(t *testing.T) {
	l := listen(t)
	_ = l.Close()
	e := refused(t, within(t), l.Addr().String(), nil)
	var op *net.OpError
	if e.Taken || !errors.As(e, &op) {
		t.Errorf("got %v, taken %v", e, e.Taken)
	}
	for _, address := range []string{"", "nowhere", "127.0.0.1:", "127.0.0.1:99999", "no such host:1"} {
		if e := refused(t, within(t), address, nil); e.Taken {
			t.Errorf("%q is said to be a connection", address)
		}
	}
}

func TestTLS(t *testing.T) {
	serve := func(protocols ...string) (string, *tls.Config) {
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.TLS == nil {
				t.Error("the call came without TLS")
			}
			w.Header().Set("Content-Type", "application/grpc")
			w.Write(message("x"))
			w.Header().Set(http.TrailerPrefix+"Grpc-Status", "0")
		}))
		s.EnableHTTP2 = len(protocols) > 0 && protocols[0] == "h2"
		s.TLS = &tls.Config{NextProtos: protocols}
		s.Config.ErrorLog = nobody()
		s.StartTLS()
		t.Cleanup(s.Close)
		pool := x509.NewCertPool()
		pool.AddCert(s.Certificate())
		return s.Listener.Addr().String(), &tls.Config{RootCAs: pool}
	}
	address, trusted := serve("h2")
	verified := false
	mine := trusted.Clone()
	mine.VerifyConnection = func(tls.ConnectionState) error { verified = true; return nil }
	c := connect(t, address, rpc.Options{TLS: mine})
	if got, err := c.Call(within(t), unary, nil); err != nil || string(got) != "x" {
		t.Errorf("got %q, error %v", got, err)
	}
	if !verified {
		t.Error("the caller's own VerifyConnection was not asked")
	}
	if len(mine.NextProtos) != 0 {
		t.Error("the caller's settings were changed")
	}

	e := refused(t, within(t), address, &tls.Config{})
	var unknown *tls.CertificateVerificationError
	if !e.Taken || !errors.As(e, &unknown) {
		t.Errorf("a certificate of nobody's: got %v, taken %v", e, e.Taken)
	}
	if e := refused(t, within(t), address, nil); !e.Taken {
		t.Errorf("without TLS where there is: got %v, taken %v", e, e.Taken)
	}

	address, trusted = serve("http/1.1")
	if e := refused(t, within(t), address, trusted); !e.Taken {
		t.Errorf("TLS with HTTP/1 alone: got %v, taken %v", e, e.Taken)
	}
	l := listen(t)
	done := make(chan struct{})
	go func() { // TLS that says nothing of protocols
		defer close(done)
		raw, err := l.Accept()
		if err != nil {
			return
		}
		_ = tls.Server(raw, certificate(t)).HandshakeContext(context.Background())
		_ = raw.Close()
	}()
	e = refused(t, within(t), l.Addr().String(), &tls.Config{InsecureSkipVerify: true})
	<-done
	if !errors.Is(e, rpc.ErrProtocol) {
		t.Errorf("TLS without a protocol: got %v", e)
	}
}
