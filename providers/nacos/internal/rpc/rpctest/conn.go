package rpctest

import (
	"bytes"
	"encoding/binary"
	"sync"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// Conn is one connection of a [Server]. Its methods are safe for concurrent use.
type Conn struct {
	Framer *http2.Framer // write to it in Write only

	mu      sync.Mutex // guards writes
	decoder *hpack.Decoder
}

// OnRequest returns a function for [Start] that calls do for each request that starts.
func OnRequest(do func(c *Conn, id uint32, header map[string]string)) func(*Conn, http2.Frame) {
	return func(c *Conn, f http2.Frame) {
		h, ok := f.(*http2.HeadersFrame)
		if !ok {
			return
		}
		fields, _ := c.decoder.DecodeFull(h.HeaderBlockFragment())
		header := map[string]string{}
		for _, field := range fields {
			header[field.Name] = field.Value
		}
		do(c, h.StreamID, header)
	}
}

// Write calls do while no other goroutine writes.
func (c *Conn) Write(do func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	do()
}

// Headers sends headers; fields are names and values in turn.
func (c *Conn) Headers(id uint32, end bool, fields ...string) {
	var b bytes.Buffer
	e := hpack.NewEncoder(&b)
	e.SetMaxDynamicTableSize(0)
	for i := 0; i < len(fields); i += 2 {
		_ = e.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
	}
	c.Write(func() {
		_ = c.Framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: b.Bytes(), EndHeaders: true, EndStream: end})
	})
}

// Begin sends the start of an answer of gRPC.
func (c *Conn) Begin(id uint32) {
	c.Headers(id, false, ":status", "200", "content-type", "application/grpc")
}

// Answer sends a complete answer of gRPC.
func (c *Conn) Answer(id uint32, message []byte) {
	c.Begin(id)
	c.Write(func() { _ = c.Framer.WriteData(id, false, Message(message)) })
	c.Headers(id, true, "grpc-status", "0")
}

// Reset ends a stream with an error.
func (c *Conn) Reset(id uint32, code http2.ErrCode) {
	c.Write(func() { _ = c.Framer.WriteRSTStream(id, code) })
}

// Message returns a message of gRPC with its prefix.
func Message(message []byte) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))), message...) //nolint:gosec // tests send no 4 GiB
}
