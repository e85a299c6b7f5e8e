package rpc_test

import (
	"context"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	pb "github.com/nacos-group/nacos-sdk-go/v2/api/grpc"
	"golang.org/x/net/http2"

	"github.com/nacre-go/nacre/providers/nacos/internal/rpc"
	"github.com/nacre-go/nacre/providers/nacos/internal/rpc/rpctest"
)

// What servers and proxies say besides the answer does not get in its way.
func TestFramesBesideTheAnswer(t *testing.T) {
	for name, say := range map[string]func(r *rpctest.Conn, id uint32){
		"an informational answer": func(r *rpctest.Conn, id uint32) {
			r.Headers(id, false, ":status", "103", "link", "x")
			r.Answer(id, []byte("x"))
		},
		"frames of other protocols": func(r *rpctest.Conn, id uint32) {
			_ = r.Framer.WriteRawFrame(0xfe, 0, 0, []byte("abc"))
			_ = r.Framer.WritePriority(id, http2.PriorityParam{Weight: 3})
			r.Answer(id, []byte("x"))
		},
		"a reset without an error after it": func(r *rpctest.Conn, id uint32) { r.Answer(id, []byte("x")); r.Reset(id, http2.ErrCodeNo) },
		"an early goaway": func(r *rpctest.Conn, id uint32) {
			_ = r.Framer.WriteGoAway(1<<31-1, 0, []byte("max_age"))
			r.Answer(id, []byte("x"))
		},
		"a goaway in two steps": func(r *rpctest.Conn, id uint32) {
			_ = r.Framer.WriteGoAway(1<<31-1, 0, nil)
			_ = r.Framer.WriteGoAway(id, 0, nil)
			r.Answer(id, []byte("x"))
		},
		"large headers": func(r *rpctest.Conn, id uint32) {
			r.Headers(id, false, ":status", "200", "content-type", "application/grpc+proto; a=1; a=2", "x-large", strings.Repeat("x", 12<<10))
			r.Write(func() { _ = r.Framer.WriteData(id, false, message("x")) })
			r.Headers(id, true, "grpc-status", "0", "grpc-message", strings.Repeat("%20", 4<<10))
		},
		"pings and settings": func(r *rpctest.Conn, id uint32) {
			for range 20 {
				_ = r.Framer.WritePing(false, [8]byte{1})
				_ = r.Framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0}, http2.Setting{ID: http2.SettingHeaderTableSize, Val: 0})
			}
			r.Answer(id, []byte("x"))
		},
		"padding, and data without any": func(r *rpctest.Conn, id uint32) {
			r.Begin(id)
			_ = r.Framer.WriteData(id, false, nil)
			for _, b := range message("x") {
				_ = r.Framer.WriteDataPadded(id, false, []byte{b}, make([]byte, 200))
			}
			r.Headers(id, true, "grpc-status", "0")
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := connect(t, rawServer(t, nil, rpctest.OnRequest(func(r *rpctest.Conn, id uint32, _ map[string]string) { say(r, id) })), rpc.Options{})
			if got, err := c.Call(within(t), unary, nil); err != nil || string(got) != "x" {
				t.Errorf("got %q, error %v", got, err)
			}
		})
	}
}

// A whole answer to a request that was not read counts.
func TestAnAnswerThatComesEarly(t *testing.T) {
	c := connect(t, rawServer(t, nil, rpctest.OnRequest(func(r *rpctest.Conn, id uint32, _ map[string]string) {
		r.Answer(id, []byte("x"))
		r.Reset(id, http2.ErrCodeNo)
	})), rpc.Options{})
	for range 50 {
		if got, err := c.Call(within(t), unary, make([]byte, 1<<20)); err != nil || string(got) != "x" {
			t.Fatalf("got %q, error %v", got, err)
		}
	}
}

// Calls that are given up do not wear the connection out.
func TestManyCallsThatEndEarly(t *testing.T) {
	l, _ := (&peer{request: func(ctx context.Context, p *pb.Payload) (*pb.Payload, error) {
		select {
		case <-time.After(time.Duration(rand.IntN(20)) * time.Millisecond):
		case <-ctx.Done():
		}
		return p, nil
	}}).serve(t)
	c := connect(t, l.Addr().String(), rpc.Options{})
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 30 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(1+rand.IntN(20))*time.Millisecond)
				if _, err := c.Call(ctx, unary, encoded(t, strings.Repeat("x", rand.IntN(100<<10)))); err != nil {
					wantCode(t, "a call that is late", err, rpc.DeadlineExceeded)
				}
				cancel()
			}
		})
	}
	wg.Wait()
	if _, err := c.Call(within(t), unary, encoded(t, "x")); err != nil {
		t.Errorf("the connection did not stand it: %v", err)
	}
}

func TestAddresses(t *testing.T) {
	l, err := net.Listen("tcp", "[::]:0")
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/grpc")
		w.Write(message(r.Host))
		w.Header().Set(http.TrailerPrefix+"Grpc-Status", "0")
	}))
	_ = s.Listener.Close()
	s.Listener = l
	s.Config.Protocols = new(http.Protocols)
	s.Config.Protocols.SetUnencryptedHTTP2(true)
	s.Start()
	t.Cleanup(s.Close)
	_, port, _ := net.SplitHostPort(l.Addr().String())
	for _, host := range []string{"127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[0:0:0:0:0:0:0:1]", "localhost", "LOCALHOST"} {
		c := connect(t, host+":"+port, rpc.Options{})
		if got, err := c.Call(within(t), unary, nil); err != nil || string(got) != host+":"+port {
			t.Errorf("%s: the server was called %s, error %v", host, got, err)
		}
		if c.LocalAddr() == nil {
			t.Errorf("%s: no local address", host)
		}
	}
}
