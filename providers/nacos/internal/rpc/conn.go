package rpc

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Conn is one connection. When it breaks it stays broken: every call of it fails then. It is safe for concurrent use.
type Conn struct {
	cc           *http.ClientConn
	scheme, host string
	agent        string
	max          int
	local        net.Addr
}

// LocalAddr is this side of the connection.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// Close breaks the connection, and all calls and streams on it.
func (c *Conn) Close() { _ = c.cc.Close() }

// Call sends a message to a method, as "/package.Service/method", and returns the answer. Its errors are of type [Code].
func (c *Conn) Call(ctx context.Context, method string, message []byte) ([]byte, error) {
	if len(message) > c.max {
		return nil, ResourceExhausted
	}
	resp, err := c.cc.RoundTrip(c.request(ctx, method, bytes.NewReader(frame(message))))
	if err != nil {
		return nil, failed(ctx, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if err := began(resp); err != nil {
		return nil, err
	}
	answer, err := readFrame(resp.Body, c.max)
	if errors.Is(err, io.EOF) {
		return nil, noMessage(resp)
	}
	if err != nil {
		return nil, failed(ctx, err)
	}
	// What the server has to say of it comes last.
	switch _, err := readFrame(resp.Body, c.max); {
	case err == nil:
		return nil, Internal // a second answer
	case !errors.Is(err, io.EOF):
		return nil, failed(ctx, err)
	}
	if err := ofTrailer(resp.Trailer); err != nil {
		return nil, err
	}
	return answer, nil
}

// noMessage is why a call ended without an answer.
func noMessage(resp *http.Response) error {
	if err := ofTrailer(resp.Trailer); err != nil {
		return err
	}
	return Internal
}

func (c *Conn) request(ctx context.Context, method string, body io.Reader) *http.Request {
	r := &http.Request{
		Method: http.MethodPost, URL: &url.URL{Scheme: c.scheme, Host: c.host, Path: method}, Host: c.host,
		Header: http.Header{"Content-Type": {"application/grpc"}, "Te": {"trailers"}},
		Body:   io.NopCloser(body), ContentLength: -1,
	}
	if b, ok := body.(*bytes.Reader); ok {
		r.ContentLength = int64(b.Len())
	}
	if b, ok := body.(io.ReadCloser); ok {
		r.Body = b
	}
	if c.agent != "" {
		r.Header.Set("User-Agent", c.agent)
	}
	// The server stops to work on what nobody waits for any more.
	if t, ok := ctx.Deadline(); ok {
		ms := max(1, min(time.Until(t), farAway-time.Millisecond).Milliseconds())
		r.Header.Set("Grpc-Timeout", strconv.FormatInt(ms, 10)+"m")
	}
	return r.WithContext(ctx)
}

// began sees whether an answer is gRPC's, and whether it ends before it has begun.
func began(resp *http.Response) error {
	if resp.StatusCode != http.StatusOK {
		return ofHTTP(resp.StatusCode)
	}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if kind != "application/grpc" && kind != "application/grpc+proto" {
		return Unimplemented
	}
	if resp.Header.Get("Grpc-Status") == "" {
		return nil
	}
	if err := ofTrailer(resp.Header); err != nil {
		return err
	}
	return Internal // a success without an answer
}
