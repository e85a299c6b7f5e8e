package rpc_test

import (
	"bytes"
	"io"
	"net"
	"sync"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// raw is one connection of a server of frames: exactly what the test says goes over the wire.
type raw struct {
	fr  *http2.Framer
	mu  sync.Mutex // of writes
	dec *hpack.Decoder
}

// rawServer takes one connection, and calls on for each frame, in one goroutine. settings are those of its preface.
func rawServer(t *testing.T, settings []http2.Setting, on func(*raw, http2.Frame)) string {
	t.Helper()
	l := listen(t)
	conns := make(chan net.Conn, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(conns)
		c, err := l.Accept()
		if err != nil {
			return
		}
		conns <- c
		_, _ = io.ReadFull(c, make([]byte, len(http2.ClientPreface)))
		r := &raw{fr: http2.NewFramer(c, c), dec: hpack.NewDecoder(4096, nil)}
		r.write(func() { _ = r.fr.WriteSettings(settings...) })
		for {
			f, err := r.fr.ReadFrame()
			if err != nil {
				return
			}
			if s, ok := f.(*http2.SettingsFrame); ok && !s.IsAck() {
				r.write(func() { _ = r.fr.WriteSettingsAck() })
			}
			on(r, f)
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		if c, ok := <-conns; ok {
			_ = c.Close()
		}
		<-done
	})
	return l.Addr().String()
}

// onRequest calls do for each request that begins.
func onRequest(do func(r *raw, id uint32, header map[string]string)) func(*raw, http2.Frame) {
	return func(r *raw, f http2.Frame) {
		h, ok := f.(*http2.HeadersFrame)
		if !ok {
			return
		}
		fields, _ := r.dec.DecodeFull(h.HeaderBlockFragment())
		header := map[string]string{}
		for _, field := range fields {
			header[field.Name] = field.Value
		}
		do(r, h.StreamID, header)
	}
}

func (r *raw) write(do func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	do()
}

func (r *raw) headers(id uint32, end bool, fields ...string) {
	var b bytes.Buffer
	e := hpack.NewEncoder(&b)
	e.SetMaxDynamicTableSize(0)
	for i := 0; i < len(fields); i += 2 {
		_ = e.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
	}
	r.write(func() {
		_ = r.fr.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: b.Bytes(), EndHeaders: true, EndStream: end})
	})
}

func (r *raw) begin(id uint32) {
	r.headers(id, false, ":status", "200", "content-type", "application/grpc")
}

func (r *raw) answer(id uint32, text string) {
	r.begin(id)
	r.write(func() { _ = r.fr.WriteData(id, false, message(text)) })
	r.headers(id, true, "grpc-status", "0")
}

func (r *raw) reset(id uint32, code http2.ErrCode) {
	r.write(func() { _ = r.fr.WriteRSTStream(id, code) })
}
