package nacos_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/nacre-go/nacre/providers/nacos"
)

// rawNacos is a Nacos of frames, which can do on the wire what no server's library lets it do.
type rawNacos struct {
	settings []http2.Setting
	head     func(c *rawConn, id uint32, header map[string]string) // a request begins; may be nil
	do       func(c *rawConn, id uint32, typ string) bool          // answers a request by itself, and returns true; may be nil
}

type rawConn struct {
	mu sync.Mutex // of writes
	fr *http2.Framer
}

// start returns the address of the server.
func (n *rawNacos) start(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var all []net.Conn
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			all = append(all, c)
			mu.Unlock()
			wg.Go(func() { n.serve(t, c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		for _, c := range all {
			_ = c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return "127.0.0.1:1?grpc=" + strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

func (n *rawNacos) serve(t *testing.T, conn net.Conn) {
	defer conn.Close()
	if _, err := io.ReadFull(conn, make([]byte, len(http2.ClientPreface))); err != nil {
		return // looked whether there is a server
	}
	c := &rawConn{fr: http2.NewFramer(conn, conn)}
	dec := hpack.NewDecoder(4096, nil)
	bodies := map[uint32][]byte{}
	c.write(func() { _ = c.fr.WriteSettings(n.settings...) })
	for {
		f, err := c.fr.ReadFrame()
		if err != nil {
			return
		}
		switch f := f.(type) {
		case *http2.SettingsFrame:
			if !f.IsAck() {
				c.write(func() { _ = c.fr.WriteSettingsAck() })
			}
		case *http2.HeadersFrame:
			fields, _ := dec.DecodeFull(f.HeaderBlockFragment())
			header := map[string]string{}
			for _, field := range fields {
				header[field.Name] = field.Value
			}
			if n.head != nil {
				n.head(c, f.StreamID, header)
			}
		case *http2.DataFrame:
			bodies[f.StreamID] = append(bodies[f.StreamID], f.Data()...)
			if !f.StreamEnded() {
				continue
			}
			typ, _, _, _, err := nacos.DecodePayload(bodies[f.StreamID][5:])
			if err != nil {
				t.Error(err)
			}
			if n.do == nil || !n.do(c, f.StreamID, typ) {
				c.answer(f.StreamID, typ)
			}
		}
	}
}

func (c *rawConn) write(do func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	do()
}

func (c *rawConn) headers(id uint32, end bool, fields ...string) {
	var b bytes.Buffer
	e := hpack.NewEncoder(&b)
	e.SetMaxDynamicTableSize(0)
	for i := 0; i < len(fields); i += 2 {
		_ = e.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
	}
	c.write(func() {
		_ = c.fr.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: b.Bytes(), EndHeaders: true, EndStream: end})
	})
}

func (c *rawConn) begin(id uint32) {
	c.headers(id, false, ":status", "200", "content-type", "application/grpc")
}

// answer is a success of any type.
func (c *rawConn) answer(id uint32, typ string) {
	c.begin(id)
	typ = strings.TrimSuffix(typ, "Request") + "Response"
	if typ == "ConfigBatchListenResponse" {
		typ = "ConfigChangeBatchListenResponse"
	}
	p := nacos.EncodePayload(typ, "", nil, []byte(`{"resultCode":200,"errorCode":0,"success":true,"changedConfigs":[]}`))
	c.write(func() {
		_ = c.fr.WriteData(id, false, append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(p))), p...))
	})
	c.headers(id, true, "grpc-status", "0")
}
