package rpc

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Conn is one connection. Once it breaks it stays broken, and every call fails. It is safe for
// concurrent use.
type Conn struct {
	cc           *http.ClientConn
	scheme, host string
	agent        string
	max          int
	maxPush      int
	admit        func(context.Context) error // may be nil
	local        net.Addr
}

// LocalAddr returns the local address of the connection.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// Close breaks the connection, and all calls and streams on it.
func (c *Conn) Close() { _ = c.cc.Close() }

// Call sends a message to a method, such as "/package.Service/method", and returns the answer. It
// returns when ctx ends, whatever the server does. It sends the parts of the message one after the
// other; do not change them afterwards, since it may still read them after it has returned. Its
// errors are of type [Code].
func (c *Conn) Call(ctx context.Context, method string, message ...[]byte) ([]byte, error) {
	return c.CallFor(ctx, c.max, method, message...)
}

// CallFor is Call with a limit on the bytes of the answer.
func (c *Conn) CallFor(ctx context.Context, limit int, method string, message ...[]byte) ([]byte, error) {
	length := 0
	for _, p := range message {
		length += len(p)
	}
	if length > c.max {
		return nil, ResourceExhausted
	}
	framed := append([][]byte{framePrefix(length)}, message...)
	type result struct {
		answer []byte
		err    error
	}
	// net/http can block in a read of the answer while another goroutine writes.
	got := make(chan result, 1)
	go func() {
		answer, err := c.call(ctx, limit, method, framed, prefix+length)
		if streamRefused(err) {
			answer, err = c.call(ctx, limit, method, framed, prefix+length)
		}
		got <- result{answer, err}
	}()
	long := time.NewTicker(checkEvery)
	defer long.Stop()
	for {
		select {
		case r := <-got:
			if r.err != nil {
				return nil, failed(ctx, r.err)
			}
			return r.answer, nil
		case <-ctx.Done():
			c.nudgeUnless(func() bool { return len(got) > 0 })
			return nil, failed(ctx, ctx.Err())
		case <-long.C:
			go c.nudge()
		}
	}
}

func (c *Conn) call(ctx context.Context, limit int, method string, framed [][]byte, length int) ([]byte, error) {
	b := newBody(&parts{rest: slices.Clone(framed)})
	ctx, cancel := context.WithCancel(ctx)
	defer c.nudgeUnless(b.closed)
	defer cancel()
	resp, err := c.cc.RoundTrip(c.request(ctx, method, b, int64(length)))
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if err := began(resp); err != nil {
		return nil, err
	}
	var admit func() error
	if c.admit != nil {
		admit = func() error { return c.admit(ctx) }
	}
	answer, err := readFrameIf(resp.Body, limit, admit)
	if errors.Is(err, io.EOF) {
		return nil, noMessage(resp)
	}
	if err != nil {
		return nil, err
	}
	// The status comes last.
	switch _, err := readFrame(resp.Body, 0); {
	case err == nil, errors.Is(err, ResourceExhausted):
		return nil, Internal // a second answer
	case !errors.Is(err, io.EOF):
		return nil, err
	}
	if err := ofTrailer(resp.Trailer); err != nil {
		return nil, err
	}
	return answer, nil
}

// noMessage returns why a call ended without an answer.
func noMessage(resp *http.Response) error {
	if err := ofTrailer(resp.Trailer); err != nil {
		return err
	}
	return Internal
}

// grace is how much longer the server may work on a call than the caller waits. The server should
// not time out first, since its answer is then not always accurate.
const grace = 100 * time.Millisecond

// maxTimeout is the maximum of the header Grpc-Timeout: eight digits, in milliseconds.
const maxTimeout = 99_999_999 * time.Millisecond

func (c *Conn) request(ctx context.Context, method string, body io.ReadCloser, length int64) *http.Request {
	r := &http.Request{
		Method: http.MethodPost, URL: &url.URL{Scheme: c.scheme, Host: c.host, Path: method}, Host: c.host,
		Header: http.Header{"Content-Type": {"application/grpc"}, "Te": {"trailers"}},
		Body:   body, ContentLength: length,
	}
	if c.agent != "" {
		r.Header.Set("User-Agent", c.agent)
	}
	// The server stops working when no caller waits any longer.
	if t, ok := ctx.Deadline(); ok {
		r.Header.Set("Grpc-Timeout", strconv.FormatInt(max(1, min(time.Until(t)+grace, maxTimeout).Milliseconds()), 10)+"m")
	}
	return r.WithContext(ctx)
}

// began checks whether an answer is gRPC, and whether it ends before its first message.
func began(resp *http.Response) error {
	if resp.StatusCode != http.StatusOK {
		return ofHTTP(resp.StatusCode)
	}
	if !isGRPC(resp.Header.Get("Content-Type")) {
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

// isGRPC accepts "application/grpc", also with an encoding after a plus and with parameters.
func isGRPC(contentType string) bool {
	rest, ok := strings.CutPrefix(strings.ToLower(contentType), "application/grpc")
	return ok && (rest == "" || rest[0] == '+' || rest[0] == ';')
}
