package rpc_test

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	pb "github.com/nacos-group/nacos-sdk-go/v2/api/grpc"
	"golang.org/x/net/http2"
	"google.golang.org/grpc"

	"github.com/nacre-go/nacre/providers/nacos/internal/rpc"
	"github.com/nacre-go/nacre/providers/nacos/internal/rpc/rpctest"
)

// soon is how long a call may outlast its context where nothing but itself can be in its way.
const soon = 10 * time.Second

// ends returns what do does, which must be soon.
func ends(t *testing.T, what string, do func() error) error {
	t.Helper()
	got := make(chan error, 1)
	go func() { got <- do() }()
	select {
	case err := <-got:
		return err
	case <-time.After(soon):
		t.Fatalf("%s has not ended after %v", what, soon)
		return nil
	}
}

// wide is a server's settings that take messages of any size at once, without looking at them.
var wide = []http2.Setting{{ID: http2.SettingInitialWindowSize, Val: 1 << 30}}

// The server takes no more of a request, and has begun to answer it: net/http does not look at the
// context then.
func TestACallEndsWithItsContextWhenTheAnswerHasBegun(t *testing.T) {
	reset := make(chan struct{}, 1)
	addr := rawServer(t, nil, func(r *rpctest.Conn, f http2.Frame) {
		rpctest.OnRequest(func(r *rpctest.Conn, id uint32, _ map[string]string) { r.Begin(id) })(r, f)
		if _, ok := f.(*http2.RSTStreamFrame); ok {
			reset <- struct{}{}
		}
	})
	c := connect(t, addr, rpc.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	err := ends(t, "a call of 100 ms", func() error {
		_, err := c.Call(ctx, unary, make([]byte, 1<<20))
		return err
	})
	wantCode(t, "the call", err, rpc.DeadlineExceeded)
	_ = ends(t, "its stream", func() error { <-reset; return nil })
}

// The server is stopped while something large is being sent, when the answer of another call has
// begun. Who waits for that answer is the heartbeat, by which the stop is found.
func TestACallEndsWithItsContextWhenNothingCanBeSent(t *testing.T) {
	stopped, goOn := make(chan struct{}), make(chan struct{})
	addr := rawServer(t, wide, rpctest.OnRequest(func(r *rpctest.Conn, id uint32, _ map[string]string) {
		switch id {
		case 1:
			r.Begin(1)
			r.Write(func() { _ = r.Framer.WriteWindowUpdate(0, 1<<30) })
		case 3:
			close(stopped)
			<-goOn // and reads no more
		}
	}))
	c := connect(t, addr, rpc.Options{MaxMessage: 64 << 20})
	beat, late := context.WithCancel(t.Context())
	defer late()
	got := make(chan error, 1)
	go func() { _, err := c.Call(beat, unary, []byte("a heartbeat")); got <- err }()
	large := make(chan error, 1)
	go func() { _, err := c.Call(t.Context(), unary, make([]byte, 32<<20)); large <- err }()
	<-stopped
	late()
	wantCode(t, "the heartbeat", ends(t, "a call that is cancelled", func() error { return <-got }), rpc.Canceled)
	_ = ends(t, "Close", func() error { c.Close(); return nil })
	wantCode(t, "the large call", ends(t, "a call on a connection that is closed", func() error { return <-large }), rpc.Unavailable)
	close(goOn)
}

func TestAFullStreamEndsWithItsContext(t *testing.T) {
	full := make(chan struct{})
	l, _ := (&peer{stream: func(s grpc.BidiStreamingServer[pb.Payload, pb.Payload]) error {
		if err := s.Send(&pb.Payload{}); err != nil {
			return err
		}
		close(full)
		<-s.Context().Done()
		return nil
	}}).serve(t)
	c := connect(t, l.Addr().String(), rpc.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s := c.Stream(ctx, stream)
	if _, err := s.Recv(); err != nil {
		t.Fatal(err)
	}
	<-full
	sent, received := make(chan error, 1), make(chan error, 1)
	go func() { sent <- s.Send(encoded(t, strings.Repeat("x", 1<<20))) }() // 64 KiB fit
	go func() { _, err := s.Recv(); received <- err }()
	cancel()
	wantCode(t, "Send", ends(t, "Send", func() error { return <-sent }), rpc.Canceled)
	wantCode(t, "Recv", ends(t, "Recv", func() error { return <-received }), rpc.Canceled)
}

// A large request that is refused before it was read leaves no stream open.
func TestARefusedRequestLeavesNothing(t *testing.T) {
	reset := make(chan struct{}, 1)
	addr := rawServer(t, nil, func(r *rpctest.Conn, f http2.Frame) {
		if d, ok := f.(*http2.DataFrame); ok && d.StreamID == 1 && len(d.Data()) > 0 {
			select {
			case reset <- struct{}{}: // once
				r.Headers(1, true, ":status", "200", "content-type", "application/grpc", "grpc-status", "8")
			default:
			}
		}
		if _, ok := f.(*http2.RSTStreamFrame); ok {
			close(reset)
		}
	})
	c := connect(t, addr, rpc.Options{})
	_, err := c.Call(within(t), unary, make([]byte, 1<<20))
	wantCode(t, "the call", err, rpc.ResourceExhausted)
	<-reset
	_ = ends(t, "its stream", func() error { <-reset; return nil })
}

// A server that counts the time too must not be the first: what it does to a call then looks like a
// broken connection.
func TestATimeoutIsToldAsOneWhenTheServerCountsToo(t *testing.T) {
	addr := rawServer(t, nil, rpctest.OnRequest(func(r *rpctest.Conn, id uint32, header map[string]string) {
		ms, err := strconv.Atoi(strings.TrimSuffix(header["grpc-timeout"], "m"))
		if err != nil {
			t.Errorf("the timeout is %q, want milliseconds", header["grpc-timeout"])
		}
		time.AfterFunc(time.Duration(ms)*time.Millisecond, func() { r.Reset(id, http2.ErrCodeCancel) })
	}))
	c := connect(t, addr, rpc.Options{})
	for range 20 {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		_, err := c.Call(ctx, unary, nil)
		cancel()
		wantCode(t, "a call that takes too long", err, rpc.DeadlineExceeded)
	}
}

func TestARefusedStreamIsBegunAgain(t *testing.T) {
	var mu sync.Mutex
	refusals := 1
	addr := rawServer(t, nil, rpctest.OnRequest(func(r *rpctest.Conn, id uint32, _ map[string]string) {
		mu.Lock()
		defer mu.Unlock()
		if refusals > 0 {
			refusals--
			r.Reset(id, http2.ErrCodeRefusedStream)
			return
		}
		r.Answer(id, []byte("x"))
	}))
	c := connect(t, addr, rpc.Options{})
	if _, err := c.Call(within(t), unary, []byte("q")); err != nil {
		t.Errorf("after one refusal: %v", err)
	}
	mu.Lock()
	refusals = 1000
	mu.Unlock()
	_, err := c.Call(within(t), unary, []byte("q"))
	wantCode(t, "after many", err, rpc.Unavailable)
}

func TestACallThatWaitsIsSentWhenThereMayBeMoreStreams(t *testing.T) {
	began := make(chan struct{})
	addr := rawServer(t, []http2.Setting{{ID: http2.SettingMaxConcurrentStreams, Val: 1}}, rpctest.OnRequest(func(r *rpctest.Conn, id uint32, _ map[string]string) {
		if id > 1 {
			r.Answer(id, []byte("x"))
			return
		}
		close(began)
		time.AfterFunc(50*time.Millisecond, func() {
			r.Write(func() { _ = r.Framer.WriteSettings(http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: 100}) })
		})
	}))
	c := connect(t, addr, rpc.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c.Stream(ctx, stream)
	<-began
	for range 3 {
		if _, err := c.Call(within(t), unary, nil); err != nil {
			t.Errorf("the call got %v", err)
		}
	}
}

// With HTTP/2 turned off nothing of a try stays, and the error does not blame the other side.
func TestHTTP2TurnedOff(t *testing.T) {
	t.Setenv("GODEBUG", "http2client=0")
	l := listen(t)
	closed := make(chan error, 1)
	go func() {
		c, err := l.Accept()
		if err == nil {
			_, err = c.Read(make([]byte, 1))
			_ = c.Close()
		}
		closed <- err
	}()
	if e := refused(t, within(t), l.Addr().String(), nil); !errors.Is(e, rpc.ErrTurnedOff) {
		t.Errorf("got %v, want %v", e, rpc.ErrTurnedOff)
	}
	if err := ends(t, "the connection", func() error { return <-closed }); !errors.Is(err, io.EOF) {
		t.Errorf("the other side got %v, want io.EOF", err)
	}
}
