package nacos_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/internal/fakenacos"
	"github.com/nacre-go/nacre/providers/nacos/internal/rpc/rpctest"
)

// A server stops (its process, or its network) in the worst moment: while a large content is on its
// way to it, so that nothing more can be sent, and when it had begun to answer a heartbeat. It is
// found all the same.
func TestAServerThatStopsWhileMuchIsSentIsFound(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	armed := false
	begun, stopped, goOn := make(chan struct{}), make(chan struct{}), make(chan struct{})
	var beat, stop sync.Once
	n := &rawNacos{settings: []http2.Setting{{ID: http2.SettingInitialWindowSize, Val: 1 << 30}}}
	n.head = func(c *rpctest.Conn, id uint32, header map[string]string) {
		if id == 1 {
			c.Write(func() { _ = c.Framer.WriteWindowUpdate(0, 1<<30) })
		}
		if length, _ := strconv.Atoi(header["content-length"]); length > 1<<20 {
			stop.Do(func() { close(stopped); <-goOn }) // and reads no more
		}
	}
	n.do = func(c *rpctest.Conn, id uint32, typ string) bool {
		mu.Lock()
		defer mu.Unlock()
		if armed && typ == "HealthCheckRequest" {
			c.Begin(id) // and says no more
			beat.Do(func() { close(begun) })
			return true
		}
		return false
	}
	addr := n.start(t)
	log := newEvents()
	c := newClient(t, nacos.Config{Servers: []string{addr}}, log.hook(), nacos.Tune(func(t *nacos.Timings) {
		t.SetBeat(300*time.Millisecond, 5*time.Second) /* the publish must begin before the heartbeat is missed */
	}))
	ready(t, c)
	mu.Lock()
	armed = true
	mu.Unlock()
	<-begun
	published := make(chan error, 1)
	go func() {
		published <- c.Publish(context.WithoutCancel(t.Context()), "x.yaml", bytes.Repeat([]byte("x"), 10<<20-8<<10))
	}()
	<-stopped
	log.wait(t, nacos.EventConnectionLost, 1)
	if err := <-published; err == nil {
		t.Error("a publish to a server that stopped succeeded")
	}
	c.Close()
	close(goOn)
}

// A server that has no room for the stream costs a try its time, and no more: the next one comes,
// and Close does not wait.
func TestAServerWithoutRoomForTheStream(t *testing.T) {
	t.Parallel()
	n := &rawNacos{settings: []http2.Setting{{ID: http2.SettingMaxConcurrentStreams, Val: 1}}}
	n.do = func(c *rpctest.Conn, _ uint32, typ string) bool {
		if typ == "ServerCheckRequest" {
			c.Write(func() { _ = c.Framer.WriteSettings(http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: 0}) })
		}
		return false
	}
	log := newEvents()
	c := newClient(t, nacos.Config{Servers: []string{n.start(t)}}, log.hook(), nacos.Tune(func(t *nacos.Timings) { t.SetConnect(300 * time.Millisecond) }))
	log.wait(t, nacos.EventConnectFailed, 3)
	if err := c.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// A server that is slow to answer, and gives a request up when its time is over, has missed a
// heartbeat. It is not a connection that broke.
func TestAServerThatIsSlowIsNotALostConnection(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	slow := false
	n := &rawNacos{head: func(c *rpctest.Conn, id uint32, header map[string]string) {
		mu.Lock()
		defer mu.Unlock()
		if ms, err := strconv.Atoi(strings.TrimSuffix(header["grpc-timeout"], "m")); slow && err == nil {
			time.AfterFunc(time.Duration(ms)*time.Millisecond, func() {
				c.Reset(id, http2.ErrCodeCancel)
			})
		}
	}}
	n.do = func(_ *rpctest.Conn, _ uint32, typ string) bool {
		mu.Lock()
		defer mu.Unlock()
		return slow && typ == "HealthCheckRequest"
	}
	log := newEvents()
	c := newClient(t, nacos.Config{Servers: []string{n.start(t)}}, log.hook(), nacos.Tune(func(t *nacos.Timings) { t.SetBeat(50*time.Millisecond, 100*time.Millisecond) }))
	ready(t, c)
	mu.Lock()
	slow = true
	mu.Unlock()
	lost := log.wait(t, nacos.EventConnectionLost, 1)
	if misses := len(log.list(nacos.EventHeartbeatMissed)); misses < 2 || errors.Is(lost.Err, nacos.ConnectionLost) {
		t.Errorf("given up after %d missed heartbeats, by %v", misses, lost.Err)
	}
}

// A server that wants a client certificate is named as one, with what to do, although TLS 1.3 lets
// it say so only after the handshake.
func TestAClientCertificateIsMissing(t *testing.T) {
	t.Parallel()
	addr, client := tlsFront(t, start(t, fakenacos.Options{}), true)
	log := newEvents()
	newClient(t, nacos.Config{Servers: []string{addr}, TLS: &tls.Config{RootCAs: client.RootCAs}}, log.hook())
	for i := range 3 {
		if err := log.wait(t, nacos.EventConnectFailed, i+1).Err; !errors.Is(err, nacos.RequestRejected) && !errors.Is(err, nacos.NotNacos) {
			t.Errorf("got %v, want %v, or where the line broke before that came, %v", err, nacos.RequestRejected, nacos.NotNacos)
		}
	}
}

// A program that has turned HTTP/2 off is told so, and no server is blamed.
func TestAProgramWithoutHTTP2(t *testing.T) {
	t.Setenv("GODEBUG", "http2client=0")
	srv := start(t, fakenacos.Options{})
	log := newEvents()
	newClient(t, config(srv), log.hook())
	if err := log.wait(t, nacos.EventConnectFailed, 1).Err; !errors.Is(err, nacos.InvalidConfig) || !strings.Contains(err.Error(), "GODEBUG") {
		t.Errorf("got %v, want %v and what to take out", err, nacos.InvalidConfig)
	}
}
