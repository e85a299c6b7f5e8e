package nacos

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strings"

	"github.com/nacre-go/nacre/providers/nacos/internal/rpc"
)

// maxMessage is the largest message that is taken. The server's limit of a content is 10 MiB, which
// JSON may make six times as long.
const maxMessage = 64 << 20

// What is no content is small: pushes name one key, the answer to a listen at most maxListen of
// them.
const (
	maxPush  = 1 << 20
	maxReply = 1 << 20
)

// The methods of Nacos: a request with its answer, and the stream on which the server pushes.
const (
	methodRequest = "/Request/request"
	methodStream  = "/BiRequestStream/requestBiStream"
)

// wired is the transport over gRPC and HTTP.
type grpcTransport struct {
	tls *tls.Config
}

// Open makes one TCP connection and opens the push stream on it.
func (w grpcTransport) Open(ctx context.Context, server address) (link, error) {
	conn, err := rpc.Dial(ctx, server.grpc(), rpc.Options{
		TLS: w.tls, MaxMessage: maxMessage, MaxPush: maxPush, Admit: admit, UserAgent: "nacre",
	})
	if err != nil {
		return nil, notConnected(ctx, server, err)
	}
	l := &grpcLink{server: server, conn: conn}
	// The stream's life is the link's, not that of ctx.
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

// notConnected says why, and looks whether only the gRPC port is shut.
func notConnected(ctx context.Context, server address, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	var came *rpc.DialError
	taken := errors.As(err, &came) && came.Taken
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.Is(err, rpc.ErrTurnedOff):
		return errNoHTTP2(server)
	case taken && ctx.Err() != nil:
		return errNoResponse(server)
	case errors.As(err, &certificate):
		return InvalidCertificate.fail("connect to", server.String())
	case taken && refusedByTLS(err):
		return errRejected(server)
	case taken:
		return errNotNacos(server)
	case errors.As(err, &name):
		return errUnknownHost(server)
	case httpOpen(server):
		return errGRPCPortClosed(server)
	case ctx.Err() != nil:
		err = context.DeadlineExceeded // dialling still
	}
	return errUnreachable(server, err)
}

// refusedByTLS reports whether the server has ended a handshake for the sake of our certificate.
func refusedByTLS(err error) bool {
	var op *net.OpError
	// crypto/tls has no type for what the other side says.
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

// classify makes gRPC's codes the session's errors.
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
