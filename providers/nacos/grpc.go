package nacos

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strings"

	"github.com/nacre-go/nacre/providers/nacos/internal/rpc"
)

// maxMessage is the size of the largest message. A server limits a content to 10 MiB, which JSON
// can make six times as long.
const maxMessage = 64 << 20

// All other messages are small: a push names one key, the answer to a listen at most maxListen.
const (
	maxPush  = 1 << 20
	maxReply = 1 << 20
)

// The methods of Nacos: a request with its answer, and the stream of pushes.
const (
	methodRequest = "/Request/request"
	methodStream  = "/BiRequestStream/requestBiStream"
)

// grpcTransport is the transport over gRPC and HTTP.
type grpcTransport struct {
	tls *tls.Config
}

// Open makes one TCP connection and opens the push stream on it.
func (t grpcTransport) Open(ctx context.Context, server address) (link, error) {
	conn, err := rpc.Dial(ctx, server.grpc(), rpc.Options{
		TLS: t.tls, MaxMessage: maxMessage, MaxPush: maxPush, Admit: admit, UserAgent: "nacre",
	})
	if err != nil {
		return nil, notConnected(ctx, server, err)
	}
	l := &grpcLink{server: server, conn: conn}
	// The stream lives as long as the link, not as long as ctx.
	l.ctx, l.cancel = context.WithCancel(context.WithoutCancel(ctx))
	l.stream = conn.Stream(l.ctx, methodStream)
	return l, nil
}

type grpcLink struct {
	server address
	conn   *rpc.Conn
	stream *rpc.Stream
	ctx    context.Context
	cancel context.CancelFunc
}

// notConnected returns why a connection failed. It checks whether only the gRPC port is closed.
func notConnected(ctx context.Context, server address, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	var dial *rpc.DialError
	accepted := errors.As(err, &dial) && dial.Taken
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.Is(err, rpc.ErrTurnedOff):
		return errNoHTTP2(server)
	case accepted && ctx.Err() != nil:
		return errNoResponse(server)
	case errors.As(err, &certificate):
		return InvalidCertificate.fail("connect to", server.String())
	case accepted && rejectedByTLS(err):
		return errRejected(server)
	case accepted:
		return errNotNacos(server)
	case errors.As(err, &name):
		return errUnknownHost(server)
	case httpOpen(server):
		return errGRPCPortClosed(server)
	case ctx.Err() != nil:
		err = context.DeadlineExceeded // still dialing
	}
	return errUnreachable(server, err)
}

// rejectedByTLS reports whether the server has ended a handshake because of our certificate.
func rejectedByTLS(err error) bool {
	var op *net.OpError
	// crypto/tls has no type for an alert of the other side.
	return errors.As(err, &op) && op.Op == "remote error" && strings.Contains(op.Error(), "certificate")
}

func (l *grpcLink) Call(ctx context.Context, m message) (message, error) {
	most := maxReply
	if m.Type == typeQuery {
		most = maxMessage
	}
	b, err := l.conn.CallFor(ctx, most, methodRequest, encodePayload(m), m.Body)
	if err != nil {
		return message{}, l.classify(ctx, err)
	}
	return l.message(b)
}

func (l *grpcLink) Send(m message) error {
	if err := l.stream.Send(append(encodePayload(m), m.Body...)); err != nil {
		return l.classify(l.ctx, err)
	}
	return nil
}

func (l *grpcLink) Recv() (message, error) {
	b, err := l.stream.Recv()
	if err != nil {
		return message{}, l.classify(l.ctx, err)
	}
	return l.message(b)
}

func (l *grpcLink) message(b []byte) (message, error) {
	m, err := decodePayload(b)
	if err != nil {
		return message{}, errNotNacos(l.server)
	}
	return m, nil
}

func (l *grpcLink) LocalIP() string {
	host, _, err := net.SplitHostPort(l.conn.LocalAddr().String())
	if err != nil {
		return ""
	}
	return host
}

func (l *grpcLink) Close() {
	l.cancel()
	l.conn.Close()
}

// classify turns gRPC's codes into errors for users.
func (l *grpcLink) classify(ctx context.Context, err error) error {
	if ctx.Err() != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return ctx.Err()
	}
	var code rpc.Code
	_ = errors.As(err, &code)
	switch code {
	case rpc.DeadlineExceeded:
		return errNoResponse(l.server)
	case rpc.ResourceExhausted:
		return errTooLarge(l.server.String())
	case rpc.PermissionDenied, rpc.Unauthenticated:
		return errRejected(l.server)
	case rpc.Unimplemented:
		return errNotNacos(l.server)
	}
	return errLost(l.server)
}
