package rpc

import (
	"context"
	"errors"
	"io"
	"net/http"
)

// Stream is a call with messages in both directions. It ends with its context or its connection.
type Stream struct {
	ctx      context.Context
	max      int
	maxPush  int
	out      *io.PipeWriter
	answered chan struct{} // closed when resp or err is set
	resp     *http.Response
	err      error
}

// Stream starts a stream. It does not wait for the server, which may not answer before it has a
// message; [Stream.Recv] reports whether the method exists. End the context or the connection to
// release the stream.
func (c *Conn) Stream(ctx context.Context, method string) *Stream {
	in, out := io.Pipe()
	s := &Stream{ctx: ctx, max: c.max, maxPush: c.maxPush, out: out, answered: make(chan struct{})}
	b := newBody(in)
	req := c.request(ctx, method, b, -1)
	// net/http checks the context of a request until the answer starts, and then again when the
	// request's body has ended.
	context.AfterFunc(ctx, func() {
		_ = in.CloseWithError(failed(ctx, ctx.Err()))
		c.nudgeUnless(b.closed)
	})
	go func() {
		defer close(s.answered)
		s.resp, s.err = c.cc.RoundTrip(req) //nolint:bodyclose // Recv reads the body as long as the stream lasts
		if s.err == nil {
			if s.err = began(s.resp); s.err != nil {
				_ = s.resp.Body.Close()
			}
		}
		if s.err != nil {
			_ = in.CloseWithError(failed(ctx, s.err)) // Send does not wait for a server that no longer reads
		}
	}()
	return s
}

// Send puts a message on the stream, and waits while the server does not accept more. One goroutine
// at a time may call it, concurrently with Recv. Its errors are of type [Code].
func (s *Stream) Send(message []byte) error {
	if len(message) > s.max {
		return ResourceExhausted
	}
	if _, err := s.out.Write(frame(message)); err != nil {
		return failed(s.ctx, err)
	}
	return nil
}

// Recv waits for a message. One goroutine at a time may call it. Its errors are of type [Code]: a
// stream that the server ended is [Unavailable], unless its status says more.
func (s *Stream) Recv() ([]byte, error) {
	<-s.answered
	if s.err != nil {
		return nil, failed(s.ctx, s.err)
	}
	m, err := readFrame(s.resp.Body, s.maxPush)
	if errors.Is(err, io.EOF) {
		_ = s.resp.Body.Close()
		if err := ofTrailer(s.resp.Trailer); err != nil {
			return nil, err
		}
		return nil, Unavailable
	}
	if err != nil {
		_ = s.resp.Body.Close()
		return nil, failed(s.ctx, err)
	}
	return m, nil
}
