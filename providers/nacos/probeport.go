package nacos

import (
	"context"
	"errors"
	"net"
	"os"
	"time"
)

const (
	probeTimeout = time.Second
	probeWait    = 200 * time.Millisecond
)

// ProbePort connects to the gRPC port, waits briefly and disconnects. It sends nothing.
//
// An accepted connection is not enough: a load balancer or a proxy accepts connections while no
// server is behind it, and then closes them. A server speaks first (the SETTINGS of HTTP/2, RFC
// 9113, 3.4), or, with TLS, waits.
func (t grpcTransport) ProbePort(ctx context.Context, server address) bool {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", server.grpc())
	if err != nil {
		return false
	}
	defer func() { _ = c.Close() }()
	defer context.AfterFunc(ctx, func() { _ = c.SetReadDeadline(time.Unix(1, 0)) })()
	if c.SetReadDeadline(time.Now().Add(probeWait)) != nil {
		return false
	}
	_, err = c.Read(make([]byte, 1))
	return err == nil || errors.Is(err, os.ErrDeadlineExceeded) && ctx.Err() == nil
}
