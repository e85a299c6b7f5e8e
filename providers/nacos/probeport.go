package nacos

import (
	"context"
	"errors"
	"net"
	"os"
	"time"
)

const (
	knockTimeout  = time.Second
	knockPatience = 200 * time.Millisecond
)

// ProbePort connects to the gRPC port, sees whether somebody holds the line, and hangs up. Nothing
// is sent.
//
// That a connection is taken does not say enough: what stands before a server, a load balancer or a
// proxy, takes connections while there is nothing behind it, and hangs up then. A server that is
// there speaks first (the SETTINGS of HTTP/2, RFC 9113, 3.4), or with TLS waits.
func (w grpcTransport) ProbePort(ctx context.Context, server address) bool {
	ctx, cancel := context.WithTimeout(ctx, knockTimeout)
	defer cancel()
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", server.grpc())
	if err != nil {
		return false
	}
	defer func() { _ = c.Close() }()
	defer context.AfterFunc(ctx, func() { _ = c.SetReadDeadline(time.Unix(1, 0)) })()
	if c.SetReadDeadline(time.Now().Add(knockPatience)) != nil {
		return false
	}
	_, err = c.Read(make([]byte, 1))
	return err == nil || errors.Is(err, os.ErrDeadlineExceeded) && ctx.Err() == nil
}
