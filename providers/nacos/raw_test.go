package nacos_test

import (
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/http2"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/internal/rpc/rpctest"
)

// rawNacos is a Nacos of frames, which can do on the wire what no server's library lets it do.
type rawNacos struct {
	settings []http2.Setting
	head     func(c *rpctest.Conn, id uint32, header map[string]string) // a request begins; may be nil
	do       func(c *rpctest.Conn, id uint32, typ string) bool          // answers a request by itself, and returns true; may be nil
}

// start returns the address of the server.
func (n *rawNacos) start(t *testing.T) string {
	t.Helper()
	type request struct {
		conn *rpctest.Conn
		id   uint32
	}
	var mu sync.Mutex
	bodies := map[request][]byte{}
	began := rpctest.OnRequest(func(c *rpctest.Conn, id uint32, header map[string]string) {
		if n.head != nil {
			n.head(c, id, header)
		}
	})
	s, err := rpctest.Start(n.settings, func(c *rpctest.Conn, f http2.Frame) {
		began(c, f)
		d, ok := f.(*http2.DataFrame)
		if !ok {
			return
		}
		r := request{c, d.StreamID}
		mu.Lock()
		bodies[r] = append(bodies[r], d.Data()...)
		body := bodies[r]
		mu.Unlock()
		if !d.StreamEnded() {
			return
		}
		typ, _, _, _, err := nacos.DecodePayload(body[5:])
		if err != nil {
			t.Error(err)
		}
		if n.do == nil || !n.do(c, r.id, typ) {
			succeed(c, r.id, typ)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return "127.0.0.1:1?grpc=" + strconv.Itoa(s.Addr().(*net.TCPAddr).Port)
}

// succeed answers a request of any type.
func succeed(c *rpctest.Conn, id uint32, typ string) {
	typ = strings.TrimSuffix(typ, "Request") + "Response"
	if typ == "ConfigBatchListenResponse" {
		typ = "ConfigChangeBatchListenResponse"
	}
	c.Answer(id, nacos.EncodePayload(typ, "", nil, []byte(`{"resultCode":200,"errorCode":0,"success":true,"changedConfigs":[]}`)))
}
