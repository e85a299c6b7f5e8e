package rpc

import (
	"io"
	"sync"
)

// body is the body of a request. net/http closes it when it no longer needs the request, whatever
// the outcome.
type body struct {
	io.Reader
	closer io.Closer // may be nil
	once   sync.Once
	done   chan struct{}
}

func newBody(r io.Reader) *body {
	b := &body{Reader: r, done: make(chan struct{})}
	b.closer, _ = r.(io.Closer)
	return b
}

func (b *body) Close() error {
	b.once.Do(func() { close(b.done) })
	if b.closer != nil {
		return b.closer.Close()
	}
	return nil
}

func (b *body) closed() bool {
	select {
	case <-b.done:
		return true
	default:
		return false
	}
}
