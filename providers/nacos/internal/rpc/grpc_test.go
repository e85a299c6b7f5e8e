package rpc_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	pb "github.com/nacos-group/nacos-sdk-go/v2/api/grpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/nacre-go/nacre/providers/nacos/internal/rpc"
)

// peer is grpc-go's server: what this package says must be what another implementation understands.
type peer struct {
	pb.UnimplementedRequestServer
	pb.UnimplementedBiRequestStreamServer
	request func(context.Context, *pb.Payload) (*pb.Payload, error)
	stream  func(grpc.BidiStreamingServer[pb.Payload, pb.Payload]) error
}

func (p *peer) Request(ctx context.Context, m *pb.Payload) (*pb.Payload, error) {
	return p.request(ctx, m)
}

func (p *peer) RequestBiStream(s grpc.BidiStreamingServer[pb.Payload, pb.Payload]) error {
	return p.stream(s)
}

func (p *peer) serve(t *testing.T) (*listener, *grpc.Server) {
	t.Helper()
	l := listen(t)
	s := grpc.NewServer(grpc.MaxRecvMsgSize(12<<20), grpc.MaxSendMsgSize(64<<20))
	if p.request != nil {
		pb.RegisterRequestServer(s, p)
	}
	if p.stream != nil {
		pb.RegisterBiRequestStreamServer(s, p)
	}
	var wg sync.WaitGroup
	wg.Go(func() { _ = s.Serve(l) })
	t.Cleanup(func() { s.Stop(); wg.Wait() })
	return l, s
}

func encoded(t *testing.T, text string) []byte {
	t.Helper()
	b, err := proto.Marshal(&pb.Payload{Body: &anypb.Any{Value: []byte(text)}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func decoded(t *testing.T, b []byte) string {
	t.Helper()
	var p pb.Payload
	if err := proto.Unmarshal(b, &p); err != nil {
		t.Fatal(err)
	}
	return string(p.GetBody().GetValue())
}

func echo(_ context.Context, p *pb.Payload) (*pb.Payload, error) { return p, nil }

func echoStream(s grpc.BidiStreamingServer[pb.Payload, pb.Payload]) error {
	for {
		m, err := s.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.Send(m); err != nil {
			return err
		}
	}
}

func TestCallsOfEverySizeComeBackWhole(t *testing.T) {
	l, _ := (&peer{request: echo}).serve(t)
	c := connect(t, l.Addr().String(), rpc.Options{MaxMessage: 64 << 20})
	for _, n := range []int{0, 1, 4, 5, 16<<10 - 5, 16 << 10, 1 << 20, 1<<20 + 1, 11 << 20} {
		text := strings.Repeat("ä", n/2) + strings.Repeat("x", n%2)
		got, err := c.Call(within(t), unary, encoded(t, text))
		if err != nil || decoded(t, got) != text {
			t.Errorf("%d bytes did not come back as they were sent, error %v", n, err)
		}
	}
}

func TestAllCallsAndStreamsShareOneConnection(t *testing.T) {
	l, _ := (&peer{request: echo, stream: echoStream}).serve(t)
	c := connect(t, l.Addr().String(), rpc.Options{})
	s := c.Stream(within(t), stream)
	ctx := within(t)
	var wg sync.WaitGroup
	for i := range 300 {
		wg.Go(func() {
			text := fmt.Sprint("call ", i)
			got, err := c.Call(ctx, unary, encoded(t, text))
			if err != nil || decoded(t, got) != text {
				t.Errorf("%s: got %q, error %v", text, got, err)
			}
		})
	}
	for i := range 300 {
		text := fmt.Sprint("stream ", i)
		if err := s.Send(encoded(t, text)); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Recv(); err != nil || decoded(t, got) != text {
			t.Fatalf("%s: got %q, error %v", text, got, err)
		}
	}
	wg.Wait()
	if n := l.count(); n != 1 {
		t.Errorf("%d connections were made, want 1: the server knows its clients by theirs", n)
	}
}

func TestWhatTheServerSaysOfACallIsTold(t *testing.T) {
	var answer error
	l, _ := (&peer{request: func(context.Context, *pb.Payload) (*pb.Payload, error) { return nil, answer }}).serve(t)
	c := connect(t, l.Addr().String(), rpc.Options{})
	for code := codes.Code(1); code <= 16; code++ {
		answer = status.Error(code, "secret-canary")
		_, err := c.Call(within(t), unary, nil)
		wantCode(t, code.String(), err, rpc.Code(code))
		if strings.Contains(err.Error(), "canary") {
			t.Errorf("the error quotes the server: %v", err)
		}
	}
	_, err := c.Call(within(t), "/No/such", nil)
	wantCode(t, "a method that is not there", err, rpc.Unimplemented)
	_, err = c.Stream(within(t), stream).Recv()
	wantCode(t, "a stream that is not there", err, rpc.Unimplemented)
}

func TestWhatIsTooLongIsRefusedOnEitherSide(t *testing.T) {
	long := strings.Repeat("x", 16<<20)
	l, _ := (&peer{request: func(_ context.Context, p *pb.Payload) (*pb.Payload, error) {
		return &pb.Payload{Body: &anypb.Any{Value: []byte(long)}}, nil
	}}).serve(t)
	c := connect(t, l.Addr().String(), rpc.Options{MaxMessage: 14 << 20})
	_, err := c.Call(within(t), unary, encoded(t, "short"))
	wantCode(t, "an answer over our limit", err, rpc.ResourceExhausted)
	_, err = c.Call(within(t), unary, encoded(t, long))
	wantCode(t, "a message over our limit", err, rpc.ResourceExhausted)
	_, err = c.Call(within(t), unary, encoded(t, long[:13<<20]))
	wantCode(t, "a message over the server's limit", err, rpc.ResourceExhausted)
	wantCode(t, "one on a stream", c.Stream(within(t), stream).Send(encoded(t, long)), rpc.ResourceExhausted)
}

func TestTheServerIsToldHowLongWeWait(t *testing.T) {
	left := make(chan time.Duration, 1)
	l, _ := (&peer{request: func(ctx context.Context, p *pb.Payload) (*pb.Payload, error) {
		until, _ := ctx.Deadline()
		left <- time.Until(until)
		return p, nil
	}}).serve(t)
	c := connect(t, l.Addr().String(), rpc.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	if _, err := c.Call(ctx, unary, nil); err != nil {
		t.Fatal(err)
	}
	if d := <-left; d < 50*time.Minute || d > time.Hour+time.Second {
		t.Errorf("the server has %v for a call of an hour", d)
	}
}

func TestACallEndsWithItsContext(t *testing.T) {
	gone := make(chan struct{}, 2)
	l, _ := (&peer{request: func(ctx context.Context, _ *pb.Payload) (*pb.Payload, error) {
		<-ctx.Done()
		gone <- struct{}{}
		return nil, ctx.Err()
	}}).serve(t)
	c := connect(t, l.Addr().String(), rpc.Options{})

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := c.Call(ctx, unary, nil)
	wantCode(t, "after its deadline", err, rpc.DeadlineExceeded)
	<-gone

	ctx, cancel = context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	_, err = c.Call(ctx, unary, nil)
	wantCode(t, "after its end", err, rpc.Canceled)
	<-gone
}

func TestAStreamEndsWithItsContextItsConnectionOrItsServer(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(cancel func(), c *rpc.Conn, s *grpc.Server)
		want rpc.Code
	}{
		{"context", func(cancel func(), _ *rpc.Conn, _ *grpc.Server) { cancel() }, rpc.Canceled},
		{"connection", func(_ func(), c *rpc.Conn, _ *grpc.Server) { c.Close() }, rpc.Unavailable},
		{"server", func(_ func(), _ *rpc.Conn, s *grpc.Server) { s.Stop() }, rpc.Unavailable},
	} {
		for _, spoken := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, spoken %v", c.name, spoken), func(t *testing.T) {
				began := make(chan struct{})
				l, srv := (&peer{stream: func(s grpc.BidiStreamingServer[pb.Payload, pb.Payload]) error {
					close(began)
					return echoStream(s)
				}}).serve(t)
				conn := connect(t, l.Addr().String(), rpc.Options{})
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				s := conn.Stream(ctx, stream)
				<-began
				if spoken { // before it, not even the beginning of an answer has come
					if err := s.Send(encoded(t, "x")); err != nil {
						t.Fatal(err)
					}
					if _, err := s.Recv(); err != nil {
						t.Fatal(err)
					}
				}
				ended := make(chan error)
				go func() { _, err := s.Recv(); ended <- err }()
				c.end(cancel, conn, srv)
				wantCode(t, "Recv", <-ended, c.want)
				_, err := s.Recv()
				wantCode(t, "Recv after it", err, c.want)
				var send error
				for range 3 { // the first may be taken by a buffer
					send = s.Send(encoded(t, "x"))
				}
				wantCode(t, "Send", send, c.want)
			})
		}
	}
}

func TestTheStatusOfAStreamThatTheServerEnds(t *testing.T) {
	var answer error
	l, _ := (&peer{stream: func(s grpc.BidiStreamingServer[pb.Payload, pb.Payload]) error {
		_ = s.Send(&pb.Payload{})
		return answer
	}}).serve(t)
	c := connect(t, l.Addr().String(), rpc.Options{})
	for want, err := range map[rpc.Code]error{
		rpc.Unavailable:      nil,
		rpc.PermissionDenied: status.Error(codes.PermissionDenied, ""),
	} {
		answer = err
		s := c.Stream(within(t), stream)
		if _, err := s.Recv(); err != nil {
			t.Fatal(err)
		}
		_, err := s.Recv()
		wantCode(t, "a stream that ended", err, want)
	}
}

func TestAServerThatGoesAwayInPeaceFinishesWhatItHas(t *testing.T) {
	asked, answer := make(chan struct{}), make(chan struct{})
	l, srv := (&peer{request: func(_ context.Context, p *pb.Payload) (*pb.Payload, error) {
		close(asked)
		<-answer
		return p, nil
	}}).serve(t)
	c := connect(t, l.Addr().String(), rpc.Options{})
	got := make(chan error)
	go func() { _, err := c.Call(within(t), unary, encoded(t, "x")); got <- err }()
	<-asked
	var wg sync.WaitGroup
	wg.Go(srv.GracefulStop)
	close(answer)
	if err := <-got; err != nil {
		t.Errorf("a call that had begun failed: %v", err)
	}
	wg.Wait()
	_, err := c.Call(within(t), unary, nil)
	wantCode(t, "a call after it", err, rpc.Unavailable)
}

// Flow control must not make who reads slowly lose anything, nor make the memory of what nobody
// reads grow without end.
func TestAStreamThatIsReadSlowlyLosesNothing(t *testing.T) {
	const n = 24
	l, _ := (&peer{stream: func(s grpc.BidiStreamingServer[pb.Payload, pb.Payload]) error {
		for i := range n {
			if err := s.Send(&pb.Payload{Body: &anypb.Any{Value: bytes.Repeat([]byte{byte(i)}, 1<<20)}}); err != nil {
				return err
			}
		}
		<-s.Context().Done()
		return nil
	}, request: echo}).serve(t)
	c := connect(t, l.Addr().String(), rpc.Options{})
	s := c.Stream(within(t), stream)
	for i := range n {
		// Calls go on beside a stream that is full.
		if _, err := c.Call(within(t), unary, encoded(t, "x")); err != nil {
			t.Fatal(err)
		}
		m, err := s.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if got := decoded(t, m); len(got) != 1<<20 || got[0] != byte(i) || got[len(got)-1] != byte(i) {
			t.Fatalf("message %d is not what was sent", i)
		}
	}
}

func TestMetadataOfACall(t *testing.T) {
	seen := make(chan metadata.MD, 1)
	l, _ := (&peer{request: func(ctx context.Context, p *pb.Payload) (*pb.Payload, error) {
		md, _ := metadata.FromIncomingContext(ctx)
		seen <- md
		return p, nil
	}}).serve(t)
	c := connect(t, l.Addr().String(), rpc.Options{UserAgent: "nacre"})
	if _, err := c.Call(within(t), unary, nil); err != nil {
		t.Fatal(err)
	}
	md := <-seen
	if got := md.Get("user-agent"); len(got) != 1 || got[0] != "nacre" {
		t.Errorf("the user agent is %q, want nacre", got)
	}
	if got := md.Get("accept-encoding"); len(got) != 0 {
		t.Errorf("compression is offered: %q", got)
	}
}

// BenchmarkCall is beside grpc-go's own client, on the same server.
func BenchmarkCall(b *testing.B) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	s := grpc.NewServer()
	pb.RegisterRequestServer(s, &peer{request: echo})
	var wg sync.WaitGroup
	wg.Go(func() { _ = s.Serve(l) })
	defer wg.Wait()
	defer s.Stop()
	m := &pb.Payload{Body: &anypb.Any{Value: make([]byte, 1024)}}
	b.Run("nacre", func(b *testing.B) {
		c, err := rpc.Dial(b.Context(), l.Addr().String(), rpc.Options{})
		if err != nil {
			b.Fatal(err)
		}
		defer c.Close()
		b.ReportAllocs()
		for b.Loop() {
			text, err := proto.Marshal(m)
			if err != nil {
				b.Fatal(err)
			}
			got, err := c.Call(b.Context(), unary, text)
			if err != nil {
				b.Fatal(err)
			}
			var p pb.Payload
			if err := proto.Unmarshal(got, &p); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("grpc-go", func(b *testing.B) {
		conn, err := grpc.NewClient("passthrough:///"+l.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		c := pb.NewRequestClient(conn)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.Request(b.Context(), m); err != nil {
				b.Fatal(err)
			}
		}
	})
}
