package nacos

import (
	"context"
	"time"

	"github.com/nacre-go/nacre/providers/nacos/internal/rpc"
)

const probeTimeout = time.Second

// ProbePort reports whether a server answers at the gRPC port. The time is limited by probeTimeout.
func (t grpcTransport) ProbePort(ctx context.Context, server address) bool {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	return rpc.Probe(ctx, server.grpc(), t.tls)
}
