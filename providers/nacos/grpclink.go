package nacos

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"

	pb "github.com/nacos-group/nacos-sdk-go/v2/api/grpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/nacre-go/nacre/source"
)

// maxMessage is the largest message that is taken. The server's limit of a content is 10 MiB, which JSON may make six
// times as long.
const maxMessage = 64 << 20

// wired is the transport over gRPC and HTTP.
type wired struct {
	tls *tls.Config
}

// Open makes one TCP connection and opens the push stream on it.
func (w wired) Open(ctx context.Context, server address) (link, error) {
	l := &grpcLink{server: server}
	creds := insecure.NewCredentials()
	if w.tls != nil {
		creds = credentials.NewTLS(w.tls)
	}
	conn, err := grpc.NewClient("passthrough:///"+server.grpc(),
		grpc.WithTransportCredentials(creds),
		grpc.WithContextDialer(l.dial), // also keeps proxies of the environment out
		grpc.WithDisableServiceConfig(),
		grpc.WithUserAgent("nacre"),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage), grpc.MaxCallSendMsgSize(maxMessage)),
	)
	if err != nil {
		return nil, &source.Error{Kind: source.Misused, Op: "connect to", Document: server.String(), Err: errNoClient}
	}
	l.conn, l.requests = conn, pb.NewRequestClient(conn)
	l.ctx, l.cancel = context.WithCancel(context.Background())
	if err := l.ready(ctx); err != nil {
		l.Close()
		return nil, err
	}
	// The stream's life is the link's, not that of ctx.
	stop := context.AfterFunc(ctx, l.cancel)
	l.stream, err = pb.NewBiRequestStreamClient(conn).RequestBiStream(l.ctx)
	if !stop() || err != nil {
		l.Close()
		return nil, l.classify(ctx, err)
	}
	return l, nil
}

type grpcLink struct {
	server   address
	conn     *grpc.ClientConn
	requests pb.RequestClient
	stream   grpc.BidiStreamingClient[pb.Payload, pb.Payload]
	ctx      context.Context
	cancel   context.CancelFunc

	mu      sync.Mutex
	dialErr error
	dialled bool
	local   string
}

// dial is called by gRPC whenever it wants a connection. A link is one connection, so there is no second.
func (l *grpcLink) dial(ctx context.Context, addr string) (net.Conn, error) {
	l.mu.Lock()
	again := l.dialled
	l.dialled = true
	l.mu.Unlock()
	if again {
		return nil, errBroken
	}
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", addr)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.dialErr = err
		return nil, err
	}
	if host, _, err := net.SplitHostPort(c.LocalAddr().String()); err == nil {
		l.local = host
	}
	return c, nil
}

func (l *grpcLink) ready(ctx context.Context) error {
	l.conn.Connect()
	for {
		switch state := l.conn.GetState(); state {
		case connectivity.Ready:
			return nil
		case connectivity.TransientFailure, connectivity.Shutdown:
			return l.notConnected(ctx)
		default:
			if !l.conn.WaitForStateChange(ctx, state) {
				return l.notConnected(ctx)
			}
		}
	}
}

// notConnected says why, and looks whether only the gRPC port is shut.
func (l *grpcLink) notConnected(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	l.mu.Lock()
	err, taken := l.dialErr, l.local != ""
	l.mu.Unlock()
	var name *net.DNSError
	switch {
	case taken && ctx.Err() != nil:
		return errNoAnswer(l.server)
	case taken:
		return errNoGRPC(l.server)
	case errors.As(err, &name):
		return errNoHost(l.server)
	case httpOpen(l.server):
		return errGRPCShut(l.server)
	case err == nil:
		err = context.DeadlineExceeded // dialling still
	}
	return errNotReachable(l.server, err)
}

func (l *grpcLink) Call(ctx context.Context, m message) (message, error) {
	p, err := l.requests.Request(ctx, payload(m))
	if err != nil {
		return message{}, l.classify(ctx, err)
	}
	return fromPayload(p), nil
}

func (l *grpcLink) Send(m message) error {
	if err := l.stream.Send(payload(m)); err != nil {
		return l.classify(l.ctx, err)
	}
	return nil
}

func (l *grpcLink) Recv() (message, error) {
	p, err := l.stream.Recv()
	if err != nil {
		return message{}, l.classify(l.ctx, err)
	}
	return fromPayload(p), nil
}

func (l *grpcLink) LocalIP() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.local
}

func (l *grpcLink) Close() {
	l.cancel()
	_ = l.conn.Close()
}

// classify makes gRPC's errors the session's. Their text is not passed on: it is long, changes from one try to the next,
// and may quote what was sent.
func (l *grpcLink) classify(ctx context.Context, err error) error {
	if ctx.Err() != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return ctx.Err()
	}
	switch status.Code(err) {
	case codes.DeadlineExceeded:
		return errNoAnswer(l.server)
	case codes.ResourceExhausted:
		return errTooLarge(l.server.String())
	case codes.PermissionDenied, codes.Unauthenticated:
		return errRefused(l.server)
	case codes.Unimplemented:
		return errNoGRPC(l.server)
	}
	return errLost(l.server)
}

func payload(m message) *pb.Payload {
	return &pb.Payload{
		Metadata: &pb.Metadata{Type: m.Type, ClientIp: m.ClientIP, Headers: m.Headers},
		Body:     &anypb.Any{Value: m.Body},
	}
}

// fromPayload takes whatever came: any part of it may be missing.
func fromPayload(p *pb.Payload) message {
	return message{Type: p.GetMetadata().GetType(), Headers: p.GetMetadata().GetHeaders(), Body: p.GetBody().GetValue()}
}
