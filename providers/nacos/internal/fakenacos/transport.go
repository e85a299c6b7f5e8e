package fakenacos

import (
	"context"
	"fmt"
	"net"
	"time"

	"google.golang.org/grpc/stats"
)

// transport is one TCP connection to the gRPC port. As in Nacos, the unary calls on it belong to
// the client of its stream.
type transport struct {
	id     string
	ip     string
	remote string
}

type transportKey struct{}

func transportOf(ctx context.Context) *transport {
	if t, ok := ctx.Value(transportKey{}).(*transport); ok {
		return t
	}
	return &transport{id: "unknown", ip: "127.0.0.1"}
}

// connTagger names each TCP connection, and removes its registration when it ends.
type connTagger struct{ srv *Server }

func (g *connTagger) TagConn(ctx context.Context, info *stats.ConnTagInfo) context.Context {
	ip, port, err := net.SplitHostPort(info.RemoteAddr.String())
	if err != nil {
		ip, port = "127.0.0.1", "0"
	}
	return context.WithValue(ctx, transportKey{}, &transport{
		id:     fmt.Sprintf("%d_%s_%s", time.Now().UnixMilli(), ip, port),
		ip:     ip,
		remote: info.RemoteAddr.String(),
	})
}

func (g *connTagger) HandleConn(ctx context.Context, s stats.ConnStats) {
	if _, ok := s.(*stats.ConnEnd); ok {
		g.srv.unregister(transportOf(ctx).id)
	}
}

func (g *connTagger) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context { return ctx }

func (g *connTagger) HandleRPC(context.Context, stats.RPCStats) {}
